"""Jobs: claimed once, stopped, taken over from the dead, told of over the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone

from crm.exchange import importer
from crm.jobs import running
from crm.jobs.models import Job, JobRow
from crm.jobs.running import claim, run, waiting_jobs
from crm.jobs.services import TooMuch, cancel_job, poke
from crm.jobs.tasks import run_job
from sales.customers.models import Customer
from tests.kernel.api_calls import Api, told
from tests.kernel.exchange_calls import done, outcomes, table, upload
from tests.kernel.helpers import add, at_once, unlike
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")


def names(count: int) -> str:
    return table("name", *(unlike() for _number in range(count)))


def send(api: Api, path: str, **fields: Any) -> Any:
    return api.client.post(
        f"/api/v1/{path}", fields, headers={"authorization": f"Bearer {api.secret}"}
    )


def test_a_job_is_done_once(cast: Cast) -> None:
    job = upload(cast.owner, names(3))
    assert run(job.pk)
    assert not run(job.pk)
    run_job(job.pk)
    assert Customer.unscoped.count() == 3


def test_a_held_job_is_left_alone_until_its_lease_ends(cast: Cast) -> None:
    job = upload(cast.owner, names(3))
    held = claim(job.pk)
    assert held is not None
    assert claim(job.pk) is None
    assert job.pk not in waiting_jobs()
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert job.pk in waiting_jobs()
    assert done(job).state == Job.State.DONE
    with pytest.raises(running.LeaseLost), held.batch():  # the first one comes back to life
        raise AssertionError("it must not get this far")


def test_it_goes_on_where_it_broke_off(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(importer, "CHUNK", 2)
    job = upload(cast.owner, names(7))
    real, calls = importer._do_batch, []

    def dies(*args: Any, **kwargs: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(*args, **kwargs)

    monkeypatch.setattr(importer, "_do_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, Customer.unscoped.count()) == (Job.State.RUNNING, 4, 4)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    done(job)
    assert (job.state, job.done, Customer.unscoped.count()) == (Job.State.DONE, 7, 7)
    assert len(outcomes(job)) == 7


def test_a_fault_is_tried_again_and_given_up(cast: Cast, monkeypatch: Any) -> None:
    job = upload(cast.owner, names(2))

    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(importer, "_go_through", breaks)
    for _attempt in range(running.MOST_ATTEMPTS + 1):
        Job.objects.filter(pk=job.pk).update(lease_until=None)
        run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "a fault of ours" not in str(job.detail)


def test_stop_ends_it_between_two_batches(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(importer, "CHUNK", 2)
    job = upload(cast.owner, names(6))
    real = importer._do_batch

    def stops(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        cancel_job(actor=cast.owner, job_id=job.pk)

    monkeypatch.setattr(importer, "_do_batch", stops)
    done(job)
    assert (job.state, Customer.unscoped.count()) == (Job.State.CANCELLED, 2)
    waiting = upload(cast.owner, names(2))
    assert cancel_job(actor=cast.owner, job_id=waiting.pk).state == Job.State.CANCELLED
    assert not run(waiting.pk)


def test_security_81_too_many_at_once_are_refused(cast: Cast) -> None:
    for _number in range(10):
        upload(cast.owner, names(1))
    with pytest.raises(TooMuch):
        upload(cast.owner, names(1))
    upload(cast.teammate, names(1))


def test_no_broker_is_no_reason_to_refuse(cast: Cast, settings: Any) -> None:
    job = upload(cast.owner, names(1))
    with override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0"):
        poke(job.pk)
    assert job.pk in waiting_jobs()


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_list_at_the_same_moment(lasting_cast: Cast) -> None:
    cast, data = lasting_cast, names(400)
    jobs = [upload(person, data) for person in (cast.owner, cast.teammate)]
    at_once([lambda pk=job.pk: run(pk) for job in jobs])
    assert Customer.unscoped.count() == 400
    for job in jobs:
        job.refresh_from_db()
        assert job.state == Job.State.DONE, job.detail
    assert JobRow.objects.filter(outcome="created").count() == 400
    assert JobRow.objects.filter(outcome="skipped").count() == 400


@pytest.mark.django_db(transaction=True)
def test_security_93_one_job_run_by_two_workers_at_the_same_moment(lasting_cast: Cast) -> None:
    job = upload(lasting_cast.owner, names(300))
    answers = at_once([lambda: run(job.pk), lambda: run(job.pk)])
    assert sorted(answers) == [False, True]
    assert Customer.unscoped.count() == 300


def test_over_the_api(cast: Cast) -> None:
    api = Api(cast.owner)
    name = unlike()
    add(cast.owner, name=name)
    file = SimpleUploadedFile(
        "list.csv", table("Firma|Umsatz", f"{unlike()}|5", f"{unlike()}|x", f"{name}|1").encode()
    )
    answer = send(
        api, "customers/import/", file=file, policy="skip",
        mapping=json.dumps({"Firma": "name", "Umsatz": "revenue"}),
    )  # fmt: skip
    assert answer.status_code == 202, answer.content
    pk = answer.json()["job"]
    assert api.get(f"jobs/{pk}/").json()["state"] == "queued"
    run(pk)
    body = api.get(f"jobs/{pk}/").json()
    assert (body["state"], body["done"], body["total"], body["errors"]) == ("done", 3, 3, 1)
    assert (body["detail"]["created"], body["detail"]["skipped"], body["detail"]["refused"]) == (
        1,
        1,
        1,
    )
    download = api.get(f"jobs/{pk}/file/")
    assert download.status_code == 200
    assert "attachment" in download["Content-Disposition"]
    other = Api(cast.director)
    for path in ("", "file/"):
        told(other.get(f"jobs/{pk}/{path}"), 404)
    for path in ("cancel/", "undo/"):
        told(other.post(f"jobs/{pk}/{path}"), 404)
    assert api.post(f"jobs/{pk}/undo/").status_code == 202
    run(pk)
    assert api.get(f"jobs/{pk}/").json()["state"] == "undone"


def test_the_api_refuses_with_reasons(cast: Cast) -> None:
    api = Api(cast.owner)
    file = SimpleUploadedFile("list.csv", names(1).encode())
    assert "file" in told(send(api, "customers/import/", policy="skip"), 400)["fields"]
    assert "policy" in told(send(api, "customers/import/", file=file, policy="x"), 400)["fields"]
    file.seek(0)
    answer = send(api, "customers/import/", file=file, mapping='{"name": "version"}')
    assert "mapping" in told(answer, 400)["fields"]
    told(api.post("customers/export/", {"columns": ["no_such"]}), 400)
    told(api.post("customers/export/", {"format": "pdf"}), 400)
    told(api.post("customers/export/", {"x": 1}), 400)
    cast.right("owner", "customers", export="none", **{"import": "none"})
    file.seek(0)
    told(send(api, "customers/import/", file=file), 403)
    told(api.post("customers/export/", {}), 403)
    reading = Api(cast.teammate, scope="read")
    told(reading.post("customers/export/", {}), 403)


def test_an_export_over_the_api(cast: Cast) -> None:
    api = Api(cast.owner)
    add(cast.owner, name=unlike("Shown"), level="A")
    add(cast.owner, name=unlike("Other"), level="B")
    tree = {"all": [{"field": "level", "op": "eq", "value": "A"}]}
    answer = api.post("customers/export/", {"format": "csv", "filter": tree, "columns": ["name"]})
    assert answer.status_code == 202, answer.content
    pk = answer.json()["job"]
    told(api.get(f"jobs/{pk}/file/"), 404)
    run(pk)
    data = b"".join(api.get(f"jobs/{pk}/file/").streaming_content)
    assert b"Shown" in data
    assert b"Other" not in data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.4 x",
        b"PK\x03\x04 broken",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"<html></html>",
    ],
)
def test_a_file_that_is_no_table_fails_with_a_sentence(cast: Cast, data: bytes) -> None:
    job = done(upload(cast.owner, data, name="x.xlsx"))
    assert job.state == Job.State.FAILED
    assert job.detail["message"]
