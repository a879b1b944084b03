from django.db import migrations, models


class Migration(migrations.Migration):
    """How administrators arrange the fields of a module."""

    dependencies = [
        ("crm", "0025_functions_for_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="LayoutRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("module", models.CharField(max_length=40)),
                ("role", models.BigIntegerField(null=True)),
                ("body", models.JSONField()),
                ("version", models.PositiveIntegerField(default=1)),
            ],
            options={
                "db_table": "crm_layout",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("module", "role"), name="crm_layout_once", nulls_distinct=False
                    )
                ],
            },
        ),
    ]
