"""Files of records: always as a download, never as a page of ours; whole or in parts."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from crm.documents.services import open_attachment
from crm.lib.spans import Span, Unsatisfiable, asked_span


@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET /files/<id>/: the file, if the record and its files may be seen."""
    row, file = open_attachment(request.user, pk)
    return download_of(request, file, row.name, row.sha256)


def download_of(request: Any, file: Any, name: str, tag: str = "") -> HttpResponseBase:
    """An open file as a download that no browser runs or keeps; `tag` as for `served`."""
    kept = {"as_attachment": True, "filename": name, "content_type": "application/octet-stream"}
    return served(request, file, tag, **kept)


def served(request: Any, file: Any, tag: str = "", **how: Any) -> HttpResponseBase:
    """An open file, the part of it that was asked for, or 304 to who has these bytes.

    Whoever calls this has asked the door just now: a part and a 304 are answers like any other.
    `tag` is the sum of the bytes, "" where none is known; then everything is sent.
    """
    etag = f'"{tag}"' if tag else ""
    if etag and _has(request.headers.get("If-None-Match", ""), etag):
        file.close()
        return _guarded(HttpResponse(status=304), etag)
    try:
        span = _span(request, etag, file.size)
    except Unsatisfiable:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
        file.close()
        return _guarded(response, etag)
    if span is None:
        return _guarded(FileResponse(file, **how), etag)
    part = FileResponse(_Part(file, span), status=206, **how)
    part["Content-Length"] = str(span.size)
    part["Content-Range"] = f"bytes {span.first}-{span.last}/{file.size}"
    return _guarded(part, etag)


def _has(header: str, etag: str) -> bool:
    """Whether the browser says that it has these bytes: `*`, or their tag, weak or not."""
    known = {one.removeprefix("W/") for one in parse_etags(header)}
    return "*" in known or etag in known


def _span(request: Any, etag: str, size: int) -> Span | None:
    """The part that was asked for; None for all. After a change (If-Range) it is all again."""
    header = request.headers.get("Range", "")
    if request.method != "GET" or not header or not etag:
        return None
    if request.headers.get("If-Range", etag).strip() != etag:
        return None
    return asked_span(header, size)


def _guarded(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    if etag:
        response["ETag"] = etag
        response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


class _Part:
    """Some bytes of an open file, read as a file is read."""

    def __init__(self, file: Any, span: Span) -> None:
        self._file = file
        self._left = span.size
        file.seek(span.first)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none behind the part."""
        wanted = self._left if size < 0 else min(size, self._left)
        data: bytes = self._file.read(wanted)
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()
