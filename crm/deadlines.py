"""How long one statement may run, and wait for a lock, by what kind of process asks.

A page ends after some seconds instead of hanging; work in the background has longer; commands of
administrators (migrate, demo, generate) take what they need.
"""

from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created


def limit_pages() -> None:
    """Limit every connection that this process opens as one that answers pages and the API."""
    _limit("STATEMENT_SECONDS", "LOCK_SECONDS")


def limit_jobs() -> None:
    """Limit every connection that this process opens as a worker's."""
    _limit("JOB_STATEMENT_SECONDS", "JOB_LOCK_SECONDS")


def unlimit() -> None:
    """Open connections without limits again."""
    connection_created.disconnect(dispatch_uid="deadlines")


def _limit(statement: str, lock: str) -> None:
    """`statement` and `lock` name the settings; seconds, 0 is no limit."""

    def set_limits(connection: Any, **_rest: Any) -> None:
        values = [f"{getattr(settings, name)}s" for name in (statement, lock)]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, false),"
                " set_config('lock_timeout', %s, false)",
                values,
            )

    unlimit()
    connection_created.connect(set_limits, weak=False, dispatch_uid="deadlines")
