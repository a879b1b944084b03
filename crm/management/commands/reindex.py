"""`manage.py reindex [module …]`: write anew what records are found by."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.modules.module import Module
from crm.modules.registry import all_modules, module_named
from crm.records.drafts import living, snapshots
from crm.search.entries import lexemes_of, write_entries

BATCH = 500


class Command(BaseCommand):
    """After an upgrade that changed how words are kept, or a table that was filled by hand."""

    help = "Write the search entries of all records, or those of some modules, anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Modules by their names; all of them where none is given."""
        parser.add_argument("module", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        """Batch by batch, in the order of ids."""
        chosen = [module_named(name) for name in options["module"]] or all_modules()
        for module in chosen:
            if module.search:
                self.stdout.write(f"{module.name}: {rewrite(module):,}")


def rewrite(module: Module) -> int:
    """Write the entries of a module's living records; how many there are."""
    last, done = 0, 0
    while ids := _next_ids(module, last):
        records = living(module, ids)
        values = snapshots(module, records)
        write_entries(
            module,
            [
                (r.pk, r.owner_id, r.department_id, r.changed_at, lexemes_of(module, values[r.pk]))
                for r in records
            ],
        )
        last, done = ids[-1], done + len(records)
    return done


def _next_ids(module: Module, last: int) -> list[int]:
    rows = module.rows.filter(pk__gt=last, deleted_at__isnull=True).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])
