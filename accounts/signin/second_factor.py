"""The second factor: time-based codes from a phone, and recovery codes on paper."""

from __future__ import annotations

import secrets

import segno
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import RecoveryCode, User

RECOVERY_CODES = 10
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that looks like something else
LONGEST_CODE = 32


def has_second_factor(user: User) -> bool:
    """Whether the person must give a code when signing in."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


@transaction.atomic
def start_totp(user: User) -> TOTPDevice:
    """The person's not yet confirmed key, made when there is none."""
    User.objects.select_for_update().get(pk=user.pk)
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name=settings.BRAND, confirmed=False)


def qr_code(device: TOTPDevice) -> str:
    """The key as a picture to scan: an SVG data address."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=4, border=2)


def typed_key(device: TOTPDevice) -> str:
    """The key to type where no camera is, in blocks of four."""
    text = device.config_url.partition("secret=")[2].partition("&")[0]
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


@transaction.atomic
def confirm_totp(user: User, code: str) -> list[str] | None:
    """Switch the second factor on when the code is right; answers with the recovery codes."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(code.strip()[:LONGEST_CODE]):
        return None
    TOTPDevice.objects.filter(user=user, confirmed=True).delete()
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return new_recovery_codes(user)


@transaction.atomic
def remove_totp(user: User) -> None:
    """Switch the second factor off."""
    TOTPDevice.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Fresh codes; the old ones are dead. Shown once, stored as keyed hashes."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _sign in range(10)) for _code in range(10)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_code_hash(code)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


@transaction.atomic
def verify_code(user: User, code: str) -> bool:
    """Whether a code is right; each one is right once."""
    code = code.strip()[:LONGEST_CODE]
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is None:
        return False
    if code.isascii() and code.isdigit() and len(code) == device.digits:
        return bool(device.verify_token(code))
    plain = "".join(sign for sign in code.upper() if sign in ALPHABET)
    unused = RecoveryCode.objects.filter(user=user, code_hash=_code_hash(plain), used_at=None)
    return unused.update(used_at=timezone.now()) == 1


def _code_hash(code: str) -> str:
    return salted_hmac("accounts.recovery-code", code, algorithm="sha256").hexdigest()
