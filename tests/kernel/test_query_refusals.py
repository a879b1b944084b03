"""What the query language refuses: never silently dropped (attacks 32, 33, 35, 52, 53)."""
# ruff: noqa: E501  (tables)

import json

import pytest
from django.http import QueryDict

from crm.access.policy import access_to
from crm.lists.errors import BadQuery
from crm.lists.query import query_from
from tests.kernel.helpers import add, ask, found


@pytest.fixture
def firms(cast):
    return [add(cast.owner, level="A"), add(cast.owner, level="B")]


ODD_NAMES = [
    "owner.password", "owner__password", "owner__password__startswith", "_connector", "_negated",
    "pk", "pk__in", "version", "deleted_at", "custom", "custom__cf_1", "module", "a.b",
    "name__regex", "phones.e164", "phones.tail", "phones.number.x", "customer", "name; drop table x",
    "name\" or 1=1 --", "name.upper", "parent.deleted_at", "parent.owner.password", "名称",
    "x" * 500,
]  # fmt: skip


def test_security_52_names_outside_the_declaration_are_refused_everywhere(cast, queries):
    access = access_to(cast.owner, "customers")
    for name in ODD_NAMES:
        refuse_name(access, queries, name)


def refuse_name(access, queries, name):
    tree = {"field": name, "op": "eq", "value": "1"}
    with queries() as made:
        for params in (
            {"filter": json.dumps(tree)},
            {"filter": json.dumps({"not": {"any": [tree]}})},
            {"sort": name},
            {"sort": f"-{name}"},
            {"sort": f"name,{name}"},
            {"columns": f"name,{name}"},
            {name: "1"},
        ):
            query = QueryDict(mutable=True)
            query.update(params)
            with pytest.raises(BadQuery):
                assert query_from(query, access).where is None, params
    assert not any("password" in one["sql"] for one in made)


UNREADABLE = [
    ("level", "level"), ("revenue", "revenue"), ("phones", "phones"), ("phones.number", "phones"),
    ("owner", "owner"), ("created_at", "created_at"), ("remark", "remark"),
]  # fmt: skip


@pytest.mark.parametrize("state", ["hidden", "masked"])
def test_security_32_a_field_one_may_not_read_cannot_be_used(cast, state):
    for name, _path in UNREADABLE:
        cast.state("owner", "customers", name, state)
    access = access_to(cast.owner, "customers")
    for name, path in UNREADABLE:
        field = access.module.field_at(name)
        members = tuple(field.members.values())[:1]
        operators = {op for one in (field, *members) for op in one.traits.operators}
        for op in operators:
            with pytest.raises(BadQuery):
                assert ask(access, {"field": path, "op": op, "value": "1"}).where is None
        parameter = path.replace(".", "__")
        for params in ({parameter: "x"}, {f"{parameter}__empty": "1"}, {"sort": f"-{path}"}):
            with pytest.raises(BadQuery):
                ask(access, **params)
        if "." not in name and state == "hidden":
            with pytest.raises(BadQuery):
                ask(access, columns=f"name,{name}")


def test_a_hidden_field_is_refused_in_the_words_for_an_unknown_one(cast):
    cast.state("owner", "customers", "level", "hidden")
    access = access_to(cast.owner, "customers")
    words = []
    for name in ("level", "levels"):
        with pytest.raises(BadQuery) as refused:
            assert ask(access, {"field": name, "op": "eq", "value": "A"}).where is None
        words.append(str(refused.value).replace("levels", "level"))
    assert words[0] == words[1]


NONSENSE = [
    [], "x", 1, {}, {"field": "name"}, {"op": "eq"}, {"all": {}}, {"any": "x"}, {"not": []},
    {"field": "name", "op": "eq", "value": "x", "extra": 1}, {"all": [], "any": []},
    {"field": "name", "op": "regex", "value": "x"}, {"field": "name", "op": "startswith", "value": ""},
    {"field": "name", "op": "within", "value": "today"}, {"field": "level", "op": "contains", "value": "A"},
    {"field": "level", "op": "eq", "value": "Q"}, {"field": "employees", "op": "eq", "value": "ten"},
    {"field": "employees", "op": "eq", "value": 10**30}, {"field": "employees", "op": "eq", "value": True},
    {"field": "revenue", "op": "gt", "value": "NaN"}, {"field": "revenue", "op": "gt", "value": "Infinity"},
    {"field": "created_at", "op": "within", "value": "next_eon"},
    {"field": "created_at", "op": "within", "value": "last_n_days:99999"},
    {"field": "created_at", "op": "within", "value": "last_n_days:1; select 1"},
    {"field": "created_at", "op": "gt", "value": "yesterday"},
    {"field": "employees", "op": "between", "value": [1]}, {"field": "employees", "op": "between", "value": 1},
    {"field": "name", "op": "eq", "value": {"a": 1}}, {"field": "name", "op": "eq", "value": None},
    {"field": "name", "op": "eq", "value": "\x00"}, {"field": "name", "op": "eq", "value": "x" * 501},
    {"field": "name", "op": "in", "value": ["x"] * 501}, {"field": "owner", "op": "eq", "value": "@you"},
    {"field": "owner", "op": "eq", "value": "@my_department"}, {"field": "employees", "op": "eq", "value": "@me"},
    {"field": "phones", "op": "eq", "value": "12"}, {"field": "phones", "op": "lt", "value": "13800138000"},
    {"field": "parent.parent.parent.parent.parent.name", "op": "eq", "value": "x"},
    {"field": ["name"], "op": "eq", "value": "x"}, {"field": "name", "op": ["eq"], "value": "x"},
]  # fmt: skip


def test_nonsense_is_refused_with_a_sentence(cast):
    access = access_to(cast.owner, "customers")
    for tree in NONSENSE:
        with pytest.raises(BadQuery) as refused:
            assert ask(access, tree).where is None, tree
        assert str(refused.value)


def test_depth_and_number_of_conditions_are_limited(cast, firms):
    access = access_to(cast.owner, "customers")
    one = {"field": "level", "op": "eq", "value": "A"}
    fine = {"all": [{"any": [{"not": {"all": [one]}}]}]}
    assert found(access, fine)
    with pytest.raises(BadQuery):
        assert ask(access, {"not": fine}).where is None
    assert found(access, {"all": [one] * 50})
    with pytest.raises(BadQuery):
        assert ask(access, {"all": [one] * 51}).where is None
    with pytest.raises(BadQuery):
        query_from(QueryDict("filter=" + "[" * 20_000), access)


WRONG_PARAMETERS = [
    "page=0", "page=-1", "page=x", "page=99999", "page=²", "size=0", "size=201", "size=1e9", "page=1.5",
    "sort=name,level,city,stage,kind", "sort=phones", "sort=phones.number", "sort=remark",
    "filter=x", "filter={", "unknown=1", "level__regex=A", "level__in__x=A", "name__contains__=A",
    "page=202&size=50", "columns=phones.number", "created_at__within=never",
]  # fmt: skip


def test_parameters_are_checked(cast):
    access = access_to(cast.owner, "customers")
    for params in WRONG_PARAMETERS:
        with pytest.raises(BadQuery):
            assert query_from(QueryDict(params), access).where is None, params
