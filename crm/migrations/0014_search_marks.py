"""Search entries: every lexeme is led by the mark of its module."""

from django.db import migrations

from crm.search.entries import mark_of

TABLE = "crm_search_entry"


def _forward(apps, schema):
    with schema.connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT module FROM {TABLE}")
        names = [name for (name,) in cursor.fetchall()]
        if not names:
            return
        cursor.execute("DROP INDEX crm_search_entry_terms")
        for name in names:
            cursor.execute(
                f"UPDATE {TABLE} SET terms = array_to_tsvector(ARRAY("
                " SELECT %s || word FROM unnest(tsvector_to_array(terms)) AS word))"
                " WHERE module = %s",
                [mark_of(name), name],
            )
        cursor.execute(f"CREATE INDEX crm_search_entry_terms ON {TABLE} USING gin (terms)")


class Migration(migrations.Migration):
    """What one module holds often costs no other; `manage.py reindex` adds the starts of names."""

    dependencies = [("crm", "0013_share_terms")]

    operations = [migrations.RunPython(_forward, migrations.RunPython.noop, elidable=True)]
