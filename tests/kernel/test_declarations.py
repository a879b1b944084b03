"""A module made as rows: values of every kind written, read, compared, kept in history."""
# ruff: noqa: E501  (tables)

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from crm.access.paging import Slice
from crm.access.policy import access_to
from crm.access.rows import Ref
from crm.customfields.models import FieldDefinition, ModuleDefinition
from crm.modules import registry
from crm.modules.registry import UnknownModule, all_modules, module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.errors import Invalid, StaleRecord
from crm.records.history import versions_of
from crm.records.lifecycle import delete_records, restore_record
from crm.records.models import CustomRecord
from crm.records.services import update_record
from tests.contract.equipment import NAME, make_equipment
from tests.kernel.helpers import add, change, found, refused
from tests.people import make_cast, share

NOW = "2026-11-23T10:30:00+08:00"


@pytest.fixture
def kinds(db):
    return make_equipment()


@pytest.fixture
def company(kinds):
    return make_cast()


@pytest.fixture
def values(kinds, company):
    """One value of every kind: kind → value."""
    return {
        "text": "short", "long_text": "a\nb", "integer": 7, "decimal": "1.25", "money": "1234.50",
        "percent": "12.5", "date": "2026-11-23", "datetime": NOW, "boolean": False,
        "choice": "pump", "multi_choice": ["pump", "valve"], "relation": add(company.owner, name="Alpha"),
        "any_relation": f"customers/{add(company.owner, name='Beta')}", "user": company.teammate.pk,
        "department": company.departments["west"].pk, "email": "A@B.example", "url": "x.example",
        "phone": "13800138000", "credit_code": "", "file": [],
    }  # fmt: skip


@pytest.fixture
def pump(kinds, company, values):
    return add(
        company.owner, NAME, name="Pump 1", **{kinds[kind]: one for kind, one in values.items()}
    )


def test_each_kind_comes_back_as_itself(kinds, company, values, pump):
    row = access_to(company.owner, NAME).get(pump)
    shown = {kind: row[name] for kind, name in kinds.items()}
    assert shown == {
        "text": "short", "long_text": "a\nb", "integer": 7, "decimal": Decimal("1.25"),
        "money": Decimal("1234.50"), "percent": Decimal("12.5"), "date": dt.date(2026, 11, 23),
        "datetime": dt.datetime.fromisoformat(NOW), "boolean": False, "choice": "pump",
        "multi_choice": ["pump", "valve"],
        "relation": Ref(values["relation"], "Alpha", "customers"),
        "any_relation": Ref(int(values["any_relation"].partition("/")[2]), "Beta", "customers"),
        "user": Ref(company.teammate.pk, "Teammate"),
        "department": Ref(company.departments["west"].pk, "west"), "email": "a@b.example",
        "url": "https://x.example", "phone": "138 0013 8000", "credit_code": None, "file": (),
        "formula text": "zfshort", "formula money": Decimal("3704.50"),
        "formula date": dt.date(2026, 11, 24), "formula formula text": "zgzfshort",
    }  # fmt: skip
    listed = access_to(company.owner, NAME).page(Slice())[0]
    assert {kind: listed[name] for kind, name in kinds.items()} == shown
    assert row["number"] == "SB000001"


def test_values_that_stay_change_nothing(kinds, company, values, pump):
    same = {kinds[kind]: value for kind, value in values.items()}
    version = update_record(actor=company.owner, module=NAME, pk=pump, values=same, version=1)
    assert version == 1
    assert len(versions_of(CustomRecord, pump)) == 1


def test_keys_are_merged_and_nothing_is_stored_for_nothing(kinds, company, pump):
    change(company.owner, pump, NAME, **{kinds["text"]: "", kinds["multi_choice"]: []})
    custom = CustomRecord.unscoped.get(pk=pump).custom
    assert kinds["text"] not in custom
    assert kinds["multi_choice"] not in custom
    assert custom[kinds["integer"]] == 7
    assert custom[kinds["money"]] == "1234.50"
    row = access_to(company.owner, NAME).get(pump)
    assert not row[kinds["text"]]
    assert not row[kinds["multi_choice"]]


CONDITIONS = [
    ("text", "contains", "HOR", True), ("text", "ne", "short", False),
    ("integer", "between", [1, 9], True), ("integer", "gt", 10, False), ("money", "gte", "1234.5", True), ("money", "lt", "900", False),
    ("percent", "eq", "12.50", True), ("date", "eq", "2026-11-23", True),
    ("date", "lt", "2026-11-23", False), ("datetime", "eq", "2026-11-23", True),
    ("boolean", "eq", False, True), ("boolean", "empty", None, False),
    ("choice", "in", ["pump"], True), ("choice", "not_in", ["pump"], False),
    ("multi_choice", "contains", "valve", True), ("multi_choice", "empty", None, False),
    ("multi_choice", "contains", "val", False), ("user", "ne", "@me", True),
    ("user", "eq", "@me", False), ("department", "empty", None, False),
    ("phone", "contains", "8000", True), ("credit_code", "empty", None, True),
    ("email", "starts", "a@", True), ("relation", "not_empty", None, True),
]  # fmt: skip


def test_conditions_and_order_on_custom_fields(kinds, company, values, pump):
    blank = add(company.owner, NAME, name="Blank")
    access = access_to(company.owner, NAME)
    wrong = []
    for kind, op, value, expected in CONDITIONS:
        shown = pump in found(access, {"field": kinds[kind], "op": op, "value": value})
        complement = pump in found(
            access, {"not": {"field": kinds[kind], "op": op, "value": value}}
        )
        if shown != expected or complement == expected:
            wrong.append((kind, op, value))
    assert wrong == []
    related = {"field": f"{kinds['relation']}.name", "op": "eq", "value": "Alpha"}
    assert found(access, related) == [pump]
    for kind in ("integer", "money", "date", "text", "choice", "user"):
        assert found(access, sort=kinds[kind]) == [pump, blank], kind
        assert found(access, sort=f"-{kinds[kind]}") == [pump, blank], "blanks stay last"


def test_wrong_values_are_told_per_field(kinds, company):
    wrong = {
        "integer": "x", "money": "1.234567", "date": "soon", "datetime": "later",
        "boolean": "maybe", "choice": "ship", "multi_choice": ["ship"], "relation": 10**9, "any_relation": "ships/1",
        "user": 10**9, "department": 10**9, "email": "x", "url": "no url",
        "phone": "1", "credit_code": "9", "file": [1, 2],
    }  # fmt: skip
    problem = refused(
        Invalid,
        add,
        company.owner,
        NAME,
        name="X",
        **{kinds[kind]: one for kind, one in wrong.items()},
    )
    assert set(problem.fields) == {kinds[kind] for kind in wrong}


def test_a_conflict_on_custom_values(kinds, company, pump):
    change(company.owner, pump, NAME, **{kinds["money"]: "5"})
    problem = refused(
        StaleRecord, update_record, actor=company.owner, module=NAME, pk=pump, version=1,
        values={kinds["money"]: "6", kinds["text"]: "short"},
    )  # fmt: skip
    (conflict,) = problem.conflicts
    assert (conflict.before, conflict.theirs, conflict.mine) == (
        Decimal("1234.50"), Decimal("5"), Decimal("6"),
    )  # fmt: skip


def test_shares_bin_and_search(kinds, company, pump):
    assert found(access_to(company.stranger, NAME)) == []
    share(NAME, pump, company.stranger)
    share(NAME, pump, company.departments["west"], edit=True)
    assert found(access_to(company.stranger, NAME), q="pump") == [pump]
    change(company.outsider, pump, NAME, **{kinds["text"]: "theirs"})
    delete_records(actor=company.owner, module=NAME, pks=[pump])
    assert found(access_to(company.stranger, NAME)) == []
    restore_record(actor=company.owner, module=NAME, pk=pump)
    assert found(access_to(company.owner, NAME), q="pump") == [pump]


def test_two_modules_in_one_table_do_not_meet(kinds, company, pump):
    ModuleDefinition.objects.create(name="vehicles", number_prefix="CL", labels={"en": "Car"})
    raise_definitions_version()
    assert {"vehicles", NAME} <= {one.name for one in all_modules()}
    company.right("director", "vehicles", view="all")
    assert found(access_to(company.director, "vehicles")) == []
    with pytest.raises(Exception, match="no such page"):
        access_to(company.director, "vehicles").get(pump)


def test_the_first_look_after_a_change_of_definitions_sees_it(kinds, company):
    assert "cf_0" not in module_named("customers").fields
    row = FieldDefinition.objects.create(module="customers", kind="text", labels={"en": "Nickname"})
    raise_definitions_version()
    name = f"cf_{row.pk}"
    assert str(module_named("customers").fields[name].label) == "Nickname"
    pk = add(company.owner)
    problem = refused(Invalid, change, company.owner, pk, **{name: "x"})
    assert name in problem.fields, "a new field is closed until a role is granted it"
    company.state("owner", "customers", name, "edit")
    change(company.owner, pk, **{name: "x"})
    assert access_to(company.owner, "customers").get(pk)[name] == "x"


def test_an_unknown_module_is_an_error(db):
    with pytest.raises(UnknownModule):
        registry.module_named("ships")


def test_modules_and_fields_are_declared_once(db):
    names = [one.name for one in all_modules()]
    assert len(names) == len(set(names))
    for module in all_modules():
        assert module.title in module.fields
        assert set(module.columns) <= set(module.fields)
        assert module.number_prefix
