"""How many calls one person may make in a minute, counted in the cache: when it is away nobody is
held up. What is limited by the hour stands in crm/records/limits.py.
"""

import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

log = logging.getLogger("crm.api")
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
