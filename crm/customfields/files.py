"""Files that are values of added fields: the row says what and where, the storage has the bytes."""

from django.conf import settings
from django.db import models
from django.utils import timezone

FILE = "file"  # the kind of field
MOST_IN_A_FIELD = 10
LARGEST = 20 * 1024 * 1024  # of one file, wherever it hangs


class FieldFile(models.Model):
    """A file that was uploaded for one field of one module.

    It hangs on no record until a write names it, and is `dropped_at` the moment when its record
    named it no more. Rows are bound and dropped by the follower of all writes, by nobody else
    (crm/records/field_files.py).
    """

    module = models.CharField(max_length=40, editable=False)
    field = models.CharField(max_length=40, editable=False)
    record_id = models.BigIntegerField(null=True, editable=False)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    stored = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(  # whose quota it counts in
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, editable=False
    )
    dropped_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        app_label = "crm"
        db_table = "crm_field_file"
        indexes = [
            models.Index("module", "record_id", name="crm_field_file_record"),
            models.Index(
                "id", name="crm_field_file_loose",
                condition=models.Q(record_id=None) | models.Q(dropped_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name
