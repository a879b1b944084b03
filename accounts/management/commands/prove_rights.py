"""`manage.py prove_rights`: every read surface as everybody, held against the rules."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.proving.crawl import MOST_PEOPLE, MOST_RECORDS, Result, prove
from accounts.proving.job import keep


class Command(BaseCommand):
    """Prints what was asked and what was found; ends with 1 where something was."""

    help = "Crawl every read surface as every role and hold each answer against the rules."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--records", type=int, default=MOST_RECORDS, help="of each module")
        parser.add_argument("--people", type=int, default=MOST_PEOPLE, help="of each role")
        parser.add_argument("--only", default="", help="one user name")

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.monotonic()
        result = prove(options["records"], options["people"], options["only"])
        keep(result, None, time.monotonic() - start)
        for line in told(result):
            self.stdout.write(line)
        if result.findings:
            sys.exit(1)


def told(result: Result) -> list[str]:
    """The result in lines."""
    lines = [
        f"{result.all_probes:,} probes in {sum(result.answers.values()):,} answers:"
        f" {len(result.people)} people, {result.records} records, {result.cells:,} cells",
    ]
    if result.unreached:
        lines.append(f"could not be signed in: {result.unreached}")
    for one in result.findings:
        where = f"{one.module}/{one.pk} {one.path}".rstrip()
        lines.append(f"{one.kind}: person {one.person}, {one.surface}, {where}: {one.why}")
    found = sum(result.found.values())
    lines.append(
        f"found: {found}"
        if found
        else f"found: 0 of {result.all_probes:,} (below {result.bound:.1e})"
    )
    return lines
