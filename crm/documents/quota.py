"""How much one person may hang on records: bytes and files, counted over all that he added.

Files of records in the recycle bin count: they still take their place, and can be restored.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from crm.documents.models import Attachment
from crm.records.errors import Invalid
from crm.records.locks import wait_for

MEGABYTE = 1024 * 1024


def require_room(person: Any, files: Sequence[UploadedFile]) -> None:
    """Raise Invalid when these files are more than the person may add.

    Uploads of one person wait for each other until the transaction ends, so that two at once
    can't share the last room.
    """
    wait_for(f"files {person.pk}")
    mine = Attachment.rows.filter(added_by_id=person.pk)
    used = mine.aggregate(count=Count("pk"), size=Sum("size"))
    if used["count"] + len(files) > settings.FILES_PER_PERSON:
        text = _(
            "You have added %(count)d of %(most)d files, those in the recycle bin included. "
            "An administrator can allow more."
        )
        words = {"count": used["count"], "most": settings.FILES_PER_PERSON}
        raise Invalid(fields={"files": [text % words]})
    most = settings.FILE_MEGABYTES_PER_PERSON
    if (used["size"] or 0) + sum(file.size or 0 for file in files) > most * MEGABYTE:
        text = _(
            "Your files take %(used)d of %(most)d MB, those in the recycle bin included. "
            "An administrator can allow more."
        )
        words = {"used": (used["size"] or 0) // MEGABYTE, "most": most}
        raise Invalid(fields={"files": [text % words]})
