"""Formula fields: like others in list, filter, sort, sum and API; open only with all inputs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.services import fields as field_services
from crm.access.policy import access_to
from crm.customfields.formulas import as_people_write
from crm.customfields.models import FieldDefinition
from crm.lists.errors import BadQuery
from crm.modules.registry import module_named
from crm.records import definitions
from crm.records.errors import Invalid
from crm.records.services import create_record
from tests.kernel.helpers import add, ask, change, found, refused

LABELS = {"en": "Worth", "zh-hans": "价值"}


def make(actor, text, label="Worth", **more):
    """A formula field of customers, open to everybody."""
    row = field_services.add_field(
        actor=actor, module="customers", kind="formula", formula=text, labels={"en": label}, **more
    )
    return row, f"cf_{row.pk}"


def own(actor, kind="money", label="Fee", **more):
    row = field_services.add_field(
        actor=actor, module="customers", kind=kind, labels={"en": label}, **more
    )
    return row, f"cf_{row.pk}"


def test_a_formula_is_filtered_sorted_summed_and_paged(cast):
    _row, fee = own(cast.administrator)
    row, worth = make(cast.administrator, "{Fee} * 2 + {revenue}")
    assert (row.result, row.formula) == ("money", f"{{{fee}}} * 2 + {{revenue}}")
    ids = [add(cast.owner, revenue=str(n), **{fee: str(10 - n)}) for n in (1, 2, 3)]
    bare = add(cast.owner)
    door = access_to(cast.owner, "customers")
    values = {one.pk: one[worth] for one in door.page(ask(door).slice, [worth])}
    assert [values[pk] for pk in ids] == [Decimal("19.00"), Decimal("18.00"), Decimal("17.00")]
    assert values[bare] is None
    assert found(door, {"field": worth, "op": "gte", "value": "18"}, sort=worth) == [ids[1], ids[0]]
    assert found(door, {"field": worth, "op": "empty"}) == [bare]
    assert found(door, sort=f"-{worth},name") == [*ids, bare]
    assert found(door, sort=worth, size=2) == [ids[2], ids[1], ids[0]]
    assert door.sums(ask(door).where, [door.module.fields[worth]]) == {worth: Decimal("54.00")}
    query = ask(door, sort=f"-{worth}")
    rows, marks = door.marked_page(query.slice.__class__(
        query.where, query.order, size=2, is_marked=True), [worth])  # fmt: skip
    rest = query.slice.__class__(query.where, query.order, size=9, mark=marks[-1])
    assert [one.pk for one in [*rows, *door.page(rest, [worth])]] == [*ids, bare]


def test_a_formula_is_as_closed_as_its_inputs(cast):
    _fee, fee = own(cast.administrator)
    _a, first = make(cast.administrator, "{Fee} + 1", "First")
    _b, second = make(cast.administrator, "{First} * 2", "Second")
    pk = add(cast.owner, **{fee: "5"})
    assert access_to(cast.owner, "customers").get(pk)[second] == Decimal("12.00")
    for state in ("hidden", "masked"):
        cast.state("owner", "customers", fee, state)
        door = access_to(cast.owner, "customers")
        assert not {first, second} & {*door.visible, *door.get(pk)}
        for query in (
            {"sort": second},
            {"columns": second},
            {second: "12"},
            {f"{second}__gt": "1"},
        ):
            refused(BadQuery, ask, door, None, **query)
        refused(BadQuery, found, door, {"field": second, "op": "eq", "value": "12"})
    cast.state("owner", "customers", fee, "edit")
    cast.state("owner", "customers", first, "hidden")
    assert second not in access_to(cast.owner, "customers").visible
    cast.state("administrator", "customers", fee, "hidden")
    told = refused(Invalid, make, cast.administrator, "{Fee} * 3", "Third")
    assert "no field “Fee”" in str(told.fields["formula"][0])


def test_nobody_writes_a_formula(cast, client):
    _row, worth = make(cast.administrator, "{revenue} / 3")
    assert "cannot" not in str(access_to(cast.owner, "customers").state(worth))
    for call in (
        lambda: create_record(actor=cast.owner, module="customers", values={"name": "x", worth: 1}),
        lambda: change(cast.owner, add(cast.owner), **{worth: "1"}),
    ):
        assert "may not write" in str(refused(Invalid, call).fields[worth][0])
    client.force_login(cast.owner)
    schema = client.get("/api/schema/?format=json").json()["components"]["schemas"]
    read = schema["customers"]["properties"][worth]
    assert read["readOnly"] is True
    assert read["format"] == "decimal"
    assert worth not in schema["customers-change"]["properties"]
    pk = add(cast.owner, revenue="10")
    answer = client.get(f"/api/v1/customers/?{worth}__gt=3&sort=-{worth}").json()
    assert [one[worth] for one in answer["results"]] == ["3.33"]
    assert client.patch(
        f"/api/v1/customers/{pk}/", {"version": 1, worth: "7"}, content_type="application/json"
    ).status_code == 400  # fmt: skip
    assert "3.33" in client.get(f"/customers/{pk}/").content.decode()
    assert worth not in str(client.get(f"/api/v1/customers/{pk}/history/").json())


def test_formulas_hold_together(cast):
    """Renamed inputs change nothing; circles, lost inputs and other kinds are refused."""
    admin = cast.administrator
    fee_row, fee = own(admin)
    first_row, first = make(admin, "{Fee} + 1", "First")
    second_row, _second = make(admin, "{First} * 2", "Second")
    given = {"help_texts": {}, "required": False, "unique": False, "default": "", "position": 1}
    definitions.change_field(actor=admin, row=fee_row, labels={"en": "Charge"}, **given)
    assert as_people_write(module_named("customers"), first_row.formula, {fee}) == "{Charge} + 1"

    def rewrite(row, text):
        definitions.change_field(actor=admin, row=row, labels=row.labels, formula=text, **given)

    told = refused(Invalid, rewrite, first_row, "{Second} + 1")
    assert "would never end" in str(told.fields["formula"][0])
    first_row.refresh_from_db()
    told = refused(Invalid, rewrite, first_row, '"a" & {Charge}')
    assert "“Second” uses it" in str(told.fields["formula"][0])
    for row in (fee_row, first_row):
        row.refresh_from_db()
        told = refused(Invalid, field_services.remove_field, actor=admin, row=row)
        assert "“Second”" in str(told.message)
    rewrite(first_row, "{revenue} + 1")
    second_row.refresh_from_db()
    assert set(second_row.inputs) == {first, "revenue"}
    field_services.remove_field(actor=admin, row=fee_row)
    make(admin, "{Second} + 1", "Third")
    told = refused(Invalid, make, admin, "{Third} + 1", "Fourth")
    assert "3 deep" in str(told.fields["formula"][0])


def test_a_list_with_formulas_asks_no_more(cast, client, queries):
    client.force_login(cast.owner)
    for n in range(5):
        add(cast.owner, revenue=str(n))
    counts = []
    for text in ("", "{revenue} * 2", 'if({level} = "A", today(), add_days(today(), 9))'):
        if text:
            make(cast.administrator, text, text[:20])
        keys = [f"cf_{row.pk}" for row in FieldDefinition.objects.all()]
        address = f"/customers/?columns={','.join(['name', *keys])}"
        client.get(address)
        with queries() as seen:
            client.get(address)
        counts.append(len(seen))
    assert len(set(counts)) == 1


def test_today_is_the_companys_and_moves_on(cast, freeze):
    _row, age = make(cast.administrator, 'days_between(date("2026-11-01"), today())')
    with freeze("2026-11-22T15:59:00+00:00"):
        pk = add(cast.owner)
    for moment, days in (("2026-11-22T15:59:00+00:00", 21), ("2026-11-22T16:01:00+00:00", 22)):
        with freeze(moment):
            door = access_to(cast.owner, "customers")
            (row,) = door.page(ask(door).slice, [age])
            assert (row.pk, row[age]) == (pk, Decimal(days))


@pytest.fixture
def setup(cast, client):
    client.force_login(cast.administrator)
    return client


def test_the_page_shows_what_it_comes_to(setup, cast):
    add(cast.owner, name="Firm a", revenue="250")
    page = setup.get("/setup/fields/customers/new/?kind=formula").content.decode()
    assert 'data-insert="{' in page
    posted = {"formula": "{revenue} / 4", "places": "1", "field": ""}
    part = setup.post("/setup/fields/customers/formula/", posted).content.decode()
    assert "Amount of money" in part
    assert "62.5" in part
    part = setup.post(
        "/setup/fields/customers/formula/", {"formula": "1 + {nope}"}
    ).content.decode()
    assert "Character 5" in part
    assert "<mark>{nope}</mark>" in part
    address = "/setup/fields/customers/new/?kind=formula"
    answer = setup.post(address, {**posted, "label_en": "Quarter", "check": "1"})
    assert "62.5" in answer.content.decode()
    assert not FieldDefinition.objects.exists()
    answer = setup.post(address, {**posted, "label_en": "Q", "formula": "{revenue} +"})
    assert answer.status_code == 400
    assert "ends too early" in answer.content.decode()
    assert setup.post(address, {**posted, "label_en": "Quarter"}).status_code == 302
    row = FieldDefinition.objects.get()
    page = setup.get(f"/setup/fields/customers/{row.pk}/").content.decode()
    assert "62.5" in page
    assert setup.post(f"/setup/fields/customers/{row.pk}/",
                      {**posted, "label_en": "Half", "formula": "{revenue} / 2",
                       "position": "3"}).status_code == 302  # fmt: skip
    assert row.formula != FieldDefinition.objects.get().formula
    setup.force_login(cast.owner)
    assert setup.post("/setup/fields/customers/formula/", posted).status_code == 403
