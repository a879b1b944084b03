"""New passwords: checked, remembered, and everything bound to the old one ended."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from accounts.models import PastPassword, User
from accounts.models.people import new_stamp
from accounts.services.act import Actor, change_of_rights, note, save_as
from crm.records.errors import Invalid

REMEMBERED = 5
LONGEST = 200  # what is hashed takes time


class NotUsedBefore:
    """Refuses the current password and the last five; listed in AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ValidationError when the person has had this password lately."""
        if user is None or user.pk is None:
            return
        past = user.past_passwords.values_list("password", flat=True)[:REMEMBERED]
        if any(check_password(password, known) for known in {user.password, *past}):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return _("Your password can't be one of your last five.")


def require_good_password(user: User, password: str, field: str = "password") -> None:
    """Raises Invalid unless the policy allows this password for this person."""
    if len(password) > LONGEST:
        raise Invalid(fields={field: [_("This password is too long.")]})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={field: list(error.messages)}) from None


@transaction.atomic
def change_password(*, actor: User, user: User, password: str) -> None:
    """Give a person a new password: by himself, or by the holder of a reset link.

    Sessions, known devices, API tokens and reset links end; the caller signs in anew.
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    require_good_password(locked, password)
    _write(locked, password, must_change=False)
    save_as(actor, locked)
    end_everything(locked)
    note(actor, "password.change", user=locked.pk)
    user.refresh_from_db()


def set_temporary_password(*, actor: Actor, user: User) -> str:
    """Give a person a password that must be changed at the next sign-in; answers with it."""
    password = get_random_string(14)
    with change_of_rights(actor):
        locked = User.objects.select_for_update().get(pk=user.pk)
        _write(locked, password, must_change=True)
        save_as(actor, locked)
        end_everything(locked)
        note(actor, "password.temporary", user=locked.pk)
    user.refresh_from_db()
    return password


def _write(user: User, password: str, must_change: bool) -> None:
    user.password = make_password(password)
    user.security_stamp = new_stamp()
    user.password_changed_at = timezone.now()
    user.must_change_password = must_change
    PastPassword.objects.create(user=user, password=user.password)
    kept = user.past_passwords.values_list("pk", flat=True)[:REMEMBERED]
    user.past_passwords.exclude(pk__in=list(kept)).delete()


def end_everything(user: User) -> None:
    """End sessions, known devices, tokens and reset links; the stamp has changed already."""
    now = timezone.now()
    user.sessions.all().delete()
    user.known_devices.all().delete()
    user.api_tokens.filter(revoked_at=None).update(revoked_at=now)
    user.password_resets.filter(used_at=None).update(used_at=now)
