"""The tests' own database: how another process is told of it, what Django does not sweep."""

from urllib.parse import quote, urlencode

from django.db import connection


def database_url() -> str:
    """The address of the database that this process uses now.

    Host and port stand as options, since the host may be the folder of a socket.
    """
    one = connection.settings_dict
    options = one.get("OPTIONS") or {}
    host = one["HOST"] or options.get("host", "")
    port = one["PORT"] or options.get("port", "") or 5432
    password = f":{quote(str(one['PASSWORD']))}" if one["PASSWORD"] else ""
    place = urlencode({"host": host, "port": port})
    return f"postgres://{quote(str(one['USER']))}{password}@/{one['NAME']}?{place}"


def empty_events() -> None:
    """Events are partitioned, so their table is not Django's, which flushes only its own."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE crm_event")
