"""What a request and its statements cost: counted for /metrics, the slow ones told in the log.

Nothing of a person or a record is ever counted by: a request by the name of its route, never by
its path. Of a slow statement the log has the text with placeholders, never the values.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from prometheus_client import Counter, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
EARLY = frozenset({"/healthz", "/readyz"})  # answered before routes are looked up
LONGEST_STATEMENT = 2000  # characters in the log
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
log = logging.getLogger("crm.slow")

REQUESTS = Counter("keyuan_requests", "Requests answered, by route.", ("method", "route", "status"))
LATENCY = Histogram(
    "keyuan_request_seconds", "Time to an answer, by route.", ("route",), buckets=SECONDS
)
STATEMENTS = Counter(
    "keyuan_request_statements",
    "Statements that requests asked the database, by route.",
    ("route",),
)
SLOW = Counter("keyuan_slow_statements", "Statements slower than SLOW_QUERY_MS.")


class Served:
    """One request while it is answered."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.statements = 0
        self.began = time.perf_counter()

    @property
    def route(self) -> str:
        """The name of the route; one word for all addresses that lead nowhere."""
        match = self.request.resolver_match
        if match is not None:
            return match.view_name or "unnamed"
        if self.request.path in EARLY:
            return self.request.path.strip("/")
        return "static" if self.request.path.startswith(settings.STATIC_URL) else "none"

    def note(self, status: int) -> None:
        """Count the answer."""
        route, method = self.route, str(self.request.method)
        method = method if method in METHODS else "other"
        REQUESTS.labels(method, route, str(status)).inc()
        LATENCY.labels(route).observe(time.perf_counter() - self.began)
        STATEMENTS.labels(route).inc(self.statements)


_served: ContextVar[Served | None] = ContextVar("served", default=None)


class MeteringMiddleware:
    """Counts every answer, whatever refused it."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        served = Served(request)
        token = _served.set(served)
        try:
            response = self.get_response(request)
        finally:
            _served.reset(token)
        served.note(response.status_code)
        return response


def measure(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Run one statement; count it, and tell of it when it was slow. A wrapper of connections."""
    served = _served.get()
    if served is not None:
        served.statements += 1
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (time.perf_counter() - began) * 1000
        if settings.SLOW_QUERY_MS and took >= settings.SLOW_QUERY_MS:
            SLOW.inc()
            facts = {
                "ms": round(took),
                "route": served.route if served else "",
                "statement": " ".join(str(sql).split())[:LONGEST_STATEMENT],
                "database": context["connection"].alias,
            }
            log.warning("A statement took %d ms.", took, extra={"facts": facts})


def measure_connections() -> None:
    """Measure the statements of every connection that this process opens from now on."""

    def add(connection: Any, **_rest: Any) -> None:
        if measure not in connection.execute_wrappers:
            connection.execute_wrappers.append(measure)

    connection_created.connect(add, weak=False, dispatch_uid="measuring")
