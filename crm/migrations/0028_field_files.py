"""Added fields of the kind “file”: how many files, which endings, and the files themselves."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0027_share_parts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "fielddefinition", "most_files", models.PositiveSmallIntegerField(default=1)
        ),
        migrations.AddField(
            "fielddefinition", "endings", models.JSONField(default=list, blank=True)
        ),
        migrations.CreateModel(
            "FieldFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("module", models.CharField(editable=False, max_length=40)),
                ("field", models.CharField(editable=False, max_length=40)),
                ("record_id", models.BigIntegerField(editable=False, null=True)),
                ("name", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField()),
                ("stored", models.CharField(editable=False, max_length=120)),
                ("sha256", models.CharField(editable=False, max_length=64)),
                (
                    "added_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("dropped_at", models.DateTimeField(editable=False, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "crm_field_file",
                "indexes": [
                    models.Index(
                        models.F("module"), models.F("record_id"), name="crm_field_file_record"
                    ),
                    models.Index(
                        models.F("id"),
                        condition=models.Q(record_id=None) | models.Q(dropped_at__isnull=False),
                        name="crm_field_file_loose",
                    ),
                ],
            },
        ),
    ]
