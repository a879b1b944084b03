"""The library over the API: folders, the documents in them, names that a word finds."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.errors import NotVisible
from crm.api.documents import (
    LibraryApiView,
    document_as_json,
    sent_file,
    uploaded_answer,
)
from crm.api.doors import pk_of
from crm.api.parsing import as_object
from crm.documents.filing import (
    delete_document,
    describe_document,
    restore_document,
    seen_document,
    upload_document,
)
from crm.documents.folder_rights import rights_of, set_rights
from crm.documents.folders import (
    create_folder,
    delete_folder,
    move_document,
    move_folder,
    rename_folder,
    restore_folder,
)
from crm.documents.library import LIBRARY, MANAGE, Library, Node
from crm.documents.models import Document, FolderRight
from crm.documents.places import FolderPlace
from crm.documents.shelves import Shelved, find_in_library, on_shelf
from crm.records.errors import Invalid

LEVELS = {level.value: level.name.lower() for level in FolderRight.Level}
BY_NAME = {name: level for level, name in LEVELS.items()}


def _taken(request: Request, *names: str) -> dict[str, Any]:
    """The body, which holds nothing but these. Raises Invalid."""
    given = as_object(request.data)
    for name in given:
        if name not in names:
            raise Invalid(fields={name[:80]: [_("There is no such parameter.")]})
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise Invalid(fields={name: [_("That is no value for this field.")]})
    return value


def _folder_id(given: Mapping[str, Any], name: str) -> int | None:
    """A folder that the body names; null is the top of the library."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise Invalid(fields={name: [_("That is no value for this field.")]})
    return value


class FoldersView(LibraryApiView):
    """/api/v1/library/folders/"""

    def get(self, request: Request) -> Response:
        """Every folder that the person sees, as a tree is read."""
        self.open_library()
        library = Library(request.user)
        return Response({"results": [folder_as_json(one) for _depth, one in library.in_order()]})

    def post(self, request: Request) -> Response:
        """A folder in another; `parent` null is the top."""
        self.open_library()
        given = _taken(request, "name", "parent")
        pk = create_folder(
            actor=request.user, parent=_folder_id(given, "parent"), name=_text(given, "name")
        )
        return Response(folder_as_json(Library(request.user).seen(pk)), status=201)


class FolderView(LibraryApiView):
    """/api/v1/library/folders/<id>/"""

    def get(self, request: Request, pk: str) -> Response:
        """One folder; its own rights for those who manage it."""
        self.open_library()
        return Response(folder_as_json(Library(request.user).seen(pk_of(pk)), is_whole=True))

    def patch(self, request: Request, pk: str) -> Response:
        """Another `name`, another `parent`, other `rights` (null: those of the folder above)."""
        self.open_library()
        given, actor, number = _taken(request, "name", "parent", "rights"), request.user, pk_of(pk)
        Library(actor).seen(number)
        with transaction.atomic():
            if "name" in given:
                rename_folder(actor=actor, pk=number, name=_text(given, "name"))
            if "parent" in given:
                move_folder(actor=actor, pk=number, target=_folder_id(given, "parent"))
            if "rights" in given:
                set_rights(actor=actor, pk=number, rights=_rights(given["rights"]))
        return self.get(request, pk)

    def delete(self, request: Request, pk: str) -> Response:
        """Into the bin with all in it."""
        self.open_library()
        delete_folder(actor=request.user, pk=pk_of(pk))
        return Response(status=204)


class FolderRestoreView(LibraryApiView):
    """POST /api/v1/library/folders/<id>/restore/"""

    def post(self, request: Request, pk: str) -> Response:
        """Back from the bin, with all that was deleted with it."""
        self.open_library()
        _taken(request)
        restore_folder(actor=request.user, pk=pk_of(pk))
        return Response(folder_as_json(Library(request.user).seen(pk_of(pk))))


class FolderDocumentsView(LibraryApiView):
    """/api/v1/library/folders/<id>/documents/"""

    parser_classes = [MultiPartParser]

    def get(self, request: Request, pk: str) -> Response:
        """The documents in a folder, by name."""
        self.open_library()
        node = Library(request.user).seen(pk_of(pk))
        return Response({"results": [shelved_as_json(one) for one in on_shelf(node, "name")]})

    def post(self, request: Request, pk: str) -> Response:
        """Put `file` there; under a name that is there already it is the next version."""
        self.open_library()
        return uploaded_answer(
            upload_document(
                actor=request.user, module=LIBRARY, pk=pk_of(pk), file=sent_file(request)
            )
        )


class LibraryDocumentView(LibraryApiView):
    """/api/v1/library/documents/<id>/"""

    def seen(self, pk: str, is_deleted: bool = False) -> Document:
        """A document of the library. Raises NotVisible, NotAllowed."""
        place, document = seen_document(self.request.user, pk_of(pk), is_deleted)
        if not isinstance(place, FolderPlace):
            raise NotVisible
        self.open_library()
        return document

    def get(self, request: Request, pk: str) -> Response:
        """One document."""
        return Response(_document_as_json(self.seen(pk)))

    def patch(self, request: Request, pk: str) -> Response:
        """Another `name`, `description` or `folder`."""
        document = self.seen(pk)
        given = _taken(request, "name", "description", "folder")
        with transaction.atomic():
            if {"name", "description"} & set(given):
                words = {"name": document.name, "description": document.description, **given}
                described = {name: _text(words, name) for name in ("name", "description")}
                describe_document(actor=request.user, pk=document.pk, **described)
            if "folder" in given:
                target = _folder_id(given, "folder")
                if target is None:
                    raise Invalid(fields={"folder": [_("Choose a folder.")]})
                move_document(actor=request.user, pk=document.pk, target=target)
        return self.get(request, pk)

    def delete(self, request: Request, pk: str) -> Response:
        """Into the bin."""
        delete_document(actor=request.user, pk=self.seen(pk).pk)
        return Response(status=204)


class DocumentRestoreView(LibraryDocumentView):
    """POST /api/v1/library/documents/<id>/restore/"""

    http_method_names = ["post"]

    def post(self, request: Request, pk: str) -> Response:
        """Back from the bin."""
        _taken(request)
        restore_document(actor=request.user, pk=self.seen(pk, is_deleted=True).pk)
        return Response(_document_as_json(self.seen(pk)))


class LibrarySearchView(LibraryApiView):
    """GET /api/v1/library/search/?q="""

    def get(self, request: Request) -> Response:
        """Folders and documents whose names hold all the words, in pinyin too."""
        self.open_library()
        text = request.query_params.get("q", "").replace("\x00", "")[:200]
        folders, documents = find_in_library(Library(request.user), text)
        return Response(
            {
                "folders": [folder_as_json(one) for one in folders],
                "documents": [shelved_as_json(one) for one in documents],
            }
        )


def _rights(value: Any) -> dict[str, int] | None:
    """`{"everyone": "read", "person-5": "manage"}` as holders and levels. Raises Invalid."""
    if value is None:
        return None
    wrong = Invalid(fields={"rights": [_("Say read, add or manage for each.")]})
    if not isinstance(value, dict):
        raise wrong
    if any(not isinstance(level, str) or level not in BY_NAME for level in value.values()):
        raise wrong
    return {str(holder): BY_NAME[level] for holder, level in value.items()}


def folder_as_json(node: Node, is_whole: bool = False) -> dict[str, Any]:
    """A folder; `parent` is the nearest above that the person sees, `level` what he may."""
    found: dict[str, Any] = {
        "id": node.pk,
        "name": node.name,
        "parent": node.above.pk if node.above else None,
        "level": LEVELS[node.level],
    }
    if is_whole and node.level >= MANAGE:
        own = {one.holder: LEVELS[one.level] for one in rights_of(node.pk)}
        found["rights"] = own if node.has_own_rights else None
    return found


def _document_as_json(one: Document) -> dict[str, Any]:
    return {**document_as_json(one), "folder": one.record_id}


def shelved_as_json(one: Shelved) -> dict[str, Any]:
    """A document of the library with its current version's size."""
    return {**_document_as_json(one.document), "size": one.size, "changed_at": one.added_at}
