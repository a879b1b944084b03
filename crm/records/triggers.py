"""Operations for migrations: tables that the application may add to and never change."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION crm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('crm.erasing', true) = 'on'
        AND pg_has_role(
            session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER')
    THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def append_only_function() -> migrations.RunSQL:
    """The function that refuses UPDATE and DELETE; erasure by the tables' owner may pass."""
    return migrations.RunSQL(FUNCTION, "DROP FUNCTION crm_append_only")


def append_only(table: str) -> migrations.RunSQL:
    """Guard one table by the function."""
    return migrations.RunSQL(
        f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}"'
        " FOR EACH ROW EXECUTE FUNCTION crm_append_only()",
        f'DROP TRIGGER append_only ON "{table}"',
    )
