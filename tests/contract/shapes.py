"""Boards and calendars as a way to a record's values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from crm.lists.shapes import COLUMN_KINDS, DAY_KINDS, MOST_ON_CARD
from tests.contract.visitor import Visitor


def _of_kinds(visitor: Visitor, kinds: tuple[str, ...]) -> list[str]:
    fields = visitor.planted.module.fields
    return [name for name, one in fields.items() if one.kind in kinds]


def visit_board(visitor: Visitor) -> bytes:
    """The board as it opens, its figures, and a card put where it cannot go."""
    found = visitor.page("board") + visitor.page("board", part=True)
    found += visitor.page("board", query={"part": "figures", "count": "exact"})
    found += visitor.page("board", query={"part": "column", "column": ""})
    for version in ("1", str(visitor.stored.version)):
        found += visitor.post("move", {"move-to": "nowhere", "move-version": version})
    return found


def visit_all_of_board(visitor: Visitor) -> bytes:
    """Whatever makes columns and may be added up, and every field on the cards."""
    module, names = visitor.planted.module, visitor.visible()
    sums = [name for name, one in module.fields.items() if one.is_summable]
    asked: list[dict[str, Any]] = [{"by": name} for name in _of_kinds(visitor, COLUMN_KINDS)]
    asked += [{"sum": name} for name in sums]
    found = b""
    for query in asked:
        found += visitor.page("board", query=query)
        found += visitor.page("board", query={**query, "part": "figures"})
    for start in range(0, len(names), MOST_ON_CARD):
        card = ",".join(names[start : start + MOST_ON_CARD])
        found += visitor.page("board", query={"card": card})
    return found


def visit_calendar(visitor: Visitor) -> bytes:
    """The calendar as it opens, a day of it, and an entry put where it cannot go."""
    found = visitor.page("calendar") + visitor.page("calendar", query={"scale": "day"})
    return found + visitor.post(
        "move", {"move-form": "calendar", "move-to": "nowhere", "move-version": "1"}
    )


def visit_all_days(visitor: Visitor) -> bytes:
    """Every date of the record on its own day."""
    found = b""
    for name in _of_kinds(visitor, DAY_KINDS):
        stored = getattr(visitor.stored, name, None) or visitor.stored.custom.get(name)
        day = stored.date() if isinstance(stored, dt.datetime) else stored
        for scale in ("month", "week"):
            query = {"on": name, "day": str(day or "")[:10], "scale": scale}
            found += visitor.page("calendar", query=query)
    return found


SHAPES: dict[str, Callable[[Visitor], bytes]] = {
    "board": visit_board,
    "board, all fields": visit_all_of_board,
    "calendar": visit_calendar,
    "calendar, all days": visit_all_days,
}
THOROUGH_SHAPES = frozenset({"board, all fields", "calendar, all days"})
