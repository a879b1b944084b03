"""What lies in the library for one person: the documents of a folder, what a word finds, a zip."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from crm.access.errors import NotVisible
from crm.documents.library import ADD, LIBRARY, Library, Node, holds, words_of
from crm.documents.models import Document, DocumentVersion
from crm.documents.places import FolderPlace
from crm.lib.pinyin import pinyin_key
from crm.records.errors import Invalid

MOST_FOUND = 100
MOST_DELETED = 500
MOST_IN_ZIP = 2_000
MOST_ZIP_BYTES = 1024 * 1024 * 1024
SORTS = ("name", "size", "changed")
CHUNK = 256 * 1024
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{one}{n}" for one in ("com", "lpt") for n in range(1, 10))}
)


@dataclass(frozen=True)
class Shelved:
    """A document with what its current version says."""

    document: Document
    size: int
    added_at: Any
    added_by: int | None
    stored: str


def documents_inside(ids: Iterable[int]) -> QuerySet:
    """The living documents of these folders, each with its current version's figures."""
    versions = DocumentVersion.objects.filter(document=OuterRef("pk"), number=OuterRef("current"))
    found = Document.objects.filter(module=LIBRARY, record_id__in=list(ids), deleted_at=None)
    columns = {"size": "size", "added_at": "added_at", "added_by": "added_by", "stored": "stored"}
    return found.annotate(
        **{f"now_{name}": Subquery(versions.values(one)[:1]) for name, one in columns.items()}
    )


def count_documents(nodes: Iterable[Node]) -> dict[int, int]:
    """How many documents lie in each of these folders, those below not counted."""
    rows = Document.objects.filter(module=LIBRARY, deleted_at=None)
    rows = rows.filter(record_id__in=[node.pk for node in nodes])
    return dict(rows.values_list("record_id").annotate(n=Count("pk")))


def shelved(rows: Iterable[Any]) -> list[Shelved]:
    """Rows of `documents_inside` as what they are."""
    return [
        Shelved(one, one.now_size or 0, one.now_added_at, one.now_added_by, one.now_stored)
        for one in rows
    ]


def on_shelf(node: Node, sort: str) -> list[Shelved]:
    """The documents of a folder; `sort` is one of SORTS, "-" before it for descending."""
    name = sort.removeprefix("-")
    found = shelved(documents_inside([node.pk]))
    keys = {
        "name": lambda one: pinyin_key(one.document.name),
        "size": lambda one: one.size,
        "changed": lambda one: one.added_at,
    }
    return sorted(found, key=keys[name], reverse=sort != name)


def find_in_library(library: Library, text: str) -> tuple[list[Node], list[Shelved]]:
    """The folders and documents whose names hold all the words, of those that he sees."""
    words = words_of(text)
    if not words:
        return [], []
    folders = [node for node in library.visible if holds(node.name, words)]
    rows = documents_inside(node.pk for node in library.visible)
    for word in words:
        rows = rows.filter(sought__contains=word)
    return folders[:MOST_FOUND], shelved(rows.order_by("-pk")[:MOST_FOUND])


def deleted_documents(library: Library) -> list[Document]:
    """Documents that were deleted by themselves and that this person may bring back."""
    found = Document.objects.filter(
        module=LIBRARY, record_id__in=[node.pk for node in library.visible if node.level >= ADD],
        deleted_at__isnull=False, deletion=None,
    )  # fmt: skip
    rows = found.order_by("-deleted_at")[:MOST_DELETED]
    return [
        one
        for one in rows
        if FolderPlace(library.user, library.seen(one.record_id)).may_change(one)
    ]


@dataclass(frozen=True)
class Packed:
    """One file of a zip: where it stands there, and in the storage."""

    path: str
    stored: str


def pack(library: Library, node: Node) -> list[Packed]:
    """What a folder's zip holds: all that the person sees below it. Raises Invalid, NotVisible."""
    paths = {node.pk: _free(node.name, set())}
    taken: dict[int, set[str]] = {}
    for _depth, one in library.in_order(node):
        assert one.above is not None
        used = taken.setdefault(one.above.pk, set())
        paths[one.pk] = f"{paths[one.above.pk]}/{_free(one.name, used)}"
    files = shelved(documents_inside(paths).order_by("pk"))
    if not files:
        raise Invalid(_("There is no document in this folder."))
    if len(files) > MOST_IN_ZIP or sum(one.size for one in files) > MOST_ZIP_BYTES:
        words = {"files": MOST_IN_ZIP, "size": MOST_ZIP_BYTES // 1024 // 1024}
        text = _(
            "At most %(files)d documents and %(size)d MB go into one zip. Take a folder below."
        )
        raise Invalid(text % words)
    return [
        Packed(
            f"{paths[one.document.record_id]}/"
            + _free(one.document.name, taken.setdefault(one.document.record_id, set())),
            one.stored,
        )
        for one in files
    ]


def _free(name: str, taken: set[str]) -> str:
    """The name as every system can unpack it, with a number where it is taken."""
    plain = "".join("_" if sign in '/\\:*?"<>|' else sign for sign in name).strip(". ") or "_"
    stem, dot, ending = plain.rpartition(".")
    if (stem or plain).casefold() in RESERVED:
        stem, plain = f"_{stem}", f"_{plain}"
    found, number = plain, 1
    while found.casefold() in taken:
        number += 1
        found = f"{stem} ({number}).{ending}" if stem and dot else f"{plain} ({number})"
    taken.add(found.casefold())
    return found


class _Pipe:
    """What a zip is written to while it is being sent: keeps only what was not taken yet."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self.data += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def taken(self) -> bytes:
        """The bytes that are there now."""
        data = bytes(self.data)
        self.data.clear()
        return data


def zip_of(files: Iterable[Packed]) -> Iterator[bytes]:
    """A zip of these files, bit by bit. A file that is gone by then is left out."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]  # it is written to only
        for one in files:
            try:
                source = default_storage.open(one.stored)
            except FileNotFoundError:
                continue
            with source, archive.open(one.path, "w", force_zip64=False) as packed:
                while data := source.read(CHUNK):
                    packed.write(data)
                    yield pipe.taken()
    yield pipe.taken()


def folder_of(library: Library, document: Document) -> Node:
    """The folder that a document of the library lies in. Raises NotVisible."""
    if document.module != LIBRARY:
        raise NotVisible
    return library.seen(document.record_id)
