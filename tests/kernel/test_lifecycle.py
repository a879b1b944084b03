"""Delete, restore, assign, purge, move: what goes along, what stays, and who may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.services.act import COMMAND_LINE
from accounts.services.people import move_user
from crm.access.errors import NotAllowed, NotVisible
from crm.access.policy import access_to
from crm.records.errors import DuplicateFound, Invalid, StaleRecord
from crm.records.lifecycle import (
    assign_records,
    delete_records,
    move_owner_department,
    purge_records,
    purgeable,
    restore_record,
    restore_records,
)  # fmt: skip
from crm.records.services import update_record
from tests.kernel.helpers import add, at_once, change, found, stored
from tests.people import share


def delete(actor, *pks, module="customers", **more):
    return delete_records(actor=actor, module=module, pks=pks, **more)


def restore(actor, pk, module="customers"):
    return restore_record(actor=actor, module=module, pk=pk)


def assign(actor, owner, *pks, module="customers"):
    return assign_records(actor=actor, module=module, pks=pks, owner=owner.pk)


def living(module, pk):
    return stored(module, pk).deleted_at is None


@pytest.fixture
def family(cast):
    """A customer with a contact and a follow-up on each: name → (module, id)."""
    firm = add(cast.owner, name="Alpha Pumps", phones=["13800138000"])
    person = add(cast.owner, "contacts", name="Li Lei", customer=firm)
    return {
        "firm": ("customers", firm),
        "person": ("contacts", person),
        "firm note": (
            "follow-ups",
            add(cast.owner, "follow-ups", subject=f"customers/{firm}", text="a"),
        ),
        "person note": (
            "follow-ups",
            add(cast.owner, "follow-ups", subject=f"contacts/{person}", text="b"),
        ),
    }


def test_what_belongs_to_a_record_goes_with_it_and_comes_back_with_it(cast, family):
    firm = family["firm"][1]
    act = delete(cast.owner, firm)
    for module, pk in family.values():
        row = stored(module, pk)
        assert (row.deleted_at is not None, row.deletion_id) == (True, act.id)
        assert found(access_to(cast.owner, module)) == []
    restore(cast.owner, firm)
    for module, pk in family.values():
        row = stored(module, pk)
        assert (row.deleted_at, row.deletion_id) == (None, None)
    assert access_to(cast.owner, "customers").get(firm)["phones"][0]["number"] == "138 0013 8000"
    assert found(access_to(cast.owner, "customers"), q="Alpha") == [firm]


def test_a_restore_brings_back_one_act_only(cast, family):
    first = family["firm note"]
    delete(cast.owner, first[1], module="follow-ups")
    delete(cast.owner, family["firm"][1])
    restore(cast.owner, family["firm"][1])
    assert living(*family["person"])
    assert living(*family["person note"])
    assert not living(*first)


def test_a_child_with_another_living_parent_is_unlinked_not_deleted(cast, family):
    other = add(cast.owner, name="Beta Valves")
    person = family["person"][1]
    change(cast.owner, person, "contacts", employments=[{"customer": other, "job": "advisor"}])
    delete(cast.owner, family["firm"][1])
    assert living(*family["person"])
    assert living(*family["person note"])
    assert stored("contacts", person).customer_id == other
    restore(cast.owner, family["firm"][1])
    assert stored("contacts", person).customer_id == other


def test_deleted_records_are_nowhere_but_in_the_bin(cast, family):
    firm = family["firm"][1]
    delete(cast.owner, firm)
    access = access_to(cast.owner, "customers")
    assert found(access) == found(access, q="Alpha") == found(access, q="13800138000") == []
    with pytest.raises(NotVisible):
        access.get(firm)
    with pytest.raises(NotVisible):
        update_record(
            actor=cast.owner, module="customers", pk=firm, values={"city": "x"}, version=2
        )
    with pytest.raises(Invalid):
        add(cast.owner, "contacts", customer=firm)
    child = add(cast.owner, "contacts", name="Han Mei")
    with pytest.raises(Invalid):
        change(cast.owner, child, "contacts", customer=firm)
    assert found(access.in_bin()) == [firm]


def test_a_name_is_free_again_after_deletion_and_a_restore_then_is_refused(cast, family):
    firm = family["firm"][1]
    delete(cast.owner, firm)
    add(cast.stranger, name="ALPHA pumps")
    with pytest.raises(DuplicateFound):
        restore(cast.owner, firm)
    assert not living("customers", firm)
    assert not living(*family["person"])


def test_a_restored_record_holds_its_name_again(cast, family):
    delete(cast.owner, family["firm"][1])
    restore(cast.owner, family["firm"][1])
    with pytest.raises(DuplicateFound):
        add(cast.stranger, name="alpha PUMPS")


def test_deleting_and_restoring_need_the_right(cast, family):
    firm = family["firm"][1]
    with pytest.raises(NotVisible):
        delete(cast.stranger, firm)
    share("customers", firm, cast.stranger, edit=True)
    with pytest.raises(NotAllowed):
        delete(cast.stranger, firm)
    mine = add(cast.stranger)
    with pytest.raises(NotAllowed):
        delete(cast.stranger, mine, firm)
    assert living("customers", mine)
    delete(cast.owner, firm)
    with pytest.raises(NotVisible):
        restore(cast.stranger, firm)
    with pytest.raises(NotVisible):
        restore(cast.stranger, 10**9)


def test_a_deletion_on_an_old_version_is_a_conflict(cast, family):
    firm = family["firm"][1]
    change(cast.owner, firm, city="Wuxi")
    with pytest.raises(StaleRecord):
        delete(cast.owner, firm, version=1)
    delete(cast.owner, firm, version=2)


def test_what_went_along_comes_back_only_with_the_right_to_what_it_hung_on(cast, family):
    """B13: a child of somebody else's customer never carries that customer out of the bin."""
    firm = family["firm"][1]
    child = add(cast.director, "contacts", name="Wang Fang", customer=firm)
    note = add(cast.director, "follow-ups", subject=f"contacts/{child}", text="c")
    assign(cast.director, cast.stranger, child, module="contacts")
    delete(cast.owner, firm)
    with pytest.raises(NotAllowed, match=r"along with a record of “Customer” \(belongs to"):
        restore(cast.stranger, child, "contacts")
    assert not living("contacts", child)
    assert not living("customers", firm)
    restore(cast.owner, family["person note"][1], "follow-ups")
    assert all(living(*one) for one in family.values())
    assert living("contacts", child)
    assert living("follow-ups", note)


def test_a_child_is_not_restored_below_a_parent_deleted_by_another_act(cast, family):
    note, firm = family["firm note"], family["firm"]
    delete(cast.owner, note[1], module="follow-ups")
    delete(cast.owner, firm[1])
    with pytest.raises(NotAllowed, match="Customer “Alpha Pumps”, which is deleted too"):
        restore(cast.owner, note[1], "follow-ups")
    assert not living(*note)
    restore(cast.owner, firm[1])
    restore(cast.owner, note[1], "follow-ups")
    assert living(*note)


def test_of_many_deleted_at_once_only_those_in_reach_come_back(cast):
    mine, twin, foreign = add(cast.owner), add(cast.owner), add(cast.outsider)
    child = add(cast.outsider, "contacts", name="Zhao Lei", customer=foreign)
    delete(cast.director, mine, twin, foreign)
    restore(cast.owner, mine)
    assert living("customers", mine)
    assert living("customers", twin)
    assert not living("customers", foreign)
    assert not living("contacts", child)


def test_records_of_one_act_are_restored_together(cast):
    ids = [add(cast.owner) for _turn in range(3)]
    delete(cast.owner, *ids)
    restore_records(actor=cast.owner, module="customers", pks=ids)
    assert all(living("customers", pk) for pk in ids)


def test_the_bin_says_why_something_stays_in_it(cast, client, family):
    child = add(cast.director, "contacts", name="Wang Fang", customer=family["firm"][1])
    assign(cast.director, cast.stranger, child, module="contacts")
    delete(cast.owner, family["firm"][1])
    client.force_login(cast.stranger)
    answer = client.post(f"/contacts/{child}/restore/", follow=True)
    assert "Not restored. It was deleted along with" in answer.content.decode()


# Assignment ----------


def test_assignment_moves_department_and_what_the_old_owner_held_below(cast, family):
    firm, person = family["firm"][1], family["person"][1]
    foreign = add(cast.director, "contacts", name="Kept", customer=firm)
    assign(cast.owner, cast.outsider, firm)
    assert stored("customers", firm).department_id == cast.departments["west"].pk
    assert stored("contacts", person).owner_id == cast.outsider.pk
    assert stored("contacts", person).department_id == cast.departments["west"].pk
    assert stored("contacts", foreign).owner_id == cast.director.pk
    assert stored(*family["firm note"]).owner_id == cast.owner.pk
    assert found(access_to(cast.outsider, "customers"), q="Alpha") == [firm]
    assert found(access_to(cast.owner, "customers"), q="Alpha") == []


def test_assignment_needs_the_right_and_a_living_person(cast, family):
    firm = family["firm"][1]
    with pytest.raises(Invalid):
        assign(cast.owner, cast.inactive, firm)
    cast.right("owner", "customers", assign="none")
    with pytest.raises(NotAllowed):
        assign(cast.owner, cast.outsider, firm)
    with pytest.raises(NotVisible):
        assign(cast.stranger, cast.outsider, firm)
    cast.right("leader", "customers", view="all", assign="department")
    with pytest.raises(NotAllowed):
        assign(cast.leader, cast.leader, firm)
    wests = add(cast.outsider)
    assign(cast.leader, cast.leader, wests)
    with pytest.raises(NotAllowed):
        assign(cast.leader, cast.owner, wests)


def test_assigning_to_the_same_owner_changes_nothing(cast, family):
    assign(cast.owner, cast.owner, family["firm"][1])
    assert stored("customers", family["firm"][1]).version == 1


# Moving a person ----------


def test_records_follow_a_person_to_another_department_without_a_version(cast, family):
    west = cast.departments["west"]
    assert found(access_to(cast.leader, "customers")) == []
    move_user(actor=COMMAND_LINE, user=cast.owner, department=west)
    row = stored("customers", family["firm"][1])
    assert (row.department_id, row.version) == (west.pk, 1)
    assert found(access_to(cast.leader, "customers")) == [family["firm"][1]]
    assert found(access_to(cast.leader, "customers"), q="Alpha") == [family["firm"][1]]
    assert found(access_to(cast.clerk, "customers")) == []


def test_moving_counts_what_it_moved(cast, family):
    assert move_owner_department(cast.owner.pk, cast.departments["west"].pk) == 4
    assert move_owner_department(cast.stranger.pk, None) == 0


# Purge ----------


def later(freeze, settings, days=0):
    """A clock at which what is deleted now lies in the bin for the days that are set, or more."""
    at = timezone.now() + timedelta(days=settings.BIN_DAYS + days, minutes=1)
    return freeze(at.isoformat())


def test_only_administrators_purge_and_only_what_is_deleted(cast, family, freeze, settings):
    firm = family["firm"][1]
    with later(freeze, settings), pytest.raises(NotVisible):
        purge_records(actor=cast.administrator, module="customers", pks=[firm])
    delete(cast.owner, firm)
    with later(freeze, settings):
        with pytest.raises(NotAllowed):
            purge_records(actor=cast.director, module="customers", pks=[firm])
        assert purgeable(access_to(cast.director, "customers"), 9) == []
        assert purgeable(access_to(cast.administrator, "customers"), 9) == [firm]
        purge_records(actor=cast.administrator, module="customers", pks=[firm])
    for module, pk in family.values():
        with pytest.raises(Exception, match="does not exist"):
            stored(module, pk)
    with pytest.raises(NotVisible):
        restore(cast.owner, firm)


def test_nothing_is_purged_before_its_days_in_the_bin(cast, family, freeze, settings):
    firm = family["firm"][1]
    delete(cast.owner, firm)
    with later(freeze, settings, days=-1):
        with pytest.raises(Invalid, match="stays in the recycle bin for 90 days"):
            purge_records(actor=cast.administrator, module="customers", pks=[firm])
        assert purgeable(access_to(cast.administrator, "customers"), 9) == []
    assert stored("customers", firm)


def test_a_purge_stops_at_what_still_points_here(cast, family, freeze, settings):
    firm = family["firm"][1]
    child = add(cast.owner, name="Daughter", parent=firm)
    delete(cast.owner, firm)
    with later(freeze, settings), pytest.raises(Invalid, match="still point"):
        purge_records(actor=cast.administrator, module="customers", pks=[firm])
    assert stored("customers", firm)
    assert living("customers", child)


def test_the_bin_page_offers_administrators_what_may_go_for_good(cast, client, settings):
    firm = add(cast.owner)
    delete(cast.owner, firm)
    client.force_login(cast.administrator)
    assert "/bin/erase/" not in client.get("/bin/?module=customers").content.decode()
    settings.BIN_DAYS = 0
    assert "/bin/erase/" in client.get("/bin/?module=customers").content.decode()
    address = "/bin/erase/?module=customers"
    assert "Remove 1 record for good?" in client.get(address).content.decode()
    assert client.post(address, {"confirm": "2"}).status_code == 400
    assert stored("customers", firm)
    client.force_login(cast.director)
    assert client.post(address, {"confirm": "1"}).status_code == 403
    client.force_login(cast.administrator)
    assert client.post(address, {"confirm": "1"}).status_code == 302
    with pytest.raises(Exception, match="does not exist"):
        stored("customers", firm)


# At the same moment (90, 91) ----------


def test_security_90_opposite_orders_of_many_records_meet_no_deadlock(lasting_cast):
    director = lasting_cast.director
    ids = [add(director) for _turn in range(12)]
    people = [lasting_cast.owner, lasting_cast.teammate, lasting_cast.stranger, lasting_cast.clerk]
    for _turn in range(4):
        answers = at_once(
            [
                lambda person=person, order=order: assign(director, person, *ids[::order])
                for person, order in zip(people, (1, -1, 1, -1), strict=True)
            ]
        )
        assert not [one for one in answers if isinstance(one, Exception)], answers
    owners = {stored("customers", pk).owner_id for pk in ids}
    assert len(owners) == 1


def test_security_91_deleting_and_editing_at_once_end_in_one_of_two_states(lasting_cast):
    owner = lasting_cast.owner
    for _turn in range(6):
        pk = add(owner)
        edited, deleted, attached = at_once(
            [
                lambda pk=pk: change(owner, pk, city="Wuxi"),
                lambda pk=pk: delete(owner, pk),
                lambda pk=pk: add(owner, "contacts", customer=pk),
            ]
        )
        assert isinstance(edited, int | NotVisible), edited
        assert not isinstance(deleted, Exception), deleted
        assert isinstance(attached, int | Invalid), attached
        if isinstance(attached, int):
            assert not living("contacts", attached), "a living contact of a deleted customer"


def test_one_of_two_restores_wins(lasting_cast):
    owner = lasting_cast.owner
    pk = add(owner)
    delete(owner, pk)
    answers = at_once([lambda: restore(owner, pk)] * 4)
    assert sum(not isinstance(one, Exception) for one in answers) == 1, answers
    assert sum(isinstance(one, NotVisible) for one in answers) == 3
    assert stored("customers", pk).version == 3
