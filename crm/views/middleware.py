"""What every request passes first: its id, what its page may do, and whether we live at all."""

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from crm.records.act import origin
from crm.records.addresses import address_of
from crm.views.health import healthz, readyz

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


class PolicyMiddleware:
    """Tells the browser what our pages may not use, and who may not load what is ours."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class AliveMiddleware:
    """Answers /healthz and /readyz before anything asks the database who is there."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = {"/healthz": healthz, "/readyz": readyz}.get(request.path)
        return view(request) if view else self.get_response(request)
