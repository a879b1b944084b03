from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

TABLES = ("address", "attachment", "mail", "mention", "phone", "tag")


class Migration(migrations.Migration):
    """Histories of child rows are read by act and record; indexes made beside running work."""

    atomic = False
    dependencies = [("crm", "0009_file_owners_filled")]

    operations = [
        AddIndexConcurrently(
            model_name="attachment",
            index=models.Index(models.F("added_by"), name="crm_attachment_person"),
        ),
        *[
            AddIndexConcurrently(
                model_name=f"historical{table}",
                index=models.Index(fields=["act", "record_id"], name=f"crm_{table}_acts"),
            )
            for table in TABLES
        ],
        *[
            migrations.AlterField(
                model_name=f"historical{table}", name="act", field=models.UUIDField(null=True)
            )
            for table in TABLES
        ],
    ]
