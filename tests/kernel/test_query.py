"""The query language: what each condition finds, what is refused, and for whom."""
# ruff: noqa: E501  (tables)

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import timezone

from crm.access.policy import access_to
from crm.customfields.dictionaries import options_of
from crm.lists.errors import BadQuery
from crm.lists.query import query_from
from crm.modules.registry import all_modules
from tests.kernel.helpers import add, ask, found
from tests.people import share

EVERY_MODULE = ("customers", "contacts", "follow-ups")


@pytest.fixture
def firms(cast):
    """Four customers that differ in everything: letter → id."""
    owner = cast.owner
    ids = {
        "a": add(
            owner, name="Alpha Pumps", level="A", city="Wuxi", employees=10, revenue="100.50",
            phones=["13800138000"], tags=["gmp", "old"], stage="target",
        ),
        "b": add(
            owner, name="Beta Valves", level="B", city="", employees=200, revenue="2500",
            phones=["13911112222", "021-62345678"], tags=["new"], stage="prospect",
        ),
        "c": add(owner, name="Gamma_100% Glass", city="Ningbo", stage="prospect"),
        "d": add(
            owner, name="Li Lei", kind="person", level="A", birthday="1990-05-04",
            mails=["li@lei.example"], stage="target",
        ),
    }  # fmt: skip
    return ids


CASES = [
    ("name", "eq", "Alpha Pumps", "a"),
    ("name", "ne", "Alpha Pumps", "bcd"),
    ("name", "in", ["Alpha Pumps", "Li Lei"], "ad"),
    ("name", "not_in", ["Alpha Pumps", "Li Lei"], "bc"),
    ("name", "contains", "l", "abcd"),
    ("name", "contains", "PUMP", "a"),
    ("name", "contains", "100%", "c"),
    ("name", "contains", "a_1", "c"),
    ("name", "contains", "a%s", ""),
    ("name", "starts", "alpha", "a"),
    ("name", "starts", "pumps", ""),
    ("city", "empty", None, "bd"),
    ("city", "not_empty", None, "ac"),
    ("city", "ne", "Wuxi", "bcd"),
    ("level", "eq", "A", "ad"),
    ("level", "ne", "A", "bc"),
    ("level", "in", ["A", "B"], "abd"),
    ("level", "not_in", ["A", "B"], "c"),
    ("level", "in", [], ""),
    ("level", "not_in", [], "abcd"),
    ("level", "empty", None, "c"),
    ("employees", "eq", 10, "a"),
    ("employees", "ne", 10, "bcd"),
    ("employees", "not_in", [10, 200], "cd"),
    ("employees", "lt", 200, "a"),
    ("employees", "lte", "200", "ab"),
    ("employees", "gt", 10, "b"),
    ("employees", "gte", 10, "ab"),
    ("employees", "between", [10, 199], "a"),
    ("employees", "empty", None, "cd"),
    ("employees", "not_empty", None, "ab"),
    ("revenue", "eq", "100.5", "a"),
    ("revenue", "gte", "100.51", "b"),
    ("revenue", "between", ["0", "1e4"], "ab"),
    ("birthday", "eq", "1990-05-04", "d"),
    ("birthday", "lt", "1990-05-05", "d"),
    ("birthday", "lte", "1990-05-03", ""),
    ("birthday", "empty", None, "abc"),
    ("birthday", "not_in", ["1990-05-04"], "abc"),
    ("owner", "eq", "@me", "abcd"),
    ("owner", "ne", "@me", ""),
    ("owner", "in", ["@my_team"], "abcd"),
    ("department", "in", "@my_department", "abcd"),
    ("phones", "empty", None, "cd"),
    ("phones", "not_empty", None, "ab"),
    ("phones", "contains", "6234", "b"),
    ("phones.number", "eq", "+86 138 0013 8000", "a"),
    ("phones", "in", ["13800138000", "13911112222"], "ab"),
    ("phones", "ne", "13800138000", "bcd"),
    ("tags", "eq", "old", "a"),
    ("tags", "ne", "old", "bcd"),
    ("tags.name", "in", ["old", "new"], "ab"),
    ("tags", "not_in", ["old", "new"], "cd"),
    ("tags", "contains", "m", "a"),
    ("mails", "contains", "LEI.example", "d"),
    ("phones.kind", "empty", None, "ab"),
    ("phones.kind", "not_empty", None, ""),
    ("created_at", "within", "today", "abcd"),
    ("created_at", "within", "last_n_days:7", "abcd"),
    ("created_at", "within", "yesterday", ""),
    ("created_at", "within", "future", ""),
    ("number", "starts", "kh", "abcd"),
]


def test_each_operator_finds_what_it_says_and_not_its_complement(cast, firms):
    access = access_to(cast.owner, "customers")
    letters = {pk: letter for letter, pk in firms.items()}
    wrong = []
    for name, op, value, expected in CASES:
        tree = {"field": name, "op": op, "value": value}
        for wanted, asked in ((set(expected), tree), (set("abcd") - set(expected), {"not": tree})):
            shown = {letters[pk] for pk in found(access, asked)}
            counted = access.count(ask(access, asked).where)[0]
            if shown != wanted or counted != len(wanted):
                wrong.append((asked, "".join(sorted(shown)), counted))
    assert wrong == []


def test_trees_nest(cast, firms):
    access = access_to(cast.owner, "customers")

    def letters(tree):
        back = {pk: letter for letter, pk in firms.items()}
        return "".join(sorted(back[pk] for pk in found(access, tree)))

    level_a = {"field": "level", "op": "eq", "value": "A"}
    wuxi = {"field": "city", "op": "eq", "value": "Wuxi"}
    glass = {"field": "name", "op": "contains", "value": "glass"}
    assert letters({"all": [level_a, wuxi]}) == "a"
    assert letters({"any": [level_a, glass]}) == "acd"
    assert letters({"all": [level_a, {"not": wuxi}]}) == "d"
    assert letters({"any": [{"all": [level_a, wuxi]}, glass]}) == "ac"
    assert letters({"all": []}) == "abcd"
    assert letters({"any": []}) == ""
    assert letters({"not": {"all": []}}) == ""
    assert letters({"not": {"any": []}}) == "abcd"
    assert letters({"any": [{"all": []}, wuxi]}) == "abcd"


# Addresses ----------


PLAIN = [
    ("level=A", "ad"),
    ("level=A&level=B", "abd"),
    ("level__in=A,B", "abd"),
    ("level__not_in=A,B", "c"),
    ("city__empty=1", "bd"),
    ("employees__between=5,50", "a"),
    ("employees__gte=10&level=A", "a"),
    ("phones=13800138000", "a"),
    ("phones__number__contains=6234", "b"),
    ("tags=old", "a"),
    ("level=", "abcd"),
    ("preferences=nothing", ""),
    ("q=alpha&level=A", "a"),
    ("q=13800138000", "a"),
]


def test_plain_parameters_are_the_same_language(cast, firms):
    access = access_to(cast.owner, "customers")
    letters = {pk: letter for letter, pk in firms.items()}
    for params, expected in PLAIN:
        query = query_from(QueryDict(params), access)
        shown = sorted(letters[row.pk] for row in access.page(query.slice, []))
        assert "".join(shown) == expected, params


def test_parameters_and_tree_must_all_hold(cast, firms):
    access = access_to(cast.owner, "customers")
    tree = {"any": [{"field": "level", "op": "eq", "value": "A"}]}
    assert found(access, tree, city="Wuxi") == [firms["a"]]


# Dates ----------


def test_a_day_is_the_companys_day(cast, freeze):
    """Midnight in Shanghai is 16:00 UTC the day before."""
    with freeze("2026-11-22T15:30Z"):
        sunday = add(cast.owner)
    with freeze("2026-11-22T16:30Z"):
        monday = add(cast.owner)
        access = access_to(cast.owner, "customers")

        def ids(op, value):
            return set(found(access, {"field": "created_at", "op": op, "value": value}))

        assert ids("eq", "2026-11-22") == {sunday}
        assert ids("eq", "2026-11-23") == {monday}
        assert ids("ne", "2026-11-23") == {sunday}
        assert ids("lte", "2026-11-22") == {sunday}
        assert ids("lt", "2026-11-23") == {sunday}
        assert ids("gt", "2026-11-22") == {monday}
        assert ids("gte", "2026-11-22") == {sunday, monday}
        assert ids("between", ["2026-11-22", "2026-11-22"]) == {sunday}
        assert ids("within", "today") == {monday}
        assert ids("within", "yesterday") == {sunday}
        assert ids("within", "this_week") == {monday}
        assert ids("within", "last_week") == {sunday}
        assert ids("within", "past") == {sunday}
        assert ids("within", "last_n_days:2") == {sunday, monday}
        assert ids("lt", "2026-11-22T16:00:00+00:00") == {sunday}


# Relations ----------


def test_a_path_asks_the_related_record(cast, firms):
    at_a = add(cast.owner, "contacts", customer=firms["a"])
    at_b = add(cast.owner, "contacts", customer=firms["b"])
    alone = add(cast.owner, "contacts")
    access = access_to(cast.owner, "contacts")

    def ids(name, op, value=None):
        return set(found(access, {"field": name, "op": op, "value": value}))

    assert ids("customer.level", "eq", "A") == {at_a}
    assert ids("customer.level", "ne", "A") == {at_b, alone}
    assert ids("customer.city", "empty") == {at_b, alone}
    assert ids("customer.phones", "contains", "6234") == {at_b}
    assert ids("customer.owner", "eq", "@me") == {at_a, at_b}
    assert ids("customer", "eq", firms["a"]) == {at_a}
    assert ids("customer", "ne", firms["a"]) == {at_b, alone}
    assert ids("customer", "empty") == {alone}


def test_a_path_obeys_the_rights_of_the_related_module(cast, firms):
    hidden = add(cast.stranger, level="A", name="Hidden Holding")
    contact = add(cast.stranger, "contacts", customer=hidden)
    share("contacts", contact, cast.owner)
    access = access_to(cast.owner, "contacts")
    assert found(access, {"field": "customer.level", "op": "eq", "value": "A"}) == []
    assert found(access, {"field": "customer.level", "op": "ne", "value": "A"}) == [contact]
    assert found(access, {"field": "customer", "op": "eq", "value": hidden}) == []
    share("customers", hidden, cast.owner)
    assert found(access, {"field": "customer.level", "op": "eq", "value": "A"}) == [contact]
    cast.state("owner", "customers", "level", "masked")
    with pytest.raises(BadQuery):
        found(access_to(cast.owner, "contacts"), {"field": "customer.level", "op": "empty"})


def test_what_a_follow_up_hangs_on_tells_nothing_of_hidden_records(cast):
    hidden = add(cast.stranger)
    note = add(cast.stranger, "follow-ups", subject=f"customers/{hidden}", text="called")
    tree = {"field": "subject", "op": "eq", "value": f"customers/{hidden}"}
    assert found(access_to(cast.stranger, "follow-ups"), tree) == [note]
    share_note = add(
        cast.teammate, "follow-ups", subject=f"customers/{add(cast.teammate)}", text="x"
    )
    assert share_note
    cast.right("owner", "follow-ups", view="all")
    access = access_to(cast.owner, "follow-ups")
    assert note in found(access)
    assert found(access, tree) == []


def test_sorting_knows_direction_and_ends_in_id(cast, firms):
    access = access_to(cast.owner, "customers")
    letters = {pk: letter for letter, pk in firms.items()}

    def order(sort):
        return "".join(letters[pk] for pk in found(access, sort=sort))

    assert order("name") == "abcd"
    assert order("-name") == "dcba"
    assert order("stage,-name") == "cbda"
    assert order("employees") == "abcd"
    assert order("-employees")[:2] == "ba"
    assert order("id") == "abcd"
    assert order("-id") == "dcba"
    assert order("stage,id") == "bcad"
    assert order("stage,-id") == "cbda"
    assert ask(access, sort="stage,-id").sort == "stage,-id"


# Every field with every operator of its kind ----------

SAMPLES = {
    "collaborators": "@me",
    "text": "x", "long_text": "x", "integer": 3, "decimal": "3.5", "money": "3.5", "percent": "3",
    "date": "2026-11-23", "datetime": "2026-11-23T10:00", "boolean": True, "relation": 1,
    "any_relation": "customers/1", "user": "@me", "department": "@my_department", "email": "a@b.example",
    "url": "https://x.example", "phone": "13800138000", "credit_code": "91", "multi_choice": "x",
}  # fmt: skip


def sample(field, op):
    if field.kind == "choice":
        value = next(iter(options_of(field)), ("x", "x"))[0]
    else:
        value = SAMPLES[field.kind]
    if op == "between":
        return [value, value]
    if op == "within":
        return "this_month"
    if op in {"in", "not_in"}:
        return [value]
    return value


@pytest.mark.parametrize("module", EVERY_MODULE)
def test_every_operator_of_every_field_runs(cast, module):
    access = access_to(cast.director, module)
    asked = 0
    for path in access.module.right_names():
        field = access.module.field_at(path)
        if not field.is_filterable:
            continue
        for op in field.traits.operators:
            if field.kind == "department" and op in {"eq", "ne"}:
                value = cast.departments["east"].pk
            else:
                value = None if field.is_collection else sample(field, op)
            assert found(access, {"field": path, "op": op, "value": value}) == [] or op in {
                "ne",
                "not_in",
                "empty",
            }
            asked += 1
    assert asked > 50
    assert {one.name for one in all_modules()} >= set(EVERY_MODULE)


def test_values_are_bound_never_written_into_sql(cast, queries):
    access = access_to(cast.owner, "customers")
    nasty = "x'); drop table crm_stamp; --"
    query = ask(access, {"field": "name", "op": "contains", "value": nasty})
    sql, params = access.rows().filter(query.where).query.sql_with_params()
    assert "drop table" not in sql
    assert any("drop table" in str(one) for one in params)
    assert found(access, {"field": "name", "op": "eq", "value": nasty}) == []


def test_numbers_and_dates_compare_as_such(cast):
    low, high = add(cast.owner, revenue="9"), add(cast.owner, revenue="10")
    access = access_to(cast.owner, "customers")
    assert found(access, sort="revenue") == [low, high]
    assert found(access, {"field": "revenue", "op": "gt", "value": "9.5"}) == [high]
    assert access.get(high)["revenue"] == Decimal("10.00")
    assert isinstance(access.get(high)["created_at"], datetime)
    assert timezone.now() - access.get(high)["created_at"] < timedelta(minutes=5)
    assert access.get(high)["birthday"] is None
    assert date.today()
