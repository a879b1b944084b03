"""`manage.py restore FILE.tar` or `restore FOLDER`: a backup into an empty database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.operation.archive import BadBackup
from crm.operation.programs import ProgramFailed
from crm.operation.restore import restore_backup


class Command(BaseCommand):
    """Ends paused: nothing in the background happens until it is released."""

    help = "Load a backup into the database and the files of this configuration, and check it."
    requires_system_checks: list[str] = []  # they ask the database, which is still empty
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from, and what may be thrown away for it."""
        parser.add_argument("source", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="throw away what the database holds now"
        )
        parser.add_argument(
            "--digest", default="", help="the manifest's checksum, as the backup told it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, compare, and say what to do next."""
        try:
            outcome = restore_backup(
                options["source"].absolute(),
                replace=options["replace"],
                expected=options["digest"],
                say=self.stdout.write,
            )
        except (BadBackup, ProgramFailed) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"Restored as of {outcome.at}: {outcome.rows:,} rows, {outcome.files:,} files,"
            f" all as they were saved ({outcome.seconds:.1f} s)."
        )
        if outcome.missing:
            self.stderr.write(f"{len(outcome.missing)} files were missing already then.")
        self.stdout.write(
            "Next: 'manage.py migrate' if this version is newer, then start the product, look"
            " around, and release the background: 'manage.py background release'."
        )
