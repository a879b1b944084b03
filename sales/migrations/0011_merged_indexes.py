"""What was merged into a customer or contact is found without reading the table."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sales", "0010_share_parts")]

    operations = [
        AddIndexConcurrently(
            "customer",
            models.Index(
                models.F("merged_into"),
                name="customer_merged",
                condition=models.Q(("merged_into__isnull", False)),
            ),
        ),
        AddIndexConcurrently(
            "contact",
            models.Index(
                models.F("merged_into"),
                name="contact_merged",
                condition=models.Q(("merged_into__isnull", False)),
            ),
        ),
    ]
