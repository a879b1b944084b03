"""A job in the hands of one worker: claimed by a lease, done in batches, given up or finished.

PostgreSQL is the only memory. A worker that dies leaves a lease that runs out; whoever claims
the job next goes on at its cursor. The batch locks the job's row, so two workers that hold the
same job by mistake can't both write: the one whose lease is not the row's stops.
"""

import gc
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.access.errors import NoRoom, Refusal
from crm.jobs.kinds import kind_of
from crm.jobs.models import Job
from crm.jobs.services import put_right
from crm.lib.disk import is_full
from crm.modules.stamp import held_versions
from crm.records.act import origin
from crm.records.barrier import is_past
from crm.records.errors import DefinitionsMoved

LEASE = timedelta(seconds=getattr(settings, "JOB_LEASE_SECONDS", 60))
MOST_ATTEMPTS = 5
PAUSE = timedelta(seconds=10)
KEEP_FILES = timedelta(days=getattr(settings, "JOB_FILES_DAYS", 7))
State = Job.State
RUNNABLE = (State.QUEUED, State.RUNNING, State.UNDOING)
log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker holds the job now."""


class Stopped(Exception):
    """The person asked to stop."""


class Failed(Exception):
    """The job cannot go on; the message is a sentence for the person."""


class Held:
    """A job in the hands of this process."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.token = job.lease

    @contextmanager
    def batch(self, may_stop: bool = True) -> Iterator[Any]:
        """One transaction of the work; gives the person, whose rights are read anew.

        `may_stop=False` where breaking off would leave something half done.
        What the block sets on `self.job` (cursor, done, total, errors, detail) is saved with it.
        Raises LeaseLost, Stopped, Failed.
        """
        with transaction.atomic(), held_versions():
            row = Job.objects.select_for_update().get(pk=self.job.pk)
            if row.lease != self.token:
                raise LeaseLost
            if may_stop and row.cancel_asked and row.state == State.RUNNING:
                raise Stopped
            self.job.cancel_asked, self.job.state = row.cancel_asked, row.state
            yield self.person()
            self.job.lease_until = timezone.now() + LEASE
            if self.job.cursor != row.cursor:
                self.job.attempts = 0
            self.job.save(
                update_fields=[
                    "cursor",
                    "done",
                    "total",
                    "errors",
                    "detail",
                    "lease_until",
                    "attempts",
                ]
            )

    def person(self) -> Any:
        """Who asked for the job, as he is now. Raises Failed when he has left."""
        person = get_user_model()._default_manager.filter(pk=self.job.owner_id).first()
        if person is None or not person.is_active:
            raise Failed(_("The account of the person who started this is closed."))
        return person


def claim(job_id: int) -> Held | None:
    """Take a job that waits, or whose worker has gone; None when there is nothing to take."""
    token, now = uuid.uuid4(), timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    taken = Job.objects.filter(free, pk=job_id, state__in=RUNNABLE).update(
        lease=token,
        lease_until=now + LEASE,
        attempts=F("attempts") + 1,
        started_at=Case(When(started_at__isnull=True, then=Value(now)), default=F("started_at")),
        state=Case(When(state=State.QUEUED, then=Value(State.RUNNING.value)), default=F("state")),
    )
    return Held(Job.objects.get(pk=job_id, lease=token)) if taken else None


def run(job_id: int) -> bool:
    """Do a job until it ends, if nobody else does; answers whether it was ours to do."""
    held = claim(job_id)
    if held is None:
        return False
    person = get_user_model()._default_manager.filter(pk=held.job.owner_id).first()
    language = getattr(person, "language", "") or settings.LANGUAGE_CODE
    zone = getattr(person, "time_zone", "") or settings.TIME_ZONE
    gc.freeze()  # many rows make many objects: what was there before needn't be looked at each time
    where = origin(f"job-{job_id}", cause=held.job.cause)
    try:
        with translation.override(language), timezone.override(zone), where:
            _work(held)
    finally:
        gc.unfreeze()
    return True


def _work(held: Held) -> None:
    undoing = held.job.state == State.UNDOING
    try:
        if held.job.attempts > MOST_ATTEMPTS:
            raise Failed(_("This was tried several times and broke off each time."))
        kind = kind_of(held.job)
        if undoing and kind.take_back:
            kind.take_back(held)
        else:
            kind.work(held)
    except LeaseLost:
        log.info("job %s goes on elsewhere", held.job.pk)
    except Stopped:
        _end(held, State.CANCELLED)
    except DefinitionsMoved:  # nothing of the batch is written: the next worker does it again
        _give_back(held)
    except (Failed, Refusal) as reason:
        sentence = getattr(reason, "message", None) or str(reason)
        _end(held, State.FAILED, str(sentence))
    except Exception as error:
        log.exception("job %s broke off", held.job.pk)
        if is_full(error):  # soon again it would be full still
            _end(held, State.FAILED, str(NoRoom.message))
        else:
            _give_back(held)
    else:
        if held.job.state in RUNNABLE:
            _end(held, State.UNDONE if undoing else State.DONE)


def _end(held: Held, state: str, sentence: str = "") -> None:
    """Write how the job ended, unless another worker holds it."""
    detail = {**held.job.detail, "message": sentence} if sentence else held.job.detail
    now = timezone.now()
    with transaction.atomic():
        ended = Job.objects.filter(pk=held.job.pk, lease=held.token).update(
            state=state, detail=detail, lease=None, lease_until=None, ended_at=now,
            expires_at=now + KEEP_FILES, result=held.job.result, result_name=held.job.result_name,
        )  # fmt: skip
        if ended and state in (State.CANCELLED, State.FAILED):
            put_right(held.job)


def hand_back(held: Held, state: str, **columns: Any) -> None:
    """Let go of a job that is to wait for its person: a checked import."""
    Job.objects.filter(pk=held.job.pk, lease=held.token).update(
        state=state, lease=None, lease_until=None, attempts=0, **columns
    )
    held.job.state = state


def wait_for_writers(held: Held) -> None:
    """Go on when nobody writes any more by what was read before; a later worker does, if need be.

    Raises LeaseLost when it takes longer than a lease allows.
    """
    if not is_past(LEASE.total_seconds() / 3):
        Job.objects.filter(pk=held.job.pk, lease=held.token).update(
            lease=None, lease_until=timezone.now() + PAUSE, attempts=0
        )
        raise LeaseLost


@contextmanager
def kept_alive(held: Held, look: Callable[[], None]) -> Iterator[None]:
    """Hold the job through one long statement; `look` is called now and then, on a connection
    of its own."""
    ended = Event()

    def beat() -> None:
        try:
            while not ended.wait(min(5.0, LEASE.total_seconds() / 4)):
                Job.objects.filter(pk=held.job.pk, lease=held.token).update(
                    lease_until=timezone.now() + LEASE
                )
                look()
        finally:
            connection.close()

    thread = Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _give_back(held: Held) -> None:
    """After a fault: let the sweeper try again soon, a few times."""
    pause = timezone.now() + timedelta(seconds=5 * held.job.attempts)
    Job.objects.filter(pk=held.job.pk, lease=held.token).update(lease=None, lease_until=pause)


def waiting_jobs(now: datetime | None = None) -> list[int]:
    """The jobs that somebody should take: queued, or left by a worker that died."""
    now = now or timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    rows = Job.objects.filter(free, state__in=RUNNABLE).order_by("id")
    return list(rows.values_list("pk", flat=True)[:200])
