"""Waiting until nobody writes by definitions that are gone.

A writer asks at the end whether the definitions are still those that he read
(crm/records/events.py), so whoever is told of a change too late is refused. Whoever asked before
the change has a transaction open; here it is waited for.
"""

import time

from django.db import connection

PAUSE_SECONDS = 0.2
WRITERS = (
    "SELECT pid, backend_xid::text FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
    " AND pid NOT IN (SELECT pid FROM pg_stat_progress_create_index)"
)


def is_past(seconds: float) -> bool:
    """Wait for all transactions that write now; false when some still do after `seconds`.

    Only those of this database: others on the same server may run for hours.
    """
    if connection.in_atomic_block:
        return True  # its own transaction would be waited for
    end = time.monotonic() + seconds
    left = _writers()
    while left and time.monotonic() < end:
        time.sleep(PAUSE_SECONDS)
        left &= _writers()
    return not left


def _writers() -> set[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return set(cursor.fetchall())
