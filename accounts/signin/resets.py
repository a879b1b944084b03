"""A new password by mail. Asking only writes a row, whoever is asked for; the rest is a task."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import PasswordReset, User
from accounts.models.signin import digest
from accounts.services.passwords import change_password
from accounts.signin.flow import find_person, new_secret
from accounts.signin.throttle import Kind, Result, Wait, begin, settle
from accounts.signin.visitors import Visitor

VALID = timedelta(hours=1)
LATE = timedelta(minutes=2)  # a mail is on its way or refused by then
LONGEST_NAME = 254
log = logging.getLogger(__name__)


def ask_for_reset(visitor: Visitor, typed: str) -> PasswordReset:
    """Note that somebody wants a new password for this name."""
    return PasswordReset.objects.create(typed=typed.strip()[:LONGEST_NAME], address=visitor.address)


def waiting_resets() -> QuerySet[PasswordReset]:
    """Requests that nobody handles: new ones, and those whose worker died before the mail went.

    A name that was typed stands until the mail is on its way, so that none is lost.
    """
    broken_off = Q(handled_at__lt=timezone.now() - LATE) & ~Q(typed="")
    fresh = timezone.now() - timedelta(hours=1)
    return PasswordReset.objects.filter(Q(handled_at=None) | broken_off, created_at__gt=fresh)


def handle_reset(reset_id: int) -> bool:
    """Send the mail of a request if there is somebody to send it to; a second run does nothing.

    At most five an hour for one person and a hundred from one address. A mail that the server
    does not take waits for `send_waiting_resets`, which tries again for an hour.
    """
    if not waiting_resets().filter(pk=reset_id).update(handled_at=timezone.now()):
        return False
    reset = PasswordReset.objects.get(pk=reset_id)
    typed = reset.typed
    user = find_person(typed)
    visitor = Visitor(reset.address, "")
    attempt = begin(kind=Kind.RESET, visitor=visitor, user=user, typed=reset.typed)
    if isinstance(attempt, Wait) or user is None or not user.is_active or not user.email:
        PasswordReset.objects.filter(pk=reset_id).update(typed="")
        return False
    settle(attempt, Result.SENT)
    token = new_secret()
    reset.user, reset.email, reset.stamp = user, user.email, user.security_stamp
    reset.token_hash = digest(token)
    reset.expires_at = timezone.now() + VALID
    reset.save()
    try:
        _send(user, token)
    except OSError as error:  # SMTPException and the network's errors alike
        log.warning("A mail for a new password waits: %s", error)
        rows = PasswordReset.objects.filter(pk=reset_id)
        rows.update(handled_at=None, typed=typed, token_hash=None, expires_at=None)
        attempt.delete()
        return False
    PasswordReset.objects.filter(pk=reset_id).update(typed="")
    return True


def _send(user: User, token: str) -> None:
    """The link is built from our own address, never from the request's Host."""
    with translation.override(user.language):
        context = {
            "person": user.display_name,
            "company": settings.COMPANY_NAME,
            "url": settings.BASE_URL + reverse("password-reset", args=[token]),
            "minutes": int(VALID.total_seconds() // 60),
        }
        body = render_to_string("accounts/mail/reset.txt", context)
        send_mail(_("Your new password"), body, settings.DEFAULT_FROM_EMAIL, [user.email])


def person_of_reset(token: str) -> User | None:
    """Whose link this is while it is good; wrong, used, expired and outdated look the same."""
    reset = (
        PasswordReset.objects.select_related("user")
        .filter(token_hash=digest(token), used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    user = reset.user if reset else None
    if reset is None or user is None or not user.is_active:
        return None
    same = user.security_stamp == reset.stamp and user.email == reset.email
    return user if same else None


@transaction.atomic
def use_reset(token: str, password: str) -> User | None:
    """Set the new password; None when the link is no longer good. Raises Invalid."""
    user = person_of_reset(token)
    if user is None:
        return None
    unused = PasswordReset.objects.filter(token_hash=digest(token), used_at=None)
    if not unused.update(used_at=timezone.now()):
        return None
    change_password(actor=user, user=user, password=password)
    return user
