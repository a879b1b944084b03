"""The history of one record as JSON; what the reader may know of it is decided in records."""

from typing import Any

from crm.access import names
from crm.access.policy import Access
from crm.api.values import Labels, as_json, stored_as_json
from crm.records.changes import Entry, entries_of
from crm.records.history import history_model
from crm.records.sharing import readable_reason


def history_page(
    access: Access, pk: int, offset: int, size: int
) -> tuple[list[dict[str, Any]], int]:
    """Acts on a record that the person sees, newest first, and how many there are in all.

    Raises NotVisible.
    """
    access.get(pk, ())
    count = history_model(access.module.model).objects.filter(id=pk).count()
    entries = entries_of(access, pk, most=offset + size)[offset:]
    return _as_json(access, entries), count


def _as_json(access: Access, entries: list[Entry]) -> list[dict[str, Any]]:
    labels = Labels(access)
    for entry in entries:
        for change in entry.changes:
            labels.want(change.field, change.before)
            labels.want(change.field, change.after)
    people = names.people(entry.actor for entry in entries)
    return [
        {
            "at": as_json(entry.at),
            "by": as_json(people.get(entry.actor)) if entry.actor else None,
            "kind": entry.kind,
            "source": entry.source,
            "version": entry.version,
            "reason": readable_reason(access, entry),
            "changes": [
                {
                    "field": change.name,
                    "label": str(access.module.fields[change.name].label),
                    "before": stored_as_json(change.field, change.before, labels),
                    "after": stored_as_json(change.field, change.after, labels),
                }
                for change in entry.changes
            ],
        }
        for entry in entries
    ]
