"""The keys to the API."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.models.signin import digest
from accounts.signin.flow import is_network_allowed
from crm.records.addresses import address_of
from crm.records.audit import record_audit
from crm.records.errors import Invalid

MARK = "kyt_"  # so that scanners of leaked secrets know one
SHOWN = 12
NOTE_USE_EVERY = timedelta(minutes=1)
MOST_TOKENS = 50
SIGN_IN_NAME = "auth/token"
MOST_SIGN_IN_TOKENS = 200
SIGN_IN_TOKEN_LIVES = timedelta(days=30)


@transaction.atomic
def create_token(
    *,
    actor: User,
    name: str,
    scope: str = ApiToken.Scope.READ,
    modules: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token of one's own; its text is told here once and never again."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    if scope not in ApiToken.Scope.values:
        raise Invalid(fields={"scope": [_("There is no such scope.")]})
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid(fields={"expires_at": [_("This time has passed.")]})
    if live_tokens(user).exclude(name=SIGN_IN_NAME).count() >= MOST_TOKENS:
        raise Invalid(_("You have too many tokens; revoke some first."))
    token, secret = _store(user, name.strip()[:100], scope, expires_at, modules)
    detail = {"token": token.pk, "name": token.name, "scope": scope, "modules": modules}
    record_audit(actor=user, action="token.create", detail=detail)
    return token, secret


@transaction.atomic
def create_sign_in_token(user: User, scope: str, expires_at: datetime) -> str:
    """A token for a program that signed in with name and password; the oldest ones give way."""
    user = User.objects.select_for_update().get(pk=user.pk)
    same = live_tokens(user).filter(name=SIGN_IN_NAME)
    surplus = same.values_list("pk", flat=True)[MOST_SIGN_IN_TOKENS - 1 :]
    ApiToken.objects.filter(pk__in=list(surplus)).update(revoked_at=timezone.now())
    token, secret = _store(user, SIGN_IN_NAME, scope, expires_at)
    record_audit(actor=user, action="sign_in", detail={"user": user.pk, "token": token.pk})
    return secret


def _store(
    user: User, name: str, scope: str, expires_at: datetime | None, modules: list[str] | None = None
) -> tuple[ApiToken, str]:
    secret = MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        token_hash=digest(secret),
        prefix=secret[:SHOWN],
        scope=scope,
        modules=modules or None,
        expires_at=expires_at,
        stamp=user.security_stamp,
    )
    return token, secret


@transaction.atomic
def revoke_token(*, actor: User, token_id: int) -> bool:
    """End a token of one's own."""
    live = ApiToken.objects.filter(pk=token_id, user=actor, revoked_at=None)
    if not live.update(revoked_at=timezone.now()):
        return False
    record_audit(actor=actor, action="token.revoke", detail={"token": token_id})
    return True


def live_tokens(user: User) -> QuerySet[ApiToken]:
    """The person's tokens that still open the door."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiToken.objects.filter(unexpired, user=user, revoked_at=None, stamp=user.security_stamp)


def token_of(secret: str) -> ApiToken | None:
    """The live token with this text, its owner loaded."""
    token = ApiToken.objects.select_related("user").filter(token_hash=digest(secret)).first()
    if token is None or not token.is_live(timezone.now()):
        return None
    return token


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`; sets request.user and, as request.auth, the token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The owner and the token; None without the header. Raises AuthenticationFailed."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        token = token_of(parts[1].decode("ascii", "replace")) if len(parts) == 2 else None
        if token is None:
            raise AuthenticationFailed(_("This token is not valid."))
        if not is_network_allowed(token.user, address_of(request._request)):
            raise PermissionDenied(_("Your roles do not allow sign-in from this network."))
        if token.user.must_change_password:
            raise PermissionDenied(_("Change your password first."))
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes a missing or dead token a 401."""
        return "Bearer"


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - NOTE_USE_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


class TokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes tokens."""

    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """OpenAPI's words for it."""
        return {"type": "http", "scheme": "bearer"}
