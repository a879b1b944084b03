"""Turning pages: the rows that a query shows, and what the addresses of the pages beside say.

Pages are counted down to `DEEPEST` rows; from there each goes on behind the last row of the one
before, whatever is entered or taken away above it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crm.access.paging import Mark
from crm.access.related import relations_of, with_related
from crm.access.rows import Row
from crm.lists.cursor import token_for
from crm.lists.query import DEEPEST, Query

TURNS = ("page", "after", "before")  # parameters that say which page; one of them at a time
Turn = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The rows of one page; `before` rows come first, as far as is known.

    `next` and `previous` are the parameter that leads there and its value, empty at the ends.
    """

    rows: list[Row]
    before: int
    next: Turn
    previous: Turn


def read_page(query: Query, names: Iterable[str] | None = None) -> Page:
    """The page that a query asks for, with the fields called `names`, dotted ones included."""
    rows, marks = _read(query, names)
    has_more = len(rows) > query.size
    if query.is_backward:
        return _backward(query, rows[-query.size :], marks[-query.size :], has_more)
    rows, marks = rows[: query.size], marks[: query.size]
    before = query.place if query.mark is not None else (query.page - 1) * query.size
    return Page(
        rows,
        before,
        _next(query, marks, before + len(rows)) if has_more else {},
        _previous(query, marks, before),
    )


def _read(query: Query, names: Iterable[str] | None) -> tuple[list[Row], list[Mark]]:
    if names is None:
        return query.access.marked_page(query.slice)
    wanted = set(names)
    own = wanted | set(relations_of(wanted))
    rows, marks = query.access.marked_page(query.slice, own)
    return with_related(query.access, rows, wanted), marks


def _backward(query: Query, rows: list[Row], marks: list[Mark], has_more: bool) -> Page:
    before = max(query.place - len(rows), 0) if has_more else 0
    if not rows:  # nothing is left before that row
        return Page([], 0, {}, {"page": 1})
    return Page(
        rows,
        before,
        _next(query, marks, before + len(rows)),
        _previous(query, marks, before) if has_more else {},
    )


def _next(query: Query, marks: list[Mark], end: int) -> Turn:
    if query.mark is None and query.page * query.size <= DEEPEST:
        return {"page": query.page + 1}
    return {"after": token_for(query.order_text, marks[-1], end)}


def _previous(query: Query, marks: list[Mark], before: int) -> Turn:
    if query.mark is None:
        return {"page": query.page - 1} if query.page > 1 else {}
    if not marks:
        return {"page": 1}
    return {"before": token_for(query.order_text, marks[0], before)}
