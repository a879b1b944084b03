"""Sharing of records with people, departments and teams: the one place that writes shares.

A share gives reading or editing and nothing else. What the giver cannot do himself he cannot
give. Every act raises the version of rights in its transaction, so that the next request of
whoever gains or loses something already knows.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
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
from crm.modules.module import Module
from crm.modules.registry import children_of
from crm.modules.stamp import raise_rights_version
from crm.records.act import Act
from crm.records.audit import record_audit
from crm.records.errors import Invalid, NotVisible
from crm.records.events import write_events
from crm.records.followers import ask_guards
from crm.records.history import CHANGED, write_history

LONGEST_NOTE = 200
MOST_HOLDERS = 50
LATEST = dt.date(9000, 1, 1)


@dataclass(frozen=True)
class Terms:
    """What a share gives: `level` view or edit, to the end of the day `until` (None: for good)."""

    level: str = VIEW
    until: dt.date | None = None
    note: str = ""

    @property
    def end(self) -> dt.datetime | None:
        """The first instant at which the share gives nothing: midnight where the company is."""
        if self.until is None:
            return None
        day = self.until + dt.timedelta(days=1)
        return dt.datetime.combine(day, dt.time.min, timezone.get_default_timezone())


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
    if errors:
        raise Invalid(fields=errors)


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
    _remove(module, ids, to)
    permission = permission_of(module.model, terms.level)
    group_ids = groups_of(to)
    common = {
        "permission_id": permission, "until": terms.end, "note": terms.note.strip(),
        "given_by_id": act.actor_id, "act": act.id,
    }  # fmt: skip
    mine = [one for one in to if one.kind == PERSON]
    people._default_manager.bulk_create(
        people(content_object_id=pk, user_id=one.pk, **common) for pk in ids for one in mine
    )
    groups._default_manager.bulk_create(
        groups(content_object_id=pk, group_id=group, **common)
        for pk in ids
        for group in group_ids.values()
    )
    tell_shares(act, module, ids, "shared", to, terms)


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
    write_history(act, module.model, ids, CHANGED)
    versions = module.rows.filter(pk__in=list(ids)).order_by("pk").values_list("pk", "version")
    write_events(act, module.name, list(versions), kind)
    detail: dict[str, Any] = {"holders": [one.text for one in holders], "count": len(ids)}
    if terms is not None:
        detail["level"] = terms.level
        detail["until"] = terms.until.isoformat() if terms.until else ""
        detail["note"] = terms.note.strip()
    only = ids[0] if len(ids) == 1 else None
    record_audit(actor=act.actor, action=kind, module=module.name, record_id=only, detail=detail)
