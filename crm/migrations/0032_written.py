"""When people last wrote, for reading from a replica."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0031_operation")]

    operations = [
        migrations.CreateModel(
            "Written",
            fields=[
                ("person_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "crm_written"},
        ),
    ]
