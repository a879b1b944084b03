"""Later work of sign-in. Each may run twice, late or half."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.models import ApiToken, KnownDevice, PasswordReset, SignInAttempt
from accounts.services.fields import purge_fields
from accounts.sessions import SessionStore
from accounts.signin.devices import DEVICE_COOKIE_SECONDS
from accounts.signin.resets import handle_reset, waiting_resets

KEEP_ATTEMPTS = timedelta(days=365)


@shared_task(time_limit=60)
def send_reset(reset_id: int) -> None:
    """Send the mail of one request for a new password."""
    handle_reset(reset_id)


@shared_task(time_limit=300)
def send_waiting_resets() -> None:
    """Send what was left behind while no worker or broker was there; every SWEEP_SECONDS."""
    for reset_id in waiting_resets().values_list("pk", flat=True)[:200]:
        handle_reset(reset_id)


@shared_task(time_limit=600)
def clear_sign_in() -> None:
    """Throw away dead sessions, devices, resets and old attempts; every day."""
    now = timezone.now()
    SessionStore.clear_expired()
    PasswordReset.objects.filter(created_at__lt=now - timedelta(days=1)).delete()
    unseen = now - timedelta(seconds=DEVICE_COOKIE_SECONDS)
    KnownDevice.objects.filter(seen_at__lt=unseen).delete()
    SignInAttempt.objects.filter(at__lt=now - KEEP_ATTEMPTS).delete()
    ApiToken.objects.filter(revoked_at__lt=now - KEEP_ATTEMPTS).delete()


@shared_task(time_limit=6 * 3600)
def clear_fields() -> None:
    """Take fields whose time in the bin is up out of all records, and old values; every day."""
    purge_fields()
