"""Fields whose values no two living records share: refused at every way in, reported when late."""

import pytest

from accounts.services import fields
from crm.jobs.checking import last_check
from crm.jobs.running import run
from crm.jobs.services import cancel_job
from crm.records import definitions
from crm.records.act import Act
from crm.records.beside import UniqueValue
from crm.records.bulk import create_many
from crm.records.errors import DuplicateFound, Invalid
from crm.records.lifecycle import delete_records, restore_records
from tests.kernel.api_calls import Api
from tests.kernel.exchange_calls import done, upload
from tests.kernel.helpers import add, change

NAMES = {"en": "Member number", "zh-hans": "会员号"}


@pytest.fixture
def member(cast):
    return fields.add_field(
        actor=cast.administrator, module="customers", kind="text", labels=NAMES, unique=True
    )


def loose(cast, kind="text"):
    return fields.add_field(actor=cast.administrator, module="customers", kind=kind, labels=NAMES)


def test_the_second_is_refused_by_form_service_api_import_and_bulk(member, cast, client):
    key = definitions.key_of(member)
    first = add(cast.owner, **{key: "Ａ-17 x"})
    with pytest.raises(DuplicateFound) as refusal:
        add(cast.owner, **{key: " a-17  X"})
    assert "Another record has this value" in str(refusal.value.fields[key][0])
    other = add(cast.owner, **{key: "B-1"})
    with pytest.raises(DuplicateFound):
        change(cast.owner, other, **{key: "A-17 X"})
    client.force_login(cast.owner)
    page = client.post("/customers/new/", {"name": "Quite another firm", key: "a-17 x"})
    assert "Another record has this value" in page.content.decode()
    answer = Api(cast.owner).call("POST", "customers/", {"name": "Firm three", key: "a-17 x"})
    assert answer.status_code == 409, answer.content
    job = done(upload(cast.owner, "name,Member number\nFirm four,a-17 x\nFirm five,C-9\n"))
    assert UniqueValue.objects.filter(field=key).count() == 3, job.detail
    outcomes = create_many(
        actor=cast.owner, module="customers", act=Act(cast.owner, "import"),
        rows=[{"name": "Firm six", key: "D"}, {"name": "Firm seven", key: "d"}],
    )  # fmt: skip
    assert [bool(one.pk) for one in outcomes] == [True, False]
    assert "D" not in str(outcomes[1].errors)
    assert change(cast.owner, first, **{key: "A-17 X "}) == 2  # its own value, spelled otherwise


def test_a_deleted_record_gives_its_value_back_and_may_find_it_taken(member, cast):
    key = definitions.key_of(member)
    first = add(cast.administrator, **{key: "A"})
    delete_records(actor=cast.administrator, module="customers", pks=[first])
    add(cast.administrator, **{key: "a"})
    with pytest.raises(DuplicateFound):
        restore_records(actor=cast.administrator, module="customers", pks=[first])


def test_who_may_not_see_the_holder_learns_no_more_than_that_it_is_taken(member, cast):
    key = definitions.key_of(member)
    add(cast.owner, name="Canary firm", **{key: "A"})
    with pytest.raises(DuplicateFound) as refusal:
        add(cast.stranger, **{key: "A"})
    assert "Canary" not in str(refusal.value.fields)
    assert refusal.value.matches[0].pk is None


def checked(row):
    """The job that follows the switch, as it ended; and the definition as it is then."""
    job = last_check(row)
    run(job.pk)
    job.refresh_from_db()
    row.refresh_from_db()
    return job


def test_turned_on_over_doubles_it_is_refused_and_they_are_named(cast, client):
    row = loose(cast)
    key = definitions.key_of(row)
    twins = [add(cast.administrator, **{key: text}) for text in ("A", "a ", "B")]
    client.force_login(cast.administrator)
    page = f"/setup/fields/customers/{row.pk}/"
    form = {"label_en": "Member number", "position": "1", "unique": "true"}
    answer = client.post(page, form)
    assert answer.headers["Location"] == f"{page}life/"
    waiting = client.get(f"{page}life/").content.decode()
    assert "Check for values that stand twice" in waiting
    add(cast.administrator, **{key: "X"})
    with pytest.raises(DuplicateFound):  # the rule holds from the moment of switching
        add(cast.administrator, **{key: "x"})
    job = checked(row)
    assert job.state == "failed"
    assert "1 record has a value that an earlier one has: a" in job.detail["message"]
    assert not row.unique
    assert not UniqueValue.objects.filter(field=key).exists()
    told = client.get(f"{page}life/").content.decode()
    assert f"/customers/{twins[0]}/" in told
    assert f"/customers/{twins[1]}/" in told
    change(cast.administrator, twins[1], **{key: "C"})
    assert client.post(page, form).status_code == 302
    assert checked(row).state == "done"
    assert UniqueValue.objects.filter(field=key).count() == 4
    with pytest.raises(DuplicateFound):
        add(cast.administrator, **{key: "b"})
    assert client.post(page, {"label_en": "Member number", "position": "1"}).status_code == 302
    assert not UniqueValue.objects.filter(field=key).exists()
    add(cast.administrator, **{key: "b"})
    told = client.get(page).content.decode()
    assert "Unique: No → Yes" in told
    assert "Unique: Yes → No" in told


def test_stopped_before_its_end_it_is_not_unique(cast):
    row = loose(cast)
    add(cast.administrator, **{definitions.key_of(row): "A"})
    fields.change_field(
        actor=cast.administrator, row=row, unique=True, labels=NAMES, help_texts={},
        required=False, default="", position=1,
    )  # fmt: skip
    cancel_job(actor=cast.administrator, job_id=last_check(row).pk)
    row.refresh_from_db()
    assert not row.unique
    assert not UniqueValue.objects.filter(field=row.name).exists()


def test_what_cannot_be_unique_is_refused(cast):
    given = {"actor": cast.administrator, "module": "customers", "labels": NAMES, "unique": True}
    with pytest.raises(Invalid):
        fields.add_field(kind="boolean", **given)
    with pytest.raises(Invalid):
        fields.add_field(kind="text", default="A", **given)


def test_a_field_that_goes_gives_back_its_keys(member, cast):
    key = definitions.key_of(member)
    add(cast.owner, **{key: "A"})
    fields.remove_field(actor=cast.administrator, row=member)
    assert not UniqueValue.objects.filter(field=key).exists()


def test_numbers_are_compared_as_they_are_kept(cast):
    row = loose(cast, kind="integer")
    add(cast.administrator, **{row.name: 7})
    fields.change_field(
        actor=cast.administrator, row=row, unique=True, labels=NAMES, help_texts={},
        required=False, default="", position=1,
    )  # fmt: skip
    assert checked(row).state == "done"
    with pytest.raises(DuplicateFound):
        add(cast.administrator, **{row.name: "7"})
