"""The pause of the background, the pulse of workers, and the request that a job comes from."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0029_merged_indexes")]

    operations = [
        migrations.CreateModel(
            "Pause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={"db_table": "crm_pause"},
        ),
        migrations.AddConstraint(
            "pause",
            models.CheckConstraint(condition=models.Q(("id", 1)), name="crm_pause_only_one"),
        ),
        migrations.CreateModel(
            "Pulse",
            fields=[
                ("worker", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "crm_pulse"},
        ),
        migrations.AddField(
            "job", "cause", models.CharField(max_length=40, default="", db_default="")
        ),
    ]
