"""What every view of the API shares: who asks, with which token, and how it is answered."""

from typing import Any, Protocol

from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from crm.access.errors import NotAllowed, NotVisible
from crm.access.policy import Access, access_to
from crm.api.errors import answer_error
from crm.api.limits import CallThrottle
from crm.api.parsing import JSONOnly, StrictJSONParser
from crm.modules.registry import all_modules

LONGEST_PK = 18  # digits that fit a bigint


class Token(Protocol):
    """What the API asks of a token; accounts makes them."""

    @property
    def may_write(self) -> bool:
        """Whether it may change anything."""

    def may_use(self, module_name: str) -> bool:
        """Whether it reaches a module."""


def _authentication() -> list[Any]:
    """Tokens first, so that a missing sign-in is a 401; then our own pages' sessions with CSRF."""
    return [*api_settings.DEFAULT_AUTHENTICATION_CLASSES, SessionAuthentication]


def _token(request: Request) -> Token | None:
    """The token that the call came with; None for a session."""
    found: Any = request.auth
    return found


class ApiView(APIView):
    """A view of the API: JSON only, errors in one shape, never kept by caches.

    `opened` is the door that the call went through, for the answer to a refusal.
    """

    authentication_classes = _authentication()
    permission_classes = [IsAuthenticated]
    throttle_classes = [CallThrottle]
    renderer_classes = [JSONRenderer]
    parser_classes = [StrictJSONParser]
    content_negotiation_class = JSONOnly
    metadata_class = None
    opened: Access | None = None

    def get_exception_handler(self) -> Any:
        """Every error goes through one function."""
        return answer_error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Besides who and how often: a token that only reads changes nothing."""
        super().initial(request, *args, **kwargs)
        token = _token(request)
        if token is not None and request.method not in SAFE_METHODS and not token.may_write:
            raise NotAllowed(_("This token may only read."))

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        """Nothing that a person may see stays in a cache."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        return response

    def reaches(self, module_name: str) -> bool:
        """Whether the token, if one is used, is for this module."""
        token = _token(self.request)
        return token is None or token.may_use(module_name)

    def open(self, module_name: str) -> Access:
        """The person's door to a module. Raises UnknownModule, NotAllowed."""
        access = access_to(self.request.user, module_name)
        if not self.reaches(module_name):
            raise NotAllowed(_("This token is not for this module."))
        self.opened = access
        return access

    def open_doors(self) -> list[Access]:
        """The doors to all modules that the person may view with this token."""
        doors = [access_to(self.request.user, module) for module in all_modules()]
        return [one for one in doors if self.reaches(one.module.name) and one.may("view")]


def pk_of(text: str) -> int:
    """The id in an address. Raises NotVisible for what can't be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_PK):
        raise NotVisible
    return int(text)
