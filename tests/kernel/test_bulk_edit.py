"""The same change for many records: as a person may, told row by row, taken back field by field."""

from __future__ import annotations

import pytest
from django.test import Client

from crm.access.errors import NotVisible
from crm.access.policy import access_to
from crm.jobs import deeds, editing
from crm.jobs.models import Job
from crm.records.edits import ADD, CLEAR, REMOVE, SET, Edit
from crm.records.errors import Invalid, NotAllowed
from tests.kernel.helpers import add, change, refused, stored
from tests.people import Cast

PAGE = "/customers/bulk/edit/"


def edited(actor, pks, *edits, module="customers"):
    """The job that changed these records, done."""
    job = editing.ask_for_edit(owner=actor, module=module, pks=pks, edits=edits)
    return deeds.run_soon(job)


def undone(actor, job):
    return deeds.run_soon(deeds.ask_back(actor=actor, job_id=job.pk))


def tags_of(pk, actor):
    return sorted(row["name"] for row in access_to(actor, "customers").get(pk)["tags"])


@pytest.fixture
def three(cast: Cast) -> list[int]:
    return [add(cast.owner, level=level) for level in ("A", "B", "B")]


def test_values_are_set_emptied_and_given_back(cast: Cast, three):
    job = edited(cast.owner, three, Edit("level", SET, "B"), Edit("website", CLEAR))
    assert [stored("customers", pk).level for pk in three] == ["B", "B", "B"]
    assert (deeds.count(job, deeds.UPDATED), deeds.count(job, deeds.SAME)) == (1, 2)
    assert undone(cast.owner, job).state == Job.State.UNDONE
    assert [stored("customers", pk).level for pk in three] == ["A", "B", "B"]


def test_lists_grow_and_shrink(cast: Cast, three):
    change(cast.owner, three[0], tags=[{"name": "VIP"}, {"name": "老客户"}])
    job = edited(cast.owner, three, Edit("tags", ADD, "vip, 展会；续约"))
    assert tags_of(three[0], cast.owner) == sorted(["VIP", "老客户", "展会", "续约"])
    assert tags_of(three[1], cast.owner) == sorted(["vip", "展会", "续约"])
    edited(cast.owner, three, Edit("tags", REMOVE, "展会"))
    assert tags_of(three[1], cast.owner) == sorted(["vip", "续约"])
    undone(cast.owner, job)  # the tags were changed since
    assert tags_of(three[1], cast.owner) == sorted(["vip", "续约"])


def test_what_somebody_changed_since_stays(cast: Cast, three):
    job = edited(cast.owner, three, Edit("level", SET, "C"), Edit("city", SET, "无锡"))
    change(cast.owner, three[1], level="D")
    job = undone(cast.owner, job)
    assert job.errors == 1
    assert job.detail["message"] == "1 record was changed since; what was changed stays."
    assert [stored("customers", pk).level for pk in three] == ["A", "D", "B"]
    assert [stored("customers", pk).city for pk in three] == ["", "", ""]


def test_security_8_fields_that_are_not_mine_are_refused(cast: Cast, three):
    cast.state("owner", "customers", "level", "read")
    for how in (SET, CLEAR):
        refused(NotAllowed, edited, cast.owner, three, Edit("level", how, "B"))
    refused(NotAllowed, edited, cast.owner, three, Edit("owner", SET, cast.manager.pk))
    refused(NotAllowed, edited, cast.owner, three, Edit("version", SET, 9))
    refused(Invalid, edited, cast.owner, three, Edit("name", CLEAR))
    assert [stored("customers", pk).level for pk in three] == ["A", "B", "B"]


def test_security_4_a_record_out_of_reach_is_as_one_that_never_was(cast: Cast, three):
    theirs = add(cast.stranger, level="A")
    client = Client()
    client.force_login(cast.owner)
    asked = {"field": "level", "level": "D", "how-level": "set", "confirmed": "1"}
    answers = [client.post(PAGE, {**asked, "pk": [three[0], pk]}) for pk in (theirs, 999_999_999)]
    assert [one.status_code for one in answers] == [404, 404]
    assert stored("customers", three[0]).level == "A"
    job = edited(cast.owner, [three[0], theirs], Edit("level", SET, "D"))
    assert (job.errors, stored("customers", theirs).level) == (1, "A")


def test_security_5_all_that_match_is_counted_again(cast: Cast, three, monkeypatch):
    monkeypatch.setattr(deeds, "AT_ONCE", 2)
    client = Client()
    client.force_login(cast.owner)
    asked = {"everything": "1", "query": "level=B", "field": "level", "level": "D"}
    many = {**asked, "query": "", "confirmed": "1"}
    text = client.post(PAGE, {**many, "expected": "2"}).content.decode()
    assert "Meanwhile the list finds 3 records." in text
    assert stored("customers", three[0]).level == "A"
    client.post(PAGE, {**many, "expected": "3"})
    assert Job.objects.get(kind=editing.KIND).options["ids"] == three


def test_the_dialog_tells_a_wrong_value_beside_its_field(cast: Cast, three):
    client = Client()
    client.force_login(cast.owner)
    asked = {"pk": three, "field": ["level", "revenue"], "confirmed": "1"}
    answer = client.post(PAGE, {**asked, "level": "D", "revenue": "many"})
    assert answer.status_code == 400
    assert 'id="id-revenue-wrong"' in answer.content.decode()
    assert not Job.objects.filter(kind=editing.KIND).exists()
    empty = client.post(PAGE, {**asked, "level": "D", "revenue": ""})
    assert "Fill this in, or choose to empty the field." in empty.content.decode()


def test_the_job_is_for_who_started_it(cast: Cast, three):
    job = edited(cast.owner, three, Edit("level", SET, "C"))
    client = Client()
    client.force_login(cast.manager)
    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/jobs/{job.pk}/undo/").status_code == 404
    refused(NotVisible, deeds.ask_back, actor=cast.manager, job_id=job.pk)
    client.force_login(cast.owner)
    assert client.get(f"/jobs/{job.pk}/").status_code == 200
    assert client.post(f"/jobs/{job.pk}/undo/").status_code == 302
    assert stored("customers", three[0]).level == "A"


def test_many_are_changed_by_few_statements(cast: Cast, three, queries):
    few = editing.ask_for_edit(
        owner=cast.owner, module="customers", pks=three, edits=[Edit("level", SET, "D")]
    )
    with queries() as for_few:
        deeds.run_soon(few)
    more = [*three, *(add(cast.owner, level="A") for _n in range(7))]
    many = editing.ask_for_edit(
        owner=cast.owner, module="customers", pks=more, edits=[Edit("level", SET, "C")]
    )
    with queries() as for_many:
        deeds.run_soon(many)
    assert len(for_many) <= len(for_few) + 2
