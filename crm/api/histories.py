"""What happened to one record, as one person may know it: readable fields only, before and after."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.access import names
from crm.access.policy import Access
from crm.api.values import Labels, as_json, stored_as_json
from crm.modules.fields import Field
from crm.records.history import CREATED, DELETED, history_model

Values = Mapping[str, Any]
OWN = frozenset({"created_at", "created_by", "changed_at", "changed_by"})


@dataclass
class Entry:
    """One act on a record. `changes` are (field, before, after) as stored."""

    row: Values
    kind: str
    changes: list[tuple[Field, Any, Any]] = field(default_factory=list)


def history_page(access: Access, pk: int, offset: int, size: int) -> tuple[list[dict[str, Any]], int]:
    """Entries of a record that the person sees, newest first, and how many there are in all.

    Raises NotVisible.
    """
    access.get(pk, ())
    kept = history_model(access.module.model).objects.filter(id=pk)
    ordered = kept.order_by("-history_date", "-history_id")
    rows = list(ordered.values()[offset : offset + size + 1])
    entries = list(_entries(access, rows[:size], rows[1:]))
    _add_collections(access, pk, entries)
    return _as_json(access, entries), kept.count()


def _entries(access: Access, rows: Sequence[Values], older: Sequence[Values]) -> Iterator[Entry]:
    for place, row in enumerate(rows):
        before = older[place] if place < len(older) else {}
        entry = Entry(row, _kind(row, before))
        for one in _own_fields(access):
            was, is_now = _stored(one, before), _stored(one, row)
            if was != is_now and not (_is_nothing(was) and _is_nothing(is_now)):
                entry.changes.append((one, was, is_now))
        yield entry


def _own_fields(access: Access) -> list[Field]:
    return [
        one
        for name, one in access.module.stored_fields.items()
        if name in access.readable
        and name not in OWN
        and name not in access.module.background
    ]


def _stored(one: Field, row: Values) -> Any:
    if one.is_custom:
        return (row.get("custom") or {}).get(one.key)
    return row.get(one.value_path)


def _is_nothing(value: Any) -> bool:
    return value in (None, "", [], ())


def _kind(row: Values, before: Values) -> str:
    if row["history_type"] == CREATED:
        return "created"
    if row["history_type"] == DELETED:
        return "deleted"
    if before.get("deleted_at") and not row["deleted_at"]:
        return "restored"
    return "changed"


def _add_collections(access: Access, pk: int, entries: Sequence[Entry]) -> None:
    """Add the child rows that each act wrote, with what they were before it."""
    by_act = {entry.row["act"]: entry for entry in entries if entry.row["act"]}
    for name, collection in access.module.collections_by_name.items():
        if name not in access.readable or not by_act:
            continue
        members = {
            member: one
            for member, one in access.module.fields[name].members.items()
            if f"{name}.{member}" in access.readable
        }
        if members:
            _add_rows(access.module.name, pk, name, collection.model, members, by_act)


def _add_rows(
    module: str,
    pk: int,
    name: str,
    model: Any,
    members: Mapping[str, Field],
    by_act: Mapping[uuid.UUID, Entry],
) -> None:
    kept = history_model(model).objects
    here = kept.filter(act__in=list(by_act), module=module, record_id=pk)
    touched = set(here.values_list("id", flat=True))
    was: dict[int, dict[str, Any]] = {}
    for row in kept.filter(id__in=touched).order_by("history_date", "history_id").values():
        before = was.get(row["id"])
        after = {member: row[one.value_path] for member, one in members.items()}
        gone = row["history_type"] == DELETED
        was[row["id"]] = {} if gone else after
        entry = by_act.get(row["act"])
        if entry is None:
            continue
        if gone:
            before, after = before or after, {}
        for member, one in members.items():
            old, new = (before or {}).get(member), after.get(member)
            if old != new and not (_is_nothing(old) and _is_nothing(new)):
                label = one.with_changes(name=f"{name}.{member}")
                entry.changes.append((label, old, new))


def _as_json(access: Access, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    labels = Labels(access)
    for entry in entries:
        for one, before, after in entry.changes:
            labels.want(one, before)
            labels.want(one, after)
    people = names.people(entry.row["history_user_id"] for entry in entries)
    found = []
    for entry in entries:
        by = people.get(entry.row["history_user_id"])
        found.append(
            {
                "at": as_json(entry.row["history_date"]),
                "by": {"id": by.pk, "label": by.label} if by else None,
                "kind": entry.kind,
                "version": entry.row["version"],
                "reason": entry.row["history_change_reason"] or "",
                "changes": [
                    {
                        "field": one.name,
                        "label": str(one.label),
                        "before": stored_as_json(one, before, labels),
                        "after": stored_as_json(one, after, labels),
                    }
                    for one, before, after in entry.changes
                ],
            }
        )
    return found
