"""Says who is asking, and holds everything that follows from it for the whole request."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare

from accounts import viewing
from accounts.models import User
from accounts.sessions import SessionStore
from accounts.signin.flow import is_network_allowed
from accounts.signin.visitors import visitor_of
from crm.modules.stamp import held_versions
from crm.records.act import origin
from crm.views.refusals import permission_denied


class PersonMiddleware(AuthenticationMiddleware):
    """Sets request.user, the language, the zone and the rights version.

    Signed-in pages are never kept by caches. Somebody who must change the password gets no
    other page, and somebody outside the networks of his roles gets none at all.
    """

    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        visitor = visitor_of(request)
        session: Any = request.session
        session.address, session.agent = visitor.address, visitor.agent
        person = person_of(session)
        request.user = person or AnonymousUser()
        with ExitStack() as stack:
            request_id = getattr(request, "request_id", "")
            stack.enter_context(origin(request_id, visitor.address))
            if person is not None or "Authorization" in request.headers:
                stack.enter_context(held_versions())
            stack.enter_context(translation.override(language_of(request, person)))
            stack.enter_context(timezone.override(person.zone if person else None))
            if person is None:
                return self._answer(request)
            session.touch()
            if not is_network_allowed(person, visitor.address):
                raise PermissionDenied
            if person.must_change_password and not _may_see_anyway(request):
                return HttpResponseRedirect(reverse("me-password"))
            response = self._viewing(request, person) or self._answer(request)
            if not response.has_header("Cache-Control"):
                response["Cache-Control"] = "private, no-store"
            return response

    def _viewing(self, request: HttpRequest, viewer: User) -> HttpResponse | None:
        """Put the person who is viewed as in the viewer's place; an answer if that ends it all."""
        session: Any = request.session
        if viewing.KEY not in session:
            return None
        if request.path in {reverse("logout"), reverse("view-as-leave")}:
            viewing.end_viewing(session, viewer)
            return None
        target = viewing.viewed_by(session, viewer)
        if target is None:  # whatever was asked for was asked for as somebody else: not done
            viewing.end_viewing(session, viewer)
            return HttpResponseRedirect("/")
        request.user = target
        request.viewing = {  # type: ignore[attr-defined]
            "label": target.display_name, "is_role": target.pk < 0,
            "leave_url": reverse("view-as-leave"),
        }  # fmt: skip
        reason = viewing.refusal_of(request)
        if reason:
            return permission_denied(request, PermissionDenied(reason))
        viewing.note_page(viewer, target, request.path)
        return None

    def _answer(self, request: HttpRequest) -> HttpResponse:
        response = cast(HttpResponse, self.get_response(request))
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response


def person_of(session: SessionStore) -> User | None:
    """Who is signed in with this session; a session of another stamp or password is thrown away."""
    if SESSION_KEY not in session:
        return None
    user = session.person
    if user is not None and user.is_active and _is_bound(session, user):
        return user
    session.flush()
    return None


def _is_bound(session: SessionStore, user: User) -> bool:
    if str(user.pk) != str(session[SESSION_KEY]):
        return False
    bound = session.get(HASH_SESSION_KEY, "")
    current = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(bound, one) for one in current)


def language_of(request: HttpRequest, person: User | None) -> str:
    """The person's language; before sign-in the cookie's or the browser's."""
    if person is not None and person.language in dict(settings.LANGUAGES):
        return person.language
    return translation.get_language_from_request(request)


def _may_see_anyway(request: HttpRequest) -> bool:
    return request.path in {reverse("me-password"), reverse("logout"), reverse("preferences")}
