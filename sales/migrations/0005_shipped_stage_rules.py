"""The rules that come with the product, switched off."""

from django.db import migrations

from sales.life.shipped import RULES


def add_rules(apps, schema_editor):
    """Only where nobody has made rules yet."""
    rules = apps.get_model("sales", "StageRule").objects
    if not rules.exists():
        for position, (stage, condition) in enumerate(RULES):
            rules.create(position=position, stage=stage, condition=condition)


class Migration(migrations.Migration):
    dependencies = [("sales", "0004_stages_by_rule")]
    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
