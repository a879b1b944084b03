"""One deed on many records: what is out of reach or held back by a guard is told of, not done."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from crm.access.policy import Access
from crm.records.act import Act
from crm.records.errors import NotAllowed, NotVisible, Refusal
from crm.records.followers import ask_guards

WHOLE = ""  # the place of what is said of a record as a whole, not of one field


@dataclass
class Done:
    """What became of one record: refused with `errors`, changed from `before` to `after`.

    Neither: there was nothing to do. `before` and `after` are what JSON holds.
    """

    errors: dict[str, list[Any]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    version: int | None = None


def refused(refusal: Refusal) -> Done:
    """A record that was left as it is, for this reason."""
    return Done(errors={WHOLE: [refusal.message]})


def lock_many(
    act: Act, access: Access, pks: Collection[int], action: str, names: frozenset[str]
) -> tuple[dict[int, Any], dict[int, Done]]:
    """The records that the person may do `action` to, locked in the order of their ids.

    And those that he may not, each with the reason; one that he may not know of is told of as
    one that never was. A guard of the columns `names` is asked for each.
    """
    rows = access.rows(action).select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")
    held = {record.pk: record for record in rows}
    missing = set(pks) - held.keys()
    seen = set(access.rows().filter(pk__in=missing).values_list("pk", flat=True))
    reason = access.decide(action, min(seen)).reason if seen else ""
    left = {pk: refused(NotAllowed(reason) if pk in seen else NotVisible()) for pk in missing}
    for pk, record in held.items():
        try:
            ask_guards(act, access.module, record, names)
        except Refusal as refusal:
            left[pk] = refused(refusal)
    return {pk: record for pk, record in held.items() if pk not in left}, left
