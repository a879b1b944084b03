"""Roles: bundles of rights given to people, positions or teams. Roles add up."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import lazystr
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from accounts.models.structure import Position, Team
from crm.access.grants import SCOPE_LABELS, STATE_LABELS, ScopeName, State

ROLE_NAME = RegexValidator(
    r"^[a-z][a-z0-9-]*\Z", _("Begin with a small letter; use small letters, digits and hyphens.")
)


def is_network(text: str) -> bool:
    """Whether the text is an address or a network such as 10.1.0.0/16."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


class _Label:
    """Shows a role in the language of the moment."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def __str__(self) -> str:
        return self._role.label


class Role(models.Model):
    """What somebody in this part may do. `labels` has a text per language code."""

    name = models.CharField(_("Short name"), max_length=50, unique=True, validators=[ROLE_NAME])
    labels = models.JSONField(_("Labels"), default=dict, blank=True)
    description = models.CharField(_("Description"), max_length=200, blank=True)
    view_all = models.BooleanField(_("May view all records"), default=False)
    edit_all = models.BooleanField(_("May edit all records"), default=False)
    administer = models.BooleanField(_("Administers"), default=False)
    networks = ArrayField(
        models.CharField(max_length=50),
        verbose_name=_("Allowed networks"),
        default=list,
        blank=True,
        validators=[MaxLengthValidator(50)],
        help_text=_("As 10.0.0.0/8. Empty means everywhere."),
    )
    is_shipped = models.BooleanField(default=False, editable=False)
    rank = models.PositiveSmallIntegerField(
        _("Order"),
        default=100,
        help_text=_("Whoever has several roles gets the layouts of the first in this order."),
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ["rank", "id"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The label in the reader's language, else the company's, else the short name."""
        for language in (get_language(), settings.LANGUAGE_CODE):
            if text := self.labels.get(language):
                return str(text)
        return self.name

    @property
    def lazy_label(self) -> str:
        """The label, picked when it is shown."""
        return lazystr(_Label(self))  # type: ignore[return-value]


class RoleHolder(models.Model):
    """Who has a role: exactly one of a person, a position and a team."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="holders")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="held_roles",
    )
    position = models.ForeignKey(
        Position, models.CASCADE, null=True, blank=True, related_name="held_roles"
    )
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="held_roles")

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(user__isnull=False, position=None, team=None)
                    | Q(user=None, position__isnull=False, team=None)
                    | Q(user=None, position=None, team__isnull=False)
                ),
                name="role_holder_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["role", "user", "position", "team"],
                name="role_held_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} held by {self.user_id or self.position_id or self.team_id}"


class RoleRight(models.Model):
    """How far a role may do one thing in one module. No row means none."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="rights")
    module = models.CharField(max_length=64)
    action = models.CharField(max_length=32)
    scope = models.CharField(
        max_length=10, choices=[(name.value, SCOPE_LABELS[name]) for name in ScopeName]
    )

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "module", "action"], name="role_right_once"),
            models.CheckConstraint(
                condition=Q(scope__in=[name.value for name in ScopeName]), name="role_right_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.action} {self.scope}"


class RoleField(models.Model):
    """What a role may do with one field. No row means hidden, and that nobody has decided yet."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="fields")
    module = models.CharField(max_length=64)
    field = models.CharField(max_length=130)  # "phones" or, for a member, "phones.number"
    state = models.PositiveSmallIntegerField(
        choices=[(state.value, STATE_LABELS[state]) for state in State]
    )
    only_when_empty = models.BooleanField(default=False)

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "module", "field"], name="role_field_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="role_field_state"
            ),
            models.CheckConstraint(
                condition=Q(only_when_empty=False) | Q(state=State.EDIT.value),
                name="role_field_only_when_empty_is_edit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.module}.{self.field} {State(self.state).name.lower()}"
