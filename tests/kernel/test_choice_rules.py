"""Choices that depend on another: every way of writing refuses what does not go together."""

from __future__ import annotations

import json

import pytest

from accounts.services import fields as field_services
from crm.access.policy import access_to
from crm.customfields.choice_rules import rule_of
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.bulk import create_many
from crm.records.choice_rules import set_rule
from crm.records.edits import Edit, edit_many
from crm.records.errors import Invalid
from crm.records.merging import merge_records
from crm.records.services import create_record
from tests.kernel.helpers import add, change, refused, stored, unlike


def made(actor, label, *choices, kind="choice", **more):
    row = field_services.add_field(
        actor=actor, module="customers", kind=kind, labels={"en": label}, choices=choices, **more
    )
    return row, f"cf_{row.pk}"


@pytest.fixture
def fruit(cast):
    """Sort depends on level: A → apple, B → pear; kernel depends on sort."""
    row, sort = made(cast.administrator, "Sort", "Apple", "Pear")
    allowed = {"": ["choice_1", "choice_2"], "A": ["choice_1"], "B": ["choice_2"], "gone": ["x"]}
    set_rule(actor=cast.administrator, row=row, parent="level", allowed=allowed)
    return row, sort


def test_a_rule_holds_for_whoever_writes(cast, fruit):
    _row, sort = fruit
    pk = add(cast.owner, level="A", **{sort: "choice_1"})
    told = refused(Invalid, add, cast.owner, level="A", **{sort: "choice_2"})
    assert told.fields == {sort: ["“Pear” of Sort does not go with “A key” of Level."]}
    told = refused(Invalid, change, cast.owner, pk, level="B")  # nothing is cleared in silence
    assert list(told.fields) == [sort]
    assert stored("customers", pk).custom[sort] == "choice_1"
    change(cast.owner, pk, level="B", **{sort: "choice_2"})
    assert refused(Invalid, change, cast.owner, pk, level="C").fields[sort]  # nothing goes with C
    act = Act(cast.owner, "import")
    rows = [
        {"name": unlike(), "level": "B", sort: "choice_1"},
        {"name": unlike(), sort: "choice_1"},
    ]
    outcomes = create_many(actor=cast.owner, module="customers", rows=rows, act=act)
    assert [list(one.errors) for one in outcomes] == [[sort], []]
    outcomes, _kept = edit_many(
        actor=cast.owner, module="customers", pks=[pk, outcomes[1].pk],
        edits=[Edit("level", "set", "A")], act=act,
    )  # fmt: skip
    assert [list(one.errors) for one in outcomes] == [[sort], []]
    other = add(cast.director, owner=cast.owner.pk, level="A")
    told = refused(
        Invalid, merge_records, actor=cast.director, module="customers", survivor=pk,
        losers=[other], choices={"level": other},
    )  # fmt: skip
    assert sort in told.fields


def test_what_stood_there_before_stays_until_it_changes(cast):
    row, sort = made(cast.administrator, "Sort", "Apple", "Pear")
    pk = add(cast.owner, level="A", **{sort: "choice_2"})
    set_rule(actor=cast.administrator, row=row, parent="level", allowed={"A": ["choice_1"]})
    change(cast.owner, pk, city="Wuxi")
    assert access_to(cast.owner, "customers").get(pk)[sort] == "choice_2"
    refused(Invalid, change, cast.owner, pk, level="B")


def test_security_48_the_sentence_tells_nothing_of_what_is_hidden(cast, fruit):
    _row, sort = fruit
    pk = add(cast.owner, level="A", **{sort: "choice_1"})
    for closed, value, place in (
        ("level", {sort: "choice_2"}, sort),
        (sort, {"level": "B"}, "level"),
    ):
        cast.state("owner", "customers", closed, "hidden")
        told = refused(Invalid, change, cast.owner, pk, **value)
        assert told.fields == {
            place: ["This choice does not go with the other values of the record."]
        }
        cast.state("owner", "customers", closed, "edit")


def test_a_default_that_does_not_fit_is_left_out(cast):
    row, sort = made(cast.administrator, "Sort", "Apple", "Pear")
    set_rule(actor=cast.administrator, row=row, parent="level", allowed={"A": ["choice_2"]})
    row.default = "choice_1"
    row.save()
    field_services.definitions.raise_definitions_version()
    assert sort not in stored("customers", add(cast.owner, level="A")).custom
    create_record(actor=cast.owner, module="customers", values={"name": unlike()})


def test_rules_stand_three_deep_and_in_no_circle(cast, fruit):
    admin, (row, sort) = cast.administrator, fruit
    (second, two), (third, three), (fourth, _four) = (
        made(admin, name, "One") for name in ("Second", "Third", "Fourth")
    )
    set_rule(actor=admin, row=second, parent=sort, allowed={})
    set_rule(actor=admin, row=third, parent=two, allowed={})
    told = refused(Invalid, set_rule, actor=admin, row=fourth, parent=three, allowed={})
    assert "3 deep" in str(told.fields["parent"][0])
    told = refused(Invalid, set_rule, actor=admin, row=row, parent=three, allowed={})
    assert "never end" in str(told.fields["parent"][0])
    told = refused(Invalid, field_services.remove_field, actor=admin, row=second)
    assert "“Third”" in str(told.message)
    field_services.remove_field(actor=admin, row=third)
    set_rule(actor=admin, row=second, parent="", allowed={})
    assert rule_of(module_named("customers"), two) is None
    field_services.remove_field(actor=admin, row=second)


def test_forms_and_schema_offer_what_goes_together(cast, fruit, client):
    _row, sort = fruit
    client.force_login(cast.owner)
    pk = add(cast.owner, level="A")
    page = client.get(f"/customers/{pk}/edit/").content.decode()
    assert 'data-depends="level"' in page
    headers = {"HX-Request": "true"}
    part = client.get(f"/customers/{pk}/fields/{sort}/edit/", headers=headers).content.decode()
    assert "Apple" in part
    assert "Pear" not in part
    schema = client.get("/api/schema/?format=json").json()["components"]["schemas"]
    told = schema["customers-change"]["properties"][sort]["x-depends-on"]
    assert told["field"] == "level"
    assert told["allowed"]["B"] == ["choice_2"]
    body = json.dumps({"version": 1, sort: "choice_2"})
    answer = client.patch(f"/api/v1/customers/{pk}/", body, content_type="application/json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [sort])
    cast.state("owner", "customers", "level", "hidden")
    assert "data-depends" not in client.get(f"/customers/{pk}/edit/").content.decode()
    part = client.get(f"/customers/{pk}/fields/{sort}/edit/", headers=headers).content.decode()
    assert "Pear" in part
    schema = client.get("/api/schema/?format=json").json()["components"]["schemas"]
    assert "x-depends-on" not in schema["customers-change"]["properties"][sort]


def test_the_table_and_the_list_set_the_same(cast, fruit, client):
    row, sort = fruit
    client.force_login(cast.administrator)
    address = f"/setup/fields/customers/{row.pk}/choices/"
    page = client.get(address).content.decode()
    assert page.count('type="checkbox"') == 2 * 5  # nothing, A to D
    assert page.count(" checked") == 4
    posted = {"parent": "level", "allow-A": ["choice_1", "choice_2"], "allow-B": ["nonsense"]}
    assert client.post(address, posted).status_code == 302
    rule = rule_of(module_named("customers"), sort)
    assert (rule.allowed["A"], rule.allowed["B"]) == ({"choice_1", "choice_2"}, frozenset())
    posted = {"parent": "level", "as": "list", "pairs": "A\tApple\nb → pear\n\n(empty)\tPear"}
    assert client.post(address, posted).status_code == 302
    rule = rule_of(module_named("customers"), sort)
    assert (rule.allowed["A"], rule.allowed["B"], rule.allowed[""]) == (
        {"choice_1"}, {"choice_2"}, {"choice_2"},
    )  # fmt: skip
    answer = client.post(address, {**posted, "pairs": "A\tApple\nB\tPlum"})
    assert answer.status_code == 400
    assert "Line 2" in answer.content.decode()
    assert "A key\tApple\nB " in client.get(f"{address}?as=list").content.decode()
    assert "depends" in client.get(f"/setup/fields/customers/{row.pk}/").content.decode()
    assert client.post(address, {"parent": ""}).status_code == 302
    assert rule_of(module_named("customers"), sort) is None
    client.force_login(cast.owner)
    assert client.get(address).status_code == 403
