"""Which saved views use a field, for administrators who are about to change it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crm.lists.models import SavedView
from crm.modules.fields import KINDS

MOST = 200


@dataclass(frozen=True)
class Use:
    """One view: its name, its owner, and whether it would be refused after the change."""

    view: SavedView
    is_refused: bool


def views_with(module: str, name: str, kind: str) -> list[Use]:
    """The views that filter or sort by a field, and what becomes of them if it is of `kind`.

    Views of other modules may reach it over a relation.
    """
    known = KINDS[kind]
    found = []
    rows = SavedView.objects.filter(deleted_at=None, state__icontains=name).order_by("name", "pk")
    for view in rows[: MOST * 5]:
        path = name if view.module == module else f".{name}"
        ops = [
            op
            for at, op in _conditions(_tree(view.state.get("filter", "")))
            if at == path or (view.module != module and at.endswith(path))
        ]
        keys = [one.lstrip("-") for one in str(view.state.get("sort", "")).split(",")]
        is_sorted = view.module == module and name in keys
        if ops or is_sorted:
            refused = any(op not in known.operators for op in ops)
            found.append(Use(view, refused or (is_sorted and not known.is_sortable)))
    return found[:MOST]


def _tree(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _conditions(node: Any) -> Iterator[tuple[str, str]]:
    """(field, operator) of each condition of a tree."""
    if isinstance(node, list):
        for one in node:
            yield from _conditions(one)
    elif isinstance(node, dict):
        if "field" in node:
            yield str(node["field"]), str(node.get("op"))
        else:
            for one in node.values():
                yield from _conditions(one)
