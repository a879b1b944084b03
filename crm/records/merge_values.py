"""What a merged record holds: the person's choices, and a rule for all else.

A field that nobody chose keeps the survivor's value; where that is empty it takes the first one
that a loser has. So it is with fields that the person may not see: the rule decides, nothing of
them is told. Collections are united, each row once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.modules.collections import Collection
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.cleaning import is_empty
from crm.records.drafts import Draft, Values, plain

OWNER = "owner"


def united(
    access: Access, stored: Mapping[int, Values], order: Sequence[int], choices: Mapping[str, int]
) -> Draft:
    """The values that the survivor, first in `order`, takes over; errors for wrong choices.

    `choices` says by field whose value it is to be; for a collection whose rows alone.
    """
    module, survivor = access.module, order[0]
    draft = Draft(errors=_wrong_choices(access, stored, survivor, choices))
    if draft.errors:
        return draft
    for name, field in module.stored_fields.items():
        if field.is_read_only:
            continue
        value = stored[_source(stored, order, name, choices)][name]
        if _points_to(field, module, value, order):
            value = None
        if value != stored[survivor][name]:
            draft.values[name] = value
    for collection in module.collections:
        name = collection.name
        pks = [choices[name]] if name in choices else order
        rows = _united_rows(module, collection, stored, pks, order)
        if len(rows) > collection.limit:
            draft.errors[name] = [_("At most %d entries.") % collection.limit]
        draft.collections[name] = rows
    return draft


def _wrong_choices(
    access: Access, stored: Mapping[int, Values], survivor: int, choices: Mapping[str, int]
) -> dict[str, list[Any]]:
    errors: dict[str, list[Any]] = {}
    writable = access.writable(stored[survivor])
    for name, pk in choices.items():
        if name not in access.visible:
            errors[name] = [_("There is no such field.")]
        elif pk not in stored:
            errors[name] = [_("Choose one of the records that are merged.")]
        elif name not in writable and name != OWNER and pk != survivor:
            errors[name] = [_("You may not write this field.")]
    return errors


def _source(
    stored: Mapping[int, Values], order: Sequence[int], name: str, choices: Mapping[str, int]
) -> int:
    if name in choices:
        return choices[name]
    return next((pk for pk in order if not is_empty(stored[pk][name])), order[0])


def _points_to(field: Field, module: Module, value: Any, pks: Sequence[int]) -> bool:
    """Whether a reference names one of the merged records: the survivor stands above no self."""
    if field.kind == "any_relation":
        return value in {f"{module.name}/{pk}" for pk in pks}
    return field.kind == "relation" and field.target == module.name and value in pks


def _united_rows(
    module: Module,
    collection: Collection,
    stored: Mapping[int, Values],
    pks: Sequence[int],
    order: Sequence[int],
) -> list[Values]:
    """The rows of these records, each once; the survivor's keep their ids."""
    members = module.fields[collection.name].members
    rows: list[Values] = []
    seen: set[Any] = set()
    for pk in pks:
        for row in stored[pk][collection.name]:
            if any(_points_to(one, module, row[name], order) for name, one in members.items()):
                continue
            same = _sameness(collection, row)
            if seen.isdisjoint(same):
                rows.append(row if pk == order[0] else {k: v for k, v in row.items() if k != "id"})
            seen |= same
    return rows


def _sameness(collection: Collection, row: Values) -> set[Any]:
    """What makes a row the same as another: its identity, and what it is looked up by."""
    found: set[Any] = {tuple(row[name] for name in collection.identity)}
    if collection.derive:
        looked_up = tuple(sorted(collection.derive(row).items()))
        if any(value for _name, value in looked_up):
            found.add(looked_up)
    return found


def kept_values(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Values by field as JSON holds them, rows of collections without their ids."""
    found: dict[str, Any] = {}
    for name in names:
        value = values[name]
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            found[name] = [
                {member: plain(cell) for member, cell in row.items() if member != "id"}
                for row in value
            ]
        else:
            found[name] = plain(value)
    return found
