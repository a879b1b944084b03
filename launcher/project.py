"""Where things stand: the project's folders and the addresses of its running services."""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from launcher.stops import Code, Stop


@dataclass(frozen=True)
class Project:
    """One clone of the product."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def services_file(self) -> Path:
        return self.var / "services.json"

    @property
    def key(self) -> str:
        """Eight characters that tell this clone from others on the machine."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:8]

    def make_folders(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)

    def held_for_run(self) -> contextlib.AbstractContextManager[None]:
        """Only one `make run` a folder; it holds this as long as it lives."""
        refusal = "Keyuan CRM already runs from this folder: stop it there with Ctrl-C first."
        return held_lock(self.var / "run.lock", refusal)

    def write_services(self, addresses: dict[str, str]) -> None:
        """Remembers the running services, for the owner's eyes only: a URL may hold a password."""
        fresh = self.services_file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(addresses, file, indent=1)
        fresh.replace(self.services_file)

    def read_services(self) -> dict[str, str]:
        """The addresses of the running services; empty when none are remembered."""
        try:
            return dict(json.loads(self.services_file.read_text()))
        except FileNotFoundError:
            return {}

    def forget_services(self) -> None:
        self.services_file.unlink(missing_ok=True)


def this_project() -> Project:
    return Project(Path(__file__).resolve().parent.parent)


def running_in_ci() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


@contextlib.contextmanager
def held_lock(path: Path, refusal: str | None = None) -> Iterator[None]:
    """Holds the lock file; waits for it, or with `refusal` stops with that sentence at once."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if refusal else 0))
        except BlockingIOError:
            raise Stop(Code.ALREADY_RUNS, refusal or "") from None
        yield
