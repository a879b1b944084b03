from django.db import migrations

FILL = """
UPDATE crm_attachment AS a SET added_by_id = h.history_user_id
FROM crm_attachment_history AS h
WHERE h.id = a.id AND h.history_type = '+' AND a.added_by_id IS NULL
"""


class Migration(migrations.Migration):
    """Who added the files that are there already: their history knows."""

    dependencies = [("crm", "0008_file_owners")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
