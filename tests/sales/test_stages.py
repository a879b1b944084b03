"""Stages of life: the rules that set them, the moves that are counted, the hands that hold."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from crm.access.errors import NotAllowed, NotVisible, Refusal
from crm.access.policy import access_to
from crm.modules.stamp import raise_definitions_version
from crm.records.act import Act
from crm.records.beside import Event
from crm.records.bulk import create_many
from crm.records.bulk_changes import update_many
from crm.records.errors import Invalid
from crm.records.followers import _guards
from crm.records.history import history_model
from crm.records.lifecycle import assign_records, delete_records
from crm.records.services import create_record, update_record
from sales.life import nightly
from sales.life.editing import (
    delete_rule,
    raise_rule,
    save_rule,
    switch_rule,
    would_move,
)  # fmt: skip
from sales.life.models import StageHold, StageMove, StageRule, StageRun
from sales.life.moving import release

BIG = {"all": [{"field": "employees", "op": "gte", "value": 500}]}
QUIET = {"all": [{"field": "last_follow_up_at", "op": "within", "value": "older_than_days:30"}]}


@pytest.fixture(autouse=True)
def _no_rules(db):
    StageRule.objects.all().delete()


def add(actor, **values) -> int:
    """A customer; the name tells it from others."""
    named = {"name": f"Alpha {timezone.now().timestamp()}", **values}
    return create_record(actor=actor, module="customers", values=named)


def rule(stage: str, condition: dict, **more) -> StageRule:
    """A rule, switched on and last."""
    last = {"is_on": True, "position": StageRule.objects.count()}
    made = StageRule.objects.create(stage=stage, condition=condition, **{**last, **more})
    raise_definitions_version()
    return made


def state(pk: int) -> tuple[str, int]:
    """Stage and version as they are stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT stage, version FROM sales_customer WHERE id = %s", [pk])
        return cursor.fetchone()


def moves(pk: int) -> list[tuple]:
    """The counted moves of a customer, first one first."""
    rows = StageMove.objects.filter(customer_id=pk).order_by("id")
    return list(rows.values_list("from_stage", "to_stage", "rule_id", "person_id"))


def change(actor, pk: int, **values) -> int:
    """Change a customer at its present version."""
    return update_record(
        actor=actor, module="customers", pk=pk, values=values, version=state(pk)[1]
    )


# Moves are counted ---------------------------------------------------------------------------


def test_a_move_by_hand_is_counted_and_held(cast):
    pk = add(cast.owner)
    assert moves(pk) == []
    change(cast.owner, pk, stage="repeat")
    change(cast.owner, pk, remark="nothing moved")
    change(cast.owner, pk, stage="lost")
    assert moves(pk) == [
        ("prospect", "repeat", None, cast.owner.pk),
        ("repeat", "lost", None, cast.owner.pk),
    ]
    assert StageHold.objects.get(pk=pk).person_id == cast.owner.pk


def test_moves_of_many_at_once_are_counted(cast):
    pks = [add(cast.owner, name=f"Beta {n}") for n in range(3)]
    rows = [(pk, {"stage": "new"}) for pk in pks] + [(pks[0], {"stage": "repeat"})]
    update_many(actor=cast.owner, module="customers", rows=rows, act=Act(cast.owner, "import"))
    assert [len(moves(pk)) for pk in pks] == [2, 1, 1]
    assert moves(pks[0])[1][:2] == ("new", "repeat")


def test_what_is_taken_back_is_counted_and_free_again(cast):
    pk = add(cast.owner)
    change(cast.owner, pk, stage="new")
    rows = [(pk, {"stage": "prospect"})]
    update_many(actor=cast.owner, module="customers", rows=rows, act=Act(cast.owner, "undo"))
    assert [move[:2] for move in moves(pk)] == [("prospect", "new"), ("new", "prospect")]
    assert not StageHold.objects.filter(pk=pk).exists()


def test_acts_that_leave_the_stage_count_nothing(cast):
    pk = add(cast.manager)
    assign_records(actor=cast.manager, module="customers", pks=[pk], owner=cast.owner.pk)
    delete_records(actor=cast.manager, module="customers", pks=[pk])
    assert moves(pk) == []


# Rules on what was just written ----------------------------------------------------------------


def test_a_rule_moves_a_new_customer_in_the_same_version(cast):
    made = rule("high_value", BIG)
    pk = add(cast.owner, employees=700)
    assert state(pk) == ("high_value", 1)
    assert moves(pk) == [("prospect", "high_value", made.pk, None)]
    rows = history_model(access_to(cast.owner, "customers").module.model).objects.filter(id=pk)
    assert sorted(rows.values_list("stage", "version", "history_user_id")) == [
        ("high_value", 1, None),
        ("prospect", 1, cast.owner.pk),
    ]
    told = Event.objects.filter(module="customers", record_id=pk, source="rule").get()
    assert (told.kind, told.changed, told.actor_id, told.version) == ("changed", ["stage"], None, 1)


def test_a_change_answers_the_version_that_the_next_one_needs(cast):
    rule("high_value", BIG)
    pk = add(cast.owner)
    version = change(cast.owner, pk, employees=900)
    assert state(pk) == ("high_value", version)
    update_record(
        actor=cast.owner, module="customers", pk=pk, values={"remark": "x"}, version=version
    )


def test_rules_look_at_rows_that_are_written_together(cast):
    rule("high_value", BIG)
    rows = [{"name": f"Gamma {n}", "employees": n * 400} for n in range(4)]
    made = create_many(
        actor=cast.owner, module="customers", rows=rows, act=Act(cast.owner, "import")
    )
    assert [state(one.pk)[0] for one in made] == [
        "prospect",
        "prospect",
        "high_value",
        "high_value",
    ]


def test_the_first_rule_that_holds_decides(cast):
    rule("loyal", {"all": [{"field": "employees", "op": "gte", "value": 800}]})
    rule("high_value", BIG)
    assert state(add(cast.owner, employees=900, name="One"))[0] == "loyal"
    assert state(add(cast.owner, employees=600, name="Two"))[0] == "high_value"
    assert state(add(cast.owner, employees=10, name="Three"))[0] == "prospect"


def test_a_rule_that_is_off_does_nothing(cast):
    rule("high_value", BIG, is_on=False)
    assert state(add(cast.owner, employees=900))[0] == "prospect"


def test_a_stage_set_by_hand_stays_unless_the_rule_overrules(cast):
    pk = add(cast.owner, employees=10)
    change(cast.owner, pk, stage="lost")
    made = rule("high_value", BIG)
    change(cast.owner, pk, employees=900)
    assert state(pk)[0] == "lost"
    StageRule.objects.filter(pk=made.pk).update(overrules=True)
    raise_definitions_version()
    change(cast.owner, pk, remark="looked at again")
    assert state(pk)[0] == "high_value"
    assert not StageHold.objects.filter(pk=pk).exists()


def test_a_held_stage_can_be_given_back_to_the_rules(cast):
    pk = add(cast.owner, employees=900)
    change(cast.owner, pk, stage="lost")
    rule("high_value", BIG)
    with pytest.raises(NotVisible):
        release(access_to(cast.outsider, "customers"), pk)
    cast.state("owner", "customers", "stage", "read")
    with pytest.raises(NotAllowed):
        release(access_to(cast.owner, "customers"), pk)
    cast.state("owner", "customers", "stage", "edit")
    release(access_to(cast.owner, "customers"), pk)
    assert state(pk)[0] == "high_value"


def test_a_follow_up_wakes_a_customer(cast):
    awake = {"all": [{"field": "last_follow_up_at", "op": "within", "value": "last_n_days:30"}]}
    rule("repeat", awake)
    pk = add(cast.owner)
    values = {"subject": f"customers/{pk}", "text": "He called."}
    create_record(actor=cast.owner, module="follow-ups", values=values)
    assert state(pk) == ("repeat", 2)
    assert moves(pk)[-1][:2] == ("prospect", "repeat")


def test_a_rule_whose_field_is_gone_stops_all_of_them(cast):
    rule("lost", {"all": [{"field": "cf_99", "op": "eq", "value": "x"}]})
    rule("high_value", BIG)
    assert state(add(cast.owner, employees=900))[0] == "prospect"


def test_what_a_guard_holds_is_left_alone(cast):
    def guard(act, module, record, names):
        if act.source == "rule":
            raise NotAllowed("held")

    pk = add(cast.owner)
    rule("high_value", BIG)
    _guards.append(guard)
    try:
        change(cast.owner, pk, employees=900)
    finally:
        _guards.remove(guard)
    assert (state(pk)[0], moves(pk)) == ("prospect", [])


# The night ---------------------------------------------------------------------------------------


def quiet_since(pk: int, days: int) -> None:
    """The last follow-up lies that many days back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sales_customer SET last_follow_up_at = %s WHERE id = %s",
            [timezone.now() - dt.timedelta(days=days), pk],
        )


def test_the_night_moves_those_whose_time_has_come_and_nobody_else(cast, freeze):
    asleep, awake = add(cast.owner, name="Delta"), add(cast.owner, name="Epsilon")
    quiet_since(asleep, 40)
    quiet_since(awake, 3)
    rule("sleeping", QUIET)
    assert nightly.run_day(dt.date(2026, 11, 23)) == 1
    assert (state(asleep), state(awake)) == (("sleeping", 2), ("prospect", 1))
    assert nightly.run_day(dt.date(2026, 11, 23)) == 0  # the day is done
    assert nightly.run_day(dt.date(2026, 11, 24)) == 0  # nothing is left to do
    assert StageRun.objects.get(day=dt.date(2026, 11, 23)).moved == 1
    assert len(moves(asleep)) == 1


def test_a_run_begins_after_the_first_hour_of_the_companys_day(cast, freeze):
    pk = add(cast.owner)
    quiet_since(pk, 400)
    rule("lost", QUIET)
    with freeze("2026-12-01T00:30+08:00"):
        assert nightly.run_due() == 0
        assert not StageRun.objects.exists()
    with freeze("2026-12-01T01:05+08:00"):
        assert nightly.run_due() == 1
        assert nightly.run_due() == 0


def test_security_93_a_run_that_broke_off_goes_on_at_its_cursor(cast, monkeypatch):
    pks = [add(cast.owner, name=f"Zeta {n}") for n in range(5)]
    for pk in pks:
        quiet_since(pk, 60)
    rule("sleeping", QUIET)
    monkeypatch.setattr(nightly, "BATCH", 2)
    day = dt.date(2026, 11, 23)
    StageRun.objects.create(day=day)
    token = nightly.uuid.uuid4()
    assert nightly._claim(day, token)
    assert nightly._step(day, token) == 2
    assert nightly.run_day(day) == 0  # somebody holds it
    StageRun.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert nightly.run_day(day) == 3
    assert nightly._step(day, token) is None  # who lost the lease does nothing more
    assert {state(pk) for pk in pks} == {("sleeping", 2)}
    assert StageRun.objects.get(day=day).moved == 5


def test_asked_again_the_day_runs_once_more(cast):
    pk = add(cast.owner)
    quiet_since(pk, 60)
    nightly.run_day(StageRun.objects.create(day=nightly.company_today()).day)
    rule("sleeping", QUIET)
    assert nightly.run_day(nightly.company_today()) == 0
    nightly.ask_again()
    assert nightly.run_due() == 1


def test_the_night_asks_few_statements(cast, queries):
    pks = [add(cast.owner, name=f"Eta {n}") for n in range(12)]
    rule("sleeping", QUIET)

    def night(day: int, asleep: list[int]) -> int:
        for pk in asleep:
            quiet_since(pk, 60)
        with queries() as seen:
            assert nightly.run_day(dt.date(2026, 11, day)) == len(asleep)
        return len(seen)

    night(1, [])  # what is kept of modules and rules is made here
    assert night(2, pks[:2]) == night(3, pks[2:])


# Administrators keep the list ---------------------------------------------------------------------


def test_only_administrators_keep_the_rules(cast):
    for call in (
        lambda: save_rule(
            actor=cast.director, pk=None, stage="new", condition=BIG, overrules=False
        ),
        lambda: switch_rule(actor=cast.director, pk=1, is_on=True),
        lambda: raise_rule(actor=cast.director, pk=1),
        lambda: delete_rule(actor=cast.director, pk=1),
    ):
        with pytest.raises(NotAllowed):
            call()


@pytest.mark.parametrize(
    ("stage", "condition"),
    [
        ("nonsense", BIG),
        ("new", {}),
        ("new", {"all": []}),
        ("new", {"all": [{"field": "nothing", "op": "eq", "value": 1}]}),
        ("new", {"all": [{"field": "owner", "op": "eq", "value": "@me"}]}),
        ("new", {"any": [{"not": {"field": "owner", "op": "in", "value": ["@my_team"]}}]}),
    ],
)
def test_a_rule_that_cannot_be_is_refused(cast, stage, condition):
    with pytest.raises(Invalid):
        save_rule(
            actor=cast.administrator, pk=None, stage=stage, condition=condition, overrules=False
        )


def test_rules_are_made_off_ordered_and_deleted(cast):
    boss = cast.administrator
    first, second = (
        save_rule(actor=boss, pk=None, stage=stage, condition=BIG, overrules=False)
        for stage in ("new", "repeat")
    )
    assert not first.is_on
    raise_rule(actor=boss, pk=second.pk)
    raise_rule(actor=boss, pk=second.pk)  # it is on top already
    assert list(StageRule.objects.values_list("stage", flat=True)) == ["repeat", "new"]
    switch_rule(actor=boss, pk=second.pk, is_on=True)
    pk = add(cast.owner, employees=900)
    delete_rule(actor=boss, pk=second.pk)
    assert moves(pk) == [("prospect", "repeat", None, None)]  # the move stays counted


def test_a_broken_rule_cannot_be_switched_on(cast):
    made = rule("lost", {"all": [{"field": "cf_99", "op": "empty"}]}, is_on=False)
    with pytest.raises(Refusal):
        switch_rule(actor=cast.administrator, pk=made.pk, is_on=True)


def test_the_count_says_who_would_move(cast):
    held = add(cast.owner, name="Theta", employees=900)
    change(cast.owner, held, stage="lost")
    for n in range(3):
        add(cast.owner, name=f"Iota {n}", employees=600)
    add(cast.owner, name="Kappa", employees=600, stage="new")
    made = rule("high_value", BIG, is_on=False)
    assert would_move(made) == {"prospect": 3, "new": 1}
    rule("loyal", {"all": [{"field": "stage", "op": "eq", "value": "new"}]}, position=0)
    made.position = 1
    assert would_move(made) == {"prospect": 3}  # the rule above takes the other
    made.overrules = True
    assert would_move(made) == {"prospect": 3, "lost": 1}


def test_search_finds_what_a_rule_moved_as_just_changed(cast):
    pk = add(cast.owner, name="Lambda works")
    quiet_since(pk, 60)
    rule("sleeping", QUIET)
    nightly.run_day(dt.date(2026, 11, 23))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.changed_at = c.changed_at FROM crm_search_entry s JOIN sales_customer c"
            " ON c.id = s.record_id WHERE s.module = 'customers' AND c.id = %s",
            [pk],
        )
        assert cursor.fetchone() == (True,)
