"""Two people changed the same record: what each of them wants, side by side."""

from typing import Any, NoReturn

from crm.access.policy import Access
from crm.records.beside import Event
from crm.records.changes import value_at
from crm.records.drafts import Draft
from crm.records.errors import Conflict, StaleRecord
from crm.records.history import values_at


def refuse_stale(
    access: Access, record: Any, version: int, now: dict[str, Any], draft: Draft
) -> NoReturn:
    """Raise StaleRecord with every submitted field that differs from what is stored now."""
    past = values_at(access.module.model, record.pk, version)
    conflicts = []
    for name, mine in draft.all.items():
        theirs = now.get(name)
        if mine == theirs or name not in access.readable:
            continue
        one = access.module.fields[name]
        if one.is_collection:
            mine, theirs = (_readable(access, name, rows) for rows in (mine, theirs))
            before = None if name in _changed_since(access, record.pk, version) else theirs
        elif one.is_custom:
            before = value_at(one, past)
        else:
            before = past.get(one.value_path, theirs)
        if before != mine:
            conflicts.append(Conflict(name, before, theirs, mine))
    by = record.changed_by_id if "changed_by" in access.readable else None
    raise StaleRecord(record.version, conflicts, by)


def _readable(access: Access, name: str, rows: Any) -> list[dict[str, Any]]:
    """The rows of a collection with those members only that the person may read."""
    return [
        {
            key: value
            for key, value in row.items()
            if key == "id" or f"{name}.{key}" in access.readable
        }
        for row in rows or ()
    ]


def _changed_since(access: Access, pk: int, version: int) -> set[str]:
    """The names of what was changed after a version."""
    events = Event.objects.filter(module=access.module.name, record_id=pk, version__gt=version)
    return {name for changed in events.values_list("changed", flat=True) for name in changed}
