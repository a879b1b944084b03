"""python manage.py generate --customers 1000000: a database for measuring."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sales.fixtures.generate import ForeignCustomers, generate


class Command(BaseCommand):
    """Generates realistic Chinese customers with contacts, follow-ups and owners."""

    help = "Fill the database with generated customers, 1.5 contacts and 3 follow-ups each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
        parser.add_argument("--append", action="store_true", help="Add to what is there.")
        parser.add_argument("--password", default="", help="Lets g0001… sign in; default: nobody.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["customers"] < 1:
            raise CommandError("--customers must be 1 or more.")
        try:
            generate(
                options["customers"],
                options["seed"],
                timezone.localdate(),
                processes=max(1, options["processes"]),
                append=options["append"],
                password=options["password"],
                say=self.stdout.write,
            )
        except ForeignCustomers:
            raise CommandError(
                "This database holds customers that were not generated. Use an empty one, or"
                " --append to add to it."
            ) from None
