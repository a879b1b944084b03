"""Documents of records and of folders: upload, versions, names, the bin.

What a document hangs on says who sees and who changes it (crm/documents/places.py). It is locked
before its documents are, so that two uploads of one name become two versions.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.documents.library import sought_of
from crm.documents.models import Document, DocumentVersion, Preview
from crm.documents.places import Place, RecordPlace, place_of, require
from crm.documents.previews import ask_preview, open_page, preview_of
from crm.documents.quota import claim_room, require_room
from crm.documents.scanning import refuse_infected
from crm.documents.services import clean_name, digest, require_size
from crm.records.audit import record_audit
from crm.records.errors import Invalid, NotVisible
from crm.records.storing import store_file

LONGEST_DESCRIPTION = 500
MOST_DOCUMENTS = 500  # on one record or in one folder, those in the bin not counted
MOST_VERSIONS = 200  # of one document


@dataclass(frozen=True)
class Uploaded:
    """What became of an upload: `is_new` is False where the same bytes are current already."""

    document: int
    version: int
    is_new: bool


def documents_of(access: Access, pk: int) -> list[Document]:
    """The living documents of a record, newest first; those that may edit it see the bin, too.

    Raises NotVisible.
    """
    access.get(pk, [])
    return documents_in(RecordPlace(access, pk))


def documents_in(place: Place) -> list[Document]:
    """The living documents of a place, newest first; whoever adds there sees deleted ones, too."""
    found = Document.objects.filter(module=place.module, record_id=place.pk)
    if not place.may_add():
        found = found.filter(deleted_at__isnull=True)
    return list(found.order_by("-created_at", "-pk"))


def seen_document(user: Any, pk: int, is_deleted: bool = False) -> tuple[Place, Document]:
    """A document and what it hangs on, asked for just now. Raises NotVisible."""
    document = Document.objects.filter(pk=pk, deleted_at__isnull=not is_deleted).first()
    if document is None:
        raise NotVisible
    return place_of(user, document.module, document.record_id), document


def versions_of(document: Document) -> list[DocumentVersion]:
    """All versions, newest first."""
    return list(document.versions.order_by("-number"))


def version_of(document: Document, number: int | None = None) -> DocumentVersion:
    """One version, the current one unless it is named. Raises NotVisible."""
    found = document.versions.filter(number=number or document.current).first()
    if found is None:
        raise NotVisible
    return found


def open_document(
    user: Any, pk: int, number: int | None = None
) -> tuple[Document, DocumentVersion, Any]:
    """The document, one version of it, and that version's file, opened. Raises NotVisible."""
    _place, document = seen_document(user, pk)
    version = version_of(document, number)
    try:
        return document, version, default_storage.open(version.stored)
    except FileNotFoundError:
        raise NotVisible from None


def seen_preview(user: Any, pk: int, number: int | None = None) -> Preview | None:
    """The preview of one version, None where there is none. Raises NotVisible."""
    _place, document = seen_document(user, pk)
    return preview_of(version_of(document, number))


def open_preview(user: Any, pk: int, number: int | None, page: int) -> tuple[str, Any]:
    """One picture of a preview, its name in the storage and opened; rights as for the file.

    Raises NotVisible.
    """
    return open_page(seen_preview(user, pk, number), page)


def upload_document(*, actor: Any, module: str, pk: int, file: UploadedFile) -> Uploaded:
    """Hang a file on a record or folder; a name that hangs there already gets its next version.

    Raises Invalid (size, quota, number, scanner), NotVisible, NotAllowed.
    """
    place = place_of(actor, module, pk)
    require(place.may_add())
    name = clean_name(file.name or "")
    sha256 = _looked_at(actor, file, name)
    with transaction.atomic():
        place.lock()
        require(place.may_add())
        living = Document.objects.filter(module=module, record_id=pk, deleted_at__isnull=True)
        document = living.filter(name=name).first()
        if document is None:
            require_shelf(place, "files")
            document = Document(
                module=module, record_id=pk, name=name, sought=sought_of(name),
                created_by_id=actor.pk,
            )  # fmt: skip
        return _add(actor, document, sha256, file)


def require_shelf(place: Place, field: str = "to") -> None:
    """Raise Invalid where as many documents lie already as may."""
    living = Document.objects.filter(
        module=place.module, record_id=place.pk, deleted_at__isnull=True
    )
    if living.count() >= MOST_DOCUMENTS:
        text = _("At most %d documents lie in one place.") % MOST_DOCUMENTS
        raise Invalid(fields={field: [text]})


def upload_version(*, actor: Any, pk: int, file: UploadedFile) -> Uploaded:
    """The next version of a document, whatever the file is called. Raises as upload_document."""
    place, _document = seen_document(actor, pk)
    require(place.may_add())
    sha256 = _looked_at(actor, file, clean_name(file.name or ""))
    with transaction.atomic():
        place, document = locked_document(actor, pk)
        require(place.may_add())
        return _add(actor, document, sha256, file)


def _looked_at(actor: Any, file: UploadedFile, name: str) -> str:
    """The sum of a file that is neither too large, empty nor infected. Raises Invalid."""
    require_size(file)
    require_room(actor, [file])
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
    document.current = number
    document.save()
    note_document(actor, "document.add", document, note=_version_word(number))
    _keep(document, number, sha256, file, actor)
    return Uploaded(document.pk, number, is_new=True)


def _keep(document: Document, number: int, sha256: str, file: UploadedFile, actor: Any) -> None:
    stored = store_file(f"documents/{secrets.token_hex(16)}", file)
    try:
        claim_room(actor, [file])
        version = document.versions.create(
            number=number, size=file.size or 0, stored=stored, sha256=sha256, added_by_id=actor.pk
        )
        ask_preview(version, document.name)
    except BaseException:
        default_storage.delete(stored)
        raise


def locked_document(actor: Any, pk: int, is_deleted: bool = False) -> tuple[Place, Document]:
    """The document and what it hangs on, both locked, that first. Raises NotVisible."""
    place, document = seen_document(actor, pk, is_deleted)
    place.lock()
    rows = Document.objects.select_for_update().filter(deleted_at__isnull=not is_deleted)
    locked = rows.filter(pk=pk, module=document.module, record_id=document.record_id).first()
    if locked is None:
        raise NotVisible
    return place, locked


def _changed(actor: Any, pk: int, is_deleted: bool = False) -> Document:
    """A locked document that the actor may change. Raises NotVisible, NotAllowed."""
    place, document = locked_document(actor, pk, is_deleted)
    require(place.may_change(document))
    return document


@transaction.atomic
def describe_document(*, actor: Any, pk: int, name: str, description: str) -> None:
    """Give a document another name and description; the ending stays if the new name has none.

    Raises Invalid, NotVisible, NotAllowed.
    """
    document = _changed(actor, pk)
    wanted = clean_name(name) if name.strip() else ""
    if not wanted:
        raise Invalid(fields={"name": [_("This field is required.")]})
    _stem, dot, ending = document.name.rpartition(".")
    if dot and "." not in wanted:
        wanted = f"{wanted}.{ending}"
    if len(description) > LONGEST_DESCRIPTION:
        text = _("At most %d characters.") % LONGEST_DESCRIPTION
        raise Invalid(fields={"description": [text]})
    require_free(document, wanted)
    before = document.name
    document.name, document.description = wanted, description.strip()
    document.sought = sought_of(wanted)
    document.save(update_fields=["name", "description", "sought"])
    note_document(actor, "document.describe", document, note=before if before != wanted else "")


def require_free(document: Document, name: str, field: str = "name") -> None:
    """Raise Invalid when another document of its place has the name."""
    same = Document.objects.filter(
        module=document.module, record_id=document.record_id, name=name, deleted_at__isnull=True
    )
    if same.exclude(pk=document.pk).exists():
        raise Invalid(fields={field: [_("Another document here is called “%s”.") % name]})


@transaction.atomic
def use_version(*, actor: Any, pk: int, number: int) -> None:
    """Make a version the current one; the others stay. Raises NotVisible, NotAllowed."""
    document = _changed(actor, pk)
    document.current = version_of(document, number).number
    document.save(update_fields=["current"])
    note_document(actor, "document.version", document, note=_version_word(number))


@transaction.atomic
def delete_document(*, actor: Any, pk: int) -> None:
    """Put a document into the bin of its place. Raises NotVisible, NotAllowed."""
    document = _changed(actor, pk)
    document.deleted_at, document.deleted_by_id = timezone.now(), actor.pk
    document.save(update_fields=["deleted_at", "deleted_by"])
    note_document(actor, "document.delete", document)


@transaction.atomic
def restore_document(*, actor: Any, pk: int) -> None:
    """Bring a document back. Raises Invalid when its name is taken, NotVisible, NotAllowed."""
    document = _changed(actor, pk, is_deleted=True)
    require_free(document, document.name)
    document.deleted_at = document.deleted_by = document.deletion = None
    document.save(update_fields=["deleted_at", "deleted_by", "deletion"])
    note_document(actor, "document.restore", document)


def _version_word(number: int) -> str:
    return f"v{number}"


def note_document(actor: Any, action: str, document: Document, note: str = "") -> None:
    """Tell the audit of something done with a document."""
    record_audit(
        actor=actor, action=action, module=document.module, record_id=document.record_id,
        detail={"file": document.name, "document": document.pk, "note": note},
    )  # fmt: skip
