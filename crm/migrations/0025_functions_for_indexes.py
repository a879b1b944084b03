"""Days and moments of JSON as functions that indexes may use: PostgreSQL's casts depend on settings.

What is stored is always an ISO day or an ISO moment with its offset, so no setting matters.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION crm_day(text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT make_date(substr($1, 1, 4)::int, substr($1, 6, 2)::int, substr($1, 9, 2)::int) $$;
CREATE OR REPLACE FUNCTION crm_moment(text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS
$$ BEGIN RETURN $1::timestamptz; END $$;
"""
BACKWARD = "DROP FUNCTION crm_day(text); DROP FUNCTION crm_moment(text);"


class Migration(migrations.Migration):
    dependencies = [("crm", "0024_life_of_fields")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
