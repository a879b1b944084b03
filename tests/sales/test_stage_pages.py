"""The pages of stages: rules in setup, moves under the reader's rights, the record's own words."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from crm.records.services import create_record, update_record
from sales.life.models import StageHold, StageMove, StageRule, StageRun
from sales.life.shipped import RULES
from tests.people import Cast

BIG = {"all": [{"field": "employees", "op": "gte", "value": 500}]}


@pytest.fixture(autouse=True)
def _shipped(db):
    """The rules that the migration ships; tests that empty the tables take them away."""
    if not StageRule.objects.exists():
        StageRule.objects.bulk_create(
            StageRule(position=place, stage=stage, condition=condition)
            for place, (stage, condition) in enumerate(RULES)
        )


@pytest.fixture
def browser():
    """A browser in which somebody is signed in, in English."""

    def sign_in(person) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client

    return sign_in


def moved(actor, name: str, *stages: str) -> int:
    """A customer that a person moves through stages."""
    pk = create_record(actor=actor, module="customers", values={"name": name})
    for version, stage in enumerate(stages, 1):
        update_record(
            actor=actor, module="customers", pk=pk, values={"stage": stage}, version=version
        )
    return pk


# Setup -------------------------------------------------------------------------------------------


def test_the_shipped_rules_are_there_and_off(cast: Cast, browser):
    assert StageRule.objects.count() == 8
    assert not StageRule.objects.filter(is_on=True).exists()
    page = browser(cast.administrator).get("/setup/stages/").content.decode()
    assert "more than 180 days ago" in page
    assert page.count("Switch on") == 8
    assert "cannot be read" not in page


def test_every_shipped_rule_can_be_switched_on(cast: Cast, browser):
    client = browser(cast.administrator)
    for rule in StageRule.objects.all():
        page = client.get(f"/setup/stages/{rule.pk}/switch/").content.decode()
        assert "None would move now." in page
        assert client.post(f"/setup/stages/{rule.pk}/switch/").status_code == 302
    assert StageRule.objects.filter(is_on=True).count() == 8


@pytest.mark.parametrize("way", ["", "new/", "1/", "1/switch/", "1/delete/"])
def test_nobody_else_opens_them(cast: Cast, browser, way):
    for person in (cast.director, cast.owner):
        assert browser(person).get(f"/setup/stages/{way}").status_code == 403
        assert browser(person).post(f"/setup/stages/{way}").status_code in (403, 405)


def test_a_condition_is_made_in_the_panel_and_saved_with_the_form(cast: Cast, browser):
    client = browser(cast.administrator)
    panel = client.get("/setup/stages/new/?part=filter&field=employees").content.decode()
    assert 'name="add_field" value="employees"' in panel
    made = client.get(
        "/setup/stages/new/", {"add_field": "employees", "add_op": "gte", "add_value": "500"}
    )
    page = client.get(made["Location"]).content.decode()
    assert "at least 500" in page
    create_record(actor=cast.owner, module="customers", values={"name": "Alpha", "employees": 700})
    counted = client.get(made["Location"] + "&part=count").content.decode()
    assert counted == "1 customers meet it."
    saved = client.post(
        "/setup/stages/new/", {"condition": json.dumps(BIG), "stage": "loyal", "overrules": "true"}
    )
    assert saved.status_code == 302
    rule = StageRule.objects.latest("pk")
    assert (rule.stage, rule.overrules, rule.is_on) == ("loyal", True, False)
    assert rule.condition == BIG
    asked = client.get(f"/setup/stages/{rule.pk}/switch/").content.decode()
    assert "1 would move now: 1 from Prospect." in asked


def test_a_stored_condition_is_changed_piece_by_piece(cast: Cast, browser):
    client = browser(cast.administrator)
    rule = StageRule.objects.create(stage="loyal", condition=BIG, position=99)
    url = f"/setup/stages/{rule.pk}/"
    added = client.get(url, {"add_field": "city", "add_op": "contains", "add_value": "Su"})
    page = client.get(added["Location"]).content.decode()
    assert "at least 500" in page
    assert "Su" in page
    cleared = client.get(f"{url}?view=draft").content.decode()
    assert "at least 500" not in cleared
    refused = client.post(url, {"condition": "", "stage": "loyal"})
    assert refused.status_code == 400
    assert "Add a condition first" in refused.content.decode()
    rule.refresh_from_db()
    assert rule.condition == BIG


def test_a_rule_is_moved_switched_off_and_deleted(cast: Cast, browser):
    client = browser(cast.administrator)
    second = StageRule.objects.all()[1]
    assert client.post(f"/setup/stages/{second.pk}/up/").status_code == 302
    assert StageRule.objects.first() == second
    client.post(f"/setup/stages/{second.pk}/switch/")
    client.post(f"/setup/stages/{second.pk}/switch/", {"on": "0"})
    second.refresh_from_db()
    assert not second.is_on
    assert "Delete this rule?" in client.get(f"/setup/stages/{second.pk}/delete/").content.decode()
    client.post(f"/setup/stages/{second.pk}/delete/")
    assert client.get(f"/setup/stages/{second.pk}/").status_code == 404


def test_the_rules_can_be_applied_at_once(cast: Cast, browser):
    client = browser(cast.administrator)
    assert client.post("/setup/stages/run/").status_code == 302
    assert StageRun.objects.get().ended_at is None


# Moves -------------------------------------------------------------------------------------------


def test_the_matrix_counts_what_the_reader_sees(cast: Cast, browser):
    moved(cast.owner, "Alpha works", "new", "repeat")
    moved(cast.outsider, "Beta works", "new")
    boss = browser(cast.director).get("/customers/stages/").content.decode()
    assert "Alpha works" in boss
    assert "Beta works" in boss
    assert ">2</a>" in boss  # from prospect to new
    mine = browser(cast.owner).get("/customers/stages/").content.decode()
    assert "Beta works" not in mine
    assert ">2</a>" not in mine


def test_one_cell_opens_its_moves(cast: Cast, browser):
    moved(cast.owner, "Alpha works", "new", "repeat")
    moved(cast.owner, "Beta works", "new")
    page = browser(cast.owner).get("/customers/stages/?from=new&to=repeat").content.decode()
    assert "Alpha works" in page
    assert "Beta works" not in page


def test_moves_of_another_period_are_not_counted(cast: Cast, browser):
    moved(cast.owner, "Alpha works", "new")
    client = browser(cast.owner)
    assert "Alpha works" not in client.get("/customers/stages/?day=2020-01-01").content.decode()
    for query in ("period=x&day=y", "page=99999", "from=a&to=b", "period=day", "period=week"):
        assert client.get(f"/customers/stages/?{query}").status_code == 200


@pytest.mark.parametrize("state", ["hidden", "masked"])
def test_who_may_not_read_stages_gets_no_counts(cast: Cast, browser, state):
    pk = moved(cast.owner, "Alpha works", "new")
    cast.state("owner", "customers", "stage", state)
    client = browser(cast.owner)
    assert client.get("/customers/stages/").status_code == 403
    assert "1 move" not in client.get(f"/customers/{pk}/").content.decode()


def test_the_name_of_a_customer_is_not_told_where_it_is_hidden(cast: Cast, browser):
    moved(cast.owner, "Alpha works", "new")
    cast.state("owner", "customers", "name", "hidden")
    page = browser(cast.owner).get("/customers/stages/")
    assert page.status_code == 200
    assert "Alpha works" not in page.content.decode()


def test_the_page_asks_as_much_for_many_moves_as_for_few(cast: Cast, browser, queries):
    client = browser(cast.owner)
    moved(cast.owner, "Works a", "new")
    client.get("/customers/stages/")
    with queries() as few:
        client.get("/customers/stages/")
    for n in range(8):
        moved(cast.owner, f"Works {chr(98 + n)}", "new", "repeat", "lost")
    with queries() as many:
        client.get("/customers/stages/")
    assert len(many) == len(few)


# The record ---------------------------------------------------------------------------------------


def test_the_page_says_how_often_it_moved_and_that_a_hand_holds_it(cast: Cast, browser):
    pk = moved(cast.owner, "Alpha works", "new", "repeat")
    client = browser(cast.owner)
    page = client.get(f"/customers/{pk}/").content.decode()
    assert "2 moves" in page
    assert "Stage set by hand" in page
    assert client.post(f"/customers/{pk}/stage/release/").status_code == 302
    assert not StageHold.objects.exists()
    assert "Stage set by hand" not in client.get(f"/customers/{pk}/").content.decode()
    assert StageMove.objects.count() == 2


def test_the_stage_is_given_back_by_who_may_write_it(cast: Cast, browser):
    pk = moved(cast.owner, "Alpha works", "new")
    cast.state("owner", "customers", "stage", "read")
    client = browser(cast.owner)
    assert "Let the rules decide" not in client.get(f"/customers/{pk}/").content.decode()
    assert client.post(f"/customers/{pk}/stage/release/").status_code == 403
    assert browser(cast.outsider).post(f"/customers/{pk}/stage/release/").status_code == 404
    assert StageHold.objects.count() == 1


def test_a_move_over_the_api_is_counted(cast: Cast, browser):
    pk = moved(cast.owner, "Alpha works")
    client = browser(cast.owner)
    token = client.post(
        "/api/v1/auth/token/", {"username": "owner", "password": "a quiet morning 7"},
        content_type="application/json",
    ).json()["token"]  # fmt: skip
    answer = client.patch(
        f"/api/v1/customers/{pk}/", {"stage": "loyal", "version": 1},
        content_type="application/json", headers={"authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert StageMove.objects.get().to_stage == "loyal"
