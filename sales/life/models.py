"""The stage of a customer's life: the rules that set it, every move, and what is held by hand."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sales.customers.models import Customer


class StageRule(models.Model):
    """One line of the list: customers who meet `condition` stand at `stage`; the first one wins.

    `condition` is a tree of the query language. A rule that `overrules` moves also those whose
    stage a person has set; others leave these alone.
    """

    position = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(_("stage"), max_length=20)
    condition = models.JSONField(default=dict)
    overrules = models.BooleanField(default=False)
    is_on = models.BooleanField(default=False)

    class Meta:
        db_table = "sales_stage_rule"
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.stage


class StageMove(models.Model):
    """A customer went from one stage to another: by a person, or by a rule."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    from_stage = models.CharField(max_length=20)
    to_stage = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)
    rule = models.ForeignKey(StageRule, null=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        db_index=False, related_name="+",
    )  # fmt: skip

    class Meta:
        db_table = "sales_stage_move"
        indexes = [
            models.Index(F("customer"), F("at").desc(), name="stage_move_customer"),
            models.Index(F("at").desc(), F("id").desc(), name="stage_move_at"),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"


class StageHold(models.Model):
    """A customer whose stage a person has set last; gone when a rule may decide again."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        db_index=False, related_name="+",
    )  # fmt: skip
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "sales_stage_hold"

    def __str__(self) -> str:
        return f"held {self.customer_id}"


class StageRun(models.Model):
    """The rules applied to all customers on one day of the company: once, by whoever holds it.

    `cursor` is the last id that was looked at; a run whose lease ran out goes on from there.
    """

    day = models.DateField(unique=True)
    cursor = models.BigIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sales_stage_run"

    def __str__(self) -> str:
        return f"{self.day}: {self.moved}"
