"""The whole product as real processes of its own, which may be killed, hung, filled and revived.

PostgreSQL with everything that keeps a commit safe, Redis, gunicorn with the real WSGI entry,
worker and beat: as `make run` starts them, in a folder that goes away. Nothing is imitated.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
from aiosmtpd.controller import Controller

from crm.operation.programs import program, run_program
from launcher import redis_server
from launcher.chores import programs
from launcher.postgres import Cluster
from launcher.probes import free_port
from launcher.processes import Service
from launcher.project import Project, this_project
from launcher.services import program_environment
from launcher.supervisor import answers

OURS = ("PYTEST_XDIST_WORKER", "TEST_DATABASE", "COV_CORE_SOURCE", "COV_CORE_CONFIG", "CI",
        "COV_CORE_DATAFILE", "COV_CORE_CONTEXT", "PYTHONWARNINGS")  # fmt: skip
NO_LIMIT = resource.RLIM_INFINITY


def wait_for(what: Callable[[], Any], seconds: float, words: str = "") -> float:
    """Wait until something is true; how many seconds that took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, f"took longer than {seconds} s: {words or what}"
        time.sleep(0.05)
    return time.monotonic() - began


class Box:
    """Takes every mail and remembers to whom."""

    def __init__(self) -> None:
        self.receivers: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Called by aiosmtpd for each mail."""
        self.receivers += envelope.rcpt_tos
        return "250 Message accepted for delivery"


@dataclass
class Ground:
    """What runs, and how to hurt it."""

    folder: Path
    cluster: Cluster
    redis: Service
    redis_url: str
    web: Service
    worker: Service
    beat: Service
    port: int
    mails: Box
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    def ask(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a statement, asked beside the product."""
        with contextlib.closing(psycopg2.connect(self.cluster.url)) as line:
            with line.cursor() as cursor:
                cursor.execute(statement, values or None)
                rows = cursor.fetchall() if cursor.description else []
            line.commit()
            return rows

    def one(self, statement: str, *values: Any) -> Any:
        """The first column of the first row."""
        return self.ask(statement, *values)[0][0]

    def kill_database(self) -> None:
        """PostgreSQL's immediate shutdown: no checkpoint, sessions cut, as by a power cut."""
        assert self.cluster.service is not None
        assert self.cluster.service.process is not None
        self.cluster.service.process.send_signal(signal.SIGQUIT)
        self.cluster.service.process.wait()

    def start_database(self) -> None:
        self.cluster.revive()

    def stop_redis(self) -> None:
        """Gone at once, with all that it knew."""
        self.redis.kill()

    def start_redis(self) -> None:
        self.redis.start()
        wait_for(lambda: redis_server.answers(self.redis_url), 10, "Redis")

    def hang_redis(self) -> None:
        """It takes connections and never answers."""
        assert self.redis.process is not None
        self.redis.process.send_signal(signal.SIGSTOP)

    def wake_redis(self) -> None:
        assert self.redis.process is not None
        self.redis.process.send_signal(signal.SIGCONT)

    def flush_redis(self) -> None:
        with contextlib.closing(redis.Redis.from_url(self.redis_url)) as line:
            line.flushall()

    def kill_worker(self) -> None:
        """SIGKILL for the worker and its children; beat goes on."""
        self.worker.kill()

    def kill_web_process(self) -> None:
        """SIGKILL for one of gunicorn's processes that serve; gunicorn starts another."""
        assert self.web.process is not None
        children = [pid for pid in family(self.web) if pid != self.web.process.pid]
        if children:
            os.kill(children[0], signal.SIGKILL)

    def limit_files(self, service: Service, megabytes: float | None) -> None:
        """No process of the service may write a file larger than this; None: any size again.

        Python ignores the signal, so that a write answers EFBIG where a full disk has ENOSPC.
        """
        most = NO_LIMIT if megabytes is None else int(megabytes * 2**20)
        for pid in family(service):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, NO_LIMIT))

    def accidents(self) -> list[str]:
        """What the web processes wrote down as their own faults: the ends of the traces."""
        lines = self.web.log.read_text(errors="replace").splitlines()
        found = [json.loads(line) for line in lines if line.startswith('{"at"')]
        traces = [
            one["exception"] for one in found if one["level"] == "ERROR" and "exception" in one
        ]
        return [trace[-1500:] for trace in traces]

    def stop(self) -> None:
        self.wake_redis()
        for service in (self.beat, self.worker, self.web):
            service.kill()
        self.redis.kill()
        self.cluster.stop()


def family(service: Service) -> list[int]:
    """The processes of a service: all of its session, the parent first."""
    assert service.process is not None
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            facts = (place / "stat").read_text().rpartition(")")[2].split()
            if int(facts[3]) == service.process.pid and facts[0] != "Z":
                found.append(int(place.name))
    return sorted(found)


def copy_tables(cluster: Cluster, folder: Path) -> None:
    """The tests' migrated database into the fresh one: a tenth of the time of migrating anew."""
    dump = folder / "tables.sql"
    run_program("pg_dump", ["--no-owner", "-f", str(dump)])
    command = [program("psql"), "-q", "-o", "/dev/null", "-f", dump, cluster.url]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)


def environment_of(
    ground_folder: Path, cluster: Cluster, redis_url: str, mail_port: int, **more: str
) -> dict[str, str]:
    """The environment of the product's programs on this ground."""
    addresses = {"DATABASE_URL": cluster.url, "REDIS_URL": redis_url}
    environment = program_environment(addresses, "crm.settings.development")
    for name in OURS:
        environment.pop(name, None)
    environment |= {
        "MEDIA_ROOT": str(ground_folder / "media"),
        "TMPDIR": str(ground_folder / "temp"),
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_port),
        "CELERY_BROKER_URL": redis_url,
        **more,
    }
    return environment


def _programs(project: Project, folder: Path, environment: dict[str, str], port: int) -> Any:
    """Web, worker and beat as `make run` has them, with logs and state in `folder`."""
    for service in programs(project, environment, port):
        command = list(service.command)
        if service.name == "beat":
            command[command.index("-s") + 1] = str(folder / "beat")
        yield replace(service, command=command, log=folder / f"{service.name}.log")


@contextlib.contextmanager
def standing(folder: Path, **environment: str) -> Iterator[Ground]:
    """All of it up and answering, on a copy of the tests' database; gone after the block."""
    project = this_project()
    for name in ("media", "temp"):
        (folder / name).mkdir()
    binary = redis_server.executable(project)
    if binary is None:
        pytest.skip("there is no Redis server on this machine that could be hurt")
    cluster = Cluster(folder / "pg", folder / "postgres.log", folder.name)
    cluster.start()
    box = Box()
    mails = Controller(box, hostname="127.0.0.1", port=free_port())
    mails.start()
    try:
        copy_tables(cluster, folder)
        broker, redis_url = redis_server.start(binary, folder / "redis", folder / "redis.log")
        values = environment_of(folder, cluster, redis_url, mails.port, **environment)
        port = free_port()
        web, worker, beat = _programs(project, folder, values, port)
        ground = Ground(folder, cluster, broker, redis_url, web, worker, beat, port, box)
        try:
            _fill(ground, values, project)
            yield ground
        finally:
            ground.stop()
    finally:
        mails.stop()
        cluster.stop()


def _fill(ground: Ground, values: dict[str, str], project: Project) -> None:
    """People first, then the programs, which start beside each other."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.company"],
        cwd=project.root, env=values, check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    ground.tokens = json.loads(done.stdout)
    for service in (ground.web, ground.worker, ground.beat):
        service.start()
    wait_for(lambda: answers(ground.port), 60, f"web: {ground.web.last_words()}")
