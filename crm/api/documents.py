"""Documents over the API: those of a record, upload, versions, download."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api.doors import ApiView, pk_of
from crm.documents.filing import (
    Uploaded,
    documents_of,
    open_document,
    seen_document,
    upload_document,
    upload_version,
    versions_of,
)
from crm.documents.library import LIBRARY
from crm.documents.models import Document, DocumentVersion
from crm.documents.places import door_to
from crm.lib.whole import whole_number
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.views.files import download_of


class DocumentsView(ApiView):
    """/api/v1/<module>/<id>/documents/"""

    schema = None
    parser_classes = [MultiPartParser]

    def get(self, request: Request, module: str, pk: str) -> Response:
        """The documents of a record, newest first."""
        self.open(module)
        found = documents_of(door_to(request.user, module), pk_of(pk))
        living = [document_as_json(one) for one in found if one.deleted_at is None]
        return Response({"results": living})

    def post(self, request: Request, module: str, pk: str) -> Response:
        """Hang `file` on the record; under a name that is there already it is the next version."""
        self.open(module)
        file = sent_file(request)
        return uploaded_answer(
            upload_document(actor=request.user, module=module, pk=pk_of(pk), file=file)
        )


class LibraryApiView(ApiView):
    """What concerns the library, which is no module: a token for some modules has no part in it."""

    schema = None

    def open_library(self) -> None:
        """Raises NotAllowed."""
        if not self.reaches(LIBRARY):
            raise NotAllowed(_("This token is not for the library."))


class _DocumentView(LibraryApiView):
    """What concerns one document: the token must be for the module of its record."""

    def seen(self, pk: str) -> Document:
        """The document. Raises NotVisible, NotAllowed."""
        _place, document = seen_document(self.request.user, pk_of(pk))
        if document.module == LIBRARY:
            self.open_library()
        else:
            self.open(document.module)
        return document


class VersionsView(_DocumentView):
    """/api/v1/documents/<id>/versions/"""

    parser_classes = [MultiPartParser]

    def get(self, request: Request, pk: str) -> Response:
        """All versions, newest first."""
        document = self.seen(pk)
        found = [version_as_json(one) for one in versions_of(document)]
        return Response({**document_as_json(document), "versions": found})

    def post(self, request: Request, pk: str) -> Response:
        """`file` becomes the newest version, whatever it is called."""
        document = self.seen(pk)
        return uploaded_answer(
            upload_version(actor=request.user, pk=document.pk, file=sent_file(request))
        )


class DocumentFileView(_DocumentView):
    """GET /api/v1/documents/<id>/file/?version=…"""

    def get(self, request: Request, pk: str) -> Any:
        """The file, of the current version unless another is named."""
        document = self.seen(pk)
        given = request.query_params.get("version", "")
        number = whole_number(given) if given else None
        if given and (not number or number >= 2**31):
            raise NotVisible
        _document, version, file = open_document(request.user, document.pk, number)
        return download_of(request, file, document.name, version.sha256)


def sent_file(request: Request) -> Any:
    """What was sent as `file`. Raises Invalid."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(fields={"file": [_("Send a file.")]})
    return file


def uploaded_answer(made: Uploaded) -> Response:
    """201 for new bytes, 200 where they were current already."""
    body = {"id": made.document, "version": made.version, "is_new": made.is_new}
    return Response(body, status=201 if made.is_new else 200)


def document_as_json(one: Document) -> dict[str, Any]:
    """A document as the API tells of it."""
    return {
        "id": one.pk, "name": one.name, "description": one.description, "version": one.current,
        "created_at": one.created_at, "created_by": one.created_by_id,
    }  # fmt: skip


def version_as_json(one: DocumentVersion) -> dict[str, Any]:
    """One version: `size` in bytes, `sha256` in hexadecimal digits."""
    return {
        "version": one.number, "size": one.size, "sha256": one.sha256, "added_at": one.added_at,
        "added_by": one.added_by_id,
    }  # fmt: skip
