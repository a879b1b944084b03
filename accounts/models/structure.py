"""How the company is built: departments, positions and teams."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Position(models.Model):
    """A post that people hold, such as regional manager; roles may be given to it."""

    name = models.CharField(_("Name"), max_length=100, unique=True)
    order = models.PositiveIntegerField(_("Order"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["order", "id"]
        verbose_name = _("position")
        verbose_name_plural = _("positions")

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A node of the company's tree. `path` lists the ids from the root down to itself: /1/7/31/."""

    name = models.CharField(_("Name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("Belongs to"),
    )
    path = models.CharField(max_length=255, blank=True, editable=False)
    manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_departments",
        verbose_name=_("Manager"),
    )
    order = models.PositiveIntegerField(_("Order"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)
    group = models.OneToOneField(
        Group, models.PROTECT, null=True, editable=False, related_name="department"
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ["order", "id"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        indexes = [
            models.Index(fields=["path"], name="department_path", opclasses=["varchar_pattern_ops"])
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="department_name_once_below_parent",
                nulls_distinct=False,
                violation_error_message=_("There is a department of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=models.F("id")),
                name="department_not_own_parent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def ancestor_ids(self) -> list[int]:
        """The ids from the root down to this department itself."""
        return [int(part) for part in self.path.split("/") if part]

    @property
    def depth(self) -> int:
        """1 for a root."""
        return len(self.ancestor_ids)


class Membership(models.Model):
    """A further department of a person, beside the main one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships")

    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "department"], name="membership_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.department_id}"


class Team(models.Model):
    """People of several departments who work on something together and see each other's records."""

    name = models.CharField(_("Name"), max_length=100, unique=True)
    purpose = models.CharField(_("Purpose"), max_length=200, blank=True)
    is_active = models.BooleanField(_("Active"), default=True)
    group = models.OneToOneField(
        Group, models.PROTECT, null=True, editable=False, related_name="team"
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="TeamMember", related_name="teams"
    )

    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A person in a team."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="team_memberships"
    )
    is_leader = models.BooleanField(_("Leads the team"), default=False)

    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"
