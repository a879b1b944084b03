"""The near keys that several records have already: one pass over the keys, which stay as they are."""

from django.db import migrations

FIND = """
INSERT INTO crm_shared_key (module, rule, key)
SELECT module, rule, key FROM crm_match_key GROUP BY module, rule, key HAVING count(*) > 1
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0022_doubles")]
    operations = [migrations.RunSQL(FIND, migrations.RunSQL.noop, elidable=True)]
