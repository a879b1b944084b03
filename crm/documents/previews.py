"""Previews of files: made in the background, by a process that may fail alone, and kept."""

import json
import secrets
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from crm.celery import send_soon
from crm.customfields.files import FieldFile
from crm.documents import jailed
from crm.documents.models import DocumentVersion, Preview
from crm.records.errors import NoRoom, NotVisible
from crm.records.storing import store_file

SECONDS = 20
LARGEST_RESULT = 2 * 1024 * 1024
LARGEST_PAGE = 8 * 1024 * 1024
KINDS = {
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp", "bmp"), "picture"),
    "pdf": "pdf", "docx": "docx", "xlsx": "xlsx", "txt": "text", "md": "text", "csv": "csv",
}  # fmt: skip
LATE = timedelta(minutes=5)
State = Preview.State
Source = DocumentVersion | FieldFile


class Unreadable(Exception):
    """The file could not be shown: broken, too large to draw, or not what its name says."""


def ask_preview(file: Source, name: str) -> None:
    """Have a preview made after the commit, where the name's ending says that there can be one."""
    kind = KINDS.get(name.rpartition(".")[2].lower())
    if kind is None:
        return
    preview = Preview.objects.create(**_of(file), kind=kind)
    transaction.on_commit(lambda: poke(preview.pk), robust=True)


def poke(pk: int) -> None:
    """Tell the workers; without a broker the sweeper finds it later."""
    send_soon("crm.documents.tasks.make_preview", [pk])


def make(pk: int) -> bool:
    """Make one preview, if nobody else does; whether there is something to show."""
    waiting = Preview.objects.filter(pk=pk, state=State.WAITING)
    if not waiting.update(state=State.MAKING, begun_at=timezone.now()):
        return False
    preview = Preview.objects.select_related("version", "field_file").get(pk=pk)
    try:
        with default_storage.open(preview.source) as file, TemporaryDirectory() as place:
            result, pages = read_in_jail(preview.kind, file, Path(place))
    except (Unreadable, FileNotFoundError):
        Preview.objects.filter(pk=pk).update(state=State.FAILED)
        return False
    folder = f"previews/{secrets.token_hex(16)}"
    stored: list[str] = []
    try:
        for number, page in enumerate(pages, 1):
            stored.append(store_file(f"{folder}/{number}", ContentFile(page)))
    except NoRoom:  # the sweeper lets it be tried again
        for name in stored:
            default_storage.delete(name)
        raise
    Preview.objects.filter(pk=pk).update(state=State.READY, content=result, stored=stored)
    return True


def read_in_jail(kind: str, file: Any, place: Path) -> tuple[dict[str, Any], list[bytes]]:
    """What the process of crm/documents/jailed.py found, and its pictures. Raises Unreadable."""
    source, found = place / "file", place / "found"
    found.mkdir()
    with source.open("wb") as copy:
        shutil.copyfileobj(file, copy)
    source.chmod(0o400)
    try:
        done = subprocess.run(  # noqa: S603  our own program, no shell
            [sys.executable, "-I", jailed.__file__, kind, str(source), str(found)],
            cwd=place, env={}, timeout=SECONDS, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unreadable from None
    told = found / "result.json"
    if done.returncode or not told.is_file() or told.stat().st_size > LARGEST_RESULT:
        raise Unreadable
    result = json.loads(told.read_text(encoding="utf-8"))
    pages = [found / f"page-{number}.webp" for number in range(1, result.get("pages", 0) + 1)]
    if any(page.stat().st_size > LARGEST_PAGE for page in pages):
        raise Unreadable
    return result, [page.read_bytes() for page in pages]


def sweep() -> list[int]:
    """Previews that nobody was told of, or whose worker died; these wait again."""
    late = timezone.now() - LATE
    Preview.objects.filter(state=State.MAKING, begun_at__lt=late).update(state=State.WAITING)
    waiting = Preview.objects.filter(state=State.WAITING).order_by("pk")
    return list(waiting.values_list("pk", flat=True)[:100])


def _of(file: Source) -> dict[str, Source]:
    return {"field_file" if isinstance(file, FieldFile) else "version": file}


def preview_of(file: Source) -> Preview | None:
    """The preview of a version or of a field's file, made or not; None where there can be none."""
    return Preview.objects.filter(**_of(file)).first()


def open_page(preview: Preview | None, page: int) -> tuple[str, Any]:
    """One picture of a preview, its name in the storage and opened. Raises NotVisible.

    Whoever calls this has asked for the file's rights just now.
    """
    if preview is None or not 1 <= page <= len(preview.stored):
        raise NotVisible
    try:
        name = preview.stored[page - 1]
        return name, default_storage.open(name)
    except FileNotFoundError:
        raise NotVisible from None
