"""PostgreSQL and Redis for one command: the given ones, else private ones started here."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from launcher import redis_server
from launcher.postgres import Cluster, lasting_home, owner
from launcher.processes import Service
from launcher.project import Project
from launcher.stops import Code, Stop, say


def without_password(url: str) -> str:
    """The address for a person's eyes."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def require_database(url: str) -> None:
    """Stops with a sentence when the given DATABASE_URL does not answer within five seconds."""
    try:
        psycopg2.connect(url, connect_timeout=5).close()
    except psycopg2.Error as error:
        reason = str(error).strip().splitlines() or ["no answer"]
        raise Stop(
            Code.NO_DATABASE,
            f"The database of DATABASE_URL ({without_password(url)}) cannot be reached:"
            f" {reason[-1].strip()}",
        ) from None


@dataclass
class Services:
    """What the product stands on. `addresses` are the variables that lead its programs there."""

    project: Project
    addresses: dict[str, str] = field(default_factory=dict)
    cluster: Cluster | None = None
    redis: Service | None = None

    def start_lasting(self, environment: Mapping[str, str]) -> None:
        """For `make run`: the data stay in var/pg."""
        home = lasting_home(self.project, owner())
        log = self.project.logs / "postgres.log"
        self._start(environment, Cluster(home, log, self.project.key), is_test=False)

    def start_throw_away(self, environment: Mapping[str, str], folder: Path) -> None:
        """For `make test`: everything lies in `folder`, which the caller removes."""
        cluster = Cluster(folder / "pg", folder / "postgres.log", folder.name, is_throw_away=True)
        self._start(environment, cluster, is_test=True)

    def _start(self, environment: Mapping[str, str], cluster: Cluster, is_test: bool) -> None:
        if environment.get("DATABASE_URL"):
            require_database(environment["DATABASE_URL"])
            self.addresses["DATABASE_URL"] = environment["DATABASE_URL"]
        else:
            self.cluster = cluster
            cluster.start()
            self.addresses["DATABASE_URL"] = cluster.url
        if environment.get("REDIS_URL"):
            if not redis_server.answers(environment["REDIS_URL"]):
                url = without_password(environment["REDIS_URL"])
                raise Stop(Code.NO_REDIS, f"The Redis of REDIS_URL ({url}) cannot be reached.")
            self.addresses["REDIS_URL"] = environment["REDIS_URL"]
        else:
            self._start_redis(cluster.log.with_name("redis.log"), is_test)

    def _start_redis(self, log: Path, is_test: bool) -> None:
        binary = redis_server.executable(self.project)
        if binary is not None:
            folder = log.parent / "redis" if is_test else self.project.var / "redis"
            self.redis, self.addresses["REDIS_URL"] = redis_server.start(binary, folder, log)
        elif is_test:
            raise Stop(
                Code.MISSING_PACKAGE,
                "The tests need Redis: type 'sudo apt-get install --no-install-recommends"
                " redis-server' or set REDIS_URL.",
            )
        else:
            for name in ("queue", "done", "control"):
                (self.project.var / "broker" / name).mkdir(parents=True, exist_ok=True)
            self.addresses["REDIS_URL"] = ""
            self.addresses["CELERY_BROKER_URL"] = "filesystem://"
            say("No Redis here: background work goes through files and is not repeated if lost.")

    def stop(self) -> None:
        """Redis first, PostgreSQL last."""
        if self.redis is not None:
            self.redis.ask_to_stop()
            self.redis.await_end()
        if self.cluster is not None:
            self.cluster.stop()


@contextlib.contextmanager
def throw_away_folder(project: Project) -> Iterator[Path]:
    """A temporary folder that is removed at the end, even (by the next run) after a kill -9."""
    base, prefix = Path(tempfile.gettempdir()), f"keyuan-test-{project.key}-"
    for left in base.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), (left / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)  # PostgreSQL's user passes through
    try:
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program_environment(addresses: Mapping[str, str], settings: str) -> dict[str, str]:
    """The environment of the product's programs: ours, the addresses, the settings module."""
    return {**os.environ, **addresses, "DJANGO_SETTINGS_MODULE": settings}
