"""One deed on many records, as a job: batch by batch, each row told of, the whole taken back.

What a deed does stands in crm/records; here is how it is carried through. Few records are done
while the person waits, by the same job.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext, ngettext

from crm.jobs.kinds import Kind, register_kind
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Held, run
from crm.jobs.services import start_job, undo_job
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.deeds import Done

BATCH = 200
AT_ONCE = 300  # so many are done while the person waits
MOST = 20_000
UPDATED, REFUSED, SAME, UNDONE, LEFT = "updated", "refused", "skipped", "undone", "left"
Rows = Mapping[int, tuple[Mapping[str, Any], Mapping[str, Any]]]  # before and after, by record


def _changed_since(count: int) -> str:
    return ngettext(
        "%d record was changed since; what was changed stays.",
        "%d records were changed since; what was changed stays.",
        count,
    )


@dataclass(frozen=True)
class Deed:
    """One kind of deed.

    `do(person, job, ids, act)` answers what became of each record of a batch.
    `take_back(person, job, rows, act)` undoes it for these; answers those of which something
    stays, each with the reason if there is one to tell. `left` is the sentence of how many stay.
    `is_act_per_batch`: each batch is an act of its own, where all of an act is looked at at once.
    """

    do: Callable[[Any, Job, Sequence[int], Act], Mapping[int, Done]]
    take_back: Callable[[Any, Job, Rows, Act], Mapping[int, str]]
    left: Callable[[int], str] = _changed_since
    is_act_per_batch: bool = False


_deeds: dict[str, Deed] = {}


def register_deed(kind: str, deed: Deed) -> None:
    """Let jobs of this kind do this deed."""
    _deeds[kind] = deed
    register_kind(kind, Kind(work=run_deed, take_back=undo_deed))


def is_deed(job: Job) -> bool:
    """Whether the job is a deed on many records."""
    return job.kind in _deeds


@transaction.atomic
def ask_for(
    *,
    owner: Any,
    kind: str,
    module: str,
    pks: Sequence[int],
    title: str,
    options: Mapping[str, Any],
    source: str = "bulk",
) -> Job:
    """A job that does the deed to these records; see `run_soon` for a small one.

    The caller has checked what is the same for all; each batch asks again. Raises TooMuch.
    """
    named = gettext(title) % module_named(module).label_plural
    return start_job(
        owner=owner, kind=kind, module=module, title=named,
        options={**options, "ids": sorted(set(pks)), "source": source},
    )  # fmt: skip


def ask_back(*, actor: Any, job_id: int) -> Job:
    """Take the deed back. Raises NotVisible, NotAllowed."""
    return undo_job(actor=actor, job_id=job_id)


def run_soon(job: Job) -> Job:
    """Do a small job at once, unless a worker was quicker; answers it as it stands now."""
    if len(job.options["ids"]) <= AT_ONCE:
        run(job.pk)
    job.refresh_from_db()
    return job


def run_deed(held: Held) -> None:
    """The next records, until none is left."""
    job = held.job
    ids = job.options["ids"]
    while job.cursor.get("at", 0) < len(ids):
        with held.batch() as person:
            at = job.cursor.get("at", 0)
            part = ids[at : at + BATCH]
            act = Act(person, job.options.get("source", "bulk"), id=_act_of(job, at))
            done = _deeds[job.kind].do(person, job, part, act)
            rows = [_told(job, n, pk, done[pk]) for n, pk in enumerate(part, start=at + 1)]
            JobRow.objects.bulk_create(rows)
            job.errors += sum(row.outcome == REFUSED for row in rows)
            job.total, job.done = len(ids), at + len(part)
            job.cursor = {"at": at + len(part)}


def _act_of(job: Job, at: int) -> uuid.UUID:
    """The id of the act of the batch that begins at `at`: the same one, however often it runs."""
    act = job.act or uuid.uuid4()
    return uuid.uuid5(act, str(at)) if at and _deeds[job.kind].is_act_per_batch else act


def _told(job: Job, number: int, pk: int, one: Done) -> JobRow:
    reasons = {name: [str(text) for text in texts] for name, texts in one.errors.items()}
    return JobRow(
        job=job, number=number, module=job.module, record_id=pk, version=one.version,
        outcome=REFUSED if one.errors else UPDATED if one.before else SAME,
        before=one.before or None, cells=one.after or None, reasons=reasons or None,
    )  # fmt: skip


def undo_deed(held: Held) -> None:
    """From the last record back; what somebody has changed since stays and is told of."""
    job = held.job
    deed = _deeds[job.kind]
    while True:
        with held.batch() as person:
            rows = JobRow.objects.filter(job=job, outcome=UPDATED).order_by("-number")[:BATCH]
            by_pk = {row.record_id or 0: row for row in rows}
            if not by_pk:
                break
            changed: Rows = {pk: (row.before or {}, row.cells or {}) for pk, row in by_pk.items()}
            left = deed.take_back(person, job, changed, Act(person, "undo", job.title))
            for pk, row in by_pk.items():
                row.outcome = LEFT if pk in left else UNDONE
                row.reasons = {"": [left[pk]]} if left.get(pk) else None
            JobRow.objects.bulk_update(by_pk.values(), ["outcome", "reasons"])
            job.done += len(by_pk)
            job.errors += len(left)
    if job.errors:
        with held.batch():
            job.detail = {**job.detail, "message": deed.left(job.errors) % job.errors}


def count(job: Job, outcome: str) -> int:
    """How many records of a job came out like this."""
    return JobRow.objects.filter(job=job, outcome=outcome).count()


def told_rows(job: Job, outcomes: Sequence[str], most: int) -> list[JobRow]:
    """The first rows of a job with these outcomes."""
    return list(JobRow.objects.filter(job=job, outcome__in=outcomes).order_by("number")[:most])
