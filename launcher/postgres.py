"""A private PostgreSQL: reached by a unix socket alone, in a folder only its owner may enter."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg2

from launcher.postgres_binaries import SHARED_HOME, Binaries, choose, may_reach, reachable_by
from launcher.processes import Identity, Service, last_line
from launcher.project import Project
from launcher.stops import DISK_SENTENCE, Code, Stop, explain

USER = DATABASE = "crm"
LONGEST_SOCKET_FOLDER = 85  # bytes; the kernel's limit for the whole socket path is 107
SECONDS_TO_START = 30
THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = ("listen_addresses=", "unix_socket_permissions=0700", "shared_buffers=256MB")


def owner() -> Identity | None:
    """Who PostgreSQL runs as: it refuses root. None when it may run as whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Identity(name, entry.pw_uid, entry.pw_gid)
    raise Stop(
        Code.MISSING_PACKAGE,
        "PostgreSQL may not run as root and there is no user postgres or nobody:"
        " start as an ordinary user or set DATABASE_URL.",
    )


def private_folder(path: Path, identity: Identity | None) -> Path:
    """The folder, made when missing, closed to all but PostgreSQL's user."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    uid = identity.uid if identity else os.geteuid()
    if path.is_symlink() or path.stat().st_uid not in {uid, os.geteuid()}:
        raise Stop(
            Code.STEP_FAILED, f"{path} belongs to another user: remove it or set DATABASE_URL."
        )
    if identity:
        os.chown(path, identity.uid, identity.gid)
    path.chmod(0o700)
    return path


def lasting_home(project: Project, identity: Identity | None) -> Path:
    """var/pg; where PostgreSQL's user cannot reach that, a folder that var/pg then points to."""
    home = project.var / "pg"
    if home.is_symlink() or identity is None or may_reach(identity, project.var):
        return home.resolve()
    elsewhere = SHARED_HOME / project.key
    elsewhere.mkdir(parents=True, exist_ok=True)
    for folder in (SHARED_HOME, elsewhere):
        folder.chmod(0o755)
    if home.exists():
        shutil.move(home, elsewhere / "pg")
    home.symlink_to(elsewhere / "pg")
    return elsewhere / "pg"


def socket_folder(home: Path, key: str) -> Path:
    """Where the socket stands: beside the data, or in a short place when that path is too long."""
    beside = home / "socket"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    runtime = os.environ.get("XDG_RUNTIME_DIR") if os.geteuid() else None
    base = Path(runtime or tempfile.gettempdir())
    if len(os.fsencode(base)) > LONGEST_SOCKET_FOLDER - 20:
        base = Path("/tmp")  # noqa: S108  the folder in it is private, see private_folder
    return base / f"keyuan-{os.geteuid()}-{key}"


def address(folder: Path, database: str = DATABASE) -> str:
    """The DATABASE_URL of the cluster whose socket stands in the folder."""
    return f"postgres://{USER}@/{database}?host={quote(str(folder))}"


@dataclass
class Cluster:
    """One PostgreSQL cluster: `home` holds data/ and, when its path is short enough, socket/."""

    home: Path
    log: Path
    key: str
    is_throw_away: bool = False

    def __post_init__(self) -> None:
        self.identity = owner()
        self.data = self.home / "data"
        self.socket = socket_folder(self.home, self.key)
        self.service: Service | None = None

    @property
    def url(self) -> str:
        return address(self.socket)

    def start(self) -> None:
        """Makes the cluster when there is none, starts it, waits until it answers."""
        private_folder(self.home, self.identity)
        private_folder(self.socket, self.identity)
        binaries = reachable_by(self.identity, choose(self.data))
        if not (self.data / "PG_VERSION").exists():
            self._make(binaries)
        self._end_stray()
        self.service = self._service(binaries)
        self.revive()
        self._ensure_database()

    def revive(self) -> None:
        """Starts the server, again and again while processes of a killed one hold its memory."""
        assert self.service is not None
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            began = self.log.stat().st_size if self.log.exists() else 0
            self.service.start()
            while self.service.is_running and time.monotonic() < deadline:
                if self._is_ready():
                    return
                time.sleep(0.05)
            self._judge(began)
            time.sleep(0.3)
        raise self._failure()

    def stop(self) -> None:
        """Ends the server in order: sessions are cut, data are safe."""
        if self.service is not None:
            self.service.ask_to_stop()
            self.service.await_end()

    def _service(self, binaries: Binaries) -> Service:
        settings = [*SETTINGS, f"unix_socket_directories={self.socket}", "max_connections=200"]
        if self.is_throw_away:
            settings += THROW_AWAY
        options = [part for setting in settings for part in ("-c", setting)]
        return Service(
            "postgres",
            [str(binaries.folder / "postgres"), "-D", str(self.data), *options],
            self.log,
            folder=Path("/"),
            identity=self.identity,
            stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown
            patience=30,
        )

    def _make(self, binaries: Binaries) -> None:
        """initdb beside the final place: an interrupted one is never taken for a cluster."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        locale = ["--locale=C.UTF-8"]  # plain C would break lower() and trigrams of Chinese
        if binaries.major >= 17:
            locale.append("--locale-provider=builtin")
        trust = ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", *locale]
        speed = ["--no-sync"] if self.is_throw_away else []
        user = {}
        if self.identity:
            user = {"user": self.identity.uid, "group": self.identity.gid, "extra_groups": []}
        done = subprocess.run(
            [str(binaries.folder / "initdb"), "-D", str(fresh), "-U", USER, *trust, *speed],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            **user,  # type: ignore[call-overload]
        )
        if done.returncode:
            self.log.write_text(done.stdout)
            raise explain("Making the database cluster", done.stdout, str(self.log))
        fresh.rename(self.data)

    def _is_ready(self) -> bool:
        """postmaster.pid names our process in line 1 and says `ready` in line 8."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        process = self.service.process if self.service else None
        is_ours = process is not None and lines[:1] == [str(process.pid)]
        return is_ours and len(lines) > 7 and lines[7].strip() == "ready"

    def _judge(self, began: int) -> None:
        """Stops when the log since `began` shows that trying again is useless."""
        with self.log.open("rb") as file:
            file.seek(began)
            words = file.read().decode(errors="replace")
        if "No space left on device" in words:
            raise Stop(Code.DISK_FULL, DISK_SENTENCE)
        passing = ("pre-existing shared memory", 'lock file "postmaster.pid"')
        if "FATAL" in words and not any(reason in words for reason in passing):
            raise self._failure()

    def _failure(self) -> Stop:
        return Stop(
            Code.NO_DATABASE,
            f"PostgreSQL does not start: {last_line(self.log)} (more in {self.log}).",
        )

    def _end_stray(self) -> None:
        """Ends a server that a killed launcher left on these data; we hold the launcher's lock."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if os.fsencode(self.data) not in command:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _ensure_database(self) -> None:
        connection = psycopg2.connect(address(self.socket, "postgres"))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
