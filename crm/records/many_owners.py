"""Many records given to another owner, and given back to those that they were taken from."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.deeds import Done, lock_many
from crm.records.errors import Refusal
from crm.records.followers import ask_guards
from crm.records.lifecycle import give_set, mark_records, require_active
from crm.records.owners import require_assignable

OWNER = frozenset({"owner"})
Kept = Mapping[str, Any]


def check_owner(access: Access, owner: int) -> None:
    """Raise Invalid for nobody, NotAllowed for whom the person may not give anything to."""
    access.require("assign")
    require_active(owner)
    require_assignable(access, owner)


@transaction.atomic
def assign_many(
    *, actor: Any, module: str, pks: Sequence[int], owner: int, act: Act
) -> dict[int, Done]:
    """Give records another owner, with what the old ones held under them; what became of each.

    Raises NotAllowed, Invalid when nothing may be given to him at all.
    """
    access = access_to(actor, module)
    check_owner(access, owner)
    records, done = lock_many(act, access, pks, "assign", OWNER)
    by_old: dict[int | None, list[int]] = {}
    for pk, record in records.items():
        done[pk] = Done(version=record.version)
        if record.owner_id != owner:
            by_old.setdefault(record.owner_id, []).append(pk)
            before = {"owner": record.owner_id, "department": record.department_id, "along": []}
            done[pk].before, done[pk].after = before, {"owner": owner}
    for parent, child, pk in give_set(act, access.module, by_old, owner):
        done[parent].before["along"].append([child, pk])
    return done


@transaction.atomic
def give_back_many(
    *, actor: Any, module: str, rows: Mapping[int, tuple[Kept, Kept]], act: Act
) -> dict[int, str]:
    """Give records, as (before, after), back to their old owners where nobody gave them on since.

    Whoever gave his own away no longer reaches it: what counts is that he would, once it is his
    again. Answers those that stay where they are, each with the reason if there is one to tell.
    """
    access = access_to(actor, module)
    stored = access.module.rows.filter(pk__in=rows, deleted_at__isnull=True).order_by("pk")
    records = {record.pk: record for record in stored.select_for_update(of=("self",))}
    mine = set(access.rows("assign").filter(pk__in=list(records)).values_list("pk", flat=True))
    left = dict.fromkeys(set(rows) - records.keys(), "")
    groups: dict[tuple[int | None, int | None], list[int]] = {}
    for pk, record in records.items():
        before, after = rows[pk]
        if record.owner_id != after["owner"]:
            left[pk] = ""
            continue
        reason = _held_back(act, access, record, pk in mine or _would_reach(access, before))
        if reason:
            left[pk] = reason
        else:
            groups.setdefault((before["owner"], before["department"]), []).append(pk)
    for (owner, department), ids in groups.items():
        columns: dict[str, Any] = {"owner_id": owner, "department_id": department}
        mark_records(act, access.module, ids, "assigned", **columns)
        for child, below in _along(rows, ids).items():
            held = child.rows.filter(pk__in=below, owner_id=rows[ids[0]][1]["owner"])
            still = list(held.filter(deleted_at__isnull=True).values_list("pk", flat=True))
            mark_records(act, child, still, "assigned", **columns)
    return left


def _held_back(act: Act, access: Access, record: Any, is_mine: bool) -> str:
    if not is_mine:
        return _("It would not be within your reach.")
    try:
        ask_guards(act, access.module, record, OWNER)
    except Refusal as refusal:
        return str(refusal.message)
    return ""


def _would_reach(access: Access, before: Kept) -> bool:
    scope = access.grants.scope("assign")
    return (
        scope.everything
        or before["owner"] in scope.owners
        or before["department"] in scope.departments
    )


def _along(rows: Mapping[int, tuple[Kept, Kept]], ids: Sequence[int]) -> dict[Module, list[int]]:
    found: dict[Module, list[int]] = {}
    for pk in ids:
        for name, child in rows[pk][0]["along"]:
            found.setdefault(module_named(name), []).append(child)
    return found
