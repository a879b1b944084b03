"""What came of holding the product against its own rules, run by run."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Proof(models.Model):
    """One run of `prove_rights`. `findings` tell place and kind by ids, no record's values."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    seconds = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    records = models.PositiveIntegerField()
    cells = models.PositiveIntegerField()
    answers = models.PositiveIntegerField()
    probes = models.PositiveBigIntegerField()
    found = models.PositiveIntegerField()
    unreached = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)

    class Meta:
        app_label = "accounts"
        db_table = "accounts_proof"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}: {self.found} of {self.probes}"

    @property
    def bound(self) -> float:
        """Where nothing was found, the share of wrong answers lies below this, 95 times in 100."""
        return 3 / self.probes if self.probes else 1.0
