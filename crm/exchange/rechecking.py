"""Single rows of a checked import, put right in the page and looked at again at once."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.access.policy import access_to
from crm.exchange.checking import NEAR, READY, REFUSED, Chunk
from crm.exchange.importer import choice_of, plan_of
from crm.jobs.models import Job, JobRow
from crm.modules.stamp import held_versions
from crm.records.act import Act

MOST_FIXES = 2000


def fix_cells(*, actor: Any, job: Job, fixes: dict[int, dict[int, str]]) -> None:
    """Take corrected cells, by row and column, and check those rows anew."""
    with transaction.atomic(), held_versions():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        kept = {row: dict(cells) for row, cells in (locked.options.get("fixes") or {}).items()}
        for row, cells in fixes.items():
            kept.setdefault(str(row), {}).update(
                {str(place): text for place, text in cells.items()}
            )
        if locked.state == Job.State.DRAFT and len(kept) <= MOST_FIXES:
            locked.options = {**locked.options, "fixes": kept}
            _recheck(actor, locked, fixes)
            locked.save(update_fields=["options", "detail", "errors"])
    job.refresh_from_db()


def decide(*, job: Job, decisions: dict[int, str]) -> None:
    """Keep what the person decided about rows that look like known ones."""
    with transaction.atomic():
        locked = Job.objects.select_for_update().get(pk=job.pk)
        kept = {
            **(locked.options.get("decisions") or {}),
            **{str(n): one for n, one in decisions.items()},
        }
        if locked.state == Job.State.DRAFT and len(kept) <= MOST_FIXES:
            locked.options = {**locked.options, "decisions": kept}
            locked.save(update_fields=["options"])
    job.refresh_from_db()


def _recheck(actor: Any, job: Job, fixes: dict[int, dict[int, str]]) -> None:
    access = access_to(actor, job.module)
    plan = plan_of(access, job)
    chunk = Chunk(actor, plan, choice_of(access, job), Act(actor, "import"), timezone.now())
    rows = {row.number: row for row in _main_rows(job, fixes)}
    given = []
    for number, row in rows.items():
        cells = list(row.cells or [])
        for place, text in fixes[number].items():
            if place < len(cells):
                cells[place] = text or None
        row.cells = cells
        given.append((number, tuple(cells)))
    chunk.judge(plan.lines(given), write=False)
    counts, columns = dict(job.detail.get("counts") or {}), dict(job.detail.get("columns") or {})
    for verdict in chunk.verdicts:
        row = rows[verdict.line.number]
        outcome = NEAR if verdict.is_known else verdict.outcome
        _count(counts, columns, row.outcome, row.reasons or {}, -1)
        _count(counts, columns, outcome, {"fields": verdict.reasons}, 1)
        reasons = {"fields": verdict.reasons, "matches": verdict.matches}
        row.outcome, row.reasons = outcome, None if outcome in READY else reasons
        row.save(update_fields=["outcome", "reasons", "cells"])
    job.errors = counts.get(REFUSED, 0)
    job.detail = {**job.detail, "counts": counts, "columns": columns}


def _main_rows(job: Job, numbers: Iterable[int]) -> Iterable[JobRow]:
    return JobRow.objects.filter(job=job, number__in=list(numbers), cells__isnull=False)


def _count(
    counts: dict[str, int],
    columns: dict[str, Any],
    outcome: str,
    reasons: dict[str, Any],
    step: int,
) -> None:
    counts[outcome] = max(0, counts.get(outcome, 0) + step)
    kind = "near" if outcome == NEAR else "bad"
    for path in reasons.get("fields") or {}:
        one = dict(columns.get(path) or {})
        one[kind] = max(0, one.get(kind, 0) + step)
        columns[path] = one
