"""A field made unique, as a job: new writes claim their values at once, old ones batch by batch."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.policy import access_to
from crm.customfields.models import FieldDefinition
from crm.jobs.converting import refuse_while_busy
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Failed, Held, wait_for_writers
from crm.jobs.services import start_job
from crm.modules.registry import module_named
from crm.records.uniqueness import claim_part, doubles_told, keyed_rows, turn

KIND = "unique"
BATCH = 2000
MOST_TOLD = 1000
DOUBLE = "double"


def ask_for_check(*, actor: Any, row: FieldDefinition) -> Job:
    """A job that keys what is there; call in the transaction that made the field unique.

    Raises Invalid, TooMuch.
    """
    refuse_while_busy(row)
    title = _("Check for values that stand twice: %s") % module_named(row.module).label_plural
    return start_job(
        owner=actor, kind=KIND, module=row.module, title=title, options={"field": row.pk}
    )


def last_check(row: FieldDefinition) -> Job | None:
    """The latest job that checked whether a field's values are unique."""
    return Job.objects.filter(kind=KIND, options__field=row.pk).order_by("-pk").first()


def run_check(held: Held) -> None:
    """Claim the values of all living records; with doubles the field is not unique after all.

    Whoever wrote before the rule is waited for first; whoever writes later claims by himself.
    """
    wait_for_writers(held)
    job = held.job
    module = module_named(job.module)
    if not job.total:
        with held.batch():
            job.total = keyed_rows(module, _row(held)).count()
    while _part(held):
        pass
    if not job.errors:
        return
    with held.batch() as person:
        values = list(
            JobRow.objects.filter(job=job, outcome=DOUBLE).values_list("before__value", flat=True)
        )
        told = doubles_told(access_to(person, module), _row(held).name, values, job.errors)
    raise Failed(told)


def _row(held: Held) -> FieldDefinition:
    row = FieldDefinition.objects.filter(pk=held.job.options["field"], unique=True).first()
    if row is None:
        raise Failed(_("The field was deleted or changed meanwhile."))
    return row


def _part(held: Held) -> bool:
    job = held.job
    with held.batch():
        row = _row(held)
        after = job.cursor.get("at", 0)
        last, count, doubles = claim_part(module_named(job.module), row, after, BATCH)
        if last is None:
            return False
        fresh = []
        for pk, (text, holder) in doubles.items():
            job.errors += 1
            if job.errors <= MOST_TOLD:
                fresh.append(
                    JobRow(job=job, number=job.errors, module=job.module, record_id=pk,
                           outcome=DOUBLE, before={"value": text}, reasons={"holder": holder})
                )  # fmt: skip
        JobRow.objects.bulk_create(fresh)
        job.done += count
        job.cursor = {"at": last}
    return True


def broken_off(job: Job) -> None:
    """A field whose values were not all checked is not unique."""
    with transaction.atomic():
        row = FieldDefinition.everything.select_for_update().get(pk=job.options["field"])
        if row.unique:
            turn(job.owner, row, False)


def doubles(job: Job) -> list[tuple[int, int | None]]:
    """The records whose value an earlier one has, too, with that one: ids."""
    rows = JobRow.objects.filter(job=job, outcome=DOUBLE).order_by("number")
    return [(row.record_id or 0, (row.reasons or {}).get("holder")) for row in rows]
