"""A backup: database, files and configuration of one moment.

pg_dump, the checksums and the list of files all read one exported snapshot, so rows and files
agree. Files are written once and never changed, so they may be copied after it: at worst one was
purged in between, and that is told.
"""

import os
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from crm.operation.archive import (
    CONFIGURATION,
    DATABASE,
    MEDIA,
    copy_with_digest,
    new_backup,
    write_manifest,
)
from crm.operation.media import stored_files
from crm.operation.models import Pause, Pulse
from crm.operation.programs import run_program
from crm.operation.sums import migrations, sequences, table_sums
from crm.settings import environment

SECRET_WORDS = ("KEY", "PASSWORD", "TOKEN", "_URL")


@dataclass
class Report:
    """What a backup holds and what it lacks."""

    digest: str = ""
    rows: int = 0
    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    seconds: float = 0.0


def left_out() -> frozenset[str]:
    """Tables whose rows belong to the running product and not to its data.

    Whoever restores decides on the pause; sessions end, so everybody signs in anew.
    """
    sessions = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    return frozenset(model._meta.db_table for model in (Pause, Pulse, sessions))


def make_backup(target: Path, with_secrets: bool = False) -> Report:
    """Write a backup to a new folder, or a new file that ends in .tar.

    Raises BadBackup, ProgramFailed.
    """
    began, report = time.monotonic(), Report()
    with new_backup(target) as folder:
        facts = _copy_database(folder)
        report.rows = sum(rows for rows, _sum in facts["tables"].values())
        _copy_media(folder, facts, report)
        _copy_configuration(folder / CONFIGURATION, with_secrets)
        facts["has_secrets"] = with_secrets
        report.digest = write_manifest(folder, facts)
    report.seconds = time.monotonic() - began
    return report


def _copy_database(folder: Path) -> dict[str, Any]:
    """Dump the database; what it holds at that moment."""
    excluded = left_out()
    arguments = ["--format=custom", f"--file={folder / DATABASE}", "--schema=public"]
    arguments += [f"--exclude-table-data={name}" for name in sorted(excluded)]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        snapshot, server = cursor.fetchone()
        # Sequences know no snapshot: read before the dump, they can only have gone on in it.
        facts = {
            "at": timezone.now().isoformat(),
            "server": server,
            "migrations": migrations(),
            "sequences": sequences(),
            "media": stored_files(),
        }
        run_program("pg_dump", [*arguments, f"--snapshot={snapshot}"])
        facts["tables"] = table_sums(excluded)
    return facts


def _copy_media(folder: Path, facts: dict[str, Any], report: Report) -> None:
    """Copy the files that rows name; what the storage does not have is told."""
    digests, kept = {}, []
    for name in facts["media"]:
        try:
            with default_storage.open(name, "rb") as source:
                size, digest = copy_with_digest(source, folder / MEDIA / name)
        except FileNotFoundError:
            report.missing.append(name)
            continue
        digests[f"{MEDIA}/{name}"] = digest
        kept.append(name)
        report.files += 1
        report.bytes += size
    facts |= {"media": kept, "missing": report.missing, "digests": digests}


def _copy_configuration(path: Path, with_secrets: bool) -> None:
    """Write the variables that were set, secrets only when asked."""
    lines = ["# The configuration at the time of the backup.\n"]
    for name in sorted(environment.asked_for & set(os.environ)):
        if with_secrets or not any(word in name for word in SECRET_WORDS):
            lines.append(f"{name}={os.environ[name]}\n")
        else:
            lines.append(f"# {name} was set; secrets are not in this backup.\n")
    path.write_text("".join(lines))
    path.chmod(0o600)
