"""Documents of records: upload, versions, names, the bin. Rights are those of the record.

Whoever sees the record sees its documents, whoever may edit it changes them. The record is locked
before its documents are, so that two uploads of one name become two versions.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.documents.models import Document, DocumentVersion, Preview
from crm.documents.previews import ask_preview, preview_of
from crm.documents.quota import require_room
from crm.documents.scanning import refuse_infected
from crm.documents.services import clean_name, digest, require_size
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named
from crm.records.audit import record_audit
from crm.records.errors import Invalid, NotVisible

LONGEST_DESCRIPTION = 500
MOST_DOCUMENTS = 500  # on one record, those in the bin not counted
MOST_VERSIONS = 200  # of one document


@dataclass(frozen=True)
class Uploaded:
    """What became of an upload: `is_new` is False where the same bytes are current already."""

    document: int
    version: int
    is_new: bool


def has_documents(module: Module) -> bool:
    """Whether documents hang on a module's records; those with files of their own have none."""
    return "files" not in module.collections_by_name


def door_to(user: Any, module: str) -> Access:
    """The door to a module whose records the person may see documents of. Raises NotVisible."""
    try:
        access = access_to(user, module_named(module))
    except UnknownModule:
        raise NotVisible from None
    if not has_documents(access.module):
        raise NotVisible
    return access


def documents_of(access: Access, pk: int) -> list[Document]:
    """The living documents of a record, newest first; those that may edit it see the bin, too.

    Raises NotVisible.
    """
    access.get(pk, [])
    found = Document.objects.filter(module=access.module.name, record_id=pk)
    if not access.decide("edit", pk):
        found = found.filter(deleted_at__isnull=True)
    return list(found.order_by("-created_at", "-pk"))


def seen_document(user: Any, pk: int, is_deleted: bool = False) -> tuple[Access, Document]:
    """A document and the door to its record, asked just now. Raises NotVisible."""
    document = Document.objects.filter(pk=pk, deleted_at__isnull=not is_deleted).first()
    if document is None:
        raise NotVisible
    access = door_to(user, document.module)
    access.get(document.record_id, [])
    return access, document


def versions_of(document: Document) -> list[DocumentVersion]:
    """All versions, newest first."""
    return list(document.versions.order_by("-number"))


def version_of(document: Document, number: int | None = None) -> DocumentVersion:
    """One version, the current one unless it is named. Raises NotVisible."""
    found = document.versions.filter(number=number or document.current).first()
    if found is None:
        raise NotVisible
    return found


def open_document(user: Any, pk: int, number: int | None = None) -> tuple[Document, Any]:
    """The document and one version of its file, opened. Raises NotVisible."""
    _access, document = seen_document(user, pk)
    try:
        return document, default_storage.open(version_of(document, number).stored)
    except FileNotFoundError:
        raise NotVisible from None


def seen_preview(user: Any, pk: int, number: int | None = None) -> Preview | None:
    """The preview of one version, None where there is none. Raises NotVisible."""
    _access, document = seen_document(user, pk)
    return preview_of(version_of(document, number))


def open_preview(user: Any, pk: int, number: int | None, page: int) -> Any:
    """One picture of a preview, opened; rights as for the file itself. Raises NotVisible."""
    preview = seen_preview(user, pk, number)
    if preview is None or not 1 <= page <= len(preview.stored):
        raise NotVisible
    try:
        return default_storage.open(preview.stored[page - 1])
    except FileNotFoundError:
        raise NotVisible from None


def upload_document(*, actor: Any, module: str, pk: int, file: UploadedFile) -> Uploaded:
    """Hang a file on a record; under a name that hangs there already it is the next version.

    Raises Invalid (size, quota, number, scanner), NotVisible, NotAllowed.
    """
    access = door_to(actor, module)
    access.get(pk, [])
    access.require("edit", pk)
    name = clean_name(file.name or "")
    sha256 = _looked_at(file, name)
    with transaction.atomic():
        access.lock(pk, "edit")
        living = Document.objects.filter(module=module, record_id=pk, deleted_at__isnull=True)
        document = living.filter(name=name).first()
        if document is None:
            if living.count() >= MOST_DOCUMENTS:
                text = _("A record has at most %d documents.") % MOST_DOCUMENTS
                raise Invalid(fields={"files": [text]})
            document = Document(module=module, record_id=pk, name=name, created_by_id=actor.pk)
        return _add(actor, document, sha256, file)


def upload_version(*, actor: Any, pk: int, file: UploadedFile) -> Uploaded:
    """The next version of a document, whatever the file is called. Raises as upload_document."""
    access, document = seen_document(actor, pk)
    access.require("edit", document.record_id)
    sha256 = _looked_at(file, clean_name(file.name or ""))
    with transaction.atomic():
        return _add(actor, _locked(actor, pk), sha256, file)


def _looked_at(file: UploadedFile, name: str) -> str:
    """The sum of a file that is neither too large, empty nor infected. Raises Invalid."""
    require_size(file)
    refuse_infected(file, name)
    return digest(file)


def _add(actor: Any, document: Document, sha256: str, file: UploadedFile) -> Uploaded:
    """Keep the bytes as the newest version of a locked document, or of a new one."""
    last = document.versions.order_by("-number").first() if document.pk else None
    if last and last.number == document.current and last.sha256 == sha256:
        return Uploaded(document.pk, last.number, is_new=False)
    number = last.number + 1 if last else 1
    if number > MOST_VERSIONS:
        text = _("A document has at most %d versions.") % MOST_VERSIONS
        raise Invalid(fields={"files": [text]})
    require_room(actor, [file])
    document.current = number
    document.save()
    _note(actor, "document.add", document, note=_version_word(number))
    _keep(document, number, sha256, file, actor)
    return Uploaded(document.pk, number, is_new=True)


def _keep(document: Document, number: int, sha256: str, file: UploadedFile, actor: Any) -> None:
    stored = default_storage.save(f"documents/{secrets.token_hex(16)}", file)
    try:
        version = document.versions.create(
            number=number, size=file.size or 0, stored=stored, sha256=sha256, added_by_id=actor.pk
        )
        ask_preview(version, document.name)
    except BaseException:
        default_storage.delete(stored)
        raise


def _locked(actor: Any, pk: int, is_deleted: bool = False) -> Document:
    """The document, its record locked first; for those who may edit the record."""
    access, document = seen_document(actor, pk, is_deleted)
    access.lock(document.record_id, "edit")
    found = Document.objects.select_for_update().filter(pk=pk, deleted_at__isnull=not is_deleted)
    locked = found.first()
    if locked is None:
        raise NotVisible
    return locked


@transaction.atomic
def describe_document(*, actor: Any, pk: int, name: str, description: str) -> None:
    """Give a document another name and description; the ending stays if the new name has none.

    Raises Invalid, NotVisible, NotAllowed.
    """
    document = _locked(actor, pk)
    wanted = clean_name(name) if name.strip() else ""
    if not wanted:
        raise Invalid(fields={"name": [_("This field is required.")]})
    _stem, dot, ending = document.name.rpartition(".")
    if dot and "." not in wanted:
        wanted = f"{wanted}.{ending}"
    if len(description) > LONGEST_DESCRIPTION:
        text = _("At most %d characters.") % LONGEST_DESCRIPTION
        raise Invalid(fields={"description": [text]})
    _require_free(document, wanted)
    before = document.name
    document.name, document.description = wanted, description.strip()
    document.save(update_fields=["name", "description"])
    _note(actor, "document.describe", document, note=before if before != wanted else "")


def _require_free(document: Document, name: str) -> None:
    same = Document.objects.filter(
        module=document.module, record_id=document.record_id, name=name, deleted_at__isnull=True
    )
    if same.exclude(pk=document.pk).exists():
        raise Invalid(fields={"name": [_("Another document here is called “%s”.") % name]})


@transaction.atomic
def use_version(*, actor: Any, pk: int, number: int) -> None:
    """Make a version the current one; the others stay. Raises NotVisible, NotAllowed."""
    document = _locked(actor, pk)
    document.current = version_of(document, number).number
    document.save(update_fields=["current"])
    _note(actor, "document.version", document, note=_version_word(number))


@transaction.atomic
def delete_document(*, actor: Any, pk: int) -> None:
    """Put a document into the bin of its record. Raises NotVisible, NotAllowed."""
    document = _locked(actor, pk)
    document.deleted_at, document.deleted_by_id = timezone.now(), actor.pk
    document.save(update_fields=["deleted_at", "deleted_by"])
    _note(actor, "document.delete", document)


@transaction.atomic
def restore_document(*, actor: Any, pk: int) -> None:
    """Bring a document back. Raises Invalid when its name is taken, NotVisible, NotAllowed."""
    document = _locked(actor, pk, is_deleted=True)
    _require_free(document, document.name)
    document.deleted_at = document.deleted_by = None
    document.save(update_fields=["deleted_at", "deleted_by"])
    _note(actor, "document.restore", document)


def _version_word(number: int) -> str:
    return f"v{number}"


def _note(actor: Any, action: str, document: Document, note: str = "") -> None:
    record_audit(
        actor=actor, action=action, module=document.module, record_id=document.record_id,
        detail={"file": document.name, "document": document.pk, "note": note},
    )  # fmt: skip


def clear_deleted(most: int = 500) -> int:
    """Remove for good what lay in the bin for BIN_DAYS, and what hung on purged records."""
    due = timezone.now() - timedelta(days=settings.BIN_DAYS)
    old = list(Document.objects.filter(deleted_at__lte=due).order_by("pk")[:most])
    return _forget([one.pk for one in old])


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
    transaction.on_commit(_deleting(stored), robust=True)
    return len(ids)


def _deleting(stored: list[str]) -> Callable[[], None]:
    def delete() -> None:
        for name in stored:
            default_storage.delete(name)

    return delete
