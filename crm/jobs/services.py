"""Long work asked for, stopped, taken back; its files handed out and removed."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible, Refusal
from crm.celery import send_soon
from crm.jobs.kinds import kind_of
from crm.jobs.models import Job
from crm.records.act import current_origin
from crm.records.storing import store_file

MOST_AT_ONCE = 10
UNDO_DAYS = 30
FILES = "jobs"  # the folder of given and made files in the storage
State = Job.State
UNDOABLE = frozenset({State.DONE, State.CANCELLED, State.FAILED})


class TooMuch(Refusal):
    """The person has enough work waiting."""

    status = 429
    message = _("You have much work waiting already; let some of it end first.")


def start_job(
    *,
    owner: Any,
    kind: str,
    module: str,
    title: str,
    options: Mapping[str, Any],
    source: str = "",
    state: str = State.QUEUED,
) -> Job:
    """Ask for long work; it begins after the commit. Raises TooMuch."""
    busy = Job.objects.filter(owner=owner, state__in=(State.QUEUED, State.RUNNING))
    if busy.count() >= MOST_AT_ONCE:
        raise TooMuch
    job = Job.objects.create(
        owner=owner, kind=kind, module=module, title=title[:200], options=dict(options),
        source=source, state=state, act=uuid.uuid4(),
        cause=current_origin().request_id,
    )  # fmt: skip
    if state == State.QUEUED:
        transaction.on_commit(lambda: poke(job.pk))
    return job


def poke(job_id: int) -> None:
    """Tell the workers of a job. Without a broker the sweeper finds it later."""
    send_soon("crm.jobs.tasks.run_job", [job_id])


def own_job(user: Any, job_id: int) -> Job:
    """A job of this person. Raises NotVisible for any other."""
    job = Job.objects.filter(pk=job_id, owner=user).first()
    if job is None:
        raise NotVisible
    return job


@transaction.atomic
def requeue(job: Job, **changes: Any) -> None:
    """Send a job that waits for its person to the workers again."""
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.state != State.DRAFT:
        raise Refusal(_("This has begun already."))
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.state, locked.cursor, locked.done, locked.errors = State.QUEUED, {}, 0, 0
    locked.save()
    transaction.on_commit(lambda: poke(job.pk))


@transaction.atomic
def cancel_job(*, actor: Any, job_id: int) -> Job:
    """Stop a job at its next batch; one that has not begun at once."""
    job = own_job(actor, job_id)
    waiting = Job.objects.filter(pk=job.pk, state__in=(State.QUEUED, State.DRAFT), lease=None)
    if waiting.update(state=State.CANCELLED, ended_at=timezone.now(), cancel_asked=True):
        put_right(job)
    else:
        Job.objects.filter(pk=job.pk, state__in=(State.QUEUED, State.RUNNING)).update(
            cancel_asked=True
        )
    job.refresh_from_db()
    return job


def put_right(job: Job) -> None:
    """What belongs to a job that ended before its time, by its kind."""
    try:
        broken_off = kind_of(job).broken_off
    except LookupError:
        return
    if broken_off is not None:
        broken_off(job)


@transaction.atomic
def undo_job(*, actor: Any, job_id: int) -> Job:
    """Take back what a job wrote, in the background. Raises NotAllowed when that can't be."""
    own_job(actor, job_id)
    job = Job.objects.select_for_update().get(pk=job_id)
    if not may_undo(job):
        raise NotAllowed(_("This cannot be taken back any more."))
    job.state, job.cursor, job.done, job.errors = State.UNDOING, {}, 0, 0
    job.lease = job.lease_until = None
    job.cancel_asked, job.attempts = False, 0
    job.save()
    transaction.on_commit(lambda: poke(job.pk))
    return job


def may_undo(job: Job) -> bool:
    """Whether a job has ended with something that can be taken back."""
    try:
        can = kind_of(job).take_back is not None
    except LookupError:
        return False
    fresh = job.ended_at is None or job.ended_at > timezone.now() - timedelta(days=UNDO_DAYS)
    return can and fresh and job.state in UNDOABLE and job.started_at is not None


def keep_upload(file: File, name: str) -> str:
    """Store a given file under a random name; answers the name in storage."""
    ending = name.rpartition(".")[2].lower()
    ending = ending if ending.isascii() and ending.isalnum() and len(ending) <= 5 else "bin"
    return store_file(f"{FILES}/{uuid.uuid4().hex}.{ending}", file)


def open_result(user: Any, job_id: int) -> "tuple[Job, File[Any]]":
    """The made file, for its owner, after asking his rights again. Raises NotVisible."""
    job = own_job(user, job_id)
    gone = job.expires_at is not None and job.expires_at < timezone.now()
    asked = kind_of(job).may_fetch
    if not job.result or gone or (asked is not None and not asked(user, job)):
        raise NotVisible
    try:
        return job, default_storage.open(job.result, "rb")
    except FileNotFoundError:
        raise NotVisible from None


def remove_unnamed_files() -> int:
    """Remove what workers left that died while they stored a file: named by no job, a day old."""
    try:
        _folders, found = default_storage.listdir(FILES)
    except FileNotFoundError:
        return 0
    paths = {f"{FILES}/{name}" for name in found}
    named = Job.objects.exclude(source="", result="").values_list("source", "result")
    yesterday = timezone.now() - timedelta(days=1)
    removed = 0
    for path in paths - {name for pair in named.iterator() for name in pair}:
        if default_storage.get_modified_time(path) < yesterday:
            default_storage.delete(path)
            removed += 1
    return removed


def remove_old_files() -> int:
    """Remove the files of jobs whose time is up, and drafts that nobody finished."""
    now = timezone.now()
    stale = Q(state=State.DRAFT, created_at__lt=now - timedelta(days=30))
    rows = Job.objects.filter(Q(expires_at__lt=now) | stale).exclude(source="", result="")
    removed = 0
    for job in rows.order_by("id")[:500]:
        for name in (job.source, job.result):
            if name:
                default_storage.delete(name)
                removed += 1
        Job.objects.filter(pk=job.pk).update(source="", result="")
    return removed
