"""Request ids, and refusals turned into answers."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from crm.records.act import origin
from crm.records.addresses import address_of

Handler = Callable[[HttpRequest], HttpResponse]
_request_id = re.compile(r"[A-Za-z0-9-]{8,40}")


class RequestIdMiddleware:
    """Gives each request an id that stands in logs, history and error pages."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _request_id.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with origin(request_id, address_of(request)):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response
