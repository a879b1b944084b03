"""What was merged into a record is found without reading the table."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0028_field_files")]

    operations = [
        AddIndexConcurrently(
            "customrecord",
            models.Index(
                models.F("merged_into"),
                name="customrec_merged",
                condition=models.Q(("merged_into__isnull", False)),
            ),
        ),
        AddIndexConcurrently(
            "followup",
            models.Index(
                models.F("merged_into"),
                name="follow_up_merged",
                condition=models.Q(("merged_into__isnull", False)),
            ),
        ),
    ]
