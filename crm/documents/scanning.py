"""The hook for a virus scanner: asked about each file before anything of it is kept."""

import logging
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from crm.records.errors import Invalid

SECONDS = 20
CLEAN, INFECTED = 0, 1  # what clamscan, clamdscan and their like answer
DOTTED = re.compile(r"[a-z_]\w*(\.\w+)+")
log = logging.getLogger(__name__)


class NotScanned(Exception):
    """The scanner gave no verdict."""


def refuse_infected(file: UploadedFile, name: str) -> None:
    """Ask the scanner that VIRUS_SCANNER names, if it names one.

    It is a command, which gets the file's path behind it and ends with 0 (clean) or 1 (infected),
    or the dotted path of a function that takes the path and answers what it found, "" for nothing.
    Raises Invalid; also when there is no verdict: a scanner that fails lets nothing in.
    """
    scanner = settings.VIRUS_SCANNER
    if not scanner:
        return
    try:
        with _on_disk(file) as path:
            found = _verdict(scanner, path)
    except Exception:  # whatever the scanner is
        log.exception("A file could not be scanned.")
        text = _("“%s” could not be checked for viruses. Please try again later.")
        raise Invalid(fields={"files": [text % name]}) from None
    if found:
        log.warning("A file was refused: %s", found)
        text = _("“%s” was refused: the virus scanner found something in it.")
        raise Invalid(fields={"files": [text % name]})


def _verdict(scanner: str, path: str) -> str:
    """What the scanner found, "" for nothing. Raises NotScanned, and what the scanner raises."""
    if DOTTED.fullmatch(scanner):
        return str(import_string(scanner)(path) or "")
    done = subprocess.run(  # noqa: S603  the administrator's own command, no shell
        [*shlex.split(scanner), path], capture_output=True, timeout=SECONDS, check=False
    )
    if done.returncode not in (CLEAN, INFECTED):
        raise NotScanned(f"{done.returncode}: {done.stderr[-500:]!r}")
    return "" if done.returncode == CLEAN else done.stdout.decode(errors="replace")[-200:] or "?"


@contextmanager
def _on_disk(file: UploadedFile) -> Iterator[str]:
    """The path of the file's bytes, gone afterwards where they were in memory only."""
    if isinstance(file, TemporaryUploadedFile):
        file.flush()
        yield file.temporary_file_path()
        return
    with NamedTemporaryFile(prefix="crm-scan-") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        file.seek(0)
        yield copy.name
