"""Many records changed alike, as a job: batch by batch, each row told of, the whole taken back."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import access_to
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Held, run
from crm.jobs.services import start_job, undo_job
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.edits import Edit, check_edits, edit_many, take_back

KIND = "edit"
BATCH = 200
AT_ONCE = 300  # so many are done while the person waits
MOST = 20_000
UPDATED, REFUSED, SAME, UNDONE, LEFT = "updated", "refused", "skipped", "undone", "left"


@transaction.atomic
def ask_for_edit(*, owner: Any, module: str, pks: Sequence[int], edits: Sequence[Edit]) -> Job:
    """A job that changes these records; see `run_soon` for a small one.

    Raises TooMuch, NotAllowed, Invalid; each batch asks again.
    """
    check_edits(access_to(owner, module), edits)
    options = {
        "ids": sorted(set(pks)),
        "edits": [{"field": one.field, "how": one.how, "value": one.value} for one in edits],
    }
    title = _("Edit %s") % module_named(module).label_plural
    return start_job(owner=owner, kind=KIND, module=module, title=title, options=options)


def ask_back(*, actor: Any, job_id: int) -> Job:
    """Take the changes back. Raises NotVisible, NotAllowed."""
    return undo_job(actor=actor, job_id=job_id)


def run_soon(job: Job) -> Job:
    """Do a small job at once, unless a worker was quicker; answers it as it stands now."""
    if len(job.options["ids"]) <= AT_ONCE:
        run(job.pk)
    job.refresh_from_db()
    return job


def run_edit(held: Held) -> None:
    """The next records, until none is left."""
    job = held.job
    ids = job.options["ids"]
    edits = [Edit(**one) for one in job.options["edits"]]
    while job.cursor.get("at", 0) < len(ids):
        with held.batch() as person:
            at = job.cursor.get("at", 0)
            part = ids[at : at + BATCH]
            act = Act(person, "bulk", id=job.act or uuid.uuid4())
            outcomes, after = edit_many(
                actor=person, module=job.module, pks=part, edits=edits, act=act
            )
            rows = []
            for place, (pk, one) in enumerate(zip(part, outcomes, strict=True), start=at + 1):
                what = REFUSED if one.errors else UPDATED if one.before else SAME
                reasons = {name: [str(text) for text in all_] for name, all_ in one.errors.items()}
                rows.append(
                    JobRow(
                        job=job, number=place, outcome=what, module=job.module, record_id=pk,
                        version=one.version, before=one.before or None, cells=after.get(pk),
                        reasons=reasons or None,
                    )
                )  # fmt: skip
                job.errors += what == REFUSED
            JobRow.objects.bulk_create(rows)
            job.total, job.done = len(ids), at + len(part)
            job.cursor = {"at": at + len(part)}


def undo_edit(held: Held) -> None:
    """From the last record back; values that somebody has changed since stay and are told of."""
    job = held.job
    while True:
        with held.batch() as person:
            rows = JobRow.objects.filter(job=job, outcome=UPDATED).order_by("-number")[:BATCH]
            by_pk = {row.record_id or 0: row for row in rows}
            if not by_pk:
                break
            changed = {pk: (row.before or {}, row.cells or {}) for pk, row in by_pk.items()}
            act = Act(person, "undo", job.title)
            left = take_back(actor=person, module=job.module, rows=changed, act=act)
            for outcome, ids in ((LEFT, left), (UNDONE, by_pk.keys() - left)):
                JobRow.objects.filter(pk__in=[by_pk[pk].pk for pk in ids]).update(outcome=outcome)
            job.done += len(by_pk)
            job.errors += len(left)
    if job.errors:
        with held.batch():
            text = ngettext(
                "%d record was changed since; what was changed stays.",
                "%d records were changed since; what was changed stays.",
                job.errors,
            )
            job.detail = {**job.detail, "message": text % job.errors}


def count(job: Job, outcome: str) -> int:
    """How many records of a job came out like this."""
    return JobRow.objects.filter(job=job, outcome=outcome).count()


def told_rows(job: Job, outcomes: Sequence[str], most: int) -> list[JobRow]:
    """The first rows of a job with these outcomes."""
    return list(JobRow.objects.filter(job=job, outcome__in=outcomes).order_by("number")[:most])
