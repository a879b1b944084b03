"""A restore: the backup is checked, loaded, compared with what was saved, and left paused.

The pause stands in the database before its first row, so nothing that was waiting in the backup
(a mail, a rule, a job) happens a second time before an administrator has looked.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from crm.operation.archive import (
    DATABASE,
    MEDIA,
    BadBackup,
    digest_of,
    opened_backup,
    read_manifest,
)
from crm.operation.backup import left_out
from crm.operation.media import stored_files
from crm.operation.models import Pause
from crm.operation.pause import AFTER_RESTORE
from crm.operation.programs import run_program
from crm.operation.sums import sequences, table_sums, tables

Say = Callable[[str], object]


@dataclass
class Outcome:
    """What a restore brought back."""

    at: str = ""
    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)
    seconds: float = 0.0


def restore_backup(
    source: Path, *, replace: bool = False, expected: str = "", say: Say = lambda _words: None
) -> Outcome:
    """Load a backup into the database and the storage of the settings.

    `replace` empties a database that holds something. Raises BadBackup, ProgramFailed.
    """
    began = time.monotonic()
    with opened_backup(source) as folder:
        facts = read_manifest(folder, expected)
        say("Checksums agree.")
        _refuse_newer(facts)
        _prepare_database(replace)
        _refuse_other_files(facts, replace)
        _load_database(folder / DATABASE)
        say("Database loaded; the background is paused.")
        _load_media(folder / MEDIA, facts["media"])
        _compare(facts, folder)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Outcome(
        at=str(facts["at"]),
        rows=sum(rows for rows, _sum in facts["tables"].values()),
        files=len(facts["media"]),
        missing=list(facts["missing"]),
        seconds=time.monotonic() - began,
    )


def _refuse_newer(facts: dict[str, Any]) -> None:
    """A backup of a newer version has tables that this code does not know."""
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    unknown = [f"{app}.{name}" for app, name in facts["migrations"] if (app, name) not in known]
    if unknown:
        raise BadBackup(
            f"The backup is of a newer version (it has {unknown[0]}): restore it with that version."
        )


def _prepare_database(replace: bool) -> None:
    """See that the database is empty and nobody else is in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        if cursor.fetchone()[0]:
            raise BadBackup("Somebody else is connected: stop web, worker and beat first.")
        if not tables():
            return
        if not replace:
            raise BadBackup("The database is not empty: --replace throws its content away.")
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _refuse_other_files(facts: dict[str, Any], replace: bool) -> None:
    """Refuse a storage with files, unless told: those that stay are named by no row."""
    if replace:
        return
    try:
        folders, files = default_storage.listdir("")
    except FileNotFoundError:
        return
    if files or any(any(default_storage.listdir(folder)) for folder in folders):
        raise BadBackup("The folder of files is not empty: --replace leaves them and adds these.")


def _load_database(dump: Path) -> None:
    """Tables first, then the pause, then rows, then everything that ties them."""
    common = ["--exit-on-error", "--no-owner", "--no-privileges", "--dbname", _name()]
    run_program("pg_restore", [*common, "--section=pre-data", "--schema=public", str(dump)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Pause._meta.db_table} (id, reason, began_at) VALUES (1, %s, now())",  # noqa: S608  the table's own name
            [AFTER_RESTORE],
        )
    for section in ("data", "post-data"):
        arguments = [*common, f"--section={section}", "--schema=public", "--jobs=2", str(dump)]
        run_program("pg_restore", arguments)


def _name() -> str:
    return str(connection.settings_dict["NAME"])


def _load_media(folder: Path, names: list[str]) -> None:
    for name in names:
        path = folder / name
        with path.open("rb") as file:
            if default_storage.exists(name):
                with default_storage.open(name, "rb") as other:
                    if digest_of(other) == digest_of(file):
                        continue
                default_storage.delete(name)
                file.seek(0)
            if default_storage.save(name, File(file)) != name:
                raise BadBackup(f"The storage did not take {name} under its name.")


def _compare(facts: dict[str, Any], folder: Path) -> None:
    """Compare rows, sequences and files with the manifest. Raises BadBackup with the first ten."""
    wrong = []
    with transaction.atomic():
        now = table_sums(left_out())
        for name in sorted(set(now) | set(facts["tables"])):
            if now.get(name) != facts["tables"].get(name):
                wrong.append(f"table {name}")
        places = sequences()
        for name, place in facts["sequences"].items():
            if places.get(name, 0) < place:
                wrong.append(f"sequence {name}")
        named = set(stored_files())
    if named - set(facts["missing"]) != set(facts["media"]):
        wrong.append("the list of files")
    for name in facts["media"]:
        with default_storage.open(name, "rb") as file:
            if digest_of(file) != facts["files"][f"{MEDIA}/{name}"]:
                wrong.append(f"file {name}")
    if wrong:
        raise BadBackup(f"Restored, but not the same: {', '.join(wrong[:10])}.")
