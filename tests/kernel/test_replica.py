"""Reads on a real streaming replica: when it may be asked, and what happens when it is gone.

The schema is the least that the question needs; the replica is PostgreSQL's own, made by
pg_basebackup and started beside its primary, both reached by a socket alone.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
from django.db import connection, connections

from accounts.models import User
from crm.access.errors import NotAllowed
from crm.operation import replica
from crm.operation.replica import is_fit, marks, note_write, read_on_replica, record_connection
from crm.records.children import Phone
from crm.search.models import SearchEntry
from launcher.postgres import Cluster
from launcher.postgres_binaries import choose, reachable_by
from sales.customers.models import Customer

SCHEMA = """
CREATE TABLE crm_stamp (id bigint PRIMARY KEY, rights bigint, definitions bigint);
INSERT INTO crm_stamp VALUES (1, 1, 1);
CREATE TABLE crm_written (person_id bigint PRIMARY KEY, at timestamptz);
CREATE TABLE sales_customer (id bigint);
INSERT INTO sales_customer VALUES (1);
"""


class Standby(Cluster):
    """A cluster that follows another; it never says that it is ready, so it is asked."""

    def copy_of(self, first: Cluster) -> None:
        """Make it by pg_basebackup and start it."""
        binaries = reachable_by(first.identity, choose(first.data))
        user = {}
        if first.identity:
            user = {"user": first.identity.uid, "group": first.identity.gid, "extra_groups": []}
        subprocess.run(
            [binaries.folder / "pg_basebackup", "-h", first.socket, "-U", "crm", "-R",
             "-X", "stream", "-c", "fast", "--no-sync", "-D", self.data],
            check=True, cwd="/", **user,
        )  # fmt: skip
        self.start()

    def _is_ready(self) -> bool:
        try:
            psycopg2.connect(self.url).close()
        except psycopg2.OperationalError:
            return False
        return True


@pytest.fixture(scope="module")
def clusters():
    """A primary and its replica."""
    folder = Path(tempfile.mkdtemp(prefix="keyuan-replica-"))
    folder.chmod(0o711)
    made = [
        kind(folder / name, folder / f"{name}.log", f"{folder.name}-{name}", is_throw_away=True)
        for kind, name in ((Cluster, "first"), (Standby, "second"))
    ]
    try:
        made[0].start()
        with psycopg2.connect(made[0].url) as one:
            one.cursor().execute(SCHEMA)
        one.close()
        for at in (made[1].home, made[1].home / "data"):
            at.mkdir(mode=0o700)
            if made[0].identity:
                shutil.chown(at, made[0].identity.uid, made[0].identity.gid)
        made[1].copy_of(made[0])
        yield made
    finally:
        for cluster in reversed(made):
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def two(transactional_db, clusters, settings):
    """This process stands on the pair; `two[1]` is the replica."""
    first = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(
        NAME="crm", USER="crm", HOST=str(clusters[0].socket), PORT="", PASSWORD=""
    )
    there = {**connection.settings_dict, "HOST": str(clusters[1].socket)}
    connections["replica"] = type(connections["default"])(there, "replica")
    settings.REPLICA_URL, settings.REPLICA_SECONDS = "set", 1
    marks.rest_until = 0.0
    marks._kept.clear()
    yield clusters
    connections["replica"].close()
    del connections["replica"]
    connection.close()
    connection.settings_dict.update(first)
    marks.rest_until = 0.0


def run(sql, at=None):
    with (at or connection).cursor() as cursor:
        cursor.execute(sql)


def soon(is_so, seconds=8):
    end = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def test_the_replica_answers_while_it_is_fit_and_never_otherwise(two, caplog):
    person = User(pk=7)
    other = connections["replica"]
    places = []

    def ask():
        places.append(record_connection().alias)
        return Customer.unscoped.count()

    assert soon(lambda: is_fit(person))
    assert read_on_replica(person, ask) == 1
    assert places == ["replica"]
    assert record_connection().alias == "default", "outside nothing goes there"

    note_write(person.pk)
    assert not is_fit(person), "not after one's own write"
    assert is_fit(User(pk=8)), "others may"
    assert soon(lambda: is_fit(person), 4), "and so may the writer a moment later"

    run("SELECT pg_wal_replay_pause()", other)
    run("UPDATE crm_stamp SET rights = 2")
    assert not is_fit(person), "a right that was taken away is not there yet"
    run("SELECT pg_wal_replay_resume()", other)
    assert soon(lambda: is_fit(person)), "now it is"

    run("SELECT pg_wal_replay_pause()", other)
    run("INSERT INTO sales_customer VALUES (2)")
    assert soon(lambda: not is_fit(person), 4), "too far behind"
    assert (read_on_replica(person, ask), places[-1]) == (2, "default")
    run("SELECT pg_wal_replay_resume()", other)
    assert soon(lambda: is_fit(person))
    assert (read_on_replica(person, ask), places[-1]) == (2, "replica")

    two[1].service.kill()
    assert (read_on_replica(person, ask), places[-1]) == (2, "default"), "gone: nobody notices"
    assert marks.rest_until > time.monotonic(), "and it is left alone for a while"
    assert "does not answer" in caplog.text


def test_a_replica_that_dies_in_the_middle_costs_one_more_try(two, monkeypatch):
    monkeypatch.setattr(replica, "is_fit", lambda _person: True)
    asked = []

    def ask():
        asked.append(record_connection().alias)
        return Customer.unscoped.count()

    assert read_on_replica(User(pk=7), ask) == 2
    assert asked == ["replica", "default"]
    with pytest.raises(NotAllowed):
        read_on_replica(User(pk=7), lambda: (_ for _ in ()).throw(NotAllowed()))


def test_only_records_may_lag():
    router = replica.ReplicaRouter()
    token = replica._is_reading.set(True)
    try:
        assert [router.db_for_read(one) for one in (Customer, Phone, SearchEntry)] == [
            "replica"
        ] * 3
        assert router.db_for_read(User) is None
    finally:
        replica._is_reading.reset(token)
    assert router.db_for_read(Customer) is None
    assert router.db_for_write(Customer) == "default"
    assert not router.allow_migrate("replica", "crm")
