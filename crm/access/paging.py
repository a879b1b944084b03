"""The rows of one page, taken branch by branch so that each can use its own index.

A person's rows are a few flat branches: those of some owners, those of some departments,
those shared with him. The first rows of each branch are merged in the list's order; no
DISTINCT, no condition that wraps all of them (docs/decisions/001-the-door.md has the plans).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable, OrderBy, RawSQL

from crm.access.statements import Statement, compiled
from crm.modules.fields import Field

# Up to this many rows deep, each owner's or department's rows are read from its own index.
LATERAL_DEPTH = 1000


@dataclass(frozen=True)
class Key:
    """One key of a list's order."""

    field: Field
    is_descending: bool = False

    def expression(self) -> Combinable:
        """What is compared."""
        return self.field.sort_expression()

    @property
    def nulls(self) -> str:
        """Where rows without a value go: FIRST, LAST, or "" where it needs no saying.

        They stand last in both directions, unless the field wants them first when ascending.
        """
        if self.is_descending:
            return "LAST" if self.field.nulls_first or self.field.is_nullable else ""
        return "FIRST" if self.field.nulls_first else ""

    def ordering(self, expression: Any) -> OrderBy:
        """The expression in this key's direction."""
        return OrderBy(
            expression,
            descending=self.is_descending,
            nulls_first=self.nulls == "FIRST" or None,
            nulls_last=self.nulls == "LAST" or None,
        )


@dataclass(frozen=True)
class Slice:
    """Which rows of which order a page shows."""

    where: Q = field(default_factory=Q)
    order: tuple[Key, ...] = ()
    offset: int = 0
    size: int = 50
    id_descending: bool | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this slice from others of the same rows, its condition aside."""
        order = tuple((one.field.name, one.is_descending) for one in self.order)
        return order, self.offset, self.size, self.is_id_descending

    @property
    def is_id_descending(self) -> bool:
        """The last key is always the id; unless told otherwise it runs like the key before it."""
        if self.id_descending is not None:
            return self.id_descending
        return bool(self.order) and self.order[-1].is_descending

    def ordered(self, rows: QuerySet) -> QuerySet:
        """`rows` in this order."""
        last = F("pk").desc() if self.is_id_descending else F("pk").asc()
        return rows.order_by(*(key.ordering(key.expression()) for key in self.order), last)


@dataclass(frozen=True)
class Branch:
    """Rows of one kind of reach: a condition, or a column with the values that it may hold."""

    condition: Q = field(default_factory=Q)
    column: str = ""
    values: tuple[int, ...] = ()
    without: Q | None = None

    def flat(self) -> Q:
        """The branch as one condition."""
        condition = self.condition
        if self.column:
            condition &= Q(**{f"{self.column}__in": self.values})
        return condition if self.without is None else condition & ~self.without

    def is_lateral(self, depth: int) -> bool:
        """Whether reading each value's rows from its own index is cheaper."""
        return len(self.values) > 1 and depth <= LATERAL_DEPTH


def is_direct(branches: Sequence[Branch], wanted: Slice) -> bool:
    """Whether one plain query reads the page: one flat branch, not deep down."""
    depth = wanted.offset + wanted.size
    return len(branches) == 1 and depth <= LATERAL_DEPTH and not branches[0].is_lateral(depth)


def sliced(rows: QuerySet, branch: Branch, wanted: Slice) -> QuerySet:
    """The rows of the slice in a single branch."""
    found = wanted.ordered(rows.filter(branch.flat()).filter(wanted.where))
    return found[wanted.offset : wanted.offset + wanted.size]


def page_statement(rows: QuerySet, branches: Sequence[Branch], wanted: Slice) -> Statement | None:
    """What answers the ids of the slice's rows, in order. `rows` are all of the module's."""
    depth = wanted.offset + wanted.size
    if len(branches) == 1 and not branches[0].is_lateral(depth):
        return compiled(sliced(rows, branches[0], wanted).values_list("pk"))
    parts: list[str] = []
    params: list[Any] = []
    for branch in branches:
        try:
            sql, values = _branch_sql(rows, branch, wanted, depth)
        except EmptyResultSet:  # no row can meet its condition
            continue
        parts.append(sql)
        params.extend(values)
    if not parts:
        return None
    outer = ", ".join([*_outer_keys(wanted), "id DESC" if wanted.is_id_descending else "id"])
    union = " UNION ALL ".join(f"({part})" for part in parts)
    sql = f"SELECT id FROM ({union}) AS merged ORDER BY {outer} LIMIT %s OFFSET %s"  # noqa: S608  compiled by Django
    return sql, (*params, wanted.size, wanted.offset)


def _outer_keys(wanted: Slice) -> list[str]:
    keys = []
    for number, key in enumerate(wanted.order):
        direction = " DESC" if key.is_descending else ""
        nulls = f" NULLS {key.nulls}" if key.nulls else ""
        keys.append(f"k{number}{direction}{nulls}")
    return keys


def _branch_sql(
    rows: QuerySet, branch: Branch, wanted: Slice, depth: int
) -> tuple[str, Sequence[Any]]:
    lateral = branch.is_lateral(depth)
    if lateral:
        found = rows.filter(**{branch.column: RawSQL("branch.value", [])})
        if branch.without is not None:
            found = found.exclude(branch.without)
    else:
        found = rows.filter(branch.flat())
    found = wanted.ordered(found.filter(wanted.where))
    keys = {f"k{number}": key.expression() for number, key in enumerate(wanted.order)}
    sql, params = found.annotate(**keys).values("id", *keys)[:depth].query.sql_with_params()
    if not lateral:
        return sql, params
    one = (
        "SELECT part.* FROM unnest(%s::bigint[]) AS branch(value)"  # noqa: S608  compiled by Django
        f" CROSS JOIN LATERAL ({sql}) AS part"
    )
    return one, [list(branch.values), *params]
