"""The import of a file as a job: read and guessed, checked, run; each phase batch by batch.

`job.options` holds what the person said: file, sheet, mapping (heading → path), policy, key,
clear, fixes (row → column → text), decisions (row → skip, create or a record's id), and the
phase: "check" reads everything and writes no record, "run" writes. `job.detail` holds what came
of it. The cursor is the number of the last row that is done.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.exchange.cells import text_of
from crm.exchange.checking import (
    CREATED,
    NEAR,
    READY,
    REFUSED,
    SKIP,
    SKIPPED,
    UPDATE,
    UPDATED,
    Choice,
    Chunk,
    Verdict,
)
from crm.exchange.files import opened_table
from crm.exchange.keys import key_fields
from crm.exchange.lines import Plan
from crm.exchange.mapping import chosen_path, guess_columns, remember
from crm.exchange.rejected import write_rejected
from crm.exchange.spreadsheet import BadRow, SpreadsheetError, Table
from crm.exchange.targets import targets_for, why_no_target
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Failed, Held, hand_back
from crm.records.act import Act
from crm.records.copying import copy_rows, reserve_ids

CHUNK = getattr(settings, "IMPORT_CHUNK", 1000)
SAMPLES = 50
MOST_TRIES = 3
READY_SHOWN = 50  # rows without fault that a check keeps, for the person to look at
CHECK, RUN = "check", "run"
Row = tuple[int, Sequence[Any]]


def run_import(held: Held) -> None:
    """Do what the job's phase asks for."""
    job = held.job
    try:
        with opened_table(job) as table:
            _describe(held, table)
            if job.options.get("phase") == CHECK:
                if any(job.options["mapping"].values()):
                    _go_through(held, table, write=False)
                _settle_check(held)
            else:
                _go_through(held, table, write=True)
                _settle_run(held)
    except SpreadsheetError as error:
        raise Failed(str(error)) from error


def _describe(held: Held, table: Table) -> None:
    """What the file is, and the first guess of its columns; once."""
    job = held.job
    with held.batch() as person:
        access = access_to(person, job.module)
        require_import(access)
        if job.detail.get("headings") == list(table.headings) and job.options.get("mapping"):
            return
        samples = [row for _number, row in islice(table.rows(), SAMPLES)]
        targets = targets_for(access)
        given = job.options.get("mapping") or {}
        unknown = [path for path in given.values() if path and path not in targets]
        if unknown:
            raise Failed(why_no_target(access, unknown[0]))
        guesses = guess_columns(
            person, access.module, targets, table.headings, samples,
            with_memory=not job.options.get("guess_anew"),
        )  # fmt: skip
        mapping = {one: guess.path for one, guess in zip(table.headings, guesses, strict=True)}
        origins = {one: guess.origin for one, guess in zip(table.headings, guesses, strict=True)}
        if given:
            mapping = {one: chosen_path(given, one) for one in table.headings}
        job.options = {**job.options, "mapping": mapping}
        job.detail = {
            **job.detail,
            "headings": list(table.headings), "sheets": list(table.sheets), "sheet": table.sheet,
            "encoding": table.encoding, "separator": table.separator, "origins": origins,
            "samples": [[_shown(cell) for cell in row] for row in samples[:5]],
        }  # fmt: skip
        job.save(update_fields=["options"])


def require_import(access: Access) -> None:
    """Raise NotAllowed unless the person may import records of this module."""
    access.require("import")
    access.require("create")


def _shown(cell: Any) -> str:
    try:
        return "" if cell is None else text_of(cell)[:80]
    except ValueError:
        return str(cell)[:80]


def plan_of(access: Access, job: Job) -> Plan:
    """How the rows of this job's file become records, by the rights of this moment."""
    options = job.options
    plan = Plan(
        access, job.detail["headings"], options["mapping"], clear=options.get("empty") == "clear"
    )
    if plan.refused:
        raise Failed(
            _("You may no longer fill the field of the column “%s”.") % plan.refused[0][:80]
        )
    if not plan.columns:
        raise Failed(_("No column of the file stands for a field."))
    return plan


def choice_of(access: Access, job: Job) -> Choice:
    """What is to become of rows that are known already. Raises Failed for a key that is none."""
    options = job.options
    policy, key = options.get("policy") or SKIP, options.get("key") or ""
    if policy == UPDATE:
        names = [field.name for field in key_fields(access)]
        key = (key or access.module.title).partition(".")[0]
        if key not in names:
            raise Failed(_("Records cannot be found by “%s”.") % key[:80])
    return Choice(policy, key, options.get("decisions") or {})


def _go_through(held: Held, table: Table, write: bool) -> None:
    """All rows from the cursor on, a batch at a time."""
    job = held.job
    if not write:  # what stands twice in the file is told by all rows before: no starting half way
        with held.batch():
            job.cursor, job.done, job.errors = {}, 0, 0
            job.detail = {**job.detail, "counts": {}, "columns": {}}
            JobRow.objects.filter(job=job).delete()
    elif not job.cursor:
        with held.batch():
            job.detail = {**job.detail, "checked": job.detail.get("counts"), "counts": {}}
            job.done = job.errors = 0
            job.cursor = {"row": 0}
            JobRow.objects.filter(job=job).delete()
    seen: set[int] = set()
    rows = table.rows(after=job.cursor.get("row", 0))
    for batch in _batches(rows, CHUNK):
        for attempt in range(1, MOST_TRIES + 1):
            try:
                _do_batch(held, batch, write, seen)
                break
            except OperationalError:  # a deadlock with somebody's save: nothing was written
                if attempt == MOST_TRIES:
                    raise


def _batches(rows: Iterator[Row], size: int) -> Iterable[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch


def _do_batch(held: Held, batch: list[Row], write: bool, seen: set[int]) -> None:
    job = held.job
    state = (job.cursor, job.done, job.errors, job.detail)
    try:
        with held.batch() as person:
            access = access_to(person, job.module)
            require_import(access)
            plan = plan_of(access, job)
            act = Act(person, "import", job.title, id=job.act or uuid.uuid4())
            chunk = Chunk(
                person, plan, choice_of(access, job), act, job.started_at or timezone.now()
            )
            lines = plan.lines(_corrected(job, batch))
            chunk.judge(lines, write)
            if not write:
                _mark_twins(chunk, seen)
            _note(job, chunk, write)
            job.cursor = {"row": batch[-1][0]}
            job.done += len(batch)
    except BaseException:
        job.cursor, job.done, job.errors, job.detail = state
        raise


def _corrected(job: Job, batch: list[Row]) -> Iterator[Row]:
    """The rows with the cells that the person has put right in the page."""
    fixes = job.options.get("fixes") or {}
    for number, cells in batch:
        mine = fixes.get(str(number))
        if not mine or isinstance(cells, BadRow):
            yield number, cells
            continue
        fixed = list(cells)
        for place, text in mine.items():
            if int(place) < len(fixed):
                fixed[int(place)] = text or None
        yield number, tuple(fixed)


def _mark_twins(chunk: Chunk, seen: set[int]) -> None:
    """In a check nothing is in the table yet: rows alike are told by what was read before."""
    for verdict in chunk.verdicts:
        if verdict.outcome != CREATED:
            continue
        values = chunk.values_of(verdict)
        keys = chunk.module.all_keys(values)
        near = set() if chunk.choice.near_is_fine(verdict.line) else keys.near
        if any(hash(key) in seen for key in (*keys.exact, *near)):
            verdict.outcome, verdict.is_known = SKIPPED, True
            verdict.reasons = {chunk.module.title: [_("The same as an earlier row.")]}
            continue
        seen.update(hash(key) for key in (*keys.exact, *keys.near))


def _note(job: Job, chunk: Chunk, write: bool) -> None:
    """Keep what became of the rows: counts, and per row what the person or an undo will need."""
    counts = dict(job.detail.get("counts") or {})
    columns = {name: dict(one) for name, one in (job.detail.get("columns") or {}).items()}
    rows = []
    for verdict in (*chunk.verdicts, *chunk.extra):
        is_child = verdict.module != chunk.module.name
        outcome = NEAR if not write and verdict.is_known else verdict.outcome
        key = f"{verdict.module}:{outcome}" if is_child else outcome
        counts[key] = counts.get(key, 0) + 1
        if outcome == REFUSED:
            job.errors += 1
        for path in verdict.reasons:
            kind = "near" if verdict.is_known else "bad"
            one = columns.setdefault(path, {})
            one[kind] = one.get(kind, 0) + 1
        is_fine = outcome in READY
        if write or not is_fine or (not is_child and counts[outcome] <= READY_SHOWN):
            rows.append(_row(job, verdict, outcome, with_cells=not write or not is_fine))
    ids = reserve_ids(JobRow, len(rows))
    copy_rows(JobRow, ({**row, "id": pk} for row, pk in zip(rows, ids, strict=True)))
    job.detail = {**job.detail, "counts": counts, "columns": columns}


def _row(job: Job, verdict: Verdict, outcome: str, with_cells: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "job_id": job.pk, "number": verdict.line.number, "outcome": outcome,
        "module": verdict.module, "record_id": verdict.pk, "version": verdict.version,
    }  # fmt: skip
    if verdict.before is not None:
        row["before"] = verdict.before
    if outcome not in READY:
        row["reasons"] = {"fields": verdict.reasons, "matches": verdict.matches}
    if with_cells:
        row["record_id"] = verdict.pk if outcome not in READY else None
        row["cells"] = [_shown_whole(cell) for cell in verdict.line.cells]
    return row


def _shown_whole(cell: Any) -> Any:
    """A cell as JSON keeps it, so that the rejected rows hold what the file held."""
    if cell is None or isinstance(cell, str | bool | int | float):
        return str(cell) if isinstance(cell, str) else cell
    return text_of(cell)


def _settle_check(held: Held) -> None:
    """The file is read: the person decides now."""
    job = held.job
    with held.batch():
        job.total = job.done
        job.result = job.result_name = ""
        write_rejected(job)
    hand_back(
        held, Job.State.DRAFT, total=job.total, detail=job.detail, done=0, cursor={},
        result=job.result, result_name=job.result_name,
    )  # fmt: skip


def _settle_run(held: Held) -> None:
    """Rejected rows as a workbook, the mapping kept for next time, the sentence at the end."""
    job = held.job
    with held.batch() as person:
        job.total = job.done
        if job.options.get("remember", True):
            remember(person, access_to(person, job.module).module, job.options["mapping"])
        write_rejected(job)


def counts_of(job: Job) -> dict[str, int]:
    """How many rows were created, updated, skipped and refused so far."""
    counts = job.detail.get("counts") or {}
    return {name: counts.get(name, 0) for name in (CREATED, UPDATED, SKIPPED, REFUSED)}
