"""`manage.py backup FILE.tar` or `backup FOLDER`: everything of one moment."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.operation.archive import BadBackup
from crm.operation.backup import make_backup
from crm.operation.programs import ProgramFailed


class Command(BaseCommand):
    """Works while the product serves people. docs/operation.md says how often and where to."""

    help = "Save database, files and configuration of one moment to a new .tar file or folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and whether secrets go along."""
        parser.add_argument("target", type=Path, help="a new folder, or a new file ending in .tar")
        parser.add_argument(
            "--with-secrets",
            action="store_true",
            help="keys and passwords of the configuration too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Save, and tell what is in it and what is missing."""
        try:
            report = make_backup(options["target"].absolute(), options["with_secrets"])
        except (BadBackup, ProgramFailed) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            f"{options['target']}: {report.rows:,} rows, {report.files:,} files"
            f" ({report.bytes / 2**20:,.1f} MB), {report.seconds:.1f} s"
        )
        self.stdout.write(f"Checksum of the manifest: {report.digest}")
        if report.missing:
            self.stderr.write(f"Files that rows name and the storage lacks: {len(report.missing)}")
            for name in report.missing[:20]:
                self.stderr.write(f"  {name}")
