"""Sign-in: sessions, attempts, known devices, second factor, resets and API tokens.

Every secret here is stored as a hash only.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


def digest(secret: str) -> str:
    """SHA-256 in hex. Enough for our own random secrets of at least 128 bits, not for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


class UserSessionManager(BaseSessionManager):
    """Sessions as Django wants them."""

    use_in_migrations = True


class UserSession(AbstractBaseSession):
    """One browser that is signed in (or about to). `session_key` is the digest of the cookie."""

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    address = models.GenericIPAddressField(_("Address"), null=True)
    agent = models.CharField(_("Device"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("Signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("Last seen"), default=timezone.now)

    objects = UserSessionManager()  # type: ignore[misc]

    class Meta:
        indexes = [models.Index(fields=["user", "-seen_at"], name="session_of_user")]

    @classmethod
    def get_session_store_class(cls) -> type:
        raise NotImplementedError("Read sessions through settings.SESSION_ENGINE.")


class SignInAttempt(models.Model):
    """One try to sign in, and the memory of the throttle.

    `account` is the digest of what was typed as name: people type passwords there by mistake.
    A row is written as pending before the secret is checked, so parallel guesses count.
    """

    class Kind(models.TextChoices):
        PASSWORD = "password", _("Password")
        CODE = "code", _("Second factor")
        RESET = "reset", _("Password reset")
        TOKEN = "token", _("API token request")

    class Result(models.TextChoices):
        PENDING = "pending", _("Under way")
        SUCCESS = "success", _("Signed in")
        CODE_NEEDED = "code", _("Password right, second factor asked")
        FAILED = "failed", _("Wrong")
        THROTTLED = "throttled", _("Too many tries")
        INACTIVE = "inactive", _("Account closed")
        NETWORK = "network", _("Network not allowed")
        SENT = "sent", _("Mail sent")

    at = models.DateTimeField(_("Time"), default=timezone.now)
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind)
    result = models.CharField(_("Result"), max_length=10, choices=Result, default=Result.PENDING)
    account = models.CharField(max_length=64)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="attempts")
    address = models.GenericIPAddressField(_("Address"), null=True)
    agent = models.CharField(_("Device"), max_length=200, blank=True)
    device = models.ForeignKey("KnownDevice", models.SET_NULL, null=True, related_name="attempts")

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["account", "at"], name="attempt_by_account"),
            models.Index(fields=["address", "at"], name="attempt_by_address"),
            models.Index(fields=["-at", "-id"], name="attempt_by_time"),
            models.Index(fields=["user", "-at"], name="attempt_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.result} {self.at:%Y-%m-%d %H:%M}"


class KnownDevice(models.Model):
    """A browser in which a person once signed in; dead when the security stamp changes.

    Until `trusted_until` it needs no second factor.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="known_devices")
    token_hash = models.CharField(max_length=64)
    stamp = models.CharField(max_length=32)
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    trusted_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_hash", "user"], name="known_device_once")
        ]

    def __str__(self) -> str:
        return self.agent


class RecoveryCode(models.Model):
    """One way in without the phone, good once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"code of {self.user_id}"


class PastPassword(models.Model):
    """A password that may not come back soon; hashed like the current one."""

    user = models.ForeignKey(User, models.CASCADE, related_name="past_passwords")
    password = models.CharField(max_length=128)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"password of {self.user_id}"


class PasswordReset(models.Model):
    """A request for a new password by mail, first asked (`typed`), later sent (`token_hash`).

    Asking only writes a row, so that known and unknown names take the same time.
    """

    typed = models.CharField(max_length=254, blank=True)  # emptied when handled
    address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="password_resets")
    token_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  many rows without
    email = models.EmailField(blank=True)
    stamp = models.CharField(max_length=32, blank=True)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"reset {self.pk}"


class ApiToken(models.Model):
    """A key to the API that never reaches further than its owner."""

    class Scope(models.TextChoices):
        READ = "read", _("Read only")
        WRITE = "write", _("Read and write")

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("Name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=12)
    scope = models.CharField(_("Scope"), max_length=5, choices=Scope, default=Scope.READ)
    modules = ArrayField(
        models.CharField(max_length=64),
        verbose_name=_("Modules"),
        null=True,
        blank=True,
        help_text=_("Empty means all modules of its owner."),
    )
    stamp = models.CharField(max_length=32)
    created_at = models.DateTimeField(_("Created"), default=timezone.now)
    expires_at = models.DateTimeField(_("Expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("Last used"), null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}…"

    @property
    def may_write(self) -> bool:
        """Whether this token may change anything."""
        return self.scope == self.Scope.WRITE

    def may_use(self, module_name: str) -> bool:
        """Whether this token reaches a module at all; its owner's rights hold besides."""
        return self.modules is None or module_name in self.modules

    def is_live(self, at: datetime) -> bool:
        """Whether it still opens the door for its owner."""
        unexpired = self.expires_at is None or self.expires_at > at
        same_stamp = self.stamp == self.user.security_stamp
        return unexpired and same_stamp and self.revoked_at is None and self.user.is_active
