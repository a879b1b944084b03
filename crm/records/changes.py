"""What became of a record, act by act, as the reader may read it. Page, API and audit use it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.access.loading import mask
from crm.access.policy import Access
from crm.modules.fields import Field
from crm.records.beside import Event
from crm.records.conversion import Converter, in_words
from crm.records.drafts import typed
from crm.records.history import history_model, versions_of

MOST_CHILD_ROWS = 1000


@dataclass
class Change:
    """One field before and after: plain values, ids of references, texts for collections."""

    name: str
    field: Field
    before: Any
    after: Any


@dataclass
class Entry:
    """One act: who, when, how, and the changes that the reader may see."""

    at: dt.datetime
    actor: int | None
    kind: str
    source: str
    reason: str
    act: Any
    version: int = 0
    changes: list[Change] = field(default_factory=list)


def entries_of(access: Access, pk: int, most: int = 100) -> list[Entry]:
    """The acts on a record that the person sees, newest first."""
    versions = versions_of(access.module.model, pk, most + 1)
    by_act: dict[Any, Entry] = {}
    events = {
        row["act"]: row
        for row in Event.objects.filter(module=access.module.name, record_id=pk).values(
            "act", "kind", "source", "changed"
        )[: most * 2]
    }
    for index, now in enumerate(versions[:most]):
        before = versions[index + 1] if index + 1 < len(versions) else {}
        event: Mapping[str, Any] = events.get(now["act"]) or {}
        entry = Entry(
            at=now["history_date"],
            actor=now["history_user_id"],
            kind=event.get("kind") or ("created" if now["history_type"] == "+" else "changed"),
            source=event.get("source", ""),
            reason=now["history_change_reason"] or "",
            act=now["act"],
            version=now["version"],
        )
        if entry.kind != "created":
            entry.changes = field_changes(access, before, now)
        by_act[now["act"]] = entry
    touched = {
        name for row in events.values() if row["kind"] != "created" for name in row["changed"]
    }
    for collection in access.module.collections:
        if collection.name in touched:
            _add_children(access, pk, collection.name, by_act)
    return sorted(by_act.values(), key=lambda one: (one.at, one.version), reverse=True)


def field_changes(access: Access, before: dict[str, Any], now: dict[str, Any]) -> list[Change]:
    """What differs between two history rows of a record, as the reader may read it."""
    found = []
    for name, one in access.module.stored_fields.items():
        if name not in access.visible or name in {"changed_at", "changed_by"}:
            continue
        shown, old, new = _compared(one, before, now)
        if old != new:
            if name in access.masked:
                old, new = _covered(shown, old), _covered(shown, new)
            found.append(Change(name, shown, old, new))
    return found


def _stored(row: dict[str, Any], one: Field) -> Any:
    if one.is_custom:
        return (row.get("custom") or {}).get(one.key)
    return row.get(one.value_path)


def _compared(one: Field, before: dict[str, Any], now: dict[str, Any]) -> tuple[Field, Any, Any]:
    """A field's values before and after, and as which field they show.

    A field that was converted is shown as what it was at that time. That it was converted is
    nobody's change: an old value and what became of it are the same, and one that did not fit
    may be gone without anybody's doing.
    """
    if not one.past:
        return one, _stored(before, one), _stored(now, one)
    old_field, old = _held(one, before)
    new_field, new = _held(one, now)
    if old_field is new_field or old is None:
        return new_field, old, new
    became = Converter(old_field, new_field, may_add=False).fits(old)
    if new is None and became is None:
        return one, None, None
    return one, new if became == new else in_words(old_field, old), new


def _held(one: Field, row: dict[str, Any]) -> tuple[Field, Any]:
    """The value in a row, and as which field it stands there."""
    custom = row.get("custom") or {}
    for known in (one, *reversed(one.past)):
        if known.key in custom:
            return known, custom[known.key]
    return one, None


def value_at(one: Field, row: dict[str, Any]) -> Any:
    """A custom field's value in a history row as the field is now; nothing if it does not fit."""
    held, raw = _held(one, row)
    if held is not one and raw is not None:
        raw = Converter(held, one, may_add=False).fits(raw)
    return typed(one, raw)


def _covered(one: Field, value: Any) -> Any:
    return value if value in (None, "") else mask(one, value)


def _add_children(access: Access, pk: int, name: str, by_act: dict[Any, Entry]) -> None:
    """Rows of one collection that an act added, changed or removed."""
    whole = access.module.fields[name]
    main = next(iter(whole.members))
    path = f"{name}.{main}"
    if path not in access.visible:
        return
    model = history_model(access.module.collections_by_name[name].model)
    member = whole.members[main]
    # By the acts, since no index leads to the record alone: see ChildHistory.
    rows = model.objects.filter(
        act__in=list(by_act), record_id=pk, module=access.module.name
    ).order_by("history_id")
    last: dict[int, Any] = {}
    moved: dict[Any, tuple[list[Any], list[Any]]] = {}
    columns = ("id", "act", "history_type", member.value_path)
    for row_id, act, kind, value in rows.values_list(*columns)[:MOST_CHILD_ROWS]:
        shown = _covered(member, value) if path in access.masked else value
        gone, come = moved.setdefault(act, ([], []))
        if kind != "+" and row_id in last:
            gone.append(last[row_id])
        if kind != "-":
            come.append(shown)
        last[row_id] = shown
    for act, (gone, come) in moved.items():
        entry = by_act.get(act)
        if entry is not None and entry.kind != "created" and gone != come:
            entry.changes.append(Change(name, member, _listed(gone), _listed(come)))


def _listed(values: Sequence[Any]) -> Any:
    return "、".join(str(value) for value in values) if len(values) != 1 else values[0]
