"""A company's decision on duplicates, brought to the keys of records that are there already.

Batch by batch in the background, each with a handful of statements. Where a decision makes two
living records exact duplicates, the older one takes the key; the younger keeps all that it has
and stands in the report.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.customfields.company import answer_of, keep_answer
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Held
from crm.jobs.services import start_job
from crm.modules.module import Module, Setting
from crm.modules.registry import module_named
from crm.records.audit import record_audit
from crm.records.errors import Invalid
from crm.records.keys import exact_holders
from crm.records.rekeying import living_rows, rekey

KIND = "rekey"
BATCH = 1000
MOST_TOLD = 1000
COLLIDED = "collided"
OVERLAP = timedelta(minutes=10)  # writes that began under the old decision end within it


@transaction.atomic
def set_answer(*, actor: Any, module: Module, name: str, value: str) -> Job | None:
    """Decide one setting for the company; the job that brings the records after it, if any.

    Raises Invalid for what is no answer. Deciding the same again changes nothing.
    """
    setting = next(one for one in module.settings if one.name == name)
    if value not in dict(setting.choices):
        raise Invalid(fields={name: [_("“%s” is none of the choices.") % value[:80]]})
    before = answer_of(module, name)
    if value == before:
        return None
    keep_answer(module, setting, value)
    record_audit(
        actor=actor, action="company.setting", module=module.name,
        detail={"setting": name, "before": before, "after": value},
    )  # fmt: skip
    if setting.rekeys is None:
        return None
    title = _("Duplicate keys: %s") % module.label_plural
    return start_job(
        owner=actor, kind=KIND, module=module.name, title=title, options={"setting": name}
    )


def run_rekey(held: Held) -> None:
    """All living records that the setting concerns, then those changed since the job was asked."""
    job = held.job
    module = module_named(job.module)
    setting = next(one for one in module.settings if one.name == job.options["setting"])
    concerned = living_rows(module, setting.rekeys or Q())
    recent = concerned.filter(changed_at__gte=job.created_at - OVERLAP)
    if not job.total:
        with held.batch():
            job.total = concerned.count()
    for name, rows in (("all", concerned), ("recent", recent)):
        while _batch(held, module, name, rows):
            pass
    with held.batch():
        if job.errors:
            text = ngettext(
                "%d record has what an earlier one has; it keeps it.",
                "%d records have what earlier ones have; they keep it.",
                job.errors,
            )
            job.detail = {**job.detail, "message": text % job.errors}


def _batch(held: Held, module: Module, name: str, rows: QuerySet) -> bool:
    """The next records of one round; false when there are none."""
    job = held.job
    with held.batch():
        after = job.cursor.get(name, 0)
        records = list(
            rows.filter(pk__gt=after).order_by("pk").select_for_update(of=("self",))[:BATCH]
        )
        if not records:
            return False
        lost = rekey(module, records)
        _tell(job, module, lost)
        job.cursor = {**job.cursor, name: records[-1].pk}
        if name == "all":
            job.done += len(records)
    return True


def _tell(job: Job, module: Module, lost: Mapping[int, tuple[str, str]]) -> None:
    """Put the records that met an earlier one into the report, once each."""
    known = JobRow.objects.filter(job=job, record_id__in=list(lost)).values_list("record_id")
    fresh = {pk: key for pk, key in lost.items() if (pk,) not in set(known)}
    holders = exact_holders(module, set(fresh.values()))
    for pk, (rule, key) in sorted(fresh.items()):
        job.errors += 1
        if job.errors <= MOST_TOLD:
            JobRow.objects.create(
                job=job, number=job.errors, module=module.name, record_id=pk, outcome=COLLIDED,
                reasons={"rule": rule, "holder": holders.get((rule, key))},
            )  # fmt: skip


def collisions(job: Job) -> list[tuple[int, int | None]]:
    """The records of a job's report, each with the one that holds what it has, too: ids."""
    rows = JobRow.objects.filter(job=job, outcome=COLLIDED).order_by("number")
    return [(row.record_id or 0, (row.reasons or {}).get("holder")) for row in rows]


def last_job(module: Module, setting: Setting) -> Job | None:
    """The latest job that followed a decision on this setting."""
    jobs = Job.objects.filter(kind=KIND, module=module.name, options__setting=setting.name)
    return jobs.order_by("-pk").first()
