"""A choice merged into another, as a job: all its values move, and can be given back."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.errors import NotAllowed
from crm.customfields.labels import label_in
from crm.customfields.models import Option
from crm.jobs.kinds import Kind, register_kind
from crm.jobs.models import Job, JobRow
from crm.jobs.running import RUNNABLE, Held, wait_for_writers
from crm.jobs.services import start_job
from crm.lists.choice_uses import restore_views, rewrite_views
from crm.modules.registry import all_modules
from crm.modules.stamp import raise_definitions_version
from crm.records.act import Act
from crm.records.audit import record_audit
from crm.records.choice_merging import Spot, give_back, move_part, spots_of
from crm.records.choice_uses import reasons_against, restore_uses, rewrite_uses
from crm.records.errors import Invalid

KIND = "choices"
BATCH = 1000
UPDATED, UNDONE, LEFT = "updated", "undone", "left"


def require_administrator(person: Any) -> None:
    """Raise NotAllowed unless the person administers the product."""
    if not person.grants(all_modules()[0].name).administer:
        raise NotAllowed(_("Only administrators merge choices."))


def running_on(dictionary: str) -> bool:
    """Whether choices of a dictionary are being merged or given back now."""
    rows = Job.objects.filter(kind=KIND, options__dictionary=dictionary, state__in=RUNNABLE)
    return rows.exists()


@transaction.atomic
def ask_for_merge(*, actor: Any, dictionary: str, lost: str, kept: str) -> Job:
    """A job that puts the choice `kept` wherever `lost` stands. Raises NotAllowed, Invalid.

    From now on nobody chooses `lost` any more, and what names it (views, rules, defaults) says
    the other.
    """
    require_administrator(actor)
    raise_definitions_version()  # its row lets one such change run at a time
    rows = Option.objects.select_for_update().filter(dictionary=dictionary)
    options = {one.value: one for one in rows}
    target = options.get(kept)
    if lost not in options or lost == kept or target is None or not target.is_active:
        raise Invalid(fields={"into": [_("Choose another choice that is offered.")]})
    if running_on(dictionary):
        raise Invalid(_("Choices of this list are being merged already. Wait for the end."))
    if reasons := reasons_against(dictionary, lost):
        raise Invalid(" ".join(reasons))
    was_active = options[lost].is_active
    Option.objects.filter(pk=options[lost].pk).update(is_active=False)
    changes = [*rewrite_uses(dictionary, lost, kept), *rewrite_views(dictionary, lost, kept)]
    raise_definitions_version()
    names = {"from": label_in(options[lost].labels, lost), "into": label_in(target.labels, kept)}
    record_audit(actor=actor, action="dictionary.merge", detail={"dictionary": dictionary, **names})
    asked = {
        "dictionary": dictionary, "lost": lost, "kept": kept, "was_active": was_active,
        "changes": changes, **names,
    }  # fmt: skip
    title = _("“%(from)s” becomes “%(into)s”") % names
    return start_job(owner=actor, kind=KIND, module="", title=title, options=asked)


def run_merge(held: Held) -> None:
    """Move all values, then those that were written while the choice went."""
    _count(held)
    _round(held, "all")
    wait_for_writers(held)
    _round(held, "late")
    with held.batch(may_stop=False):
        held.job.detail = {**held.job.detail, "message": _message(held.job)}


def _spots(job: Job) -> list[Spot]:
    return spots_of(job.options["dictionary"])


def _count(held: Held) -> None:
    with held.batch():
        job = held.job
        if not job.total:
            job.total = sum(spot.rows(job.options["lost"]).count() for spot in _spots(job))


def _round(held: Held, name: str) -> None:
    for place in range(len(_spots(held.job))):
        while _part(held, f"{name}-{place}", place):
            pass


def _part(held: Held, at: str, place: int) -> bool:
    job = held.job
    lost, kept = job.options["lost"], job.options["kept"]
    with held.batch() as person:
        require_administrator(person)
        spots = _spots(job)
        if place >= len(spots):
            return False
        spot = spots[place]
        act = Act(person, "bulk", job.title, id=_act_of(job, spot))
        moved = move_part(act, spot, lost, kept, job.cursor.get(at, 0), BATCH)
        if not moved:
            return False
        number = job.cursor.get("told", 0)
        JobRow.objects.bulk_create(
            JobRow(
                job=job,
                number=number + n,
                outcome=UPDATED,
                module=spot.module.name,
                record_id=pk,
                before={"path": spot.path, "value": before},
                cells={"value": after},
            )
            for n, (pk, (before, after)) in enumerate(moved.items(), start=1)
        )
        job.done += len(moved)
        job.cursor = {**job.cursor, at: max(moved), "told": number + len(moved)}
    return True


def _act_of(job: Job, spot: Spot) -> uuid.UUID:
    """The act of one field: two fields of a record are two entries of its history."""
    return uuid.uuid5(job.act or uuid.uuid4(), f"{spot.module.name}.{spot.path}")


def _message(job: Job) -> str:
    """How much was changed, in a sentence."""
    moved = JobRow.objects.filter(job=job, outcome=UPDATED)
    rows = moved.values("module", "record_id").distinct().count()
    kinds = [one["what"] for one in job.options["changes"]]
    parts = [ngettext("%d record changed", "%d records changed", rows) % rows]
    if count := kinds.count("view"):
        parts.append(ngettext("%d saved view changed", "%d saved views changed", count) % count)
    if count := kinds.count("rule"):
        parts.append(ngettext("%d rule changed", "%d rules changed", count) % count)
    return " · ".join(parts)


def undo_merge(held: Held) -> None:
    """The choice is offered again, then every record that still has the other gets it back."""
    if not held.job.cursor.get("restored"):
        with held.batch() as person:
            require_administrator(person)
            _restore(held.job)
            held.job.cursor = {**held.job.cursor, "restored": 1}
    while _back(held):
        pass
    if held.job.errors:
        text = ngettext(
            "%d record was changed since; what was changed stays.",
            "%d records were changed since; what was changed stays.",
            held.job.errors,
        )
        with held.batch():
            held.job.detail = {**held.job.detail, "message": text % held.job.errors}


def _back(held: Held) -> bool:
    job = held.job
    with held.batch() as person:
        require_administrator(person)
        rows = list(JobRow.objects.filter(job=job, outcome=UPDATED).order_by("-number")[:BATCH])
        spots = {(spot.module.name, spot.path): spot for spot in _spots(job)}
        for key, mine in _by_spot(rows).items():
            spot, left = spots.get(key), {row.record_id or 0 for row in mine}
            if spot is not None:
                moved = {r.record_id or 0: (_of(r.before), _of(r.cells)) for r in mine}
                act = Act(person, "undo", job.title)
                left = give_back(act, spot, moved, job.options["lost"], job.options["kept"])
            for row in mine:
                row.outcome = LEFT if row.record_id in left else UNDONE
            job.errors += len(left)
        JobRow.objects.bulk_update(rows, ["outcome"])
        job.done += len(rows)
    return bool(rows)


def _of(kept: Any) -> Any:
    return kept["value"]


def _by_spot(rows: Iterable[JobRow]) -> dict[tuple[str, str], list[JobRow]]:
    """Rows by module and field; of a record that moved twice the later one comes first."""
    found: dict[tuple[str, str], list[JobRow]] = {}
    for row in rows:
        found.setdefault((row.module, (row.before or {})["path"]), []).append(row)
    return found


def _restore(job: Job) -> None:
    """What names choices says again what it said, and the choice is offered as it was."""
    options = job.options
    raise_definitions_version()
    rows = Option.objects.filter(dictionary=options["dictionary"], value=options["lost"])
    rows.update(is_active=options["was_active"])
    restore_uses(options["changes"])
    restore_views(options["changes"])
    raise_definitions_version()


def broken_off(job: Job) -> None:
    """A merge that moved nothing leaves nothing; one that was stopped half way can be undone."""
    if not job.done and job.state != Job.State.UNDOING:
        with transaction.atomic():
            _restore(job)


def register() -> None:
    """Let jobs merge choices."""
    register_kind(KIND, Kind(work=run_merge, take_back=undo_merge, broken_off=broken_off))
