"""Fast filter and sort by an added field: its indexes made as a job, dropped by a sweep."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils.translation import gettext as _

from crm.celery import send_soon
from crm.customfields.models import FieldDefinition
from crm.jobs.converting import refuse_while_busy
from crm.jobs.models import Job
from crm.jobs.running import Failed, Held, Stopped, kept_alive
from crm.jobs.services import start_job
from crm.modules.registry import module_named
from crm.records.audit import record_audit
from crm.records.errors import Invalid
from crm.records.field_indexes import (
    MOST_FAST,
    NOT_FAST,
    analyse,
    drop,
    indexes_of,
    made_indexes,
    make,
    unwanted,
)

KIND = "index"
LOCK = 7_301_955  # advisory: one such statement at a time, a dead worker's included
PROGRESS = (
    "SELECT coalesce(sum(CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END), 0),"
    " coalesce(sum(greatest(blocks_total, tuples_total)), 0)"
    " FROM pg_stat_progress_create_index WHERE pid = %s"
)


@transaction.atomic
def make_fast(*, actor: Any, field: int) -> Job:
    """A job that makes filter and sort by a field fast. Raises Invalid, TooMuch."""
    row = FieldDefinition.objects.select_for_update().get(pk=field)
    refuse_while_busy(row)
    if row.kind in NOT_FAST:
        raise Invalid(_("No index makes long texts and formulas faster."))
    others = FieldDefinition.objects.filter(module=row.module, is_fast=True).exclude(pk=row.pk)
    if others.count() >= MOST_FAST:
        raise Invalid(
            _("At most %d fields of a module can be fast; turn another off first.") % MOST_FAST
        )
    _wish(actor, row, True)
    return start_again(actor=actor, row=row)


def start_again(*, actor: Any, row: FieldDefinition) -> Job:
    """A job that makes the indexes of a field that is to be fast. Raises TooMuch."""
    title = _("Fast filter and sort: %s") % module_named(row.module).label_plural
    return start_job(
        owner=actor, kind=KIND, module=row.module, title=title, options={"field": row.pk}
    )


@transaction.atomic
def make_slow(*, actor: Any, field: int) -> None:
    """Give the indexes of a field up. Raises Invalid while they are being made."""
    row = FieldDefinition.objects.select_for_update().get(pk=field)
    refuse_while_busy(row)
    if row.is_fast:
        _wish(actor, row, False)
        transaction.on_commit(drop_soon)


def _wish(actor: Any, row: FieldDefinition, is_fast: bool) -> None:
    if row.is_fast != is_fast:
        record_audit(
            actor=actor, action="field.change", module=row.module,
            detail={"name": next(iter(row.labels.values()), ""), "key": row.name,
                    "before": {"fast": row.is_fast}, "after": {"fast": is_fast}},
        )  # fmt: skip
    row.is_fast = is_fast
    row.save(update_fields=["is_fast"])


def drop_soon() -> None:
    """Have the workers drop indexes that nobody wants; the daily sweep finds them otherwise."""
    send_soon("crm.jobs.tasks.drop_field_indexes")


def drop_unwanted() -> int:
    """Drop indexes of fields that are gone, were converted or need not be fast."""
    names = unwanted()
    with _without_limits(), _one_at_a_time():
        drop(names)
    return len(names)


def run_index(held: Held) -> None:
    """Make the indexes one after the other; each may take minutes on a big table."""
    row = FieldDefinition.objects.filter(pk=held.job.options["field"], is_fast=True).first()
    if row is None:
        raise Failed(_("The field was deleted or changed meanwhile."))
    began = time.monotonic()
    module, wanted = module_named(row.module), indexes_of(row)
    try:
        with kept_alive(held, _watch(held)), _without_limits(), _one_at_a_time():
            for index in wanted:
                make(module, index)
            analyse(module)
    except OperationalError as error:
        if Job.objects.filter(pk=held.job.pk, cancel_asked=True).exists():
            raise Stopped from error
        raise
    made = made_indexes()
    size = sum(made[one.name].size for one in wanted)
    seconds = int(held.job.detail.get("seconds", 0)) + round(time.monotonic() - began)
    with held.batch(may_stop=False):
        held.job.done = held.job.total = 0
        held.job.detail = {
            **held.job.detail, "size": size, "seconds": seconds,
            "message": _("%(size)s MB, made in %(seconds)d s")
            % {"size": f"{size / 2**20:.1f}", "seconds": seconds},
        }  # fmt: skip


def broken_off(job: Job) -> None:
    """Nothing half made stays wanted."""
    FieldDefinition.everything.filter(pk=job.options["field"]).update(is_fast=False)
    transaction.on_commit(drop_soon)


def _watch(held: Held) -> Any:
    """What is looked at while an index is being made: how far it is, and whether to stop it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def look() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PROGRESS, [pid])
            done, total = cursor.fetchone()
            rows = Job.objects.filter(pk=held.job.pk, lease=held.token)
            rows.update(done=min(int(done), int(total)), total=int(total))
            if rows.filter(cancel_asked=True).exists():
                cursor.execute("SELECT pg_cancel_backend(%s)", [pid])

    return look


@contextmanager
def _without_limits() -> Iterator[None]:
    """Let statements take the time that they need; one whose worker died ends by itself."""
    names = ("statement_timeout", "lock_timeout", "client_connection_check_interval")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join("current_setting(%s)" for _name in names), names)
        before = cursor.fetchone()
        for name, value in zip(names, ("0", "0", "5s"), strict=True):
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name, value in zip(names, before, strict=True):
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with connection.cursor() as cursor:
        while True:  # a statement that waited for the lock would hold up CONCURRENTLY itself
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                break
            time.sleep(0.5)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
