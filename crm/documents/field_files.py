"""Files of added fields: uploading them first, serving them, clearing what nobody names."""

import datetime as dt
import secrets
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import access_to
from crm.customfields.files import FILE, FieldFile
from crm.documents.forgetting import delete_stored
from crm.documents.models import Preview
from crm.documents.previews import ask_preview, open_page, preview_of
from crm.documents.quota import claim_room, require_room
from crm.documents.scanning import refuse_infected
from crm.documents.services import clean_name, digest, is_in_sight, require_size
from crm.modules.fields import Field
from crm.modules.registry import UnknownModule
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.storing import store_file

LOOSE_FOR = dt.timedelta(days=1)  # how long an upload may wait for the write that names it


def upload_field_file(*, actor: Any, module: str, field: str, file: UploadedFile) -> FieldFile:
    """Keep a file that a write of the same person may name next.

    Raises Invalid at the field (ending, size, quota, scanner), NotVisible, NotAllowed.
    """
    access = access_to(actor, module)
    one = access.module.fields.get(field)
    if one is None or one.kind != FILE or field not in access.visible:
        raise NotVisible
    if field not in access.editable or not (access.may("create") or access.may("edit")):
        raise NotAllowed(_("You may not write this field."))
    name = clean_name(file.name or "")
    try:
        _require_ending(one, name)
        require_size(file)
        require_room(actor, [file])
        refuse_infected(file, name)
        return _keep(actor, module, field, name, file)
    except Invalid as error:
        texts = [text for found in error.fields.values() for text in found]
        raise Invalid(fields={field: texts}) from error


def _require_ending(field: Field, name: str) -> None:
    if field.endings and name.rpartition(".")[2].lower() not in field.endings:
        words = {"name": name, "endings": ", ".join(field.endings)}
        text = _("“%(name)s” has another ending than %(endings)s.")
        raise Invalid(fields={"files": [text % words]})


def _keep(actor: Any, module: str, field: str, name: str, file: UploadedFile) -> FieldFile:
    sha256 = digest(file)
    stored = store_file(f"fields/{secrets.token_hex(16)}", file)
    try:
        with transaction.atomic():
            claim_room(actor, [file])
            row = FieldFile.objects.create(
                module=module, field=field, name=name, size=file.size or 0, stored=stored,
                sha256=sha256, added_by=actor,
            )  # fmt: skip
            ask_preview(row, name)
            return row
    except BaseException:
        default_storage.delete(stored)
        raise


def seen_field_file(user: Any, pk: int) -> FieldFile:
    """A file that its record names, if the person may see that record and read that field.

    Raises NotVisible.
    """
    row = FieldFile.objects.filter(pk=pk, record_id__isnull=False, dropped_at=None).first()
    if row is None:
        raise NotVisible
    try:
        access = access_to(user, row.module)
    except UnknownModule:
        raise NotVisible from None
    if row.field not in access.readable or not is_in_sight(user, row.module, row.record_id or 0):
        raise NotVisible
    return row


def open_field_file(user: Any, pk: int) -> tuple[FieldFile, Any]:
    """The row and the open file. Raises NotVisible."""
    row = seen_field_file(user, pk)
    try:
        return row, default_storage.open(row.stored)
    except FileNotFoundError:
        raise NotVisible from None


def seen_field_preview(user: Any, pk: int) -> tuple[FieldFile, Preview | None]:
    """A file and what can be shown of it; rights as for the file. Raises NotVisible."""
    row = seen_field_file(user, pk)
    return row, preview_of(row)


def open_field_preview(user: Any, pk: int, page: int) -> tuple[str, Any]:
    """One picture of a file's preview, its name in the storage and opened. Raises NotVisible."""
    return open_page(seen_field_preview(user, pk)[1], page)


def clear_field_files(most: int = 500) -> int:
    """Remove uploads that no write named within a day, and what was dropped BIN_DAYS ago."""
    now = timezone.now()
    loose = Q(record_id=None, added_at__lte=now - LOOSE_FOR)
    dropped = Q(dropped_at__lte=now - dt.timedelta(days=settings.BIN_DAYS))
    return _forget(FieldFile.objects.filter(loose | dropped).order_by("pk")[:most])


def forget_field_files(module: str, ids: list[int]) -> None:
    """Remove for good what belongs to records that are being purged, in their transaction."""
    _forget(FieldFile.objects.filter(module=module, record_id__in=ids))


@transaction.atomic
def _forget(rows: Any) -> int:
    found = dict(rows.select_for_update().values_list("pk", "stored"))
    shown = Preview.objects.filter(field_file__in=list(found)).values_list("stored", flat=True)
    stored = [*found.values(), *(page for pages in shown for page in pages)]
    FieldFile.objects.filter(pk__in=list(found)).delete()
    transaction.on_commit(delete_stored(stored), robust=True)
    return len(found)
