"""The index of “whom do I serve”, made while the table is in use."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("sales", "0007_service_person")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                models.F("service_person"),
                models.OrderBy(models.F("changed_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("deleted_at__isnull", True), ("service_person__isnull", False)),
                name="customer_service",
            ),
        ),
    ]
