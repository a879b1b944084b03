"""Collections on the write path: cleaned, compared with what is there, written with history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.modules.collections import Collection
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.cleaning import Cleaner, is_empty
from crm.records.copying import copy_rows, reserve_ids
from crm.records.errors import Invalid
from crm.records.history import CHANGED, CREATED, DELETED, write_history

Values = dict[str, Any]


@dataclass
class Changes:
    """What becomes of one collection's rows."""

    added: list[Values] = field(default_factory=list)
    changed: list[tuple[int, Values]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    order: list[int | None] = field(default_factory=list)  # ids as they stand, None for added ones
    is_reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.is_reordered)


def clean_rows(cleaner: Cleaner, one: Field, raw: Any) -> list[Values]:
    """The rows of a collection, cleaned; rows without any value are left out.

    A bare value stands for a row with the main member. Raises ValueError with a sentence.
    """
    collection = cleaner.access.module.collections_by_name[one.name]
    if raw is None:
        return []
    if not isinstance(raw, list | tuple):
        raise ValueError(_("This must be a list."))
    if len(raw) > collection.limit:
        raise ValueError(_("At most %d entries.") % collection.limit)
    rows: list[Values] = []
    seen: set[tuple[Any, ...]] = set()
    for item in raw:
        given = item if isinstance(item, Mapping) else {collection.main: item}
        row = _clean_row(cleaner, one, collection, given)
        if row is None:
            continue
        identity = _identity(collection, row) or (row.get("id"),)
        if identity not in seen:
            seen.add(identity)
            rows.append(row)
    return rows


def _identity(collection: Collection, row: Values) -> tuple[Any, ...] | None:
    """What makes the row the same as another; None where the person may not write all of it."""
    if any(name not in row for name in collection.identity):
        return None
    return tuple(row[name] for name in collection.identity)


def _clean_row(
    cleaner: Cleaner, one: Field, collection: Collection, given: Mapping[str, Any]
) -> Values | None:
    access = cleaner.access
    known = {name for name in one.members if f"{one.name}.{name}" in access.visible}
    unknown = set(map(str, given)) - known - {"id"}
    if unknown:
        raise ValueError(_("There is no “%s” here.") % sorted(unknown)[0][:40])
    row: Values = {}
    if str(given.get("id", "")).isdecimal():
        row["id"] = int(given["id"])
    mine = [name for name in one.members if f"{one.name}.{name}" in access.editable]
    keeps_something = "id" in row and len(mine) < len(one.members)
    if not keeps_something and all(is_empty(given.get(name)) for name in one.members):
        return None
    for name, member in one.members.items():
        if name in mine and (name in given or (member.required and "id" not in row)):
            row[name] = cleaner.clean(member, given.get(name))
        elif name not in mine and "id" not in row and (name in given or member.required):
            raise ValueError(_("You may not write “%s”.") % member.label)
    return row


def loaded_rows(
    module: Module, collection: Collection, ids: Sequence[int]
) -> dict[int, list[Values]]:
    """The collection's rows as they are, by record; for services, not cut to anybody's rights."""
    found: dict[int, list[Values]] = {pk: [] for pk in ids}
    members = module.fields[collection.name].members
    columns = [member.value_path for member in members.values()]
    rows = collection.model._default_manager.filter(module=module.name, record_id__in=list(ids))
    for record_id, pk, *cells in rows.order_by("position", "id").values_list(
        "record_id", "id", *columns
    ):
        found[record_id].append({"id": pk, **dict(zip(members, cells, strict=True))})
    return found


def compare(
    access: Access, collection: Collection, before: list[Values], after: list[Values]
) -> Changes:
    """How to get from the rows that are there to those that were submitted.

    Rows are matched by identity, else by id: two tags may swap places, but never stand twice.
    A member that the person may not write keeps its value; a row that he sees masked keeps its
    number when it comes back masked.
    """
    by_id = {row["id"]: row for row in before}
    by_identity = {_identity(collection, row): row for row in before}
    changes, kept = Changes(), set()
    for row in after:
        old = by_identity.get(_identity(collection, row)) or by_id.get(row.get("id"))
        if old is None or old["id"] in kept:
            _require_whole(access.module, collection, row)
            changes.added.append({k: v for k, v in row.items() if k != "id"})
            changes.order.append(None)
            continue
        kept.add(old["id"])
        changes.order.append(old["id"])
        different = {
            name: value
            for name, value in row.items()
            if name != "id" and old.get(name) != value
            and f"{collection.name}.{name}" in access.editable
        }  # fmt: skip
        if different:
            changes.changed.append((old["id"], {**old, **different}))
    changes.removed = [pk for pk in by_id if pk not in kept]
    stayed = [pk for pk in changes.order if pk is not None]
    changes.is_reordered = stayed != [pk for pk in by_id if pk in kept]
    return changes


def _require_whole(module: Module, collection: Collection, row: Values) -> None:
    """Raise Invalid for a row that names one which is not there any more."""
    members = module.fields[collection.name].members
    if any(member.required and name not in row for name, member in members.items()):
        raise Invalid(fields={collection.name: [_("One of these entries is gone.")]})


def add_rows(
    act: Act, module: Module, collection: Collection, rows: Sequence[tuple[int, Values]]
) -> None:
    """Write new child rows, given as (record id, values), with their history."""
    if not rows:
        return
    ids = reserve_ids(collection.model, len(rows))
    positions: dict[int, int] = {}
    columns = []
    for pk, (record_id, values) in zip(ids, rows, strict=True):
        position = positions.get(record_id, 0)
        positions[record_id] = position + 1
        columns.append({"id": pk, **_columns(module, collection, record_id, values, position)})
    copy_rows(collection.model, columns)
    write_history(act, collection.model, ids, CREATED)


def _columns(
    module: Module, collection: Collection, record_id: int, values: Values, position: int
) -> Values:
    members = module.fields[collection.name].members
    columns = {members[name].value_path: value for name, value in values.items() if name in members}
    columns.update({name: values[name] for name in collection.stored if name in values})
    if collection.derive:
        columns.update(collection.derive(values))
    return {
        **columns,
        "module": module.name,
        "record_id": record_id,
        "position": values.get("position", position),
    }


def apply_changes(
    act: Act, module: Module, collection: Collection, record_id: int, changes: Changes
) -> None:
    """Write what `compare` found for one record."""
    rows = collection.model._default_manager.filter(module=module.name, record_id=record_id)
    if changes.removed:
        remove_rows(act, collection, changes.removed)
    members = module.fields[collection.name].members
    for pk, values in changes.changed:
        columns = {members[n].value_path: v for n, v in values.items() if n in members}
        if collection.derive:
            columns.update(collection.derive(values))
        rows.filter(pk=pk).update(**columns)
    moved = _place(rows, changes)
    touched = {pk for pk, _values in changes.changed} | moved
    write_history(act, collection.model, sorted(touched), CHANGED)
    places = [place for place, pk in enumerate(changes.order) if pk is None]
    added = [
        (record_id, {**row, "position": place})
        for place, row in zip(places, changes.added, strict=True)
    ]
    add_rows(act, module, collection, added)


def _place(rows: QuerySet, changes: Changes) -> set[int]:
    """Put the rows that stay where they were submitted; answers which of them moved."""
    if not changes.is_reordered and not changes.added:
        return set()
    wanted = {pk: place for place, pk in enumerate(changes.order) if pk is not None}
    now = dict(rows.filter(pk__in=wanted).values_list("pk", "position"))
    moved = {pk for pk, place in wanted.items() if now.get(pk) != place}
    for pk in moved:
        rows.filter(pk=pk).update(position=wanted[pk])
    return moved


def remove_rows(act: Act, collection: Collection, ids: Sequence[int]) -> None:
    """Delete child rows for good; their last values stay in the history."""
    write_history(act, collection.model, ids, DELETED)
    if collection.forget:
        collection.forget(ids)
    # Not delete(): its signal would write the same history once more, without the act.
    rows = collection.model._default_manager.filter(pk__in=list(ids))
    rows._raw_delete(rows.db)
