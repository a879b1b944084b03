"""Taking an import back: what it made goes to the bin, what it changed gets its old values.

Records that somebody has changed since, or on which something new hangs, stay and are told of.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.exchange.checking import CREATED, UPDATED
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Held
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, all_modules, module_named
from crm.records.act import Act
from crm.records.bulk_changes import update_many
from crm.records.lifecycle import delete_set

BATCH = 500


def undo_import(held: Held) -> None:
    """Go through the rows from the last one back; records that rows carried besides go first."""
    job = held.job
    for module_name in _order(job):
        for outcome, take_back in ((UPDATED, _restore), (CREATED, _take_away)):
            while _batch(held, module_name, outcome, take_back):
                pass
    with held.batch():
        left = JobRow.objects.filter(job=job, outcome="left").count()
        job.detail = {**job.detail, "left": left}
        if left:
            job.detail["message"] = _("%d records stayed: somebody has changed them since.") % left


def _order(job: Job) -> list[str]:
    """The modules of what was written: those of contacts and follow-ups before the main one."""
    found = list(
        JobRow.objects.filter(job=job, record_id__isnull=False)
        .values_list("module", flat=True)
        .distinct()
    )
    return sorted((name for name in found if name), key=lambda name: name == job.module)


def _batch(held: Held, module_name: str, outcome: str, take_back: Any) -> bool:
    job = held.job
    with held.batch() as person:
        rows = list(
            JobRow.objects.filter(job=job, module=module_name, outcome=outcome)
            .exclude(record_id=None).order_by("-number", "-id")[:BATCH]
        )  # fmt: skip
        if not rows:
            return False
        newest: dict[int, JobRow] = {}  # of a record in several rows the newest change goes first
        for row in rows:
            newest.setdefault(row.record_id or 0, row)
        rows = list(newest.values())
        try:
            access = access_to(person, module_named(module_name))
        except UnknownModule:
            left = set(rows)
        else:
            left = take_back(job, access, Act(person, "undo", job.title), rows)
        JobRow.objects.filter(pk__in=[row.pk for row in left]).update(outcome="left")
        JobRow.objects.filter(pk__in=[row.pk for row in rows if row not in left]).update(
            outcome="undone"
        )
        job.done += len(rows)
        job.errors += len(left)
    return True


def _take_away(job: Job, access: Access, act: Act, rows: Sequence[JobRow]) -> set[JobRow]:
    """Delete what was made and is as it was made; answers the rows whose record stays."""
    by_pk = {row.record_id: row for row in rows}
    mine = (
        access.rows("edit")
        .select_for_update(of=("self",))
        .filter(pk__in=list(by_pk))
        .order_by("pk")
    )
    untouched = {record.pk for record in mine if record.version == (by_pk[record.pk].version or 1)}
    free = untouched - _with_others(job, access.module, untouched)
    delete_set(act, access.module, sorted(free))
    gone = set(
        access.module.rows.filter(pk__in=list(by_pk), deleted_at__isnull=False).values_list(
            "pk", flat=True
        )
    )
    return {row for pk, row in by_pk.items() if pk not in free and pk not in gone}


def _with_others(job: Job, module: Module, ids: set[int]) -> set[int]:
    """Those records on which something hangs that this import did not bring."""
    found: set[int] = set()
    for other in all_modules():
        field = other.fields.get(other.parent) if other.parent else None
        if field is None:
            continue
        if field.kind == "any_relation":
            values: list[Any] = [f"{module.name}/{pk}" for pk in ids]
        elif field.target == module.name:
            values = list(ids)
        else:
            continue
        rows = other.rows.filter(deleted_at__isnull=True, **{f"{field.value_path}__in": values})
        brought = JobRow.objects.filter(job=job, module=other.name, record_id__isnull=False)
        rows = rows.exclude(pk__in=brought.values("record_id"))
        for value in rows.values_list(field.value_path, flat=True):
            found.add(int(str(value).rpartition("/")[2]))
    return found


def _known(access: Access, row: JobRow) -> dict[str, Any]:
    """The old values of fields that are still there."""
    before: dict[str, Any] = row.before or {}
    return {name: value for name, value in before.items() if name in access.module.fields}


def _restore(job: Job, access: Access, act: Act, rows: Sequence[JobRow]) -> set[JobRow]:
    """Give changed records their old values; answers the rows whose record stays as it is."""
    changed = [row for row in rows if row.before]
    versions = dict(
        access.rows("edit").select_for_update(of=("self",))
        .filter(pk__in=[row.record_id for row in changed])
        .order_by("pk").values_list("pk", "version")
    )  # fmt: skip
    left = {row for row in changed if versions.get(row.record_id or 0) != row.version}
    wanted = [row for row in changed if row not in left]
    outcomes = update_many(
        actor=access.user,
        module=access.module.name,
        rows=[(row.record_id or 0, _known(access, row)) for row in wanted],
        act=act,
        with_rights=False,
    )
    left.update(row for row, outcome in zip(wanted, outcomes, strict=True) if outcome.errors)
    for row, outcome in zip(wanted, outcomes, strict=True):
        if not outcome.errors:  # what older rows wrote is now at the version of this act
            others = JobRow.objects.filter(job=job, module=row.module, record_id=row.record_id)
            others.exclude(pk=row.pk).update(version=outcome.version)
    return left
