"""Removing documents for good, and their bytes with them."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from crm.documents.library import LIBRARY
from crm.documents.models import Document, DocumentVersion, Folder, Preview
from crm.records.locks import wait_for


def clear_deleted(most: int = 500) -> int:
    """Remove what lay in the bin for BIN_DAYS: documents, and folders with all in them."""
    due = timezone.now() - dt.timedelta(days=settings.BIN_DAYS)
    old = list(Document.objects.filter(deleted_at__lte=due).order_by("pk")[:most])
    _clear_folders(due)
    return _forget([one.pk for one in old])


@transaction.atomic
def _clear_folders(due: dt.datetime) -> None:
    """Remove folders with all in them, from the leaves up: what is in one was deleted before it."""
    wait_for(LIBRARY)
    folders = Folder.objects.filter(deleted_at__lte=due)
    forget_documents(LIBRARY, list(folders.values_list("pk", flat=True)))
    while folders.filter(children=None).delete()[0]:
        pass


def forget_documents(module: str, ids: list[int]) -> None:
    """Remove for good what hangs on records that are being purged, in their transaction."""
    found = Document.objects.filter(module=module, record_id__in=ids)
    _forget(list(found.values_list("pk", flat=True)))


@transaction.atomic
def _forget(ids: list[int]) -> int:
    versions = DocumentVersion.objects.filter(document_id__in=ids)
    stored = list(versions.values_list("stored", flat=True))
    for pages in Preview.objects.filter(version__in=versions).values_list("stored", flat=True):
        stored += pages
    Document.objects.filter(pk__in=ids).delete()
    transaction.on_commit(delete_stored(stored), robust=True)
    return len(ids)


def delete_stored(stored: list[str]) -> Callable[[], None]:
    """What removes these from the storage, once their rows are gone."""

    def delete() -> None:
        for name in stored:
            default_storage.delete(name)

    return delete
