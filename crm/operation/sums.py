"""What the database holds, in numbers: rows and checksums of tables, places of sequences."""

from typing import Any

from django.db import connection

# How a row is written as text must not depend on the server it is read from.
SAME_EVERYWHERE = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex';"
    " SET LOCAL intervalstyle = 'postgres'; SET LOCAL extra_float_digits = 1"
)
SUM = (
    "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint::numeric), 0)"
    "::text FROM {} t"
)


def tables() -> list[str]:
    """All tables that hold rows: partitions, not what is divided into them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def table_sums(left_out: frozenset[str]) -> dict[str, list[Any]]:
    """Per table [rows, checksum], whatever their order; read in the caller's transaction."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(SAME_EVERYWHERE)
        for name in tables():
            if name in left_out:
                continue
            cursor.execute(SUM.format(connection.ops.quote_name(name)))
            found[name] = list(cursor.fetchone())
    return found


def sequences() -> dict[str, int]:
    """The last number that each sequence gave; those that gave none are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences"
            " WHERE schemaname = 'public' AND last_value IS NOT NULL"
        )
        return dict(cursor.fetchall())


def migrations() -> list[list[str]]:
    """The applied migrations, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [list(row) for row in cursor.fetchall()]
