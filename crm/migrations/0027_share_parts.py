from django.db import migrations, models


class Migration(migrations.Migration):
    """The part that a collaborator has in a record of a module made by administrators."""

    dependencies = [
        ("crm", "0026_layouts"),
    ]

    operations = [
        migrations.AddField(
            model_name="customrecordgroupshare",
            name="part",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.AddField(
            model_name="customrecordshare",
            name="part",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
    ]
