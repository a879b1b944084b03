"""Signing in, step by step. Between password and code the session holds a marker, no person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.grants import rights_of
from accounts.models import KnownDevice, User
from accounts.phones import normalise_phone
from accounts.sessions import BEGAN
from accounts.signin.devices import is_trusted, known_device, remember_device
from accounts.signin.second_factor import has_second_factor, verify_code
from accounts.signin.throttle import Kind, Result, Wait, begin, settle, tries_left
from accounts.signin.visitors import Visitor, is_inside, visitor_of
from crm.records.audit import record_audit

PENDING = "_pending"
PENDING_FOR = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Outcome:
    """How a try ended: `result` as in SignInAttempt; `user` only when the password was right."""

    result: str
    user: User | None = None
    wait_seconds: int = 0
    tries_left: int = 0

    @property
    def is_in(self) -> bool:
        """Whether the person may come in now."""
        return self.result == Result.SUCCESS


def find_person(typed: str) -> User | None:
    """Who uses this as user name, mail or phone; closed accounts too."""
    typed = typed.strip()
    if not typed:
        return None
    wanted = Q(username__iexact=typed)
    if "@" in typed:
        wanted |= Q(email__iexact=typed)
    elif phone := normalise_phone(typed):
        wanted |= Q(phone=phone)
    return User.objects.filter(wanted).order_by("pk").first()


def check_password(
    visitor: Visitor, typed: str, password: str, code: str = "", kind: str = Kind.PASSWORD
) -> Outcome:
    """Try a name and a password, with a code if the visitor has one at hand already.

    A right code opens the way past the throttle, since whoever guesses has none.
    """
    user = find_person(typed)
    device = known_device(user, visitor)
    vouched = user is not None and bool(code) and _try_code(visitor, user, device, code)
    attempt = begin(
        kind=kind, visitor=visitor, user=user, typed=typed, device=device, vouched=vouched
    )
    if isinstance(attempt, Wait):
        return Outcome(Result.THROTTLED, wait_seconds=attempt.seconds)
    result = _judge(visitor, user, password, device, vouched)
    settle(attempt, result)
    if result not in (Result.SUCCESS, Result.CODE_NEEDED):
        known = user.username if user else ""
        detail = {"account": known, "result": str(result), "kind": str(kind)}
        record_audit(actor=None, action="sign_in_failed", detail=detail)
    if result in (Result.FAILED, Result.INACTIVE):
        return Outcome(Result.FAILED, tries_left=tries_left(attempt))
    return Outcome(result, user)


def _judge(
    visitor: Visitor,
    user: User | None,
    password: str,
    device: KnownDevice | None,
    vouched: bool,
) -> str:
    if user is None:
        make_password(password)  # as long as a real comparison takes
        return Result.FAILED
    if not user.check_password(password):
        return Result.FAILED
    if not user.is_active:
        return Result.INACTIVE
    if not is_network_allowed(user, visitor.address):
        return Result.NETWORK
    if not vouched and not is_trusted(device) and has_second_factor(user):
        return Result.CODE_NEEDED
    return Result.SUCCESS


def _try_code(visitor: Visitor, user: User, device: KnownDevice | None, code: str) -> bool:
    attempt = begin(kind=Kind.CODE, visitor=visitor, user=user, device=device)
    if isinstance(attempt, Wait):
        return False
    is_right = verify_code(user, code)
    settle(attempt, Result.SUCCESS if is_right else Result.FAILED)
    return is_right


def confirm_password(visitor: Visitor, user: User, password: str) -> Outcome:
    """Ask a signed-in person for the password once more; guessing is slowed down here too."""
    device = known_device(user, visitor)
    attempt = begin(kind=Kind.PASSWORD, visitor=visitor, user=user, device=device)
    if isinstance(attempt, Wait):
        return Outcome(Result.THROTTLED, wait_seconds=attempt.seconds)
    result = Result.SUCCESS if user.check_password(password) else Result.FAILED
    settle(attempt, result)
    return Outcome(result, user, tries_left=tries_left(attempt))


def check_code(visitor: Visitor, user: User, code: str) -> Outcome:
    """Try the second factor of somebody whose password was right."""
    attempt = begin(kind=Kind.CODE, visitor=visitor, user=user, device=known_device(user, visitor))
    if isinstance(attempt, Wait):
        return Outcome(Result.THROTTLED, wait_seconds=attempt.seconds)
    result = Result.SUCCESS if verify_code(user, code) else Result.FAILED
    settle(attempt, result)
    left = 0 if result == Result.SUCCESS else tries_left(attempt)
    return Outcome(result, user, tries_left=left)


def is_network_allowed(user: User, address: str | None) -> bool:
    """Whether the address lies in the networks of every role of this person that names some."""
    return all(is_inside(address, networks) for networks in rights_of(user.pk).networks)


def await_code(session: SessionBase, user: User, *, remember: bool) -> None:
    """Mark in the session that the password was right; nobody is signed in by that."""
    session.cycle_key()
    session[PENDING] = {
        "user": user.pk,
        "bound": user.get_session_auth_hash(),
        "until": (timezone.now() + PENDING_FOR).isoformat(),
        "remember": remember,
    }


def awaited_person(session: SessionBase) -> tuple[User, bool] | None:
    """Who has to give a code in this session, and whether to remember the browser."""
    marker: dict[str, Any] | None = session.get(PENDING)
    if not marker or datetime.fromisoformat(marker["until"]) < timezone.now():
        return None
    user = User.objects.filter(pk=marker["user"], is_active=True).first()
    if user is None or not constant_time_compare(marker["bound"], user.get_session_auth_hash()):
        return None
    return user, bool(marker["remember"])


def enter(request: HttpRequest, user: User, *, remember: bool = False) -> str:
    """Sign the person in: new session key, known browser, log. Answers with the device token."""
    request.session.pop(PENDING, None)
    login(request, user, backend=BACKEND)
    request.session[BEGAN] = timezone.now().isoformat()
    User.objects.filter(pk=user.pk).update(signed_in_at=timezone.now())
    record_audit(actor=user, action="sign_in", detail={"user": user.pk}, request=request)
    return remember_device(user, visitor_of(request), trust=remember)


def new_secret() -> str:
    """256 random bits as text for an address or a header."""
    return secrets.token_urlsafe(32)
