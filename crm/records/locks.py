"""Locks by name, for races that no row decides."""

from django.db import connection


def wait_for(name: str) -> None:
    """Let others with the same name wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
