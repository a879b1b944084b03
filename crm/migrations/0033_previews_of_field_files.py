"""Files of fields are shown as documents are: a preview is of a version, or of such a file."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0032_written")]

    operations = [
        migrations.AlterField(
            "preview",
            "version",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="preview",
                to="crm.documentversion",
            ),
        ),
        migrations.AddField(
            "preview",
            "field_file",
            models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="crm.fieldfile",
            ),
        ),
        AddConstraintNotValid(
            "preview",
            models.CheckConstraint(
                condition=models.Q(
                    ("version__isnull", True), ("field_file__isnull", True), _connector="XOR"
                ),
                name="crm_document_preview_of_one",
            ),
        ),
        ValidateConstraint("preview", "crm_document_preview_of_one"),
    ]
