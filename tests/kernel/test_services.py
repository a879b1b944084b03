"""The one path for writes: rights per field, versions, keys, duplicates, numbers, collections."""

import pytest
from django.db import transaction

from crm.access.policy import access_to
from crm.lib.codes import expected_check_character
from crm.modules.registry import module_named
from crm.records.beside import Event, IdempotencyKey
from crm.records.errors import (
    DuplicateFound,
    Invalid,
    KeyReused,
    NotAllowed,
    NotVisible,
    Refusal,
    StaleRecord,
    VersionMissing,
)  # fmt: skip
from crm.records.followers import _guards, guard_writes
from crm.records.history import versions_of
from crm.records.lifecycle import assign_records, delete_records
from crm.records.services import create_record, update_record
from sales.models import Customer
from tests.kernel.helpers import add, at_once, change, found, refused, stored, unlike
from tests.people import share

CODE = "91310000MA1FL5E63" + expected_check_character("91310000MA1FL5E63X")


def create(actor, module="customers", key=None, **values):
    return create_record(actor=actor, module=module, values=values, key=key)


# Rights per field ----------


def test_security_8_what_one_may_not_write_is_an_error_and_changes_nothing(cast):
    pk = add(cast.owner, city="Wuxi", level="A", remark="old", revenue="5")
    cast.state("owner", "customers", "city", "read")
    cast.state("owner", "customers", "remark", "hidden")
    cast.state("owner", "customers", "revenue", "masked")
    before = stored("customers", pk).version
    for name in ("city", "remark", "revenue"):
        problem = refused(Invalid, change, cast.owner, pk, level="B", **{name: "9"})
        assert set(problem.fields) == {name}
    kept = stored("customers", pk)
    assert (kept.city, kept.remark, kept.level, kept.version) == ("Wuxi", "old", "A", before)
    assert [row["history_type"] for row in versions_of(Customer, pk)] == ["+"]


def test_a_hidden_field_is_refused_in_the_words_for_an_unknown_one(cast):
    cast.state("owner", "customers", "remark", "hidden")
    words = [
        refused(Invalid, create, cast.owner, name=unlike(), **{name: "x"}).fields[name]
        for name in ("remark", "remarks")
    ]
    assert words[0] == words[1]


@pytest.mark.parametrize(
    "name",
    ["number", "department", "created_at", "created_by", "changed_at", "changed_by", "version",
     "id", "deleted_at", "deletion_id", "merged_into", "custom", "sort_name", "pk", "is_staff",
     "approved", "last_follow_up_at", "next_contact_at", "owner_id", "module"],
)  # fmt: skip
def test_security_7_mass_assignment_is_refused(cast, name):
    """Attack 7, and 8 for what services set by themselves."""
    pk = add(cast.director)
    values = {name: "1"}
    new = {"name": unlike(), **values}
    problem = refused(Invalid, create_record, actor=cast.director, module="customers", values=new)
    assert name in problem.fields
    assert name in refused(Invalid, change_values, cast.director, pk, 1, values).fields
    assert stored("customers", pk).version == 1


def test_the_owner_changes_by_assignment_only(cast):
    pk = add(cast.director)
    assert "owner" in refused(Invalid, change, cast.director, pk, owner=cast.owner.pk).fields


def test_security_6_a_relation_to_an_invisible_record_is_as_one_to_none(cast):
    """Attack 6."""
    hidden = add(cast.stranger)
    mine = add(cast.owner)
    words = set()
    for target in (hidden, 10**9, -1, 2**63, "x", "0"):
        problem = refused(Invalid, create, cast.owner, name=unlike(), parent=target)
        words.add(str(problem.fields["parent"]))
    assert len(words) <= 2
    assert "parent" in refused(Invalid, change, cast.owner, mine, parent=hidden).fields
    contact = refused(Invalid, create, cast.owner, "contacts", name="Li", customer=hidden)
    assert "customer" in contact.fields
    note = refused(
        Invalid, create, cast.owner, "follow-ups", subject=f"customers/{hidden}", text="x"
    )
    assert "subject" in note.fields
    share("customers", hidden, cast.owner)
    assert create(cast.owner, "contacts", name="Li", customer=hidden)


def test_creating_editing_and_reach_ask_their_own_rights(cast):
    pk = add(cast.owner)
    assert refused(NotVisible, change_at, cast.stranger, pk, 1).status == 404
    cast.right("stranger", "customers", view="all")
    assert refused(NotAllowed, change_at, cast.stranger, pk, 1).status == 403
    cast.right("stranger", "customers", create="none")
    assert refused(NotAllowed, create, cast.stranger, name=unlike()).status == 403


def change_values(actor, pk, version, values):
    return update_record(actor=actor, module="customers", pk=pk, values=values, version=version)


def change_at(actor, pk, version, **values):
    return change_values(actor, pk, version, values or {"city": "Xi'an"})


def test_one_cannot_put_a_new_record_out_of_ones_own_reach(cast):
    cast.right("clerk", "customers", view="own", assign="department")
    problem = refused(NotAllowed, create, cast.clerk, name="Gone", owner=cast.owner.pk)
    assert problem.status == 403
    assert found(access_to(cast.director, "customers")) == []


def test_an_inactive_person_may_nothing(cast):
    pk = add(cast.owner)
    refused(NotAllowed, create, cast.inactive, name=unlike())
    refused(NotVisible, change_at, cast.inactive, pk, 1)


def test_required_and_wrong_values_are_told_per_field(cast):
    problem = refused(
        Invalid, create, cast.owner, name="", employees="ten", revenue="1.234", birthday="30 Feb",
        website="no site", credit_code="123", level="Q", phones=[{"number": "12"}], mails=["x"],
        kind="ship",
    )  # fmt: skip
    assert set(problem.fields) == {
        "name", "employees", "revenue", "birthday", "website", "credit_code", "level", "phones",
        "mails", "kind",
    }  # fmt: skip
    assert all(str(text) for texts in problem.fields.values() for text in texts)
    assert refused(Invalid, create, cast.owner, employees=-5, name=unlike()).status == 400
    assert refused(Invalid, change, cast.owner, add(cast.owner), employees=-5).status == 400


ODD_VALUES = [
    "\x00",
    "\ud800",
    "x" * 30_000,
    [],
    {},
    [[]],
    {"id": "x"},
    True,
    10**40,
    -1,
    "²",
    "NaN",
]


FINE = (200, 400, 403, 409)


def answer_to(actor, **values):
    """The status of a create with these values; whatever is no Refusal goes on up."""
    try:
        with transaction.atomic():
            create(actor, **values)
    except Refusal as refusal:
        return refusal.status
    return 200


def test_no_value_of_any_shape_is_an_accident(cast):
    """P31: an answer or a Refusal, never another exception."""
    module = module_named("customers")
    for name in module.fields:
        for value in ODD_VALUES:
            assert answer_to(cast.director, **{"name": unlike(), name: value}) in FINE


def test_rows_of_collections_of_any_shape_are_no_accident(cast):
    module = module_named("customers")
    for name, field in module.fields.items():
        for member in field.members:
            for value in ODD_VALUES:
                for row in ({member: value}, {member: value, "id": value}, value, {"x": value}):
                    assert answer_to(cast.director, name=unlike(), **{name: [row]}) in FINE


# Versions (86) ----------


def test_security_86_the_second_editor_sees_both_values_and_nothing_is_lost(cast):
    pk = add(cast.owner, city="Wuxi", level="A")
    change_at(cast.owner, pk, 1, city="Suzhou")
    problem = refused(StaleRecord, change_at, cast.teammate, pk, 1, city="Ningbo", level="A")
    assert problem.status == 409
    assert problem.version == 2
    (conflict,) = problem.conflicts
    assert (conflict.field, conflict.before, conflict.theirs, conflict.mine) == (
        "city", "Wuxi", "Suzhou", "Ningbo",
    )  # fmt: skip
    assert stored("customers", pk).city == "Suzhou"
    assert change_at(cast.teammate, pk, 2, city="Ningbo") == 3


def test_a_conflict_shows_no_field_that_one_may_not_read(cast):
    pk = add(cast.owner, city="Wuxi")
    change_at(cast.owner, pk, 1, city="Suzhou")
    cast.state("teammate", "customers", "city", "masked")
    problem = refused(StaleRecord, change_at, cast.teammate, pk, 1, city="Ningbo")
    assert problem.conflicts == []


def test_rows_that_somebody_changed_meanwhile_are_a_conflict(cast):
    pk = add(cast.owner, phones=["13800138000"], tags=["a"])
    change_at(cast.owner, pk, 1, phones=["13800138000", "13900139000"])
    problem = refused(
        StaleRecord, change_at, cast.teammate, pk, 1, phones=["13700137000"], tags=["a", "b"]
    )
    told = {one.field: one for one in problem.conflicts}
    assert told["phones"].before != told["phones"].theirs
    assert told["tags"].before == told["tags"].theirs


def test_a_change_must_name_its_version(cast):
    pk = add(cast.owner)
    assert refused(VersionMissing, change_at, cast.owner, pk, None).status == 428


def test_values_that_stay_change_nothing(cast):
    pk = add(
        cast.owner,
        city="Wuxi",
        revenue="5.00",
        birthday=None,
        phones=["13800138000"],
        tags=["a", "b"],
    )
    assert change_at(cast.owner, pk, 1, city=" Wuxi ", revenue="5", tags=["a", "b"]) == 1
    assert change_at(cast.owner, pk, 1, phones=[{"number": "138-0013-8000"}]) == 1
    assert len(versions_of(Customer, pk)) == 1
    assert Event.objects.filter(module="customers", record_id=pk).count() == 1


def test_only_named_columns_are_written(cast, queries):
    pk = add(cast.owner, city="Wuxi", remark="kept")
    with queries() as made:
        change_at(cast.owner, pk, 1, city="Xi'an")
    (update,) = [one["sql"] for one in made if one["sql"].startswith('UPDATE "sales_customer"')]
    assert "remark" not in update
    assert '"changed_at"' in update


def test_security_86_parallel_edits_lose_nothing(lasting_cast):
    owner = lasting_cast.owner
    pk = add(owner)
    cities = [f"City {n}" for n in range(8)]
    answers = at_once([lambda city=city: change_at(owner, pk, 1, city=city) for city in cities])
    assert sorted(map(str, map(type, answers))).count(str(int)) == 1
    winner = answers.index(2)
    assert stored("customers", pk).city == cities[winner]
    for place, answer in enumerate(answers):
        if place != winner:
            assert isinstance(answer, StaleRecord)
            assert answer.conflicts[0].mine == cities[place]


# Guards ----------


def test_a_guard_stops_a_change_and_a_deletion(cast):
    pk = add(cast.director)
    asked = []

    def guard(act, module, record, names):
        asked.append((module.name, record.pk, names))
        raise NotAllowed("locked while it is approved")

    guard_writes(guard)
    try:
        refused(NotAllowed, change_at, cast.director, pk, 1)
        refused(NotAllowed, delete_records, actor=cast.director, module="customers", pks=[pk])
        refused(
            NotAllowed, assign_records, actor=cast.director, module="customers", pks=[pk],
            owner=cast.owner.pk,
        )  # fmt: skip
    finally:
        _guards.remove(guard)
    assert [names for _module, _pk, names in asked] == [{"city"}, {"deleted_at"}, {"owner"}]
    assert stored("customers", pk).version == 1


# Idempotency (85) ----------


def test_security_85_twenty_identical_creates_make_one_record(lasting_cast):
    owner = lasting_cast.owner
    answers = at_once([lambda: create(owner, name="Only Once Ltd", key="form-1")] * 20)
    assert len(set(answers)) == 1, answers
    assert isinstance(answers[0], int)
    assert Customer.unscoped.count() == 1
    assert Event.objects.filter(module="customers", record_id=answers[0]).count() == 1


def test_security_85_a_key_is_for_one_body_and_one_person(cast):
    first = create(cast.owner, name="First", key="k")
    assert create(cast.owner, name="First", key="k") == first
    assert refused(KeyReused, create, cast.owner, name="Other", key="k").status == 409
    assert create(cast.teammate, name="Second", key="k") != first
    assert IdempotencyKey.objects.count() == 2


def test_long_keys_are_told_apart_and_hold(cast):
    one, two = "k" * 200, "k" * 199 + "x"
    first = create(cast.owner, name="First", key=one)
    assert create(cast.owner, name="First", key=one) == first
    assert create(cast.owner, name="Second", key=two) != first


def test_a_refused_create_does_not_use_up_its_key(cast):
    with pytest.raises(Invalid), transaction.atomic():
        create(cast.owner, name="", key="k")
    assert create(cast.owner, name="Now right", key="k")


# Duplicates ----------


def test_the_same_company_in_other_writing_is_refused_with_the_owner_named(cast):
    add(cast.stranger, name="上海松屿制药（集团）有限公司", credit_code=CODE)
    by_name = refused(DuplicateFound, create, cast.owner, name="上海松嶼製藥(集團) 有限公司")
    assert by_name.status == 409
    (match,) = by_name.matches
    assert (match.pk, match.label) == (None, "")  # invisible: only who holds it
    assert "Stranger" in match.word
    assert refused(DuplicateFound, create, cast.owner, name=unlike(), credit_code=CODE)
    assert (
        refused(DuplicateFound, create, cast.stranger, name="上海松屿制药集团有限公司")
        .matches[0]
        .pk
    )


def test_a_change_into_a_duplicate_is_refused_and_a_freed_key_can_be_taken(cast):
    add(cast.owner, name="Alpha Pumps Ltd")
    other = add(cast.owner, name="Beta Pumps Ltd")
    refused(DuplicateFound, change, cast.owner, other, name="ALPHA pumps ltd")
    change(cast.owner, other, name="Gamma Pumps Ltd")
    assert add(cast.owner, name="Beta Pumps Ltd")


def test_two_people_entering_the_same_customer_at_once_give_one_winner(lasting_cast):
    people = [lasting_cast.owner, lasting_cast.stranger, lasting_cast.outsider] * 4
    answers = at_once(
        [lambda person=person: create(person, name="松屿制药有限公司") for person in people]
    )
    winners = [one for one in answers if isinstance(one, int)]
    assert len(winners) == 1, answers
    assert all(isinstance(one, DuplicateFound | int) for one in answers), answers
    assert Customer.unscoped.count() == 1


def test_two_records_taking_one_name_at_once_give_one_winner(lasting_cast):
    owner = lasting_cast.owner
    one, two = add(owner, name="Old One"), add(owner, name="Old Two")
    for turn in range(6):
        name = f"Fresh {turn}"
        answers = at_once(
            [lambda pk=pk, name=name: change(owner, pk, name=name) for pk in (one, two)]
        )
        assert sum(isinstance(answer, int) for answer in answers) == 1, answers
        assert sum(isinstance(answer, DuplicateFound) for answer in answers) == 1, answers


# Numbers (89) ----------


def test_security_89_two_hundred_parallel_creates_have_two_hundred_numbers(lasting_cast):
    owner = lasting_cast.owner

    def twenty():
        return [add(owner) for _turn in range(20)]

    answers = at_once([twenty] * 10)
    assert all(isinstance(one, list) for one in answers), answers
    numbers = set(Customer.unscoped.values_list("number", flat=True))
    assert len(numbers) == 200
    assert all(number.startswith("KH") for number in numbers)
