"""What a conversion of a field could not convert, as a workbook for who asked for it."""

import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.customfields.models import FieldDefinition
from crm.exchange.spreadsheet import write_xlsx
from crm.jobs.converting import LEFT, run_convert
from crm.jobs.indexing import drop_soon, start_again
from crm.jobs.models import Job, JobRow
from crm.jobs.running import Held
from crm.jobs.services import keep_upload
from crm.modules.registry import UnknownModule
from crm.records.conversion import in_words
from crm.records.declared import field_of

BATCH = 500


def run(held: Held) -> None:
    """Convert the field, then keep the report of what did not fit."""
    run_convert(held)
    job = held.job
    _index_again(held)
    with held.batch(may_stop=False) as person:
        access = access_to(person, job.module)
        if not job.errors or not _may_read(access, job):
            return
        headings = [_("Number"), _("Record"), _("Old value"), _("Reason")]
        with tempfile.TemporaryFile() as file:
            write_xlsx(
                file, headings, _rows(access, job), kinds=["text", "text", "long_text", "text"]
            )
            file.seek(0)
            job.result = keep_upload(File(file), "x.xlsx")
    job.result_name = f"{_field(job).name}.xlsx"


def _index_again(held: Held) -> None:
    """A fast field stays fast: its new values get indexes, the old ones go."""
    with held.batch(may_stop=False) as person:
        row = _field(held.job)
        if row.is_fast:
            start_again(actor=person, row=row)
            transaction.on_commit(drop_soon)


def _field(job: Job) -> FieldDefinition:
    return FieldDefinition.objects.get(pk=job.options["field"])


def _rows(access: Access, job: Job) -> Iterator[list[Any]]:
    """Record by record; those that the person does not see are counted in the last line."""
    now = field_of(_field(job))
    was = next((one for one in now.past if one.key == job.options["old"]), now)
    told = JobRow.objects.filter(job=job, outcome=LEFT).order_by("number").iterator()
    unseen = 0
    while part := list(islice(told, BATCH)):
        mine = access.rows().filter(pk__in=[one.record_id or 0 for one in part])
        ids = list(mine.values_list("pk", flat=True))
        seen = {row.pk: row for row in access.rows_of(ids, [access.module.title, "number"])}
        for one in part:
            row = seen.get(one.record_id or 0)
            if row is None:
                unseen += 1
                continue
            value = in_words(was, (one.before or {}).get("value"))
            why = (one.reasons or {}).get("why", "")
            yield [row.get("number"), row.get(access.module.title), value, why]
    if unseen:
        yield ["", _("%d records that you cannot see") % unseen, "", ""]


def _may_read(access: Access, job: Job) -> bool:
    return f"cf_{job.options['field']}" in access.readable


def may_fetch(user: Any, job: Job) -> bool:
    """Whether the person still administers and may read the field."""
    try:
        access = access_to(user, job.module)
    except UnknownModule:
        return False
    return access.grants.administer and _may_read(access, job)
