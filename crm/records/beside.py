"""Rows that the write path keeps beside the records: events, keys, numbers, audit."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Event(models.Model):
    """Outbox: one row per record and act. Names of changed fields, never values."""

    act = models.UUIDField()
    module = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    kind = models.CharField(
        max_length=12
    )  # created changed assigned deleted restored undone purged merged
    changed = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        related_name="+", db_index=False,
    )  # fmt: skip
    source = models.CharField(max_length=20)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "crm"
        db_table = "crm_event"
        managed = False  # partitioned by week, which Django cannot say: see the migration

    def __str__(self) -> str:
        return f"{self.kind} {self.module}/{self.record_id}"


class UniqueValue(models.Model):
    """A value that at most one living record of a module holds; the database decides races."""

    pk = models.CompositePrimaryKey("module", "field", "value")
    module = models.CharField(max_length=40)
    field = models.CharField(max_length=40)
    value = models.CharField(max_length=300)
    record_id = models.BigIntegerField()

    class Meta:
        app_label = "crm"
        db_table = "crm_unique_value"
        indexes = [models.Index("module", "record_id", name="crm_unique_value_record")]

    def __str__(self) -> str:
        return f"{self.module}.{self.field}"


class MatchKey(models.Model):
    """A key by which a record may be the same as another: offered, never refused."""

    pk = models.CompositePrimaryKey("module", "rule", "key", "record_id")
    module = models.CharField(max_length=40)
    rule = models.CharField(max_length=20)
    key = models.CharField(max_length=300)
    record_id = models.BigIntegerField()

    class Meta:
        app_label = "crm"
        db_table = "crm_match_key"
        indexes = [models.Index("module", "record_id", name="crm_match_key_record")]

    def __str__(self) -> str:
        return f"{self.module}.{self.rule}"


class SharedKey(models.Model):
    """A near key that several records had when it was written down: where to look for doubles.

    Kept as keys are taken and gone through anew each night; whether it is shared still, and by
    whom, is asked of MatchKey.
    """

    pk = models.CompositePrimaryKey("module", "rule", "key")
    module = models.CharField(max_length=40)
    rule = models.CharField(max_length=20)
    key = models.CharField(max_length=300)

    class Meta:
        app_label = "crm"
        db_table = "crm_shared_key"

    def __str__(self) -> str:
        return f"{self.module}.{self.rule}"


class IdempotencyKey(models.Model):
    """A create that was asked for once: the body's hash and what it led to."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    module = models.CharField(max_length=40)
    record_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "crm"
        db_table = "crm_idempotency_key"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="crm_idempotency_once")]

    def __str__(self) -> str:
        return self.key


class ExternalId(models.Model):
    """The name that another system has for a record."""

    system = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    module = models.CharField(max_length=40)
    record_id = models.BigIntegerField()

    class Meta:
        app_label = "crm"
        db_table = "crm_external_id"
        constraints = [
            models.UniqueConstraint(
                fields=["system", "module", "value"], name="crm_external_id_once"
            )
        ]
        indexes = [models.Index("module", "record_id", name="crm_external_id_record")]

    def __str__(self) -> str:
        return f"{self.system}:{self.value}"


class Merge(models.Model):
    """Records that became one: what was written and what moved, so that it can be taken back.

    `before` and `after` hold the survivor's values by field, as JSON holds them; `moved` what
    came over from each loser. Services read it, no page shows it.
    """

    act = models.UUIDField(unique=True)
    module = models.CharField(max_length=40)
    survivor = models.BigIntegerField()
    losers = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        related_name="+", db_index=False,
    )  # fmt: skip
    at = models.DateTimeField(default=timezone.now)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "crm"
        db_table = "crm_merge"
        indexes = [models.Index("module", "survivor", name="crm_merge_survivor")]

    def __str__(self) -> str:
        return f"{self.module}/{self.survivor}"


class NotDouble(models.Model):
    """Two records of which somebody said that they are not the same: never offered again.

    `low` is the smaller id. `act` holds the pairs together that were said at once.
    """

    module = models.CharField(max_length=40)
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    act = models.UUIDField(db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        related_name="+", db_index=False,
    )  # fmt: skip
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "crm"
        db_table = "crm_not_double"
        constraints = [
            models.UniqueConstraint(fields=["module", "low", "high"], name="crm_not_double_once")
        ]
        indexes = [models.Index("module", "high", name="crm_not_double_high")]

    def __str__(self) -> str:
        return f"{self.module}/{self.low} ≠ {self.high}"


class AuditEntry(models.Model):
    """What people did besides changing records: sign-ins, exports, uncovering, rights."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False,
        related_name="+",
    )  # fmt: skip
    action = models.CharField(max_length=40)
    module = models.CharField(max_length=40, blank=True)
    record_id = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        app_label = "crm"
        db_table = "crm_audit_entry"
        indexes = [
            models.Index(fields=["-at", "-id"], name="crm_audit_at"),
            models.Index(fields=["module", "record_id", "-at"], name="crm_audit_record"),
        ]

    def __str__(self) -> str:
        return f"{self.action} at {self.at}"
