"""Who works here."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.grants import rights_of
from accounts.models.roles import Role
from accounts.models.structure import Department, Membership, Position
from crm.access.grants import Grants

# No "@": a user name must never look like somebody else's mail address.
USERNAME = RegexValidator(r"^[\w.\-]+\Z", _("Use letters, digits, dot, hyphen and underscore."))


def new_stamp() -> str:
    """A fresh security stamp; whatever was bound to the old one is dead."""
    return get_random_string(32)


class UserManager(BaseUserManager["User"]):
    """Finds and makes people."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username or "")

    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        """A person without rights, unaudited: for tests and loaders only."""
        user = self.model(username=username, **fields)
        user.email = self.normalize_email(user.email)
        user.display_name = user.display_name or username
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in. Never a customer."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMPACT = "compact", _("Compact")
        NORMAL = "normal", _("Normal")
        COSY = "cosy", _("Cosy")

    class Navigation(models.TextChoices):
        FULL = "full", _("Wide")
        RAIL = "rail", _("Narrow")

    username = models.CharField(_("User name"), max_length=64, unique=True, validators=[USERNAME])
    display_name = models.CharField(_("Name"), max_length=100)
    email = models.EmailField(_("Mail"), blank=True)
    phone = models.CharField(_("Phone"), max_length=32, blank=True)
    employee_number = models.CharField(_("Employee number"), max_length=32, blank=True)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("Main department"),
    )
    position = models.ForeignKey(
        Position,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("Position"),
    )
    departments = models.ManyToManyField(
        Department, through=Membership, related_name="further_people"
    )
    language = models.CharField(
        _("Language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    theme = models.CharField(_("Theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    density = models.CharField(_("Density"), max_length=7, choices=Density, default=Density.NORMAL)
    navigation = models.CharField(
        _("Navigation"), max_length=4, choices=Navigation, default=Navigation.FULL
    )
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)
    must_change_password = models.BooleanField(_("Must change the password"), default=False)
    security_stamp = models.CharField(max_length=32, default=new_stamp, editable=False)
    password_changed_at = models.DateTimeField(null=True, editable=False)
    signed_in_at = models.DateTimeField(_("Last sign-in"), null=True, editable=False)
    toured_at = models.DateTimeField(null=True, editable=False)  # saw or refused the tour
    created_at = models.DateTimeField(_("Created"), auto_now_add=True)
    deactivated_at = models.DateTimeField(null=True, editable=False)
    last_login = None  # type: ignore[assignment]  # Django would write a history row per sign-in

    history = HistoricalRecords(
        excluded_fields=[
            "password",
            "security_stamp",
            "signed_in_at",
            "password_changed_at",
            "toured_at",
        ]
    )
    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        ordering = ["display_name", "id"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_once_in_any_case",
                violation_error_message=_("This user name is taken."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="user_email_once",
                violation_error_message=_("Somebody else uses this mail address."),
            ),
            models.UniqueConstraint(
                fields=["phone"],
                condition=~Q(phone=""),
                name="user_phone_once",
                violation_error_message=_("Somebody else uses this phone."),
            ),
            models.UniqueConstraint(
                fields=["employee_number"],
                condition=~Q(employee_number=""),
                name="user_employee_number_once",
                violation_error_message=_("This employee number is taken."),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this person reads times."""
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    def grants(self, module_name: str) -> Grants:
        """What this person may do in one module, all roles united; obeys the last commit."""
        return rights_of(self.pk).grants(module_name)

    @staticmethod
    def role_label(name: str) -> str:
        """What a role is called in the reader's language; its short name once it is gone."""
        role = Role.objects.filter(name=name).first()
        return role.label if role else name

    def teammates(self) -> frozenset[int]:
        """The ids of the members of this person's teams, his own included."""
        return rights_of(self.pk).teammates

    def department_ids(self) -> frozenset[int]:
        """The ids of the departments that this person is in."""
        return rights_of(self.pk).departments

    @property
    def may_administer(self) -> bool:
        """Whether the setup pages are open to this person."""
        return rights_of(self.pk).administer

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Binds sessions to password and security stamp."""
        bound = f"{self.password}:{self.security_stamp}"
        return salted_hmac("accounts.session", bound, secret=secret, algorithm="sha256").hexdigest()
