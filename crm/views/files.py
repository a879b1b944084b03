"""Files of records: always as a download, never as a page of ours."""

from typing import Any

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from crm.documents.services import open_attachment


@require_safe
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """GET /files/<id>/: the file, if the record and its files may be seen."""
    row, file = open_attachment(request.user, pk)
    return download_of(file, row.name)


def download_of(file: Any, name: str) -> FileResponse:
    """An open file as a download that no browser runs or keeps."""
    response = FileResponse(
        file, as_attachment=True, filename=name, content_type="application/octet-stream"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response
