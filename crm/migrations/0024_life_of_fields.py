"""What a field was before, what is being made of it, and when it was deleted."""

from django.db import migrations, models


def number() -> models.Field:
    return models.PositiveSmallIntegerField(default=0)


class Migration(migrations.Migration):
    dependencies = [("crm", "0023_shared_keys_found")]

    operations = [
        migrations.AddField("fielddefinition", "generation", number()),
        migrations.AddField("fielddefinition", "last_generation", number()),
        migrations.AddField(
            "fielddefinition", "preparing", models.CharField(blank=True, max_length=40)
        ),
        migrations.AddField("fielddefinition", "past", models.JSONField(default=list)),
        migrations.AddField("fielddefinition", "litter", models.JSONField(default=list)),
        migrations.AddField("fielddefinition", "is_fast", models.BooleanField(default=False)),
        migrations.AddField("fielddefinition", "deleted_at", models.DateTimeField(null=True)),
    ]
