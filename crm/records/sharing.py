"""Sharing of records with people, departments and teams: the one place that writes shares.

A share gives reading or editing and nothing else. What the giver cannot do himself he cannot
give. Every act raises the version of rights in its transaction, so that the next request of
whoever gains or loses something already knows.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.holders import PERSON, Holder, active_people, groups_of
from crm.access.policy import Access, access_to
from crm.access.sharing import (
    EDIT,
    VIEW,
    is_shareable,
    permission_of,
    share_tables,
    shares_of,
)  # fmt: skip
from crm.customfields.dictionaries import options_of
from crm.modules.fields import COLLABORATORS, PART
from crm.modules.module import Module
from crm.modules.registry import children_of
from crm.modules.stamp import raise_rights_version
from crm.records.act import Act
from crm.records.audit import record_audit
from crm.records.changes import Entry
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.events import write_events
from crm.records.followers import ask_guards
from crm.records.history import CHANGED, write_history

LONGEST_NOTE = 200
MOST_HOLDERS = 50
LATEST = dt.date(9000, 1, 1)


@dataclass(frozen=True)
class Terms:
    """What a share gives: `level` view or edit, to the end of the day `until` (None: for good).

    A `part` makes the people among the holders collaborators, "" makes them none; None leaves it.
    """

    level: str = VIEW
    until: dt.date | None = None
    note: str = ""
    part: str | None = None

    @property
    def end(self) -> dt.datetime | None:
        """The first instant at which the share gives nothing: midnight where the company is."""
        if self.until is None:
            return None
        day = self.until + dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time.min, timezone.get_default_timezone())


MOST_TOLD = 5


def reason_of(holders: Sequence[Holder], terms: Terms | None) -> str:
    """What the history keeps of the act: `person-5 team-2 +4|edit|support`; see `told_of`."""
    names = [one.text for one in holders[:MOST_TOLD]]
    more = [f"+{len(holders) - MOST_TOLD}"] if len(holders) > MOST_TOLD else []
    terms = terms or Terms("", part="")
    return f"{' '.join([*names, *more])}|{terms.level}|{terms.part or ''}"[:100]


def told_of(reason: str) -> tuple[list[str], int, str, str]:
    """(holders as text, how many more, level, part) of an act of sharing in the history."""
    words, _bar, terms = reason.partition("|")
    level, _bar, part = terms.partition("|")
    names = words.split()
    more = names.pop()[1:] if names and names[-1].startswith("+") else ""
    return names, int(more) if more.isdecimal() else 0, level, part


def readable_reason(access: Access, entry: Entry) -> str:
    """Why an act was done, as the reader may know it: the part of a collaborator is a value."""
    if entry.kind != "shared" or COLLABORATORS in access.readable:
        return entry.reason
    return entry.reason.rpartition("|")[0] + "|"


def check_terms(holders: Sequence[Holder], terms: Terms) -> None:
    """Raise Invalid, by field, for holders that are not there and terms that cannot hold."""
    errors: dict[str, list[Any]] = {}
    known = active_people(holders) | set(groups_of(holders))
    if not holders:
        errors["to"] = [_("Choose at least one person, department or team.")]
    elif len(holders) > MOST_HOLDERS:
        errors["to"] = [_("At most %d at once.") % MOST_HOLDERS]
    elif not known.issuperset(holders):
        errors["to"] = [_("There is no such person, department or team.")]
    if terms.level not in {VIEW, EDIT}:
        errors["level"] = [_("A share gives “view” or “edit”.")]
    if (
        terms.until is not None
        and not timezone.localdate(timezone=timezone.get_default_timezone()) <= terms.until < LATEST
    ):
        errors["until"] = [_("Choose today or a later day.")]
    if len(terms.note) > LONGEST_NOTE or "\x00" in terms.note:
        errors["note"] = [_("At most %d signs.") % LONGEST_NOTE]
    if terms.part and terms.part not in dict(options_of(PART)):
        errors["part"] = [_("There is no such part.")]
    elif terms.part and any(one.kind != PERSON for one in holders):
        errors["part"] = [_("A part is for people; departments and teams have none.")]
    if errors:
        raise Invalid(fields=errors)


def check_part(access: Access, terms: Terms) -> None:
    """Raise NotAllowed for a part that is given by whoever may not read who collaborates."""
    if terms.part is not None and COLLABORATORS not in access.readable:
        raise NotAllowed


@transaction.atomic
def share_records(
    *,
    actor: Any,
    module: str,
    pks: Sequence[int],
    to: Sequence[Holder],
    terms: Terms,
    along: bool = False,
    source: str = "form",
) -> Act:
    """Share records; whoever has a share already has these terms from now on.

    With `along` what hangs on the records and may be shared by the actor is shared with them.
    Raises NotVisible, NotAllowed, Invalid.
    """
    access = access_to(actor, module)
    check_terms(to, terms)
    check_part(access, terms)
    act = Act(actor, source)
    ids = _locked(access, act, pks, terms.level)
    write_shares(act, access.module, ids, to, terms)
    if along:
        for child, rows in shareable_below(access, ids, terms.level).items():
            write_shares(act, child, rows, to, terms)
    raise_rights_version()
    return act


def _locked(access: Access, act: Act, pks: Sequence[int], level: str) -> list[int]:
    """The records, locked, if the actor may share them all and do himself what he gives."""
    if not is_shareable(access.module.model):
        raise Invalid(_("%s cannot be shared one by one.") % access.module.label_plural)
    found = []
    for pk in sorted(set(pks)):
        record = access.lock(pk, "share")
        if level == EDIT:
            access.require("edit", pk)
        ask_guards(act, access.module, record, frozenset({"shares"}))
        found.append(record.pk)
    return found


def shareable_below(access: Access, ids: Sequence[int], level: str) -> dict[Module, list[int]]:
    """The living records that hang on these and that the actor may share with this level."""
    found: dict[Module, list[int]] = {}
    for child, relation in children_of(access.module):
        if not is_shareable(child.model) or child.name == access.module.name:
            continue
        door = access_to(access.user, child)
        rows = door.rows("share").filter(**{f"{child.fields[relation].value_path}__in": list(ids)})
        if level == EDIT:
            rows = rows & door.rows("edit")
        below = list(rows.order_by("pk").values_list("pk", flat=True))
        if below:
            found[child] = below
    return found


def write_shares(
    act: Act, module: Module, ids: Sequence[int], to: Sequence[Holder], terms: Terms
) -> None:
    """Put the shares of some records in the place of those that the holders have."""
    people, groups = share_tables(module.model)
    mine = [one.pk for one in to if one.kind == PERSON]
    parts = _parts(module, ids, mine) if terms.part is None else {}
    _remove(module, ids, to)
    permission = permission_of(module.model, terms.level)
    group_ids = groups_of(to)
    common = {
        "permission_id": permission, "until": terms.end, "note": terms.note.strip(),
        "given_by_id": act.actor_id, "act": act.id,
    }  # fmt: skip
    people._default_manager.bulk_create(
        people(
            content_object_id=pk, user_id=one, part=terms.part or parts.get((pk, one), ""),
            **common,
        )
        for pk in ids
        for one in mine
    )  # fmt: skip
    groups._default_manager.bulk_create(
        groups(content_object_id=pk, group_id=group, **common)
        for pk in ids
        for group in group_ids.values()
    )
    tell_shares(act, module, ids, "shared", to, terms)


def _parts(module: Module, ids: Sequence[int], users: Sequence[int]) -> dict[Any, str]:
    """The parts that these people have now, by record and person."""
    rows = share_tables(module.model)[0]._default_manager.filter(
        content_object_id__in=ids, user_id__in=users
    )
    values = rows.exclude(part="").values_list("content_object_id", "user_id", "part")
    return {(pk, user): part for pk, user, part in values}


def _remove(module: Module, ids: Sequence[int], holders: Sequence[Holder]) -> None:
    people, groups = share_tables(module.model)
    users = [one.pk for one in holders if one.kind == PERSON]
    held = groups_of(holders, is_active=False).values()
    people._default_manager.filter(content_object_id__in=ids, user_id__in=users).delete()
    groups._default_manager.filter(content_object_id__in=ids, group_id__in=held).delete()


@transaction.atomic
def unshare_records(
    *, actor: Any, module: str, pks: Sequence[int], holder: Holder, source: str = "form"
) -> Act:
    """Take the shares of one holder back, and what one act gave him along with them.

    Raises NotVisible (also when a record is not shared with him), NotAllowed.
    """
    access = access_to(actor, module)
    act = Act(actor, source)
    ids = _locked(access, act, pks, VIEW)
    shares = [one for one in shares_of(access.module.model, ids) if one.holder == holder]
    if {one.record for one in shares} != set(ids):
        raise NotVisible
    _forget(act, access.module, ids, holder)
    acts = {one.act for one in shares} - {None}
    for child, below in shareable_below(access, ids, VIEW).items():
        held = shares_of(child.model, below)
        came = [one.record for one in held if one.holder == holder and one.act in acts]
        _forget(act, child, came, holder)
    raise_rights_version()
    return act


def _forget(act: Act, module: Module, ids: Sequence[int], holder: Holder) -> None:
    if ids:
        _remove(module, ids, [holder])
        tell_shares(act, module, ids, "unshared", [holder], None)


def tell_shares(
    act: Act,
    module: Module,
    ids: Sequence[int],
    kind: str,
    holders: Sequence[Holder],
    terms: Terms | None,
) -> None:
    """History, events and audit of one act; the records' own values and versions stay."""
    told = replace(act, reason=reason_of(holders, terms)) if holders else act
    write_history(told, module.model, ids, CHANGED)
    versions = module.rows.filter(pk__in=list(ids)).order_by("pk").values_list("pk", "version")
    write_events(act, module.name, list(versions), kind)
    detail: dict[str, Any] = {"holders": [one.text for one in holders], "count": len(ids)}
    if terms is not None:
        detail["level"] = terms.level
        detail["until"] = terms.until.isoformat() if terms.until else ""
        detail["note"] = terms.note.strip()
        if terms.part:
            detail["part"] = terms.part
    only = ids[0] if len(ids) == 1 else None
    record_audit(actor=act.actor, action=kind, module=module.name, record_id=only, detail=detail)
