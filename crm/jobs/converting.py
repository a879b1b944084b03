"""A field converted to another kind, as a job: beside the old values, then switched at once."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.customfields.models import FieldDefinition
from crm.jobs.models import Job, JobRow
from crm.jobs.running import RUNNABLE, Failed, Held, wait_for_writers
from crm.jobs.services import start_job
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.conversion import Converter
from crm.records.converting import (
    Aim,
    aim_back,
    aim_of,
    begin,
    convert_part,
    count_values,
    forget_preparation,
    switch,
    with_value,
)
from crm.records.declared import field_of
from crm.records.errors import Invalid

KIND = "convert"
BATCH = 1000
LEFT = "left"
LIFE_KINDS = (KIND, "unique", "index")


def running_for(row: FieldDefinition) -> Job | None:
    """The job that works on a field now, of whatever kind."""
    return Job.objects.filter(
        kind__in=LIFE_KINDS, options__field=row.pk, state__in=RUNNABLE
    ).first()


def refuse_while_busy(row: FieldDefinition) -> None:
    """Raise Invalid while a job works on the field."""
    if running_for(row) is not None:
        raise Invalid(_("Work on this field is still running. Wait for its end."))


def last_conversion(row: FieldDefinition) -> Job | None:
    """The latest job that converted a field, or is about to."""
    return Job.objects.filter(kind=KIND, options__field=row.pk).order_by("-pk").first()


@transaction.atomic
def ask_for_conversion(
    *, actor: Any, field: int, kind: str = "", places: int = 2, back: bool = False
) -> Job:
    """A job that converts a field, `back` to what it was last. Raises Invalid, TooMuch."""
    row = FieldDefinition.objects.select_for_update().get(pk=field)
    refuse_while_busy(row)
    aim = aim_back(row) if back else aim_of(row, kind, places)
    begin(row, aim)
    record_audit(
        actor=actor, action="field.converting", module=row.module,
        detail={"name": next(iter(row.labels.values()), ""), "key": row.name,
                "before": {"kind": row.kind}, "after": {"kind": aim.kind}},
    )  # fmt: skip
    options = {
        "field": row.pk, "kind": aim.kind, "key": aim.key, "generation": aim.generation,
        "dictionary": aim.dictionary, "places": aim.places, "from": row.kind, "old": row.key,
    }  # fmt: skip
    title = _("Convert a field: %s") % module_named(row.module).label_plural
    return start_job(owner=actor, kind=KIND, module=row.module, title=title, options=options)


class Work:
    """One run of the job in one process."""

    def __init__(self, held: Held) -> None:
        self.held = held
        options = held.job.options
        self.aim = Aim(
            options["kind"], options["key"], options["generation"], options["dictionary"],
            options["places"],
        )  # fmt: skip
        self.old = options["old"]
        self.module = module_named(held.job.module)
        row = self._row()
        self.converter = Converter(self._source(row), self.aim.field(row))

    def _source(self, row: FieldDefinition) -> Any:
        """The field as it was before the switch, on whichever side of it we are."""
        now = field_of(row)
        return next((one for one in now.past if one.key == self.old), now)

    def _row(self) -> FieldDefinition:
        row = FieldDefinition.objects.filter(pk=self.held.job.options["field"]).first()
        is_ours = row is not None and self.aim.key in (row.preparing, row.key)
        if row is None or not is_ours:
            raise Failed(_("The field was deleted or changed meanwhile."))
        return row

    @property
    def is_switched(self) -> bool:
        """Whether everybody reads the new values already."""
        return self._row().key == self.aim.key

    def round(self, name: str, may_stop: bool = True) -> None:
        """All values that have no new one yet, in the order of ids."""
        while self._part(name, may_stop):
            pass

    def _part(self, name: str, may_stop: bool) -> bool:
        job = self.held.job
        with self.held.batch(may_stop):
            self._row()
            part = convert_part(
                self.module, self.old, self.aim, self.converter, job.cursor.get(name, 0), BATCH
            )
            if part.last is None:
                return False
            self._tell(part.wrong)
            job.cursor = {**job.cursor, name: part.last}
            if name == "all":
                job.done += part.count
        return True

    def _tell(self, wrong: dict[int, tuple[Any, str]]) -> None:
        """Keep what did not fit, each record once, with its latest value."""
        job = self.held.job
        rows = JobRow.objects.filter(job=job, record_id__in=list(wrong))
        known = {row.record_id: row for row in rows}
        fresh = []
        for pk, (raw, why) in wrong.items():
            before, reasons = {"value": raw}, {"why": why}
            if pk in known:
                JobRow.objects.filter(pk=known[pk].pk).update(before=before, reasons=reasons)
                continue
            job.cursor["told"] = job.cursor.get("told", 0) + 1
            fresh.append(
                JobRow(job=job, number=job.cursor["told"], outcome=LEFT, module=job.module,
                       record_id=pk, before=before, reasons=reasons)
            )  # fmt: skip
        JobRow.objects.bulk_create(fresh)
        job.errors += len(fresh)

    def switch(self) -> None:
        """Let everybody read the new values."""
        job = self.held.job
        with self.held.batch() as person:
            row = FieldDefinition.objects.select_for_update().get(pk=job.options["field"])
            self._row()
            switch(person, row, self.aim)
            job.cursor = {**job.cursor, "switched": 1}

    def count(self) -> None:
        """How much there is to do."""
        if not self.held.job.total:
            with self.held.batch():
                self.held.job.total = count_values(self.module, self.old)


def run_convert(held: Held) -> None:
    """Convert all values, switch, then those that were written while it switched."""
    work = Work(held)
    if not work.is_switched:
        work.count()
        work.round("all")
        work.round("late")
        work.switch()
    wait_for_writers(held)
    work.round("after", may_stop=False)
    with held.batch(may_stop=False):
        job = held.job
        _forget_healed(job, work)
        if job.errors:
            text = ngettext(
                "%d value does not fit; it is kept beside.",
                "%d values do not fit; they are kept beside.",
                job.errors,
            )
            job.detail = {**job.detail, "message": text % job.errors}


def broken_off(job: Job) -> None:
    """What was prepared is of no use any more."""
    with transaction.atomic():
        row = FieldDefinition.everything.select_for_update().filter(pk=job.options["field"]).first()
        if row is not None and row.preparing == job.options["key"]:
            forget_preparation(row)
            row.save(update_fields=["preparing", "litter"])
            raise_definitions_version()


def _forget_healed(job: Job, work: Work) -> None:
    """Values that somebody has righted meanwhile need not be told of."""
    rows = JobRow.objects.filter(job=job, outcome=LEFT)
    ids = list(rows.values_list("record_id", flat=True))
    rows.filter(record_id__in=with_value(work.module, work.aim.key, ids)).delete()
    job.errors = rows.count()
