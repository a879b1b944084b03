"""Case P31: whatever is sent, the API never breaks. Bounded, always the same examples.

FUZZ_EXAMPLES=1000 looks longer.
"""

from __future__ import annotations

import json
import os
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kernel.api_calls import Api
from tests.kernel.helpers import add

FIELDS = [
    "name", "kind", "level", "employees", "revenue", "birthday", "phones", "phones.number", "tags",
    "relations", "relations.other", "parent", "owner", "department", "website", "credit_code",
    "changed_at", "parent.name", "id", "version", "_masked", "nonsense", "number", "remark",
]  # fmt: skip
OPERATORS = [
    "eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between", "contains", "starts", "empty",
    "not_empty", "within", "nonsense",
]  # fmt: skip
SEEDS = [
    "", " ", "0", "-1", "1e9", "A", "138 0013 8000", "2026-11-23", "0001-01-01", "9999-12-31",
    "today", "last_n_days:30", "last_n_days:99999999", "@me", "@my_team", "customers/1", "company",
    "9" * 30, "%", "_", "\\", "'", "{}", "true", "2026-11-23T99:00", "https://例え.jp", "\ud800",
    "a\x00b", "９", "1" * 5000,
]  # fmt: skip
words = st.sampled_from(SEEDS) | st.text(max_size=30)
numbers = st.integers() | st.floats() | st.sampled_from([10**30, -(10**30), 2**31, 2**63])
plain = st.none() | st.booleans() | numbers | words
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "number", "kind", "name", "other", "module", "street"]) | words,
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(FIELDS) | words, values, max_size=5)
leaves = st.fixed_dictionaries(
    {"field": st.sampled_from(FIELDS), "op": st.sampled_from(OPERATORS)}, optional={"value": values}
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
bounded = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "40")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def owner(cast):
    api = Api(cast.owner)
    api.pk = add(cast.owner, phones=["138 0013 8000"], tags=["x"])
    return api


def refuses_or_answers(answer):
    assert answer.status_code < 500, (answer.status_code, answer.content)
    if answer.status_code >= 400:
        assert {"detail", "fields"} <= set(answer.json())


@bounded
@given(body=bodies)
def test_creates_and_changes(owner, body):
    refuses_or_answers(owner.post("customers/", {"name": "Firm", **body}))
    refuses_or_answers(owner.post("customers/", body, idempotency_key="k"))
    refuses_or_answers(owner.patch(f"customers/{owner.pk}/", {"version": 1, **body}))
    refuses_or_answers(owner.post("contacts/", {"name": "Gu", **body}))
    refuses_or_answers(owner.post("customers/duplicates/", body))


@bounded
@given(tree=trees | values, sort=words, size=words)
def test_filters(owner, tree, sort, size):
    query = urlencode({"filter": json.dumps(tree)}, errors="replace")
    refuses_or_answers(owner.get(f"customers/?{query}"))
    more = urlencode({"sort": sort, "size": size, "q": sort, "columns": size}, errors="replace")
    refuses_or_answers(owner.get(f"customers/?{more}"))


@bounded
@given(field=st.sampled_from(FIELDS), op=st.sampled_from(OPERATORS), value=words)
def test_parameters(owner, field, op, value):
    name = field.replace(".", "__")
    for query in ({f"{name}__{op}": value}, {name: value}, {"q": value}):
        refuses_or_answers(owner.get(f"customers/?{urlencode(query, errors='replace')}"))
        refuses_or_answers(owner.get(f"customers/duplicates/?{urlencode(query, errors='replace')}"))
    refuses_or_answers(owner.get(f"screen-pop/?{urlencode({'phone': value}, errors='replace')}"))


@bounded
@given(action=st.sampled_from(["assign", "restore", "unmask", "nonsense"]), body=bodies | values)
def test_actions(owner, action, body):
    refuses_or_answers(owner.post(f"customers/{owner.pk}/actions/{action}/", body))


@bounded
@given(body=st.binary(max_size=200), key=words, version=words)
def test_raw_bytes_and_headers(owner, body, key, version):
    headers = {
        "idempotency_key": key.encode("ascii", "replace").decode(),
        "if_match": version.encode("latin-1", "replace").decode("latin-1"),
    }
    refuses_or_answers(owner.call("POST", "customers/", body, **headers))
    refuses_or_answers(owner.call("PATCH", f"customers/{owner.pk}/", body, **headers))
