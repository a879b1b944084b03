"""Files of added fields over the API: upload first, then write the id; download."""

from typing import Any

from django.urls import URLPattern, path
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.rows import FileRef
from crm.api.documents import sent_file
from crm.api.doors import ApiView, pk_of
from crm.api.values import file_as_json
from crm.documents.field_files import open_field_file, seen_field_file, upload_field_file
from crm.views.files import download_of


class FieldFilesView(ApiView):
    """POST /api/v1/<module>/field-files/<field>/"""

    schema = None
    parser_classes = [MultiPartParser]

    def post(self, request: Request, module: str, name: str) -> Response:
        """Keep `file`; its id may be written into the field within a day."""
        self.open(module)
        row = upload_field_file(
            actor=request.user, module=module, field=name, file=sent_file(request)
        )
        return Response(file_as_json(FileRef(row.pk, row.name, row.size)), status=201)


class FieldFileView(ApiView):
    """GET /api/v1/field-files/<id>/"""

    schema = None

    def get(self, request: Request, pk: str) -> Any:
        """The file, if its record is seen and its field may be read."""
        self.open(seen_field_file(request.user, pk_of(pk)).module)
        row, file = open_field_file(request.user, pk_of(pk))
        return download_of(request, file, row.name, row.sha256)


FIELD_FILES: list[URLPattern] = [
    path("v1/field-files/<str:pk>/", FieldFileView.as_view(), name="api-field-file"),
    path(
        "v1/<str:module>/field-files/<str:name>/", FieldFilesView.as_view(), name="api-field-files"
    ),
]
