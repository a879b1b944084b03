"""Many records assigned, deleted, shared: as jobs, told row by row, taken back where nobody was."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from crm.access.holders import PERSON, Holder
from crm.access.sharing import EDIT, VIEW, shares_of
from crm.jobs import acting, deeds
from crm.jobs.models import Job, JobRow
from crm.jobs.running import LeaseLost, claim, run
from crm.jobs.services import cancel_job
from crm.records.beside import Event
from crm.records.errors import Invalid, NotAllowed
from crm.records.lifecycle import assign_records, delete_records, restore_records
from crm.records.sharing import Terms, share_records
from sales.customers.models import Customer
from tests.kernel.helpers import add, change, refused, stored
from tests.kernel.pages import browser
from tests.people import Cast, share

CUSTOMERS = "customers"


@pytest.fixture
def three(cast: Cast) -> list[int]:
    return [add(cast.owner, level=level) for level in ("A", "B", "B")]


def undone(actor, job):
    return deeds.run_soon(deeds.ask_back(actor=actor, job_id=job.pk))


def given(actor, pks, to):
    job = acting.ask_to_assign(owner=actor, module=CUSTOMERS, pks=pks, to=to.pk)
    return deeds.run_soon(job)


def deleted(actor, pks):
    return deeds.run_soon(acting.ask_to_delete(owner=actor, module=CUSTOMERS, pks=pks))


def shared(actor, pks, to, **terms):
    job = acting.ask_to_share(
        owner=actor, module=CUSTOMERS, pks=pks, to=[Holder(PERSON, to.pk)], terms=Terms(**terms)
    )
    return deeds.run_soon(job)


def owners(pks):
    return [stored(CUSTOMERS, pk).owner_id for pk in pks]


def outcomes(job):
    rows = JobRow.objects.filter(job=job).order_by("number")
    return dict(rows.values_list("record_id", "outcome"))


def test_what_was_given_away_comes_back_with_what_hung_on_it(cast: Cast, three):
    person = add(cast.owner, "contacts", name="Li Wei", customer=three[0])
    was = stored(CUSTOMERS, three[0]).department_id
    job = given(cast.owner, three, cast.stranger)
    assert owners(three) == [cast.stranger.pk] * 3
    assert stored("contacts", person).owner_id == cast.stranger.pk
    assign_records(actor=cast.stranger, module=CUSTOMERS, pks=[three[1]], owner=cast.manager.pk)
    job = undone(cast.owner, job)  # who gave it away no longer reaches it; he did this, though
    assert owners(three) == [cast.owner.pk, cast.manager.pk, cast.owner.pk]
    assert stored("contacts", person).owner_id == cast.owner.pk
    assert stored(CUSTOMERS, three[0]).department_id == was
    assert (job.state, job.errors) == (Job.State.UNDONE, 1)
    assert job.detail["message"] == "1 record was changed since; what was changed stays."


def test_who_would_not_reach_it_any_more_takes_nothing_back(cast: Cast, three):
    job = given(cast.owner, three, cast.stranger)
    cast.right("owner", CUSTOMERS, assign="none")
    job = undone(cast.owner, job)
    assert (owners(three), job.errors) == ([cast.stranger.pk] * 3, 3)


def test_what_is_seen_only_or_not_at_all_is_refused_with_the_reason(cast: Cast, three):
    seen, unseen = add(cast.stranger), add(cast.stranger, name="Zqcanary Works")
    share(CUSTOMERS, seen, cast.owner)
    job = given(cast.owner, [*three, seen, unseen, 10**12], cast.teammate)
    assert [outcomes(job)[pk] for pk in (seen, unseen, 10**12)] == [deeds.REFUSED] * 3
    reasons = dict(JobRow.objects.filter(job=job).values_list("record_id", "reasons"))
    assert reasons[unseen] == reasons[10**12] != reasons[seen]
    assert owners([*three, seen, unseen]) == [cast.teammate.pk] * 3 + [cast.stranger.pk] * 2
    page = browser(cast.owner).get(f"/jobs/{job.pk}/").content.decode()
    assert "Zqcanary" not in page
    assert page.count("A record that you cannot see") == 2
    refused(Invalid, given, cast.owner, three, Holder(PERSON, 10**9))
    cast.right("owner", CUSTOMERS, assign="none", delete="none", share="none")
    for call in (given, shared):
        refused(NotAllowed, call, cast.owner, three, cast.teammate)
    refused(NotAllowed, deleted, cast.owner, three)


def test_exactly_what_a_deletion_took_comes_back(cast: Cast, three, monkeypatch):
    monkeypatch.setattr(deeds, "BATCH", 2)
    person = add(cast.owner, "contacts", name="Li Wei", customer=three[0])
    earlier = add(cast.owner, "contacts", name="Wang Fang", customer=three[0])
    delete_records(actor=cast.owner, module="contacts", pks=[earlier])
    code = "91350211M000100Y46"
    change(cast.owner, three[1], credit_code=code)
    job = deleted(cast.owner, three)
    assert set(outcomes(job).values()) == {deeds.UPDATED}
    assert all(stored(CUSTOMERS, pk).deleted_at for pk in three)
    add(cast.stranger, credit_code=code)  # took its place meanwhile
    restore_records(actor=cast.owner, module=CUSTOMERS, pks=[three[2]])
    job = undone(cast.owner, job)
    gone = [stored(CUSTOMERS, pk).deleted_at is not None for pk in three]
    assert (gone, job.errors) == ([False, True, False], 1)
    assert stored("contacts", person).deleted_at is None
    assert stored("contacts", earlier).deleted_at is not None
    assert job.detail["message"] == "1 record stays in the recycle bin."
    page = browser(cast.owner).get(f"/jobs/{job.pk}/").content.decode()
    assert "Another record has this value" in page or "Known already" in page


def test_shares_are_put_back_as_they_stood(cast: Cast, three):
    other, until = Holder(PERSON, cast.stranger.pk), timezone.localdate() + dt.timedelta(days=9)
    share_records(
        actor=cast.owner, module=CUSTOMERS, pks=[three[0]], to=[other],
        terms=Terms(VIEW, until, "first"),
    )  # fmt: skip
    job = shared(cast.owner, three, cast.stranger, level=EDIT)
    assert [one.level for one in shares_of(Customer, three)] == [EDIT] * 3
    share_records(
        actor=cast.owner, module=CUSTOMERS, pks=[three[2]], to=[other], terms=Terms(VIEW, None, "x")
    )
    job = undone(cast.owner, job)
    left = [(one.record, one.level, one.last_day, one.note) for one in shares_of(Customer, three)]
    assert left == [(three[0], VIEW, until, "first"), (three[2], VIEW, None, "x")]
    assert job.errors == 1


def test_only_who_may_edit_gives_editing(cast: Cast, three):
    cast.right("owner", CUSTOMERS, edit="none")
    refused(NotAllowed, shared, cast.owner, three, cast.stranger, level=EDIT)
    assert shares_of(Customer, three) == []


def test_many_go_on_in_the_background_and_can_be_stopped(cast: Cast, three, monkeypatch):
    monkeypatch.setattr(deeds, "AT_ONCE", 2)
    monkeypatch.setattr(deeds, "BATCH", 1)
    client = browser(cast.owner)
    asked = {"everything": "1", "query": "", "owner": str(cast.teammate.pk)}
    shown = client.post("/customers/bulk/assign/", asked).content.decode()
    assert "So many are changed in the background" in shown
    assert re.findall(r'name="pk"', shown) == []
    assert 'name="expected" value="3"' in shown
    late = add(cast.owner)
    said = {**asked, "confirmed": "1", "expected": "3"}
    assert "finds 4 records" in client.post("/customers/bulk/assign/", said).content.decode()
    client.post("/customers/bulk/assign/", {**said, "expected": "4"})
    job = Job.objects.get(kind=acting.ASSIGN)
    assert (job.state, owners([late])) == (Job.State.QUEUED, [cast.owner.pk])
    with pytest.raises(LeaseLost):
        _die_after_one_batch(job, monkeypatch)
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, owners([*three, late])) == (
        Job.State.DONE, 4, [cast.teammate.pk] * 4,
    )  # fmt: skip
    assert Event.objects.filter(kind="assigned").count() == 4  # once each
    undo = deeds.ask_back(actor=cast.owner, job_id=job.pk)
    assert undo.state == Job.State.UNDOING
    stopped = acting.ask_to_delete(owner=cast.owner, module=CUSTOMERS, pks=[*three, late])
    assert cancel_job(actor=cast.owner, job_id=stopped.pk).state == Job.State.CANCELLED


def _die_after_one_batch(job, monkeypatch):
    """What a worker leaves behind that goes away in the middle of its second batch."""
    work = deeds._deeds[acting.ASSIGN]

    def once(person, now, pks, act):
        if now.cursor:
            raise LeaseLost
        return work.do(person, now, pks, act)

    with monkeypatch.context() as patch:
        patch.setitem(deeds._deeds, acting.ASSIGN, deeds.Deed(once, work.take_back))
        held = claim(job.pk)
        assert held is not None
        try:
            deeds.run_deed(held)
        finally:
            Job.objects.filter(pk=job.pk).update(lease=None, lease_until=None)


def test_a_deed_on_many_takes_few_statements(cast: Cast, three, queries):
    more = [add(cast.owner) for _n in range(8)]
    with queries() as for_few:
        given(cast.owner, three, cast.teammate)
    with queries() as for_many:
        given(cast.owner, more, cast.teammate)
    assert len(for_many) <= len(for_few) + 2
    with queries() as few_gone:
        deleted(cast.manager, three)
    with queries() as many_gone:
        deleted(cast.manager, more)
    assert len(many_gone) <= len(few_gone) + 4


def test_the_bar_offers_tags_with_one_click(cast: Cast, three):
    client = browser(cast.owner)
    assert 'formaction="/customers/bulk/tag/"' in client.get("/customers/").content.decode()
    shown = client.post("/customers/bulk/tag/", {"pk": three}).content.decode()
    assert 'name="field" value="tags"' in shown
