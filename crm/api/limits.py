"""How much one person may ask for: calls by the minute, look-ups of whole values by the hour.

Calls are counted in the cache: when it is away nobody is held up. What tells whether a number
or a name is known is counted in the audit itself, so that parallel calls get no more.
"""

import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.throttling import BaseThrottle

from crm.api.errors import TooMany
from crm.records.audit import record_audit
from crm.records.beside import AuditEntry

log = logging.getLogger("crm.api")
WINDOW = timedelta(hours=1)
MINUTE = 60
CACHE_REST = 30  # seconds without asking a cache that failed


class CallThrottle(BaseThrottle):
    """So many calls a minute for each person; a fixed window in the cache."""

    cache_rests_until = 0.0

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether this call is within the limit; true when the cache cannot say."""
        person = getattr(request.user, "pk", None)
        now = time.time()
        if person is None or now < CallThrottle.cache_rests_until:
            return True
        key = f"api-calls:{person}:{int(now // MINUTE)}"
        try:
            count = _counted(key)
        except Exception as error:  # whatever the cache is made of
            CallThrottle.cache_rests_until = now + CACHE_REST
            log.warning("API calls are not counted: %s", error)
            return True
        self._left = MINUTE - now % MINUTE
        return count <= settings.API_CALLS_PER_MINUTE

    def wait(self) -> float | None:
        """Seconds until the next window."""
        return self._left


def _counted(key: str) -> int:
    """One more call under this key; the first one makes it."""
    try:
        return cache.incr(key)
    except ValueError:
        cache.add(key, 0, timeout=2 * MINUTE)
        return cache.incr(key)


@transaction.atomic
def spend(
    actor: Any, action: str, most: int, *, module: str = "", record_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write one audited look-up, if the person has had fewer than `most` in the last hour.

    Raises TooMany. The lock makes parallel look-ups of one person wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{action} {actor.pk}"])
    since = timezone.now() - WINDOW
    had = AuditEntry.objects.filter(actor=actor, action=action, at__gt=since)
    times = list(had.order_by("-at").values_list("at", flat=True)[most - 1 : most])
    if times or most == 0:
        oldest = times[0] if times else timezone.now()
        raise TooMany(int((oldest + WINDOW - timezone.now()).total_seconds()) + 1)
    record_audit(actor=actor, action=action, module=module, record_id=record_id, detail=detail)
