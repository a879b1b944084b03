"""The door: which rows each scope, role and share opens, which fields, and why not."""

from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from accounts.services.act import COMMAND_LINE
from accounts.services.people import set_memberships
from accounts.services.roles import give_role, set_right, take_role
from accounts.services.teams import set_team_members
from crm.access.errors import NotAllowed, NotVisible
from crm.access.policy import access_to
from crm.access.rows import Ref
from crm.modules.stamp import raise_rights_version
from crm.records.errors import Invalid
from crm.records.lifecycle import assign_records, delete_records
from crm.records.services import create_record
from tests.kernel.helpers import add, change, found
from tests.people import everywhere, make_role, share

CUSTOMERS = "customers"


@pytest.fixture
def each(cast):
    """One customer of everybody who may create one: name → id."""
    people = ("owner", "teammate", "stranger", "clerk", "outsider", "leader", "manager", "director")
    return {name: add(cast.people[name]) for name in people}


def seen(cast, person, each, action="view"):
    rows = access_to(cast.people[person], CUSTOMERS).rows(action).values_list("pk", flat=True)
    by_id = {pk: name for name, pk in each.items()}
    return {by_id[pk] for pk in rows}


EAST = {"owner", "teammate", "stranger", "clerk"}
REACH = {
    "owner": {"owner"},
    "teammate": {"owner", "teammate"},
    "stranger": {"stranger"},
    "clerk": EAST,
    "outsider": {"outsider"},
    "leader": {"outsider", "leader"},
    "manager": EAST | {"outsider", "leader", "manager"},
    "director": EAST | {"outsider", "leader", "manager", "director"},
    "administrator": EAST | {"outsider", "leader", "manager", "director"},
    "inactive": set(),
}


@pytest.mark.parametrize("person", REACH)
def test_each_scope_opens_its_rows_and_no_others(cast, each, person):
    assert seen(cast, person, each) == REACH[person]
    access = access_to(cast.people[person], CUSTOMERS)
    by_id = {pk: name for name, pk in each.items()}
    assert {by_id[pk] for pk in found(access)} == REACH[person]
    assert access.count(Q()) == (len(REACH[person]), True)


def test_each_action_has_its_own_scope(cast, each):
    cast.right("owner", CUSTOMERS, view="all", edit="department", delete="none")
    assert seen(cast, "owner", each) == set(each)
    assert seen(cast, "owner", each, "edit") == EAST
    assert seen(cast, "owner", each, "delete") == set()


def test_roles_add_up_in_rows_and_fields(cast, each):
    role = make_role("second", {"view": "department"}, {CUSTOMERS: {"level": "read"}})
    cast.state("owner", CUSTOMERS, "level", "hidden")
    cast.state("owner", CUSTOMERS, "city", "masked")
    assert "level" not in access_to(cast.owner, CUSTOMERS).visible
    give_role(actor=COMMAND_LINE, role=role, holder=cast.owner)
    access = access_to(cast.owner, CUSTOMERS)
    assert seen(cast, "owner", each) == EAST
    assert seen(cast, "owner", each, "edit") == {"owner"}
    assert "level" in access.readable
    assert "level" not in access.editable
    assert "city" in access.editable


def test_a_further_department_counts_as_mine(cast, each):
    cast.right("owner", CUSTOMERS, view="department")
    set_memberships(actor=COMMAND_LINE, user=cast.owner, departments=[cast.departments["west"]])
    assert seen(cast, "owner", each) == EAST | {"outsider", "leader"}


@pytest.mark.parametrize("flag", ["view_all", "edit_all"])
def test_global_rights_reach_all_rows_but_open_no_field(cast, each, flag):
    role = make_role("auditor", {}, modules=[], **{flag: True})
    give_role(actor=COMMAND_LINE, role=role, holder=cast.owner)
    cast.state("owner", CUSTOMERS, "level", "hidden")
    assert seen(cast, "owner", each) == set(each)
    assert seen(cast, "owner", each, "edit") == (set(each) if flag == "edit_all" else {"owner"})
    assert seen(cast, "owner", each, "export") == {"owner"}
    assert "level" not in access_to(cast.owner, CUSTOMERS).visible


# Shares ----------


def test_a_read_share_shows_one_record_and_opens_nothing_else(cast, each):
    share(CUSTOMERS, each["stranger"], cast.owner)
    assert seen(cast, "owner", each) == {"owner", "stranger"}
    for action in ("edit", "delete", "assign", "share", "export", "print"):
        assert seen(cast, "owner", each, action) == {"owner"}
    access = access_to(cast.owner, CUSTOMERS)
    with pytest.raises(NotAllowed):
        access.lock(each["stranger"])


def test_an_edit_share_lets_edit_and_not_delete(cast, each):
    share(CUSTOMERS, each["stranger"], cast.owner, edit=True)
    change(cast.owner, each["stranger"], city="Wuxi")
    assert access_to(cast.stranger, CUSTOMERS).get(each["stranger"])["city"] == "Wuxi"
    with pytest.raises(NotAllowed):
        delete_records(actor=cast.owner, module=CUSTOMERS, pks=[each["stranger"]])


@pytest.mark.parametrize("holder", ["department", "department above", "team"])
def test_a_share_with_a_group_reaches_its_people(cast, each, holder):
    to = {
        "department": cast.departments["west"],
        "department above": cast.departments["centre"],
        "team": cast.team,
    }[holder]
    share(CUSTOMERS, each["director"], to)
    reached = {name for name in REACH if "director" in seen(cast, name, each)}
    above = {"director", "administrator"}
    east = {"owner", "teammate", "stranger", "clerk"}
    assert (
        reached
        == above
        | {
            "department": {"outsider", "leader"},
            "department above": east | {"outsider", "leader", "manager"},
            "team": {"owner", "teammate"},
        }[holder]
    )


def test_a_share_ends_at_its_time(cast, each):
    past, future = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(hours=1)
    share(CUSTOMERS, each["stranger"], cast.owner, until=past)
    share(CUSTOMERS, each["outsider"], cast.owner, until=future)
    assert seen(cast, "owner", each) == {"owner", "outsider"}


def test_security_11_a_share_taken_back_is_gone_at_once(cast, each):
    given = share(CUSTOMERS, each["stranger"], cast.owner)
    access = access_to(cast.owner, CUSTOMERS)
    assert access.get(each["stranger"])
    given.delete()
    raise_rights_version()
    with pytest.raises(NotVisible):
        access.get(each["stranger"])


def test_a_share_is_for_its_module_alone(cast):
    contact = add(cast.stranger, "contacts")
    customer = add(cast.stranger)
    share(CUSTOMERS, customer, cast.owner)
    assert found(access_to(cast.owner, "contacts")) == []
    share("contacts", contact, cast.owner)
    assert found(access_to(cast.owner, "contacts")) == [contact]


def test_somebody_without_rights_on_the_module_gets_nothing_by_a_share(cast, each):
    nobody = make_role("empty", {}, modules=[])
    take_role(actor=COMMAND_LINE, role=cast.roles["owner"], holder=cast.owner)
    give_role(actor=COMMAND_LINE, role=nobody, holder=cast.owner)
    share(CUSTOMERS, each["stranger"], cast.owner)
    access = access_to(cast.owner, CUSTOMERS)
    assert found(access) == []
    assert not access.may("view")


# The first look after a change (13) ----------


def test_security_13_the_first_look_after_a_change_obeys_it(cast, each):
    assert seen(cast, "owner", each) == {"owner"}
    cast.right("owner", CUSTOMERS, view="all")
    assert seen(cast, "owner", each) == set(each)
    cast.right("owner", CUSTOMERS, view="none")
    assert seen(cast, "owner", each) == set()
    cast.right("owner", CUSTOMERS, view="team")
    assert seen(cast, "owner", each) == {"owner", "teammate"}
    set_team_members(actor=COMMAND_LINE, team=cast.team, members=[cast.teammate])
    assert seen(cast, "owner", each) == {"owner"}
    cast.state("owner", CUSTOMERS, "name", "hidden")
    assert "name" not in access_to(cast.owner, CUSTOMERS).get(each["owner"])


# Records hanging on another ----------


def test_through_a_record_one_sees_what_hangs_on_it(cast):
    mine, other = add(cast.owner), add(cast.stranger)
    share(CUSTOMERS, mine, cast.stranger)
    note = add(cast.owner, "follow-ups", subject=f"customers/{mine}", text="called")
    add(cast.stranger, "follow-ups", subject=f"customers/{other}", text="elsewhere")
    row = access_to(cast.stranger, CUSTOMERS).get(mine, [])
    inside = access_to(cast.stranger, "follow-ups", through=row)
    assert found(inside) == [note]
    assert inside.get(note)["text"] == "called"
    with pytest.raises(NotVisible):
        access_to(cast.stranger, "follow-ups").get(note)


def test_through_a_record_only_looking_is_opened(cast):
    mine = add(cast.owner)
    share(CUSTOMERS, mine, cast.stranger)
    note = add(cast.owner, "follow-ups", subject=f"customers/{mine}", text="called")
    row = access_to(cast.stranger, CUSTOMERS).get(mine, [])
    inside = access_to(cast.stranger, "follow-ups", through=row)
    for action in ("edit", "delete", "assign"):
        assert not inside.decide(action, note), action
    cast.right("stranger", "follow-ups", view="none")
    assert found(access_to(cast.stranger, "follow-ups", through=row)) == []


# The recycle bin ----------


def test_deleted_records_are_in_the_bin_of_those_who_might_delete_them(cast, each):
    cast.right("clerk", CUSTOMERS, delete="own")
    delete_records(actor=cast.owner, module=CUSTOMERS, pks=[each["owner"]])
    for name in REACH:
        assert "owner" not in seen(cast, name, each), name

    def in_bin(name):
        return found(access_to(cast.people[name], CUSTOMERS).in_bin()) == [each["owner"]]

    who = {name for name in REACH if in_bin(name)}
    assert who == {"owner", "teammate", "manager", "director", "administrator"}
    share(CUSTOMERS, each["owner"], cast.stranger, edit=True)
    assert not in_bin("stranger")


# Not found and not allowed to know ----------


@pytest.mark.parametrize("way", ["get", "lock", "lock delete"])
def test_security_1_invisible_and_absent_are_the_same_answer_at_the_same_cost(
    cast, each, queries, way
):
    access = access_to(cast.owner, CUSTOMERS)
    deleted = add(cast.owner)
    delete_records(actor=cast.owner, module=CUSTOMERS, pks=[deleted])

    def ask(pk):
        if way == "get":
            return access.get(pk)
        return access.lock(pk, "delete" if way.endswith("delete") else "edit")

    answers = set()
    for pk in (each["stranger"], 10**12, deleted):
        with queries() as made, pytest.raises(NotVisible) as refused:
            ask(pk)
        answers.add((len(made), str(refused.value), refused.value.status))
    assert len(answers) == 1


def test_visible_but_not_allowed_says_so(cast, each):
    cast.right("owner", CUSTOMERS, view="all")
    access = access_to(cast.owner, CUSTOMERS)
    with pytest.raises(NotAllowed):
        access.lock(each["stranger"])
    with pytest.raises(NotVisible):
        access.lock(10**12)


def test_decisions_tell_the_reason(cast, each):
    cast.right("owner", CUSTOMERS, view="all", delete="none")
    access = access_to(cast.owner, CUSTOMERS)
    assert access.decide("edit", each["owner"])
    refused = access.decide("edit", each["stranger"])
    assert not refused
    assert "owner" in refused.reason
    assert "Own" in refused.reason
    none = access.decide("delete", each["owner"])
    assert "None of your roles" in none.reason
    with pytest.raises(NotAllowed, match="None of your roles"):
        access.require("delete")


# Fields ----------


def test_a_row_holds_permitted_plain_values_and_nothing_else(cast):
    pk = add(
        cast.owner, city="Suzhou", credit_code="91310000MA1FL5E63K"[:0] or None,
        phones=[{"number": "13800138000", "kind": "mobile"}], remark="secret remark",
    )  # fmt: skip
    cast.state("owner", CUSTOMERS, "remark", "hidden")
    cast.state("owner", CUSTOMERS, "city", "masked")
    cast.state("owner", CUSTOMERS, "phones.number", "masked")
    cast.state("owner", CUSTOMERS, "phones.kind", "hidden")
    row = access_to(cast.owner, CUSTOMERS).get(pk)
    assert "remark" not in row
    assert row["city"] == "S****"
    assert row["owner"] == Ref(cast.owner.pk, "Owner")
    (phone,) = row["phones"]
    assert phone["number"] == "138****8000"
    assert "kind" not in phone
    assert row.masked == {"city", "phones.number"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("level", ("A", "B")),
        ("stage", ("target", "prospect")),
        ("revenue", ("1000", "9000.50")),
        ("employees", (7, 93)),
        ("birthday", ("1990-01-01", "2001-12-31")),
    ],
)
def test_a_masked_value_tells_nothing_apart(cast, name, values):
    kind = "person" if name == "birthday" else "company"
    first = add(cast.owner, kind=kind, **{name: values[0]})
    second = add(cast.owner, kind=kind, **{name: values[1]})
    cast.state("owner", CUSTOMERS, name, "masked")
    access = access_to(cast.owner, CUSTOMERS)
    assert access.get(first)[name] == access.get(second)[name] == "****"


def test_a_masked_relation_gives_no_id(cast):
    parent = add(cast.owner, name="Zhejiang Alpha")
    child = add(cast.owner, parent=parent)
    cast.state("owner", CUSTOMERS, "parent", "masked")
    shown = access_to(cast.owner, CUSTOMERS).get(child)["parent"]
    assert "Zhejiang" not in str(shown)
    assert getattr(shown, "pk", None) is None


def test_hidden_columns_are_not_even_selected(cast, queries):
    pk = add(cast.owner, remark="x")
    cast.state("owner", CUSTOMERS, "remark", "hidden")
    access = access_to(cast.owner, CUSTOMERS)
    with queries() as made:
        access.get(pk)
    assert not any("remark" in one["sql"] for one in made)


def test_security_46_a_related_record_shows_only_to_who_may_see_it(cast):
    parent = add(cast.stranger, name="Hidden Holding")
    child = add(cast.stranger, parent=parent)
    share(CUSTOMERS, child, cast.owner)
    access = access_to(cast.owner, CUSTOMERS)
    shown = access.get(child)["parent"]
    assert shown.pk is None
    assert "Hidden" not in shown.label
    share(CUSTOMERS, parent, cast.owner)
    assert access.get(child)["parent"] == Ref(parent, "Hidden Holding", CUSTOMERS)
    cast.state("owner", CUSTOMERS, "name", "masked")
    assert "Hidden" not in access_to(cast.owner, CUSTOMERS).get(child)["parent"].label


def test_only_when_empty_closes_once_filled(cast):
    pk = add(cast.owner)
    cast.state("owner", CUSTOMERS, "city", "edit", only_when_empty=True)
    access = access_to(cast.owner, CUSTOMERS)
    assert "city" in access.writable(access.get(pk))
    change(cast.owner, pk, city="Wuxi")
    assert "city" not in access.writable(access.get(pk))


def test_security_126_a_field_nobody_decided_on_is_hidden(cast, declared):
    role = make_role("narrow", everywhere("all"), modules=[])
    take_role(actor=COMMAND_LINE, role=cast.roles["owner"], holder=cast.owner)
    give_role(actor=COMMAND_LINE, role=role, holder=cast.owner)
    set_right(actor=COMMAND_LINE, role=role, module=CUSTOMERS, action="view", scope="all")
    pk = add(cast.stranger)
    row = access_to(cast.owner, CUSTOMERS).get(pk)
    assert dict(row) == {}


def test_moving_on_takes_the_old_owner_out_of_reach(cast):
    cast.right("owner", CUSTOMERS, assign="own")
    pk = add(cast.owner)
    assign_records(actor=cast.owner, module=CUSTOMERS, pks=[pk], owner=cast.outsider.pk)
    assert found(access_to(cast.owner, CUSTOMERS)) == []
    assert found(access_to(cast.leader, CUSTOMERS)) == [pk]
    assert found(access_to(cast.clerk, CUSTOMERS)) == []


def test_creating_for_others_needs_the_right(cast):
    cast.right("owner", CUSTOMERS, assign="none")
    with pytest.raises(Invalid) as refused:
        create_record(
            actor=cast.owner, module=CUSTOMERS, values={"name": "X", "owner": cast.stranger.pk}
        )
    assert "owner" in refused.value.fields
