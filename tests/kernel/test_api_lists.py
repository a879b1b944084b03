"""The API's lists: what may stand in an address, and what may not."""

from __future__ import annotations

import json

import pytest

from tests.kernel.api_calls import Api, ids, told
from tests.kernel.helpers import add

CUSTOMERS = "customers/"


@pytest.fixture
def owner(cast):
    return Api(cast.owner)


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1", "sort=nonsense", "columns=nonsense", "size=1000000000", "size=0", "page=0",
        "page=x", "filter=[]", "filter={", "fields=name", "include=owner", "ordering=name",
        "search=x", "page_size=10", "peek=1", "density=cosy", "count=all", "bin=2", "bin=",
        "sort=name&sort=level", "sort=a,b,c,d,e", "format=xml",
        "sort=number,name,level,city,region",
        'filter={"field":"name","field":"level","op":"eq","value":1}',
        'filter={"field":"employees","op":"gt","value":NaN}',
        'filter={"field":"name","op":"eq","value":"%5Cud800"}',
    ],
)  # fmt: skip
def test_security_119_parameters_that_nobody_knows_are_refused(owner, query):
    told(owner.get(f"{CUSTOMERS}?{query}"), 400)


@pytest.mark.parametrize(
    "name",
    [
        "owner__password__startswith",
        "_connector",
        "pk__in",
        "name__regex",
        "owner.password",
        "customer.level",
        "deleted_at",
        "merged_into",
        "custom",
    ],
)
def test_security_52_names_of_the_orm_are_no_names_of_fields(owner, cast, queries, name):
    add(cast.owner)
    tree = json.dumps({"field": name, "op": "eq", "value": "x"})
    for query in (
        f"{name}=x",
        f"sort={name}",
        f"sort=-{name}",
        f"columns={name}",
        f"filter={tree}",
    ):
        with queries() as seen:
            told(owner.get(f"{CUSTOMERS}?{query}"), 400)
        assert not any("sales_customer" in one["sql"] for one in seen)


@pytest.mark.parametrize("op", ["eq OR 1=1", "regex", "iexact", "__class__", "eq;--", ""])
def test_security_53_operators_and_directions_are_words_from_a_list(owner, op):
    tree = json.dumps({"field": "name", "op": op, "value": "x"})
    told(owner.get(f"{CUSTOMERS}?filter={tree}"), 400)
    told(owner.get(f"{CUSTOMERS}?sort=name {op or 'DESC NULLS LAST'}"), 400)
    told(owner.get(f"{CUSTOMERS}?sort=--name"), 400)
    within = json.dumps({"field": "changed_at", "op": "within", "value": f"today {op};"})
    told(owner.get(f"{CUSTOMERS}?filter={within}"), 400)


@pytest.mark.parametrize(
    "op",
    [
        "eq",
        "ne",
        "in",
        "not_in",
        "lt",
        "gt",
        "between",
        "empty",
        "not_empty",
        "contains",
        "starts",
        "within",
    ],
)
def test_security_32_a_hidden_field_is_of_no_use(cast, op):
    for name in ("revenue", "remark", "next_contact_at", "level", "name"):
        cast.state("owner", "customers", name, "hidden")
    owner = Api(cast.owner)
    add(cast.administrator, owner=cast.owner.pk, revenue="5", remark="canary7781")
    for name in ("revenue", "remark", "next_contact_at", "level", "name"):
        tree = {"field": name, "op": op, "value": "1"}
        for wrapped in (tree, {"not": tree}, {"any": [tree, {"field": "city", "op": "empty"}]}):
            told(owner.get(f"{CUSTOMERS}?filter={json.dumps(wrapped)}"), 400)
        told(owner.get(f"{CUSTOMERS}?{name}__{op}=1"), 400)
        told(owner.get(f"{CUSTOMERS}?{name}=1"), 400)
    body = owner.get(CUSTOMERS).json()["results"][0]
    assert not {"revenue", "remark", "level", "name"} & set(body)
    assert ids(owner.get(f"{CUSTOMERS}?q=canary7781")) == []


def test_security_33_neither_sort_nor_column_of_a_hidden_or_masked_field(cast):
    cast.state("owner", "customers", "revenue", "hidden")
    cast.state("owner", "customers", "city", "masked")
    owner = Api(cast.owner)
    for query in (
        "sort=revenue",
        "sort=-revenue",
        "columns=revenue",
        "sort=city",
        "sort=-city,name",
    ):
        told(owner.get(f"{CUSTOMERS}?{query}"), 400)
    assert owner.get(f"{CUSTOMERS}?columns=city").status_code == 200
