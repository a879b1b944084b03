"""What the operation of the product remembers in PostgreSQL."""

from django.db import models
from django.utils import timezone


class Pause(models.Model):
    """While the one row stands here, nothing is done in the background.

    A restore writes it before the first row of the old data: mails, rules and jobs that were
    waiting then wait until an administrator has looked and releases them.
    """

    reason = models.CharField(max_length=200)
    began_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "crm"
        db_table = "crm_pause"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="crm_pause_only_one")]

    def __str__(self) -> str:
        return self.reason


class Written(models.Model):
    """When a person last wrote, kept where there is a replica that may not know it yet."""

    person_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "crm"
        db_table = "crm_written"

    def __str__(self) -> str:
        return str(self.person_id)


class Pulse(models.Model):
    """When a worker last did what beat told it: the whole chain from beat to worker works."""

    worker = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "crm"
        db_table = "crm_pulse"

    def __str__(self) -> str:
        return self.worker
