"""Many records put into the recycle bin, and just those brought back."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from crm.access.policy import Access, access_to
from crm.records.act import Act
from crm.records.deeds import Done, lock_many
from crm.records.errors import Refusal
from crm.records.lifecycle import delete_set, restore_set

DELETED = frozenset({"deleted_at"})
Kept = Mapping[str, Any]


@transaction.atomic
def delete_many(*, actor: Any, module: str, pks: Sequence[int], act: Act) -> dict[int, Done]:
    """Put records and what belongs to them into the bin; what became of each.

    The act's id marks what this call deleted, so each batch of a long deed needs an act of its
    own: a restore looks at all that one act deleted. Raises NotAllowed.
    """
    access = access_to(actor, module)
    access.require("delete")
    records, done = lock_many(act, access, pks, "delete", DELETED)
    for pk, record in records.items():
        done[pk] = Done(before={"deletion": str(act.id)}, version=record.version)
    delete_set(act, access.module, list(records))
    return done


@transaction.atomic
def bring_back_many(
    *, actor: Any, module: str, rows: Mapping[int, tuple[Kept, Kept]], act: Act
) -> dict[int, str]:
    """Bring back exactly what a deletion took, where it still lies in the bin by that deletion.

    What somebody restored meanwhile is back already. Answers those that stay, with the reason if
    there is one to tell.
    """
    access = access_to(actor, module)
    stored = access.module.rows.filter(pk__in=rows).values_list("pk", "deletion_id")
    by_deletion: dict[str, list[int]] = {}
    left = dict.fromkeys(rows, "")
    for pk, deletion in stored:
        if deletion is None:
            del left[pk]
        elif str(deletion) == rows[pk][0]["deletion"]:
            by_deletion.setdefault(str(deletion), []).append(pk)
    mine = access.in_bin().rows("delete").filter(pk__in=list(left))
    reached = set(mine.values_list("pk", flat=True))
    for ids in by_deletion.values():
        wanted = sorted(reached.intersection(ids))
        for pk in wanted:
            del left[pk]
        left.update(_restored(act, access, wanted))
    return left


def _restored(act: Act, access: Access, ids: list[int]) -> dict[int, str]:
    """Bring them back together; where one cannot come, find it by halves. Answers those left."""
    if not ids:
        return {}
    try:
        with transaction.atomic():
            restore_set(act, access.module, ids, only=True)
    except Refusal as refusal:
        if len(ids) == 1:
            told = [str(text) for texts in refusal.fields.values() for text in texts]
            return {ids[0]: " ".join(told) or str(refusal.message)}
        middle = len(ids) // 2
        left = _restored(act, access, ids[:middle])
        return {**left, **_restored(act, access, ids[middle:])}
    return {}
