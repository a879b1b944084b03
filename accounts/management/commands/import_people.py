"""`manage.py import_people FILE`: departments and people from a list."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Department
from accounts.services.act import COMMAND_LINE
from accounts.services.people_import import import_people
from crm.access.errors import Refusal
from crm.exchange.spreadsheet import SpreadsheetError, open_table


class Command(BaseCommand):
    """Makes the offices, teams and people of an xlsx or csv; safe to repeat."""

    help = "Make departments and people from a list with the columns name, manager, office."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--under", default="", help="name of the department above the offices")

    def handle(self, *args: Any, **options: Any) -> None:
        under = None
        if options["under"]:
            under = Department.objects.filter(name=options["under"]).first()
            if under is None:
                raise CommandError(f"There is no department {options['under']!r}.")
        try:
            with options["file"].open("rb") as file:
                table = open_table(file, options["file"].name)
                report = import_people(
                    actor=COMMAND_LINE, headings=table.headings, rows=table.rows(), under=under
                )
        except (OSError, SpreadsheetError, Refusal) as error:
            raise CommandError(str(error)) from error
        for number, text in report.errors:
            self.stderr.write(f"row {number}: {text}")
        self.stdout.write(
            f"{report.people} people and {report.departments} departments made,"
            f" {report.known} were there."
        )
