"""/metrics for Prometheus: what the web processes counted, and what the database says now.

Numbers about the product alone: no label names a person, a record or a field. It answers whoever
shows METRICS_TOKEN, and callers from METRICS_ALLOW that no proxy speaks for; to everybody else
it is not there.
"""

import ipaddress
import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from crm.access.errors import NotVisible
from crm.jobs.models import Job
from crm.jobs.running import RUNNABLE
from crm.operation.models import Pulse
from crm.operation.pause import is_paused
from crm.records.beside import Event
from crm.views.health import broker_state

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # set by deploy/gunicorn.conf.py, read by the library


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers in the text format of Prometheus."""
    if not _may_read(request):
        raise NotVisible
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)
    registry.register(DatabaseCollector())
    text = generate_latest(registry)
    if not os.environ.get(FOLDER):
        text = generate_latest(REGISTRY) + text
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and constant_time_compare(token, settings.METRICS_TOKEN):
        return True
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded")):
        return False  # somebody behind a proxy, whose own address means nothing here
    try:
        caller = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    networks = [ipaddress.ip_network(one, strict=False) for one in settings.METRICS_ALLOW]
    return any(caller in network for network in networks)


class DatabaseCollector(Collector):
    """What is true of all processes together: asked of the database at each call."""

    def collect(self) -> Iterator[Any]:
        """One family after the other."""
        yield _gauge("keyuan_paused", "1 while the background is paused.", int(is_paused()))
        up = int(broker_state() == "ok")
        yield _gauge("keyuan_broker_up", "1 while tasks can be handed over.", up)
        yield from self._jobs()
        yield from self._events()
        yield from self._workers()
        yield from self._database()

    def _jobs(self) -> Iterator[Any]:
        family = GaugeMetricFamily("keyuan_jobs", "Jobs by state.", labels=["state"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT state, count(*) FROM crm_job GROUP BY state")
            counts = dict(cursor.fetchall())
        for state in Job.State.values:
            family.add_metric([state], counts.get(state, 0))
        yield family
        waiting = Job.objects.filter(state__in=RUNNABLE, started_at=None)
        oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
        age = (timezone.now() - oldest).total_seconds() if oldest else 0
        yield _gauge("keyuan_job_oldest_wait_seconds", "Age of the oldest job not begun.", age)

    def _events(self) -> Iterator[Any]:
        """The outbox: how many rows (as the planner counts them), and the age of the newest."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint"
                " FROM pg_partition_tree(%s::regclass) t JOIN pg_class c ON c.oid = t.relid"
                " WHERE t.isleaf",
                [Event._meta.db_table],
            )
            yield _gauge("keyuan_outbox_rows", "Events in the outbox, about.", cursor.fetchone()[0])
            cursor.execute(
                f"SELECT extract(epoch FROM now() - max(at)) FROM {Event._meta.db_table}"  # noqa: S608  the table's own name
                " WHERE at > now() - interval '8 days'"
            )
            newest = cursor.fetchone()[0]
        if newest is not None:
            yield _gauge("keyuan_outbox_newest_seconds", "Age of the newest event.", newest)

    def _workers(self) -> Iterator[Any]:
        family = GaugeMetricFamily(
            "keyuan_worker_pulse_seconds", "Since a worker last did a task.", labels=["worker"]
        )
        now = timezone.now()
        for worker, at in Pulse.objects.values_list("worker", "at"):
            family.add_metric([worker], (now - at).total_seconds())
        yield family

    def _database(self) -> Iterator[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            size = cursor.fetchone()[0]
            cursor.execute(
                "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() GROUP BY 1"
            )
            states = cursor.fetchall()
        yield _gauge("keyuan_database_bytes", "Size of the database.", size)
        family = GaugeMetricFamily(
            "keyuan_database_connections", "Connections by state.", labels=["state"]
        )
        for state, count in states:
            family.add_metric([state], count)
        yield family


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=float(value))
