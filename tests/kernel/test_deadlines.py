"""A page that asks too much, or waits for somebody, ends after its time with words that help."""

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection
from django.db.models import Func, Q, TextField, Value
from django.db.models.lookups import IsNull

from crm import deadlines
from crm.lists import query as list_query
from tests.kernel.api_calls import Api, told
from tests.kernel.helpers import add, change

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def limited(settings):
    """This process opens its connections as a web process: `limited(statement, lock)` seconds."""

    def limit(statement, lock):
        settings.STATEMENT_SECONDS, settings.LOCK_SECONDS = statement, lock
        deadlines.limit_pages()
        connection.close()

    yield limit
    deadlines.unlimit()
    connection.close()


@pytest.fixture
def slow(monkeypatch):
    """A search for which PostgreSQL needs ten seconds a row."""
    sleeping = Func(Value(10), function="pg_sleep", output_field=TextField())
    monkeypatch.setattr(
        list_query, "search_condition", lambda _access, _text: Q(IsNull(sleeping, False))
    )


def test_a_slow_list_ends_with_a_page_that_says_what_to_narrow(lasting_cast, client, limited, slow):
    add(lasting_cast.owner)
    client.force_login(lasting_cast.owner)
    limited(1, 5)
    start = time.monotonic()
    page = client.get("/customers/?q=pump&sort=city")
    assert time.monotonic() - start < 4
    assert page.status_code == 503
    assert page.headers["Cache-Control"] == "private, no-store"
    text = page.content.decode()
    assert "That took too long" in text
    assert "an owner, a department" in text
    assert 'href="/customers/"' in text
    assert client.get("/customers/").status_code == 200, "the connection lives on"
    count = client.get("/customers/?q=pump&part=count", headers={"HX-Request": "true"})
    assert count.status_code == 200
    assert "too many to count in time" in count.content.decode()


def test_the_page_speaks_the_persons_language(lasting_cast, client, limited, slow):
    owner = lasting_cast.owner
    add(owner)
    type(owner).objects.filter(pk=owner.pk).update(language="zh-hans")
    client.force_login(owner)
    limited(1, 5)
    text = client.get("/customers/?q=pump").content.decode()
    assert "等的时间太长了" in text
    assert "负责人、部门" in text


def test_a_slow_call_of_the_api_ends_in_the_same_words(lasting_cast, limited, slow):
    owner = Api(lasting_cast.owner)
    add(lasting_cast.owner)
    limited(1, 5)
    body = told(owner.get("customers/?q=pump"), 503)
    assert "took too long" in body["detail"]
    assert "an owner, a department" in body["detail"]
    assert owner.get("customers/").status_code == 200


def test_whoever_waits_for_a_held_record_is_told_to_try_again(lasting_cast, client, limited):
    owner = lasting_cast.owner
    pk = add(owner, name="Held Pumps", level="A")
    client.force_login(owner)
    api = Api(owner)
    limited(5, 1)
    held, done = Event(), Event()

    def hold():
        connection.ensure_connection()
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sales_customer WHERE id = %s FOR UPDATE", [pk])
            held.set()
            done.wait(20)
        connection.rollback()
        connection.close()

    other = Thread(target=hold)
    other.start()
    try:
        held.wait(5)
        start = time.monotonic()
        answer = api.patch(f"customers/{pk}/", {"level": "B", "version": 1})
        assert time.monotonic() - start < 4
        assert "Try again" in told(answer, 503)["detail"]
        assert answer.headers["Retry-After"] == "1"
        page = client.post(f"/customers/{pk}/edit/", {"version": "1", "level": "B", "name": "x"})
        assert page.status_code == 503
        assert "Nothing was changed" in page.content.decode()
    finally:
        done.set()
        other.join()
    change(owner, pk, level="C")


LIMITS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
    print("limits", *cursor.fetchone())
"""
ENTRIES = {
    "import crm.wsgi": "limits 7s 5s",
    "import crm.asgi": "limits 7s 5s",
    "from celery.signals import worker_init; from crm.celery import app; import django;"
    " django.setup(); worker_init.send(None)": "limits 1h 10min",
    "import django; django.setup()": "limits 0 0",
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_kind_of_process_has_its_own_limits(db, entry):
    """Pages, workers, and commands that take what they need."""
    values = connection.settings_dict
    where = f"{values['HOST'] or 'localhost'}:{values['PORT'] or 5432}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings.development",
        "DATABASE_URL": os.environ.get("DATABASE_URL") or f"postgres://{values['USER']}@{where}/x",
        "STATEMENT_SECONDS": "7",
    }
    run = subprocess.run(
        [sys.executable, "-c", entry + LIMITS],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.stdout.strip().splitlines()[-1:] == [ENTRIES[entry]], run.stderr[-600:]
