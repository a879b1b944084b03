"""A long-running child: started in its own session, logged to a file, stopped without leftovers."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LOG_BYTES_KEPT = 10 * 2**20


@dataclass(frozen=True)
class Identity:
    """The user that a process runs as when the launcher is root."""

    name: str
    uid: int
    gid: int


@dataclass
class Service:
    """One program to keep running. `stop_signal` asks it to end in order, within `patience` s."""

    name: str
    command: Sequence[str]
    log: Path
    environment: dict[str, str] | None = None
    folder: Path | None = None
    identity: Identity | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10
    standard_input: str | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        _keep_log_small(self.log)
        user = {}
        if self.identity:
            user = {"user": self.identity.uid, "group": self.identity.gid, "extra_groups": []}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL if self.standard_input is None else subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=self.environment,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops in order
                preexec_fn=end_with_parent(self.stop_signal),
                **user,  # type: ignore[call-overload]
            )
        if self.process.stdin is not None:
            self.process.stdin.write((self.standard_input or "").encode())
            self.process.stdin.close()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.is_running and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def await_end(self, is_urgent: Callable[[], bool] = lambda: False) -> None:
        """Waits for the end; ends the whole session by force after `patience` or when urgent."""
        deadline = time.monotonic() + self.patience
        while self.is_running and time.monotonic() < deadline and not is_urgent():
            time.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        """Ends the process and all that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        """The last line of the log that says something."""
        return last_line(self.log)


def last_line(log: Path) -> str:
    """The last line of a file that isn't blank, cut to 300 characters."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "nothing")


def end_with_parent(signal_number: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program, so that it is told when the launcher dies (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def before_program() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return before_program


def follow_parent() -> None:
    """Under make, the launcher itself ends when make is killed (Linux)."""
    if sys.platform == "linux" and "MAKELEVEL" in os.environ:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def _keep_log_small(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".old.log"))
