"""Many small pages at once, and what groups of rows add up to: boards and calendars.

However many groups there are, each question is one statement (docs/decisions/018-boards.md).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, Value, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, RowNumber
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed
from crm.access.paging import Slice
from crm.access.policy import SUM_LIMIT, Access
from crm.access.rows import Row
from crm.access.statements import Statement, compiled, rows_of
from crm.modules.fields import Field


@dataclass(frozen=True)
class Figure:
    """What one group holds: how many rows, their sum, and their sum weighted by a chance."""

    count: int = 0
    total: Any = None
    weighted: Any = None


@dataclass(frozen=True)
class Figures:
    """The figures by value; of so many rows that not all were read, they are the least."""

    by_value: dict[Any, Figure]
    is_exact: bool = True


@dataclass(frozen=True)
class Some:
    """The first rows of a group, and how many it has."""

    rows: list[Row]
    count: int


def first_of_each(
    access: Access, slices: Sequence[Slice], names: Iterable[str] | None = None
) -> list[list[Row]]:
    """The rows of several slices: one statement finds all, one reads them."""
    found: list[list[int]] = [[] for _one in slices]
    parts: list[str] = []
    params: list[Any] = []
    asked: list[int] = []
    for number, wanted in enumerate(slices):
        statement = access.statement(wanted)
        if statement is not None:
            parts.append(f"ARRAY({statement[0]})")
            params.extend(statement[1])
            asked.append(number)
    if parts:
        [lists] = rows_of((f"SELECT {', '.join(parts)}", tuple(params)))
        for number, ids in zip(asked, lists, strict=True):
            found[number] = list(ids)
    return _rows(access, found, names)


def _rows(
    access: Access, groups: Sequence[Sequence[int]], names: Iterable[str] | None
) -> list[list[Row]]:
    wanted = dict.fromkeys(pk for ids in groups for pk in ids)
    by_id = {row.pk: row for row in access.rows_of(wanted, names)}
    return [[by_id[pk] for pk in ids if pk in by_id] for ids in groups]


def figures_of(
    access: Access,
    where: Q,
    by: Field,
    total: Field | None = None,
    weight: Field | None = None,
    exact: bool = False,
) -> Figures:
    """Count and sums of the rows under a condition, by the value of `by`; nothing is None.

    Of more than SUM_LIMIT rows only so many are read, unless `exact` asks for all of them.
    Raises NotAllowed for a field whose values the person may not know.
    """
    statement = _figures_statement(access, where, (by, total, weight), exact)
    if statement is None:
        return Figures({})
    found: dict[Any, Figure] = {}
    for value, *given in rows_of(statement):
        key = None if value == "" else value
        found[key] = _added(found.get(key), Figure(*given))
    read = sum(one.count for one in found.values())
    return Figures(found, exact or read <= SUM_LIMIT)


def _figures_statement(
    access: Access, where: Q, fields: tuple[Field, Field | None, Field | None], exact: bool
) -> Statement | None:
    """What answers value, count, sum and weighted sum."""
    if any(one is not None and one.name not in access.readable for one in fields):
        raise NotAllowed(_("You may not read all that is to be summed up."))
    by, total, weight = fields
    nothing = Value(None, output_field=DecimalField())
    amount: Any = nothing if total is None else total.expression()
    weighted: Any = nothing
    if total is not None and weight is not None:
        percent = DecimalField(max_digits=20, decimal_places=6)
        chance = Cast(weight.expression(), percent) / Value(Decimal(100))
        weighted = ExpressionWrapper(amount * chance, output_field=percent)
    columns = {"_by": by.expression(), "_amount": amount, "_weighted": weighted}
    rows = access.rows().filter(where).order_by().annotate(**columns).values_list(*columns)
    statement = compiled(rows if exact else rows[: SUM_LIMIT + 1])
    if statement is None:
        return None
    total_sql = "NULL" if total is None else "sum(amount)"
    weighted_sql = "NULL" if total is None or weight is None else "sum(weighted)"
    sql = (
        f"SELECT value, count(*), {total_sql}, {weighted_sql} FROM ({statement[0]})"  # noqa: S608  compiled by Django
        " AS part(value, amount, weighted) GROUP BY value"
    )
    return sql, statement[1]


def _added(one: Figure | None, other: Figure) -> Figure:
    """Rows without a value are of two kinds in a table: empty text and nothing."""
    if one is None:
        return other
    sums = (
        None if a is None and b is None else (a or 0) + (b or 0)
        for a, b in ((one.total, other.total), (one.weighted, other.weighted))
    )
    return Figure(one.count + other.count, *sums)


def first_by_key(
    access: Access,
    where: Q,
    key: Combinable,
    keys: Collection[Any],
    order: Sequence[Any],
    most: int,
    names: Iterable[str] | None = None,
) -> dict[Any, Some]:
    """Of each group of rows with the same key, one of `keys`, the first in an order."""
    rows = access.rows().filter(where).annotate(_key=key).filter(_key__in=list(keys))
    found = (
        rows.annotate(
            _place=Window(RowNumber(), partition_by=F("_key"), order_by=[*order, F("pk").asc()]),
            _count=Window(Count("*"), partition_by=F("_key")),
        )
        .filter(_place__lte=most)
        .order_by("_key", "_place")
        .values_list("_key", "_count", "pk")
    )
    ids: dict[Any, list[int]] = {}
    counts: dict[Any, int] = {}
    for value, count, pk in found:
        ids.setdefault(value, []).append(pk)
        counts[value] = count
    groups = _rows(access, list(ids.values()), names)
    return {value: Some(rows, counts[value]) for value, rows in zip(ids, groups, strict=True)}
