"""Browsers in which a person once signed in: an own budget of tries, and maybe no second factor."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import KnownDevice, User
from accounts.models.signin import digest
from accounts.signin.visitors import (
    DEVICE_COOKIE,
    DEVICE_COOKIE_SECONDS,
    DEVICE_SALT,
    Visitor,
)

TRUST = timedelta(days=14)


def known_device(user: User | None, visitor: Visitor) -> KnownDevice | None:
    """The visitor's browser if this person has signed in with it under the current stamp."""
    if user is None or not visitor.device_token:
        return None
    return KnownDevice.objects.filter(
        user=user, token_hash=digest(visitor.device_token), stamp=user.security_stamp
    ).first()


def is_trusted(device: KnownDevice | None) -> bool:
    """Whether the second factor is not asked in this browser."""
    return bool(device and device.trusted_until and device.trusted_until > timezone.now())


def remember_device(user: User, visitor: Visitor, *, trust: bool) -> str:
    """Note a sign-in with this browser; `trust` spares it the second factor for 14 days.

    Answers with the token for the cookie.
    """
    now = timezone.now()
    token = visitor.device_token or secrets.token_urlsafe(32)
    values = {"stamp": user.security_stamp, "agent": visitor.agent, "seen_at": now}
    device = known_device(user, visitor)
    if trust:
        values["trusted_until"] = now + TRUST
    elif device is None:
        values["trusted_until"] = None  # it may be left from an older stamp
    KnownDevice.objects.update_or_create(user=user, token_hash=digest(token), defaults=values)
    return token


def set_device_cookie(response: HttpResponse, token: str) -> None:
    """Give the browser its token."""
    response.set_signed_cookie(
        DEVICE_COOKIE,
        token,
        salt=DEVICE_SALT,
        max_age=DEVICE_COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
