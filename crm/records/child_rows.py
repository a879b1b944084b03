"""Collections on the write path: cleaned, compared with what is there, written with history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.modules.collections import Collection
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.cleaning import Cleaner, is_empty
from crm.records.copying import copy_rows, reserve_ids
from crm.records.history import CHANGED, CREATED, DELETED, write_history

Values = dict[str, Any]


@dataclass
class Changes:
    """What becomes of one collection's rows."""

    added: list[Values] = field(default_factory=list)
    changed: list[tuple[int, Values]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    order: list[int | None] = field(default_factory=list)  # ids as they stand, None for added ones

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


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
        identity = tuple(row.get(name) for name in collection.identity)
        if identity not in seen:
            seen.add(identity)
            rows.append(row)
    return rows


def _clean_row(
    cleaner: Cleaner, one: Field, collection: Collection, given: Mapping[str, Any]
) -> Values | None:
    unknown = set(given) - set(one.members) - {"id"}
    if unknown:
        raise ValueError(_("There is no “%s” here.") % sorted(unknown)[0][:40])
    if all(is_empty(given.get(name)) for name in one.members):
        return None
    row: Values = {}
    for name, value in given.items():
        if name == "id":
            row["id"] = int(value) if str(value).isdigit() else None
            continue
        if f"{one.name}.{name}" not in cleaner.access.editable:
            if "id" in given:
                continue  # shown, perhaps masked, but not his to write: it keeps its value
            raise ValueError(_("You may not write “%s”.") % one.members[name].label)
        row[name] = cleaner.clean(one.members[name], value)
    return row


def loaded_rows(module: Module, collection: Collection, ids: Sequence[int]) -> dict[int, list[Values]]:
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


def compare(access: Access, collection: Collection, before: list[Values], after: list[Values]) -> Changes:
    """How to get from the rows that are there to those that were submitted.

    Rows are matched by id, else by identity. A member that the person may not write keeps
    its value; a row that he sees masked keeps its number when it comes back masked.
    """
    by_id = {row["id"]: row for row in before}
    by_identity = {tuple(row.get(n) for n in collection.identity): row for row in before}
    changes, kept = Changes(), set()
    for row in after:
        old = by_id.get(row.get("id")) or by_identity.get(
            tuple(row.get(n) for n in collection.identity)
        )
        if old is None or old["id"] in kept:
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
    return changes


def add_rows(act: Act, module: Module, collection: Collection, rows: Sequence[tuple[int, Values]]) -> None:
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
    if collection.derive:
        columns.update(collection.derive(values))
    return {
        **columns,
        "module": module.name,
        "record_id": record_id,
        "position": values.get("position", position),
    }


def apply_changes(act: Act, module: Module, collection: Collection, record_id: int, changes: Changes) -> None:
    """Write what `compare` found for one record."""
    rows = collection.model._default_manager.filter(module=module.name, record_id=record_id)
    if changes.removed:
        write_history(act, collection.model, changes.removed, DELETED)
        rows.filter(pk__in=changes.removed).delete()
    members = module.fields[collection.name].members
    for pk, values in changes.changed:
        columns = {members[n].value_path: v for n, v in values.items() if n in members}
        if collection.derive:
            columns.update(collection.derive(values))
        rows.filter(pk=pk).update(**columns)
    write_history(act, collection.model, [pk for pk, _values in changes.changed], CHANGED)
    place = len(changes.order) - len(changes.added)
    added = [(record_id, {**row, "position": place + n}) for n, row in enumerate(changes.added)]
    if added:
        add_rows(act, module, collection, added)
