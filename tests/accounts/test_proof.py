"""The proof of rights: asked for on a page, done by a job, kept with what was found."""

from __future__ import annotations

import pytest

from accounts.models import ApiToken, Proof, User, UserSession
from accounts.proving import job as proving
from accounts.proving.crawl import prove
from accounts.proving.judging import Finding
from crm.jobs.models import Job
from crm.jobs.running import run
from tests.kernel.helpers import add
from tests.kernel.pages import browser

pytestmark = pytest.mark.django_db
PAGE = "/setup/proof/"


def test_an_administrator_has_the_rights_proved_and_reads_the_result(cast, queries, monkeypatch):
    monkeypatch.setattr(proving, "prove", lambda *_bounds, tell: prove(1, 1, "clerk", tell))
    pk = add(cast.owner, name="Secret works")
    client = browser(cast.administrator)
    assert browser(cast.director).get(PAGE).status_code == 403
    assert browser(cast.director).post(PAGE).status_code == 403
    assert b"not been proved yet" in client.get(PAGE).content
    for _twice in range(2):
        assert client.post(PAGE)["Location"] == PAGE
    [job] = Job.objects.filter(kind="prove")
    assert b"under way" in client.get(PAGE).content
    doors = UserSession.objects.count(), ApiToken.objects.count()
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.errors) == (Job.State.DONE, 0), job.detail
    assert (UserSession.objects.count(), ApiToken.objects.count()) == doors
    kept = Proof.objects.get()
    assert (kept.by, kept.found, kept.findings) == (cast.administrator, 0, [])
    assert kept.probes > kept.answers > 0
    page = client.get(PAGE).content.decode()
    assert "Nothing was found" in page
    assert f"{kept.probes:,}" in page
    User.objects.filter(pk=cast.administrator.pk).update(language="zh-hans")
    assert "没有发现问题" in client.get(PAGE).content.decode()
    User.objects.filter(pk=cast.administrator.pk).update(language="en")
    found = [Finding("leak", cast.clerk.pk, "list", "customers", pk, "name", "out of reach")] * 60
    kept.findings, kept.found = [vars(one) for one in found], 60
    kept.save()
    with queries() as seen:
        page = client.get(PAGE).content.decode()
    assert len(seen) < 25
    assert "Shows what the rules close" in page
    assert f"Customer {pk}" in page
    assert "Secret works" not in page


def test_a_proof_can_be_stopped(cast):
    job = proving.ask_for_proof(cast.administrator)
    way = proving.Way(job)
    way.tell(1, 9)
    way.look()
    way.tell(2, 9)
    Job.objects.filter(pk=job.pk).update(cancel_asked=True)
    way.look()
    with pytest.raises(proving.Stopped):
        way.tell(3, 9)
    job.refresh_from_db()
    assert (job.done, job.total) == (2, 9)


def test_whoever_administers_no_longer_gets_no_proof(cast, monkeypatch):
    monkeypatch.setattr(
        proving, "prove", lambda *_bounds, **_more: pytest.fail("crawled all the same")
    )
    job = proving.ask_for_proof(cast.administrator)
    role = cast.roles["administrator"]
    role.administer = False
    role.save()
    cast.right("administrator", "customers", view="own")
    run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not Proof.objects.exists()
