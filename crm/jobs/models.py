"""Long work: what was asked, how far it is, what came of it. PostgreSQL is its memory."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One import, export or bulk change that a person started.

    A worker holds it by `lease_until`; when that passes, another takes over from `cursor`.
    """

    kept_files = ("source", "result")  # columns that name files in the storage

    class State(models.TextChoices):
        DRAFT = "draft", _("being prepared")
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    kind = models.CharField(max_length=20)
    module = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    options = models.JSONField(default=dict)
    act = models.UUIDField(null=True)
    cause = models.CharField(max_length=40, default="", db_default="")  # id of the request
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    cursor = models.JSONField(default=dict)
    detail = models.JSONField(default=dict)
    source = models.CharField(max_length=200, blank=True)  # the name of the given file in storage
    result = models.CharField(max_length=200, blank=True)  # the name of the made file in storage
    result_name = models.CharField(max_length=200, blank=True)
    cancel_asked = models.BooleanField(default=False)
    lease = models.UUIDField(null=True)  # the token of the worker that holds it
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # take-overs since the last progress
    expires_at = models.DateTimeField(null=True)  # when its files go
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "crm"
        db_table = "crm_job"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="crm_job_owner"),
            models.Index("state", "lease_until", name="crm_job_lease"),
        ]

    def __str__(self) -> str:
        return self.title


class JobRow(models.Model):
    """What became of one row of an import: the record it made or changed, or why it was refused."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10)  # created updated skipped refused; checked: near
    module = models.CharField(max_length=40, blank=True)
    record_id = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(null=True)
    before = models.JSONField(null=True)
    reasons = models.JSONField(null=True)
    cells = models.JSONField(null=True)

    class Meta:
        app_label = "crm"
        db_table = "crm_job_row"
        constraints = [
            models.UniqueConstraint(fields=["job", "number", "module"], name="crm_job_row_once")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.number}"


class RememberedMapping(models.Model):
    """How a person last mapped a heading of a file to a field."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    module = models.CharField(max_length=40)
    heading = models.CharField(max_length=200)
    field = models.CharField(max_length=100)

    class Meta:
        app_label = "crm"
        db_table = "crm_remembered_mapping"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "module", "heading"], name="crm_remembered_mapping_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.heading} → {self.field}"
