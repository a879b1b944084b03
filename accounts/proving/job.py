"""The crawl as work in the background, asked for by an administrator, and what is kept of a run."""

from __future__ import annotations

import time
from dataclasses import asdict

from django.utils.translation import gettext as _

from accounts.grants import rights_of
from accounts.models import Proof, User
from accounts.proving.crawl import MOST_RECORDS, Result, prove
from crm.access.errors import NotAllowed
from crm.jobs.kinds import Kind, register_kind
from crm.jobs.models import Job
from crm.jobs.running import RUNNABLE, Failed, Held, Stopped, kept_alive
from crm.jobs.services import start_job
from crm.records.audit import record_audit

KIND = "prove"
RECORDS, PEOPLE = MOST_RECORDS // 2, 1  # of each module, of each role: some minutes
MOST_KEPT = 50


def register() -> None:
    """Say how jobs of this kind are done."""
    register_kind(KIND, Kind(work=run_proof))


def ask_for_proof(actor: User) -> Job:
    """Have the rights proved in the background; the run that waits already is enough.

    Raises NotAllowed.
    """
    if not actor.may_administer:
        raise NotAllowed
    waiting = waiting_proof()
    if waiting is not None:
        return waiting
    record_audit(actor=actor, action="rights.prove", detail={})
    return start_job(owner=actor, kind=KIND, module="", title=_("Proof of rights"), options={})


def waiting_proof() -> Job | None:
    """The run that is asked for or under way."""
    return Job.objects.filter(kind=KIND, state__in=RUNNABLE).first()


class Way:
    """How far the crawl is, and whether it shall stop.

    The crawl's own transaction sees and writes nothing; another connection speaks for it.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = self.total = 0
        self.is_stopped = False

    def tell(self, done: int, total: int) -> None:
        """So many people of so many are through. Raises Stopped."""
        self.done, self.total = done, total
        if self.is_stopped:
            raise Stopped

    def look(self) -> None:
        """Called now and then beside the crawl."""
        mine = Job.objects.filter(pk=self.job.pk)
        mine.update(done=self.done, total=self.total)
        self.is_stopped = mine.filter(cancel_asked=True).exists()


def run_proof(held: Held) -> None:
    """The crawl, rolled back; then its result, in a transaction of its own."""
    with held.batch() as person:
        if not rights_of(person.pk).administer:
            raise Failed(_("Only administrators open this page."))
    start, way = time.monotonic(), Way(held.job)
    with kept_alive(held, way.look):
        result = prove(RECORDS, PEOPLE, tell=way.tell)
    with held.batch(may_stop=False) as person:
        keep(result, person, time.monotonic() - start)
        held.job.total = held.job.done = len(result.people)
        held.job.errors = sum(result.found.values())


def keep(result: Result, by: User | None, seconds: float) -> Proof:
    """Write down what a run came to; the oldest of many go."""
    kept = Proof.objects.create(
        by=by, seconds=round(seconds), people=len(result.people), records=result.records,
        cells=result.cells, answers=sum(result.answers.values()), probes=result.all_probes,
        found=sum(result.found.values()), unreached=len(result.unreached),
        findings=[asdict(one) for one in result.findings],
    )  # fmt: skip
    old = Proof.objects.values_list("pk", flat=True)[MOST_KEPT:]
    Proof.objects.filter(pk__in=list(old)).delete()
    return kept
