"""Health, numbers, logs, a lost database and a paused background, as operators meet them."""

from __future__ import annotations

import json
import logging

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from accounts.tasks import send_waiting_resets
from crm import measuring
from crm.jobs.models import Job
from crm.jobs.services import start_job
from crm.jobs.tasks import run_job, sweep_jobs
from crm.operation.models import Pulse
from crm.operation.pause import is_paused, pause, release
from crm.operation.tasks import pulse
from crm.records.beside import AuditEntry
from crm.views import health
from crm.views.logs import JsonFormatter, covered
from tests.kernel.api_calls import Api
from tests.kernel.helpers import add
from tests.kernel.pages import browser

CANARIES = {
    "password=zqcanarypass1": "zqcanarypass1",
    '{"password": "zqcanarypass2", "x": 1}': "zqcanarypass2",
    "Authorization: Bearer zqcanarytoken3": "zqcanarytoken3",
    "Authorization: Token zqcanarytoken4": "zqcanarytoken4",
    "called with Bearer zqcanarytoken5": "zqcanarytoken5",
    "Cookie: keyuan_session=zqcanarysession6": "zqcanarysession6",
    "csrfmiddlewaretoken=zqcanarycsrf7&name=x": "zqcanarycsrf7",
    "'csrftoken': 'zqcanarycsrf8'": "zqcanarycsrf8",
    "redis://:zqcanaryredis9@host:6379/0": "zqcanaryredis9",
    "postgres://crm:zqcanarydb10@host/crm": "zqcanarydb10",
    "Service Unavailable: /password/reset/zqcanarylink11/": "zqcanarylink11",
}


@pytest.fixture
def lines():
    """What the log says while the test runs, as the product writes it."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(json.loads(JsonFormatter().format(record)))

    keep = Keep()
    logging.getLogger().addHandler(keep)
    yield found
    logging.getLogger().removeHandler(keep)


@pytest.fixture
def lost(transactional_db):
    """The database is away: `lost()`; it is back after the test."""
    port = connection.settings_dict["PORT"]

    def lose():
        connection.close()
        connection.settings_dict["PORT"] = "1"

    yield lose
    connection.close()
    connection.settings_dict["PORT"] = port


@pytest.fixture
def measured(db):
    """The test's own connection is measured as those of a web process are."""
    connection.execute_wrappers.append(measuring.measure)
    yield
    connection.execute_wrappers.remove(measuring.measure)


def numbers(client, **more):
    """What /metrics says, by name and labels."""
    text = client.get("/metrics", **more).content.decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_lost_database_is_told_kindly_and_the_process_lives(lasting_cast, lost):
    client = browser(lasting_cast.owner)
    client.raise_request_exception = False
    api = Api(lasting_cast.owner)
    api.client.raise_request_exception = False
    lost()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json() == {"status": "database"}
    page = client.get("/customers/", headers={"X-Request-ID": "abcdef0123456789"})
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    text = page.content.decode()
    assert "The database cannot be reached" in text
    assert "abcdef0123456789" in text, "the number that support asks for"
    part = client.get("/customers/?part=rows", headers={"HX-Request": "true"})
    assert (part.status_code, part["Retry-After"]) == (503, "10")
    chinese = client.get("/customers/", headers={"accept-language": "zh-CN"})
    assert "数据库" in chinese.content.decode()
    said = api.get("customers/")
    assert (said.status_code, said["Retry-After"]) == (503, "10")
    assert "Try again" in said.json()["detail"]


def test_a_database_that_dies_in_the_middle_of_an_answer_is_lost_too(cast):
    client, api = browser(cast.owner), Api(cast.owner)
    client.raise_request_exception = False

    def dies(*_given):  # as the driver says it: none of its finer classes
        raise DatabaseError("server closed the connection unexpectedly")

    with connection.execute_wrapper(dies):
        answers = [client.get("/customers/"), api.get("customers/")]
    assert [(one.status_code, one["Retry-After"]) for one in answers] == [(503, "10")] * 2


def test_ready_means_database_and_migrations_and_tells_of_the_broker(db, client, settings):
    health._broker.clear()
    assert client.get("/readyz").json() == {"status": "ok", "background": "ok"}
    health._broker.clear()
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["background"]) == (200, "broker")
    health._broker.clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'crm' AND name LIKE '0031%%'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "migrations"})


def test_numbers_name_routes_and_never_people_or_records(cast, client, measured):
    pk = add(cast.owner, name="Zqmetric Pumps")
    signed = browser(cast.owner)
    before = numbers(client)
    signed.get(f"/customers/{pk}/?q=zqmetric")
    client.get("/zqmetric-nowhere/")
    pulse.apply()
    Job.objects.create(kind="export", title="zqmetric", owner=cast.owner)
    after = numbers(client)
    name = ("keyuan_requests_total", "200", "GET", "record")
    assert after[name] == before.get(name, 0) + 1
    assert after["keyuan_request_statements_total", "record"] > 5
    assert after["keyuan_jobs", "queued"] == before["keyuan_jobs", "queued"] + 1
    assert after["keyuan_database_bytes",] > 1_000_000
    assert [key for key in after if key[0] == "keyuan_worker_pulse_seconds"]
    text = client.get("/metrics").content.decode()
    assert "zqmetric" not in text
    assert cast.owner.username not in text
    assert f"/{pk}" not in text


def test_numbers_are_for_operators(db, client, settings):
    assert client.get("/metrics").status_code == 200, "from this machine"
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 404
    settings.METRICS_ALLOW = ["10.0.0.0/8"]
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    settings.METRICS_ALLOW, settings.METRICS_TOKEN = [], "zq-metrics-token"
    far = {"REMOTE_ADDR": "8.8.8.8"}
    for header, status in (("Bearer zq-metrics-token", 200), ("Bearer x", 404), ("", 404)):
        given = client.get("/metrics", headers={"authorization": header}, **far)
        assert given.status_code == status, header


def test_a_slow_statement_is_told_without_its_values(cast, lines, settings, measured):
    settings.SLOW_QUERY_MS = 15

    def waits(execute, sql, params, many, context):
        if "sales_customer" in sql:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(%s), %s", [0.02, "zqvalue"])
        return execute(sql, params, many, context)

    client = browser(cast.owner)
    with connection.execute_wrapper(waits):
        client.get("/customers/?q=zqvalue", headers={"X-Request-ID": "abcdef0123456789"})
    told = [one for one in lines if "pg_sleep" in one.get("statement", "")]
    assert told
    assert {one["statement"] for one in told} == {"SELECT pg_sleep(%s), %s"}
    assert {one["route"] for one in told} == {"list"}
    assert {one["request"] for one in told} == {"abcdef0123456789"}
    assert min(one["ms"] for one in told) >= 20
    assert "zqvalue" not in json.dumps(told)


@pytest.mark.parametrize("text", CANARIES)
def test_security_131_what_looks_like_a_secret_is_covered_in_the_log(text):
    assert CANARIES[text] not in covered(text)
    assert "***" in covered(text)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "it was %s", (text,), None)
    assert CANARIES[text] not in JsonFormatter().format(record)


def test_words_that_are_no_secret_stay(settings):
    for text in ("The password was changed.", "Not Found: /customers/1/", "token bucket is full"):
        assert covered(text) == text
    assert settings.SECRET_KEY not in covered(f"the key {settings.SECRET_KEY} stands here")


@pytest.mark.usefixtures("own_files")
def test_a_job_names_the_request_that_asked_for_it(cast, lines, monkeypatch):
    client = browser(cast.owner)
    add(cast.owner)
    sent = []
    monkeypatch.setattr("crm.jobs.services.poke", sent.append)
    answer = client.post(
        "/customers/export/", {"format": "csv", "columns": "name", "what": "all"},
        headers={"X-Request-ID": "abcdef0123456789"},
    )  # fmt: skip
    assert answer.status_code < 400, answer.content[-500:]
    job = Job.objects.latest("pk")
    assert job.cause == "abcdef0123456789"
    monkeypatch.setattr(
        "crm.jobs.running.kind_of", lambda _job: (_ for _ in ()).throw(RuntimeError("zqbroken"))
    )
    run_job.apply([job.pk])
    (line,) = [one for one in lines if "zqbroken" in one.get("exception", "")]
    assert (line["request"], line["cause"]) == (f"job-{job.pk}", "abcdef0123456789")


@pytest.mark.usefixtures("own_files")
def test_while_paused_no_task_does_anything_until_released(cast, mailoutbox):
    pause("restored")
    job = start_job(owner=cast.owner, kind="export", module="customers", title="x", options={})
    run_job.apply([job.pk])
    sweep_jobs.apply()
    send_waiting_resets.apply()
    job.refresh_from_db()
    assert (job.state, job.attempts, mailoutbox) == (Job.State.QUEUED, 0, [])
    pulse.apply()
    assert Pulse.objects.exists(), "the pulse goes on"
    admin = browser(cast.administrator)
    assert b"The background is paused" in admin.get("/customers/").content
    assert b"The background is paused" not in browser(cast.owner).get("/customers/").content
    page = admin.get("/setup/operation/").content.decode()
    assert "after a restore" in page
    assert browser(cast.owner).post("/setup/operation/", {"act": "release"}).status_code == 403
    assert is_paused()
    assert admin.post("/setup/operation/", {"act": "release"}).status_code == 302
    assert not is_paused()
    assert not release()
    assert AuditEntry.objects.filter(action="background.release", actor=cast.administrator).exists()
    run_job.apply([job.pk])
    job.refresh_from_db()
    assert job.state != Job.State.QUEUED
    assert Client().get("/setup/operation/").status_code == 302
