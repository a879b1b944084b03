"""Whether the product lives (/healthz) and can work (/readyz); tells nothing else."""

import time
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu import Connection

from crm.celery import QUICK
from crm.operation.pause import is_paused

BROKER_SECONDS = 5.0  # an answer about the broker is as old as this at most
_broker: dict[str, float | str] = {}


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; asks nobody."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers and has every migration of this version.

    The broker's state is told but changes nothing: without it background work waits, no more.
    """
    try:
        missing = _known_migrations() - _applied_migrations()
        paused = not missing and is_paused()
    except Error:
        return JsonResponse({"status": "database"}, status=503)
    if missing:
        return JsonResponse({"status": "migrations"}, status=503)
    background = "paused" if paused else broker_state()
    return JsonResponse({"status": "ok", "background": background})


@lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations that this version of the code has."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _applied_migrations() -> frozenset[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return frozenset(cursor.fetchall())


def broker_state() -> str:
    """ "ok" or "broker": whether tasks can be handed over; asked every few seconds at most."""
    now = time.monotonic()
    if _broker and now - float(_broker["at"]) < BROKER_SECONDS:
        return str(_broker["state"])
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **QUICK}
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
        state = "ok"
    except Exception:  # every transport has errors of its own
        state = "broker"
    _broker.update(at=now, state=state)
    return state
