"""Saved views: a list's address under a name, for oneself or for others."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SavedView(models.Model):
    """Conditions, order and columns of one module's list, as its address says them.

    `state` holds the address' own texts: scope, q, filter (JSON), sort, columns, size, and of a
    board or calendar its layout (crm/lists/shapes.py). It holds no rows and no rights: whoever
    opens the view gets what his own rights give.
    `people` and `groups` (hidden groups of departments and teams) say who else it is for,
    `starts_for` the roles whose people begin with it.
    """

    module = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.JSONField(default=dict)
    people = ArrayField(models.BigIntegerField(), default=list)
    groups = ArrayField(models.BigIntegerField(), default=list)
    is_for_everyone = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=False)
    starts_for = ArrayField(models.BigIntegerField(), default=list)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "crm"
        db_table = "crm_saved_view"
        ordering = ["name", "id"]
        indexes = [
            models.Index(
                fields=["module", "owner"],
                name="crm_saved_view_owner",
                condition=Q(deleted_at=None),
            ),
            GinIndex(fields=["groups"], name="crm_saved_view_groups"),
        ]

    def __str__(self) -> str:
        return self.name


class StartView(models.Model):
    """The view that a person's list of a module begins with; without one, what his role says.

    An empty `view` is the plain list, chosen against the role's.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    module = models.CharField(max_length=40)
    view = models.ForeignKey(SavedView, models.CASCADE, null=True, related_name="+")

    class Meta:
        app_label = "crm"
        db_table = "crm_start_view"
        constraints = [models.UniqueConstraint("user", "module", name="crm_start_view_once")]

    def __str__(self) -> str:
        return f"{self.module} {self.user_id}"
