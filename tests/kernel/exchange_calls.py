"""Imports and exports as tests ask for them: from text or a file, done at once."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import QueryDict
from openpyxl import load_workbook

from crm.exchange.services import start_export, start_import
from crm.jobs.models import Job, JobRow
from crm.jobs.running import run


def upload(
    actor: Any,
    data: str | bytes | Path,
    module: str = "customers",
    name: str = "list.csv",
    encoding: str = "utf-8",
    **options: Any,
) -> Job:
    """A started import, not yet done."""
    if isinstance(data, Path):
        name, data = data.name, data.read_bytes()
    content = data.encode(encoding) if isinstance(data, str) else data
    return start_import(actor=actor, module=module, file=ContentFile(content), name=name, **options)


def done(job: Job) -> Job:
    """The job after a worker has had it."""
    assert run(job.pk)
    job.refresh_from_db()
    return job


def imported(actor: Any, data: str | bytes | Path, **options: Any) -> Job:
    """An import that has ended."""
    return done(upload(actor, data, **options))


def table(headings: str, *rows: str) -> str:
    """A small CSV: cells parted by |."""
    out = io.StringIO()
    writer = csv.writer(out)
    for line in (headings, *rows):
        writer.writerow([cell.strip() for cell in line.split("|")])
    return out.getvalue()


def outcomes(job: Job, module: str = "customers") -> dict[int, str]:
    """What became of each row, by its number in the file."""
    rows = JobRow.objects.filter(job=job, module=module)
    return dict(rows.order_by("number").values_list("number", "outcome"))


def reasons(job: Job, number: int) -> dict[str, list[str]]:
    """Why a row did not come in, by path."""
    row = JobRow.objects.exclude(reasons=None).get(job=job, number=number)
    found: dict[str, list[str]] = row.reasons["fields"]
    return found


def record_ids(job: Job, module: str = "customers") -> list[int]:
    """The records that were written, in the file's order."""
    rows = JobRow.objects.filter(job=job, module=module, outcome__in=("created", "updated"))
    return [pk for pk in rows.order_by("number").values_list("record_id", flat=True) if pk]


def exported(
    actor: Any, module: str = "customers", columns: str = "", format: str = "csv", **params: str
) -> Job:
    """An export that has ended."""
    query = QueryDict(mutable=True)
    query.update(params)
    names = [name for name in columns.split(",") if name]
    return done(start_export(actor=actor, module=module, query=query, columns=names, format=format))


def file_of(job: Job) -> bytes:
    """The bytes that a job made."""
    with default_storage.open(job.result, "rb") as file:
        return file.read()


def sheet_of(job: Job) -> list[list[Any]]:
    """The rows of the workbook or CSV that a job made, headings first."""
    data = file_of(job)
    if job.result.endswith(".csv"):
        return [list(row) for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))]
    book = load_workbook(io.BytesIO(data), read_only=True)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
