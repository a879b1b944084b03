"""What a typed word finds in one module: name starts first, then the latest; never all rows.

A word that many records hold is found among the newest that the person may see; one that few
hold is found by the index (docs/decisions has the figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from crm.access.paging import Key, Mark, Slice
from crm.access.policy import Access
from crm.operation.replica import record_connection
from crm.search.asking import starts_query, tsquery
from crm.search.models import SearchEntry

NEWEST = 1000  # records that are looked through before the index is asked
MOST = 1000  # records that are counted one by one
STARTS = 10  # names that begin with what was typed, before all others

_AMONG = (
    "SELECT n.id, e.terms @@ %s::tsquery"  # noqa: S608  the table's own name
    " FROM unnest(%s::bigint[]) WITH ORDINALITY AS n(id, place)"
    f' JOIN "{SearchEntry._meta.db_table}" AS e ON e.module = %s AND e.record_id = n.id'
    " WHERE e.terms @@ %s::tsquery ORDER BY n.place"
)
_BY_INDEX = (
    f'ARRAY(SELECT record_id FROM "{SearchEntry._meta.db_table}"'  # noqa: S608  the table's own name
    " WHERE module || '' = %s AND terms @@ %s::tsquery)"  # the module is no key: its mark leads
)


@dataclass(frozen=True)
class Hits:
    """Ids of one page, name starts before the others; how many there are (at least, unless exact).

    `after` goes on behind this page, "" where it is the last.
    """

    ids: list[int] = field(default_factory=list)
    count: int = 0
    is_exact: bool = True
    after: str = ""


@dataclass(frozen=True)
class _Asked:
    """One question: the query, that for name starts, the order and where it goes on."""

    access: Access
    query: str
    starts: str
    order: Slice

    @property
    def newest(self) -> Slice:
        """The rows that are looked through first."""
        return Slice(order=self.order.order, size=NEWEST, id_descending=True, mark=self.order.mark)


def find(access: Access, text: str, size: int, after: str = "") -> Hits:
    """The records of one module that `text` finds for this person; `after` from an earlier page."""
    query = tsquery(access, text)
    if not query:
        return Hits()
    shown, mark = _behind(access, after)
    order = Slice(order=_latest(access), id_descending=True, mark=mark)
    asked = _Asked(access, query, "" if after else starts_query(access, text), order)
    found, starts, is_exact = _all_of(asked, size + len(shown))
    first = [] if after else starts[: min(STARTS, size)]
    rest = [pk for pk in found if pk not in {*first, *shown}]
    page = [*first, *rest][:size]
    is_more = len(first) + len(rest) > size or not is_exact
    last = next((pk for pk in reversed(page) if pk not in first), 0)
    return Hits(page, len({*first, *found}), is_exact, _cursor(last, [*shown, *first], is_more))


def _latest(access: Access) -> tuple[Key, ...]:
    """By the day that the module's lists begin with, for which there is an index."""
    first = next(iter(access.module.default_sort), "")
    name = first.removeprefix("-") if first.startswith("-") else "changed_at"
    return (Key(access.module.fields[name], is_descending=True),) if name in access.readable else ()


def _all_of(asked: _Asked, size: int) -> tuple[list[int], list[int], bool]:
    """Ids by recency, those whose names begin with the word, and whether these are all."""
    newest = asked.access.ids(asked.newest)
    found = _among(asked, newest)
    starts = [pk for pk, is_start in found if is_start]
    if len(newest) < NEWEST:
        return [pk for pk, _is in found], starts, True
    if len(found) > size:
        if asked.starts and len(starts) < STARTS:
            starts = _by_index(asked, asked.starts, STARTS)
        return [pk for pk, _is in found], starts, False
    ids = _by_index(asked, asked.query, MOST + 1)
    if asked.starts and len(ids) > size:
        starts = _by_index(asked, asked.starts, STARTS)
    elif asked.starts:
        starts = [pk for pk, is_start in _among(asked, ids) if is_start]
    return ids[:MOST], starts, len(ids) <= MOST


def _among(asked: _Asked, ids: Sequence[int]) -> list[tuple[int, bool]]:
    """Those of some records that the query finds, each with whether its name begins so."""
    params: Any = [asked.starts, list(ids), asked.access.module.name, asked.query]
    with record_connection().cursor() as cursor:
        cursor.execute(_AMONG, params)
        return cursor.fetchall()


def _by_index(asked: _Asked, query: str, most: int) -> list[int]:
    """The latest records that the index finds, within reach."""
    held = RawSQL(_BY_INDEX, [asked.access.module.name, query])  # noqa: S611  our own text
    rows: QuerySet = asked.access.rows().filter(pk__any_of=held)
    rows = rows.filter(reduce(or_, asked.order.stretches()))
    return list(asked.order.ordered(rows).values_list("pk", flat=True)[:most])


def _behind(access: Access, after: str) -> tuple[list[int], Mark | None]:
    """What a cursor says: name starts shown already, and the place of the last other record."""
    parts = [part for part in after.split(".") if part.isdecimal() and len(part) < 19]
    if not parts:
        return [], None
    last, *shown = (int(part) for part in parts[: STARTS + 1])
    if not last:
        return shown, None
    names = [key.field.column for key in _latest(access)]
    place = access.rows().filter(pk=last).values_list(*names, "pk").first()
    return shown, Mark(tuple(place[:-1]), last) if place else None


def _cursor(last: int, shown: Sequence[int], is_more: bool) -> str:
    return ".".join(str(pk) for pk in [last, *shown]) if is_more else ""
