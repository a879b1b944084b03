"""Files on records: the row says what it is, the storage holds it under a random name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.records.children import Child, child_history, child_index
from crm.records.models import person


class Attachment(Child):
    """A file that hangs on a record."""

    name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size"))
    stored = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    added_by = person(editable=False, db_index=False)  # whose quota it counts in

    history = child_history("crm_attachment_history", "stored", "added_by")

    class Meta(Child.Meta):
        app_label = "crm"
        db_table = "crm_attachment"
        indexes = [
            child_index("crm_attachment_record"),
            models.Index("added_by", name="crm_attachment_person"),
        ]

    def __str__(self) -> str:
        return self.name
