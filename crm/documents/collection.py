"""The collection of files that a module may have."""

from collections.abc import Sequence

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from crm.documents.models import Attachment
from crm.modules.collections import Collection


def forget_files(ids: Sequence[int]) -> None:
    """Take the files of these rows out of the storage as soon as their removal is certain."""
    stored = list(Attachment.rows.filter(pk__in=ids).values_list("stored", flat=True))

    def delete() -> None:
        for name in stored:
            default_storage.delete(name)

    transaction.on_commit(delete, robust=True)


FILES = Collection(
    name="files",
    label=_("files"),
    model=Attachment,
    fields=("name", "size"),
    changes={},
    identity=("name", "size"),
    stored=("stored", "sha256", "added_by_id"),
    forget=forget_files,
    is_read_only=True,
)
