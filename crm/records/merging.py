"""Merging: records that turn out to be one become one, with all that points to them.

Whoever merges may edit all of them and delete the losers. The losers lie in the recycle bin,
marked with the survivor that their old addresses lead to; `crm/records/unmerging.py` takes it back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.beside import Merge
from crm.records.drafts import Change, Values, change_of, snapshots
from crm.records.duplicates import refuse_lost
from crm.records.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from crm.records.followers import ask_guards, carry_along
from crm.records.keys import release_keys
from crm.records.lifecycle import mark_records
from crm.records.merge_links import MERGE, copy_shares, move_links, move_names
from crm.records.merge_values import OWNER, kept_values, united
from crm.records.owners import department_of, require_assignable
from crm.records.rekeying import rekey
from crm.records.services import write_change

FEWEST, MOST = 2, 5


def is_mergeable(module: Module) -> bool:
    """Whether records of this module stand by themselves, so that two may turn out to be one."""
    return not module.is_only_inside


def leads_on(access: Access, pk: int) -> int | None:
    """The record that this one was merged into, if the person sees that; one query either way."""
    gone = access.module.rows.filter(pk=pk, merged_into__isnull=False).values("merged_into")
    return access.rows().filter(pk__in=gone).values_list("pk", flat=True).first()


@transaction.atomic
def merge_records(
    *,
    actor: Any,
    module: str,
    survivor: int,
    losers: Sequence[int],
    choices: Mapping[str, int] | None = None,
    versions: Mapping[int, int] | None = None,
) -> Merge:
    """Make one of two to five records; answers the row by which it can be taken back.

    `choices` says by field whose value the survivor gets; all else follows the rule of
    `crm/records/merge_values.py`. `versions` by record are those that were read. Raises
    NotVisible, NotAllowed, Invalid, StaleRecord, DuplicateFound.
    """
    access, act = access_to(actor, module), Act(actor, MERGE)
    order = [survivor, *dict.fromkeys(pk for pk in losers if pk != survivor)]
    if not is_mergeable(access.module):
        raise Invalid(_("%s cannot be merged.") % access.module.label_plural)
    if not FEWEST <= len(order) <= MOST:
        raise Invalid(_("Choose two to five records."))
    records = _locked(act, access, order, versions or {})
    stored = snapshots(access.module, [records[pk] for pk in order])
    owner = _chosen_owner(access, stored, survivor, choices or {})
    change = _change(access, stored, order, choices or {})
    names = sorted(change.names)
    after = _write(act, access, records[survivor], change, order[1:])
    moved = _move(act, access.module, order[1:], survivor)
    if owner is not None:
        moved[OWNER] = [stored[survivor][OWNER], owner]
        _give(act, access.module, survivor, owner)
    return Merge.objects.create(
        act=act.id, module=module, survivor=survivor, losers=order[1:], actor=actor,
        before=kept_values(stored[survivor], names),
        after=kept_values(after, names),
        moved=moved,
    )  # fmt: skip


def _change(
    access: Access, stored: Mapping[int, Values], order: Sequence[int], choices: Mapping[str, int]
) -> Change:
    """What the survivor becomes. Raises Invalid."""
    draft = united(access, stored, order, choices)
    draft.refuse()
    change = change_of(access, stored[order[0]], draft)
    draft.refuse()
    return change


def _write(act: Act, access: Access, record: Any, change: Change, losers: Sequence[int]) -> Values:
    """Write the survivor, which takes the keys of the losers; its values as they are then."""
    module = access.module
    release_keys(module, losers)
    if change.names:
        write_change(act, access, record, change)
    else:
        mark_records(act, module, [record.pk], "changed", names=[])
    written = module.rows.get(pk=record.pk)
    refuse_lost(access, rekey(module, [written]))
    return snapshots(module, [written])[record.pk]


def _locked(
    act: Act, access: Access, order: Sequence[int], versions: Mapping[int, int]
) -> dict[int, Any]:
    """The records, locked in the order of their ids: of two merges at once the second waits."""
    found: dict[int, Any] = {}
    for pk in sorted(order):
        try:
            found[pk] = access.lock(pk, "edit")
        except NotVisible:
            if leads_on(access, pk) is not None:
                raise Invalid(
                    _("One of these records has just been merged into another. Look again.")
                ) from None
            raise
        names = frozenset({"deleted_at"} if pk != order[0] else access.module.fields)
        if pk != order[0]:
            access.require("delete", pk)
        ask_guards(act, access.module, found[pk], names)
        if found[pk].version != versions.get(pk, found[pk].version):
            raise StaleRecord(found[pk].version, [], found[pk].changed_by_id)
    return found


def _chosen_owner(
    access: Access, stored: Mapping[int, Values], survivor: int, choices: Mapping[str, int]
) -> int | None:
    """The owner that the survivor is given to; None where it stays whose it is."""
    owner = stored[choices.get(OWNER, survivor)][OWNER]
    if owner is None or owner == stored[survivor][OWNER]:
        return None
    access.require("assign", survivor)
    require_assignable(access, owner)
    return int(owner)


def _give(act: Act, module: Module, pk: int, owner: int | None) -> None:
    department = department_of(owner)
    mark_records(act, module, [pk], "assigned", owner_id=owner, department_id=department)


def _move(act: Act, module: Module, losers: Sequence[int], survivor: int) -> dict[str, Any]:
    """Bring everything over to the survivor, then put the losers away."""
    moved: dict[str, Any] = {
        "links": move_links(act, module, losers, survivor),
        "names": move_names(module, losers, survivor),
        "shares": copy_shares(module, losers, survivor),
        "rooms": carry_along(act, module, losers, survivor),
    }
    earlier = module.rows.filter(merged_into_id__in=list(losers))
    moved["earlier"] = [list(one) for one in earlier.values_list("pk", "merged_into_id")]
    earlier.update(merged_into_id=survivor)
    mark_records(
        act, module, losers, "merged", names=[],
        deleted_at=timezone.now(), deletion_id=act.id, merged_into_id=survivor,
    )  # fmt: skip
    return moved


def give_back(act: Act, module: Module, pk: int, owner: int | None) -> None:
    """Let a record be whose it was before a merge gave it to another."""
    _give(act, module, pk, owner)


def may_merge(access: Access) -> bool:
    """Whether the person may merge records of the module: edit them, and delete the losers."""
    may = access.grants.scope("edit") and access.grants.scope("delete")
    return is_mergeable(access.module) and bool(may)


def require_mergeable(access: Access) -> None:
    """Raise NotAllowed with the reason unless the person may merge anything here."""
    if not is_mergeable(access.module):
        raise NotAllowed(_("%s cannot be merged.") % access.module.label_plural)
    access.require("edit")
    access.require("delete")
