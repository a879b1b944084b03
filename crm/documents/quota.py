"""How much one person, and all together, may hang on records: bytes and files.

Files of records in the recycle bin count: they still take their place, and can be restored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from crm.customfields.files import FieldFile
from crm.documents.models import Attachment, DocumentVersion
from crm.records.errors import Invalid
from crm.records.locks import wait_for

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Usage:
    """How much is taken, in files and bytes, and how much may be, in files and megabytes."""

    files: int
    bytes: int
    most_files: int
    most_megabytes: int

    @property
    def megabytes(self) -> int:
        """What is taken, in whole megabytes."""
        return self.bytes // MEGABYTE


def usage_of(person: Any) -> Usage:
    """What one person added, every version of every document included."""
    files, size = _taken({"added_by_id": person.pk})
    return Usage(files, size, settings.FILES_PER_PERSON, settings.FILE_MEGABYTES_PER_PERSON)


def usage_of_all() -> Usage:
    """What everybody added. The number of files is not limited: `most_files` is 0."""
    files, size = _taken({})
    return Usage(files, size, 0, settings.FILE_MEGABYTES_IN_ALL)


def _taken(whose: dict[str, Any]) -> tuple[int, int]:
    files = size = 0
    kept = (Attachment.rows, DocumentVersion.objects, FieldFile.objects)
    for rows in kept:
        used = rows.filter(**whose).aggregate(count=Count("pk"), size=Sum("size"))
        files += used["count"]
        size += int(used["size"] or 0)
    return files, size


def claim_room(person: Any, files: Sequence[UploadedFile]) -> None:
    """Take the room for files whose rows are written next, in this transaction. Raises Invalid.

    All uploads pass here one after the other, so that no two share the last room. The bytes lie
    in the storage by then: whoever waits, waits for a few rows and not for somebody's upload.
    """
    wait_for("room for files")
    require_room(person, files)


def require_room(person: Any, files: Sequence[UploadedFile]) -> None:
    """Raise Invalid when these files are more than the person, or all together, may add now."""
    mine = usage_of(person)
    coming = sum(file.size or 0 for file in files)
    if mine.files + len(files) > mine.most_files:
        text = _(
            "You have added %(count)d of %(most)d files, those in the recycle bin included. "
            "An administrator can allow more."
        )
        raise Invalid(fields={"files": [text % {"count": mine.files, "most": mine.most_files}]})
    if mine.bytes + coming > mine.most_megabytes * MEGABYTE:
        text = _(
            "Your files take %(used)d of %(most)d MB, those in the recycle bin included. "
            "An administrator can allow more."
        )
        words = {"used": mine.megabytes, "most": mine.most_megabytes}
        raise Invalid(fields={"files": [text % words]})
    everyone = usage_of_all()
    if everyone.bytes + coming > everyone.most_megabytes * MEGABYTE:
        text = _(
            "The company's files take %(used)d of %(most)d MB. An administrator can allow more."
        )
        words = {"used": everyone.megabytes, "most": everyone.most_megabytes}
        raise Invalid(fields={"files": [text % words]})
