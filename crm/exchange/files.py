"""Given files of imports: opened from storage for reading, within the limits that are named."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from crm.exchange.spreadsheet import ENCODINGS, SEPARATORS, Limits, Table, fits, open_table
from crm.jobs.models import Job

LIMITS = Limits(**getattr(settings, "IMPORT_LIMITS", {}))


@contextmanager
def opened_table(job: Job) -> Iterator[Table]:
    """The chosen sheet of the job's file. Raises SpreadsheetError with a sentence."""
    options = job.options
    with _local_file(job.source) as path, path.open("rb") as file:
        yield open_table(
            file,
            options.get("file", ""),
            LIMITS,
            sheet=options.get("sheet", ""),
            encoding=options.get("encoding", ""),
            separator=options.get("separator", ""),
        )


def is_readable_as(job: Job, encoding: str) -> bool:
    """Whether the job's text file is valid in this encoding, all of it."""
    with _local_file(job.source) as path, path.open("rb") as file:
        return fits(file, encoding)


@contextmanager
def _local_file(name: str) -> Iterator[Path]:
    try:
        yield Path(default_storage.path(name))
        return
    except NotImplementedError:
        pass
    with default_storage.open(name, "rb") as source, tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        yield Path(copy.name)


__all__ = ["ENCODINGS", "LIMITS", "SEPARATORS", "is_readable_as", "opened_table"]
