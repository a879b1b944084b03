"""The rules applied to every customer, once in each night of the company.

PostgreSQL is the only memory: one row per day. Whoever claims it goes through the ids window by
window; each window is one transaction that moves its customers and the cursor together. A worker
that dies leaves a lease that runs out, and the next one goes on at the cursor.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from crm.celery import send_soon
from crm.modules.day import company_today, company_zone
from crm.modules.stamp import held_versions
from crm.records.act import origin
from crm.records.audit import record_audit
from sales.life.models import StageRun
from sales.life.moving import move
from sales.life.rules import MODULE, rules_now

FIRST_HOUR = 1  # of the company's day: the relative dates of yesterday are over
TASK = "sales.tasks.move_stages"
WINDOW = 20_000  # ids looked at by one statement
BATCH = 2_000  # customers moved in one transaction
LEASE = dt.timedelta(minutes=5)


def run_due() -> int:
    """Do today's run if it is time and nobody does or did it; how many customers moved."""
    now = timezone.now().astimezone(company_zone())
    day = now.date()
    if now.hour < FIRST_HOUR and not StageRun.objects.filter(day=day).exists():
        return 0
    return run_day(day)


def run_day(day: dt.date) -> int:
    """Go through all customers for one day, from where the run stands."""
    StageRun.objects.bulk_create([StageRun(day=day)], ignore_conflicts=True)
    token, moved = uuid.uuid4(), 0
    if not _claim(day, token):
        return 0
    with origin(f"stages-{day}"):
        while (count := _step(day, token)) is not None:
            moved += count
    return moved


def ask_again() -> None:
    """Let today's run begin anew, after an administrator has changed the rules."""
    StageRun.objects.update_or_create(
        day=company_today(),
        defaults={"cursor": 0, "moved": 0, "ended_at": None, "lease": None, "lease_until": None},
    )
    transaction.on_commit(lambda: send_soon(TASK))


def _claim(day: dt.date, token: uuid.UUID) -> bool:
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = StageRun.objects.filter(free, day=day, ended_at__isnull=True)
    return bool(rows.update(lease=token, lease_until=now + LEASE))


@contextmanager
def _held(day: dt.date, token: uuid.UUID) -> Iterator[StageRun | None]:
    """One transaction with the run's row locked; None where another worker holds it now."""
    with transaction.atomic(), held_versions():
        yield StageRun.objects.select_for_update().filter(day=day, lease=token).first()


def _step(day: dt.date, token: uuid.UUID) -> int | None:
    """One window or a part of it; None when there is nothing more to do here."""
    with _held(day, token) as run:
        if run is None or run.ended_at is not None:
            return None
        rules = rules_now()
        last = _last_id()
        if not rules or run.cursor >= last:
            _end(run)
            return None
        upper = min(run.cursor + WINDOW, last)
        window = rules.door.rows().filter(pk__gt=run.cursor, pk__lte=upper)
        found = [one.pk for one in rules.verdicts(window, BATCH)]
        moved = 0
        if found:
            # Locked, then asked again: somebody may have changed them a moment ago.
            held = rules.door.rows("edit").select_for_update(of=("self",)).filter(pk__in=found)
            ids = list(held.order_by("pk").values_list("pk", flat=True))
            moved = move(rules.verdicts_of(ids))
        run.cursor = found[-1] if len(found) == BATCH else upper
        run.moved += moved
        run.lease_until = timezone.now() + LEASE
        run.save(update_fields=["cursor", "moved", "lease_until"])
        return moved


def _last_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM sales_customer")
        return cursor.fetchone()[0]


def _end(run: StageRun) -> None:
    run.ended_at, run.lease, run.lease_until = timezone.now(), None, None
    run.save(update_fields=["ended_at", "lease", "lease_until"])
    if run.moved:
        record_audit(
            actor=None, action="stage_run", module=MODULE,
            detail={"name": run.day.isoformat(), "changes": run.moved},
        )  # fmt: skip
