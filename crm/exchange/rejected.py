"""The rows that did not come in, as a workbook that can be put right and imported again."""

import tempfile
from collections.abc import Iterator
from typing import Any

from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.exchange.mapping import REASON_HEADING
from crm.exchange.spreadsheet import write_xlsx
from crm.jobs.models import Job, JobRow
from crm.jobs.services import keep_upload

LEFT_OUT = ("refused", "skipped", "near")


def write_rejected(job: Job) -> None:
    """Store the workbook as the job's result; nothing when every row came in."""
    rows = JobRow.objects.filter(job=job, outcome__in=LEFT_OUT, cells__isnull=False)
    if not rows.exists():
        return
    headings = [*job.detail["headings"], _(REASON_HEADING)]
    name = str(job.options.get("file") or job.title).rpartition(".")[0] or job.title
    with tempfile.TemporaryFile() as file:
        write_xlsx(file, headings, _lines(job), sheet=_("Rejected rows"))
        file.seek(0)
        job.result = keep_upload(File(file), "rejected.xlsx")
    what = _("Rejected rows")
    job.result_name = f"{name[:120]} - {what}.xlsx"


def _lines(job: Job) -> Iterator[list[Any]]:
    width = len(job.detail["headings"])
    seen = 0
    rows = JobRow.objects.filter(job=job, outcome__in=LEFT_OUT, cells__isnull=False)
    for number, cells, reasons in (
        rows.order_by("number", "id")
        .values_list("number", "cells", "reasons")
        .iterator(chunk_size=2000)
    ):
        if number == seen:
            continue
        seen = number
        cells = cells or []
        padded = [*cells, *[None] * (width - len(cells))][:width]
        yield [*padded, reason_text(job, reasons or {})]


def reason_text(job: Job, reasons: dict[str, Any]) -> str:
    """All that is wrong with a row in one line, led by the headings of the columns."""
    by_path = {path: heading for heading, path in job.options.get("mapping", {}).items() if path}
    parts = []
    for path, texts in (reasons.get("fields") or {}).items():
        heading = by_path.get(path)
        sentence = " ".join(dict.fromkeys(texts))
        pair = {"heading": heading, "sentence": sentence}
        parts.append(_("%(heading)s: %(sentence)s") % pair if heading else sentence)
    return pgettext("between sentences", " ").join(parts)
