"""Refusals as pages: the same body and headers for what is not there and what may not be known."""

import logging
import sys
from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from crm.access.errors import NoRoom, NotVisible, Refusal, TookTooLong, refusal_of
from crm.lib.disk import is_full
from crm.lost import is_lost
from crm.modules.registry import UnknownModule

Handler = Callable[[HttpRequest], HttpResponse]
TEMPLATES = {
    400: "400.html", 403: "403.html", 404: "404.html", 409: "409.html", 428: "400.html",
    503: "503.html", 507: "507.html",
}  # fmt: skip
SECONDS_TO_COME_BACK = "10"  # when a lost database is worth another try
log = logging.getLogger("crm.views")


class RefusalMiddleware:
    """Turns what the door and the services raise into an answer in the person's language."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page of a refusal; anything else goes on as it is."""
        if isinstance(error, UnknownModule | Http404):
            error = NotVisible()
        if is_full(error):
            return no_room(request, error)
        if is_lost(error):
            log.warning("The database gave up on a page.", exc_info=error)
            refusal = refusal_of(error) if isinstance(error, OperationalError) else None
            if refusal is None:
                return database_lost(request)
            error = refusal
        if not isinstance(error, Refusal):
            return None
        return refusal_page(request, error)


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer to something refused."""
    context: dict[str, str] = {"reason": ""}
    if refusal.status != NotVisible.status:
        said = [str(one) for found in refusal.fields.values() for one in found]
        context["reason"] = " ".join(said) or str(refusal.message)
    if refusal.status in (503, 507):
        context["request_id"] = getattr(request, "request_id", "")
    if isinstance(refusal, TookTooLong) and request.method == "GET" and request.GET:
        context["list_url"] = request.path
    name = TEMPLATES.get(refusal.status, "400.html")
    response = render(request, name, context, status=refusal.status)
    if refusal.status == 503:
        response["Retry-After"] = "1"
    return response


def database_lost(request: HttpRequest) -> HttpResponse:
    """The answer while the database is away; drawn without asking it who is there."""
    request_id = getattr(request, "request_id", "")
    with translation.override(_language(request)):
        if request.path.startswith("/api/"):
            words = _("The database cannot be reached right now. Try again in a moment.")
            body: dict[str, object] = {"detail": words, "fields": {}, "request_id": request_id}
            response: HttpResponse = JsonResponse(body, status=503)
        else:
            page = render_to_string("lost.html", {"request_id": request_id})
            response = HttpResponse(page, status=503)
    response["Retry-After"] = SECONDS_TO_COME_BACK
    response["Cache-Control"] = "no-store"
    return response


def no_room(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """The answer where a disk of the server is full; script gets the sentence alone."""
    log.error("A disk is full.", exc_info=error)
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(str(NoRoom.message), status=NoRoom.status, content_type="text/plain")
    return refusal_page(request, NoRoom())


def _language(request: HttpRequest) -> str:
    """The language that somebody was found to speak, else the browser's."""
    known = getattr(getattr(request, "user", None), "language", "")
    return known or translation.get_language_from_request(request)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 404, made the same as ours."""
    return refusal_page(request, NotVisible())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own 403."""
    message = str(exception) if isinstance(exception, PermissionDenied) and str(exception) else ""
    return render(request, "403.html", {"reason": message}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke; the request id is what support asks for.

    A lost database says so, and a full disk, met while what was sent is read.
    """
    error = sys.exc_info()[1]
    if is_lost(error):
        return database_lost(request)
    if is_full(error):
        return no_room(request, error)
    request_id = getattr(request, "request_id", "")
    return render(request, "500.html", {"request_id": request_id}, status=500)
