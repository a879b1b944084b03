"""Attaching files to records, and opening them again after the door was asked."""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.policy import access_to
from crm.customfields.files import LARGEST
from crm.documents.models import Attachment
from crm.documents.quota import claim_room, require_room
from crm.documents.scanning import refuse_infected
from crm.modules.registry import UnknownModule
from crm.records.act import Act
from crm.records.child_rows import add_rows
from crm.records.errors import Invalid, NotVisible
from crm.records.storing import store_file

MOST_FILES = 10


def clean_name(name: str) -> str:
    """A name that is safe to show and to offer: no path, no control or direction signs."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C").strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        return kept[:200] or "file"
    return f"{stem[: 200 - len(ending[:20])]}.{ending[:20]}"


@transaction.atomic
def attach_files(*, actor: Any, module: str, pk: int, files: Sequence[UploadedFile]) -> list[int]:
    """Hang files on a record that the actor may edit; the same file twice is kept once.

    All of them or none, and of a refused one nothing stays behind. Raises Invalid (too many, too
    large, empty, over the quota, infected), NotVisible, NotAllowed.
    """
    if len(files) > MOST_FILES:
        raise Invalid(fields={"files": [_("At most %d files at once.") % MOST_FILES]})
    access = access_to(actor, module)
    access.lock(pk, "edit")
    collection = access.module.collections_by_name.get("files")
    if collection is None or "files" not in access.visible:
        raise NotVisible
    for file in files:
        require_size(file)
    rows = Attachment.rows.filter(module=module, record_id=pk)
    known = set(rows.values_list("name", "sha256"))
    given = {(clean_name(file.name or ""), digest(file)): file for file in files}
    fresh = {key: file for key, file in given.items() if key not in known}
    require_room(actor, list(fresh.values()))
    for (name, _sum), file in fresh.items():
        refuse_infected(file, name)
    made: list[dict[str, Any]] = []
    try:
        for (name, sha256), file in fresh.items():
            made.append(_store(actor, name, sha256, file))
        claim_room(actor, list(fresh.values()))
        add_rows(Act(actor, "form"), access.module, collection, [(pk, one) for one in made])
    except BaseException:
        for values in made:
            default_storage.delete(values["stored"])
        raise
    return list(rows.order_by("-pk").values_list("pk", flat=True)[: len(made)])


def require_size(file: UploadedFile) -> None:
    """Raise Invalid for an empty file and for one that is too large."""
    if not file.size:
        raise Invalid(fields={"files": [_("“%s” is empty.") % file.name]})
    if file.size > LARGEST:
        words = {"name": file.name, "most": LARGEST // 1024 // 1024}
        text = _("“%(name)s” is larger than %(most)d MB.")
        raise Invalid(fields={"files": [text % words]})


def digest(file: UploadedFile) -> str:
    """The SHA-256 of a file, in hexadecimal digits; the file is at its start again."""
    summed = hashlib.sha256()
    for chunk in file.chunks():
        summed.update(chunk)
    file.seek(0)
    return summed.hexdigest()


def _store(actor: Any, name: str, sha256: str, file: UploadedFile) -> dict[str, Any]:
    stored = store_file(f"attachments/{secrets.token_hex(16)}", file)
    return {
        "name": name, "size": file.size, "stored": stored, "sha256": sha256,
        "added_by_id": actor.pk,
    }  # fmt: skip


def open_attachment(user: Any, pk: int) -> tuple[Attachment, Any]:
    """The row and the open file, if the person may see the record and its files.

    Raises NotVisible.
    """
    row = Attachment.rows.filter(pk=pk).first()
    if row is None:
        raise NotVisible
    try:
        access = access_to(user, row.module)
    except UnknownModule:
        raise NotVisible from None
    if "files.name" not in access.readable or not is_in_sight(user, row.module, row.record_id):
        raise NotVisible
    try:
        return row, default_storage.open(row.stored)
    except FileNotFoundError:
        raise NotVisible from None


def is_in_sight(user: Any, module: str, pk: int) -> bool:
    """Whether a record is seen by its own door, or through the record that it hangs on."""
    access = access_to(user, module)
    if access.rows().filter(pk=pk).exists():
        return True
    found = access.module.rows.filter(pk=pk, deleted_at__isnull=True)
    parent = access.module.fields.get(access.module.parent)
    if parent is None or parent.kind != "any_relation" or not access.grants.scope("view"):
        return False
    subject = found.values_list(parent.column, flat=True).first() or ""
    above, _slash, number = subject.partition("/")
    return bool(number) and access_to(user, above).rows().filter(pk=int(number)).exists()
