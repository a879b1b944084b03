"""Many records given to another owner, deleted or shared; see crm/jobs/deeds.py."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop, ngettext

from crm.access.holders import Holder, holder_from
from crm.access.policy import access_to
from crm.forms.sharing import day_from
from crm.jobs.deeds import Deed, Rows, ask_for, register_deed
from crm.jobs.models import Job
from crm.records.act import Act
from crm.records.deeds import Done
from crm.records.drafts import plain
from crm.records.many_deletions import bring_back_many, delete_many
from crm.records.many_owners import assign_many, check_owner, give_back_many
from crm.records.many_shares import check_sharing, share_many, take_shares_back
from crm.records.sharing import Terms

ASSIGN, DELETE, SHARE = "assign", "delete", "share"
TITLES = {
    ASSIGN: gettext_noop("Assign %s"),
    DELETE: gettext_noop("Delete %s"),
    SHARE: gettext_noop("Share %s"),
}


def ask_to_assign(
    *,
    owner: Any,
    module: str,
    pks: Sequence[int],
    to: int,
    reason: str = "",
    source: str = "bulk",
) -> Job:
    """A job that gives these records to `to`. Raises TooMuch, NotAllowed, Invalid."""
    check_owner(access_to(owner, module), to)
    options = {"to": to, "reason": reason}
    return ask_for(
        owner=owner, kind=ASSIGN, module=module, pks=pks, title=TITLES[ASSIGN],
        options=options, source=source,
    )  # fmt: skip


def ask_to_delete(*, owner: Any, module: str, pks: Sequence[int], source: str = "bulk") -> Job:
    """A job that puts these records into the recycle bin. Raises TooMuch, NotAllowed."""
    access_to(owner, module).require("delete")
    return ask_for(
        owner=owner, kind=DELETE, module=module, pks=pks, title=TITLES[DELETE], options={},
        source=source,
    )  # fmt: skip


def ask_to_share(
    *,
    owner: Any,
    module: str,
    pks: Sequence[int],
    to: Sequence[Holder],
    terms: Terms,
    source: str = "bulk",
) -> Job:
    """A job that shares these records. Raises TooMuch, NotAllowed, Invalid."""
    check_sharing(access_to(owner, module), to, terms)
    options = {
        "to": [one.text for one in to], "level": terms.level, "until": plain(terms.until),
        "note": terms.note, "part": terms.part,
    }  # fmt: skip
    return ask_for(
        owner=owner, kind=SHARE, module=module, pks=pks, title=TITLES[SHARE],
        options=options, source=source,
    )  # fmt: skip


def _assign(person: Any, job: Job, pks: Sequence[int], act: Act) -> Mapping[int, Done]:
    given = job.options
    said = Act(act.actor, act.source, given.get("reason", ""), act.id)
    return assign_many(actor=person, module=job.module, pks=pks, owner=given["to"], act=said)


def _give_back(person: Any, job: Job, rows: Rows, act: Act) -> Mapping[int, str]:
    return give_back_many(actor=person, module=job.module, rows=rows, act=act)


def _delete(person: Any, job: Job, pks: Sequence[int], act: Act) -> Mapping[int, Done]:
    return delete_many(actor=person, module=job.module, pks=pks, act=act)


def _bring_back(person: Any, job: Job, rows: Rows, act: Act) -> Mapping[int, str]:
    return bring_back_many(actor=person, module=job.module, rows=rows, act=act)


def _share(person: Any, job: Job, pks: Sequence[int], act: Act) -> Mapping[int, Done]:
    given = job.options
    holders = [one for one in map(holder_from, given["to"]) if one is not None]
    terms = Terms(given["level"], day_from(given["until"] or ""), given["note"], given.get("part"))
    return share_many(actor=person, module=job.module, pks=pks, to=holders, terms=terms, act=act)


def _unshare(person: Any, job: Job, rows: Rows, act: Act) -> Mapping[int, str]:
    return take_shares_back(actor=person, module=job.module, rows=rows, act=act)


def _stay_deleted(count: int) -> str:
    return ngettext(
        "%d record stays in the recycle bin.", "%d records stay in the recycle bin.", count
    )


def register() -> None:
    """Let jobs give away, delete and share many records."""
    register_deed(ASSIGN, Deed(_assign, _give_back))
    register_deed(DELETE, Deed(_delete, _bring_back, _stay_deleted, is_act_per_batch=True))
    register_deed(SHARE, Deed(_share, _unshare))
