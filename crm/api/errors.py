"""Every error as {"detail", "fields"}: refusals of the kernel, of the framework, and accidents."""

import logging
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)  # fmt: skip
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from crm.access import names
from crm.access.errors import NoRoom, NotVisible, Refusal, TookTooLong, refusal_of
from crm.access.policy import Access
from crm.api.values import match_as_json, plain_as_json
from crm.lib.disk import is_full
from crm.lost import is_lost
from crm.modules.registry import UnknownModule
from crm.records.errors import DuplicateFound, MergedAway, StaleRecord
from crm.records.limits import TooMany

LOST = gettext_lazy("The database cannot be reached right now. Try again in a moment.")
log = logging.getLogger("crm.api")


def answer_error(error: Exception, context: dict[str, Any]) -> Response:
    """The answer to whatever a view of the API raised."""
    if isinstance(error, Http404 | UnknownModule):
        error = NotVisible()
    if is_full(error):
        log.error("A disk is full.", exc_info=error)
        error = NoRoom()
    if isinstance(error, Refusal):
        return _refused(error, getattr(context.get("view"), "opened", None))
    if isinstance(error, APIException):
        return _framework(error)
    if isinstance(error, RequestDataTooBig):
        return _plain(413, _("The body is too large."))
    if isinstance(error, SuspiciousOperation | BadRequest):
        return _plain(400, _("This request cannot be read."))
    if isinstance(error, PermissionDenied):
        return _plain(403, str(error) or _("Your roles do not allow that."))
    if is_lost(error):
        return _busy(error)
    log.error("An API call broke.", exc_info=error)
    return _plain(500, _("Something broke on our side; it has been noted."))


def _plain(status: int, detail: Any, fields: Any = None, **more: Any) -> Response:
    return Response({"detail": str(detail), "fields": fields or {}, **more}, status=status)


def _busy(error: Exception) -> Response:
    log.warning("The database gave up on an API call.", exc_info=error)
    refusal = refusal_of(error) if isinstance(error, OperationalError) else None
    if isinstance(refusal, TookTooLong):
        return _plain(503, refusal.message)
    answer = _plain(refusal.status if refusal else 503, refusal.message if refusal else LOST)
    answer["Retry-After"] = "1" if refusal else "10"
    return answer


def _framework(error: APIException) -> Response:
    fields: Any = {}
    detail: Any = error.detail
    if isinstance(detail, dict):
        fields, detail = detail, _("Please check the marked fields.")
    elif isinstance(detail, list):
        detail = " ".join(str(one) for one in detail)
    answer = _plain(error.status_code, detail, fields)
    if getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        answer["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
    return answer


def _refused(refusal: Refusal, access: Access | None) -> Response:
    if isinstance(refusal, NotVisible):
        return _plain(404, NotVisible.message)
    fields = {
        name: [str(one) for one in found] if isinstance(found, list | tuple) else [str(found)]
        for name, found in refusal.fields.items()
    }
    more: dict[str, Any] = {}
    if isinstance(refusal, StaleRecord) and access is not None:
        more = _stale(refusal, access)
    elif isinstance(refusal, DuplicateFound):
        more = {"duplicates": [match_as_json(match) for match in refusal.matches]}
    elif isinstance(refusal, MergedAway):
        more = {"merged_into": refusal.survivor}
    answer = _plain(refusal.status, refusal.message, fields, **more)
    if isinstance(refusal, TooMany):
        answer["Retry-After"] = str(refusal.seconds)
    if isinstance(refusal, MergedAway) and access is not None:
        answer["Location"] = f"/api/v1/{access.module.name}/{refusal.survivor}/"
    return answer


def _stale(refusal: StaleRecord, access: Access) -> dict[str, Any]:
    by = names.people([refusal.changed_by]).get(refusal.changed_by or 0)
    conflicts = [
        {
            "field": one.field,
            "before": plain_as_json(access, one.field, one.before),
            "theirs": plain_as_json(access, one.field, one.theirs),
            "mine": plain_as_json(access, one.field, one.mine),
        }
        for one in refusal.conflicts
    ]
    changed_by = {"id": by.pk, "label": by.label} if by else None
    return {"version": refusal.version, "changed_by": changed_by, "conflicts": conflicts}
