"""Who made a field, and who changed what about it when; for the field's own page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from crm.access import names
from crm.customfields.labels import label_in
from crm.customfields.models import FieldDefinition
from crm.lists.show import show_moment
from crm.records.beside import AuditEntry
from crm.records.definitions import key_of
from crm.views.audit import ACTIONS

MOST = 30


def history_of(row: FieldDefinition) -> list[dict[str, Any]]:
    """The latest changes of a definition, newest first: {when, who, what, detail}."""
    entries = list(
        AuditEntry.objects.filter(
            module=row.module, record_id=None, action__startswith="field.",
            detail__key=key_of(row),
        ).order_by("-at", "-id")[:MOST]
    )  # fmt: skip
    people = names.people(entry.actor_id for entry in entries)
    return [
        {
            "when": show_moment(entry.at),
            "who": people[entry.actor_id].label if entry.actor_id in people else "",
            "what": ACTIONS.get(entry.action, entry.action),
            "detail": " · ".join(_changes(entry.detail)),
        }
        for entry in entries
    ]


def _changes(detail: dict[str, Any]) -> list[str]:
    before, after = detail.get("before") or {}, detail.get("after") or {}
    labels = {
        "labels": _("Name"), "help": _("Help"), "required": _("Must be filled in"),
        "kind": _("Kind"), "places": _("Decimals"), "fast": _("Fast"),
        "unique": _("Unique"), "default": _("Default"), "position": _("Order"),
        "formula": _("Formula"), "depends": _("Depends on"),
        "most_files": _("Files at most"), "endings": _("Allowed endings"),
    }  # fmt: skip
    return [
        f"{label}: {_said(before.get(name))} → {_said(after.get(name))}"
        for name, label in labels.items()
        if before.get(name) != after.get(name)
    ]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return label_in(value) or "–"
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return "–" if value in (None, "") else str(value)
