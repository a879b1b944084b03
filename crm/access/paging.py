"""The rows of one page, taken branch by branch so that each can use its own index.

A person's rows are a few flat branches: those of some owners, those of some departments,
those shared with him. The first rows of each branch are merged in the list's order; no
DISTINCT, no condition that wraps all of them (docs/decisions/001-the-door.md has the plans).
A page that goes on from a row takes the first rows behind it of each branch
(docs/decisions/006-deep-lists.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any
from zlib import crc32

from django.core.exceptions import EmptyResultSet
from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.expressions import Combinable, OrderBy, RawSQL
from django.db.models.lookups import Exact, GreaterThan, IsNull, LessThan

from crm.access import names
from crm.access.statements import Statement, compiled
from crm.modules.fields import Field

# Each owner's or department's rows are read from its own index up to this many rows deep; of few
# owners or departments deeper, as long as this many rows are read in all.
LATERAL_DEPTH = 1000
LATERAL_ROWS = 60_000


class _PlaceOf(Func):
    """The place of a person's or department's name: `('{2,0,1}'::int[])[owner_id::int]`."""

    template = "(%(expressions)s::int]"
    arg_joiner = "::int[])["
    output_field = IntegerField()


@dataclass(frozen=True)
class Key:
    """One key of a list's order; `is_backward` reads the same order from its end."""

    field: Field
    is_descending: bool = False
    is_backward: bool = False

    def expression(self) -> Combinable:
        """What is compared: people and departments by their names."""
        if self.field.kind in names.NAMED:
            return _PlaceOf(Value(names.places(self.field.kind)), self.field.expression())
        return self.field.sort_expression()

    @property
    def stamp(self) -> str:
        """What must be the same for a mark to mean the same place: the kind, names' places."""
        kind = self.field.kind
        return f"{kind} {crc32(names.places(kind).encode())}" if kind in names.NAMED else kind

    @property
    def is_falling(self) -> bool:
        """Whether values fall in the direction of reading."""
        return self.is_descending != self.is_backward

    @property
    def may_be_empty(self) -> bool:
        """Whether some rows may have no value."""
        is_named = self.field.kind in names.NAMED
        return self.field.is_nullable or self.field.nulls_first or is_named

    @property
    def nulls(self) -> str:
        """Where rows without a value go: FIRST, LAST, or "" where it needs no saying.

        They stand last in both directions, unless the field wants them first when ascending.
        """
        if self.is_descending:
            found = "LAST" if self.may_be_empty else ""
        else:
            found = "FIRST" if self.field.nulls_first else ""
        return {"FIRST": "LAST", "LAST": "FIRST"}.get(found, "") if self.is_backward else found

    def ordering(self, expression: Any) -> OrderBy:
        """The expression in this key's direction."""
        return OrderBy(
            expression,
            descending=self.is_falling,
            nulls_first=self.nulls == "FIRST" or None,
            nulls_last=self.nulls == "LAST" or None,
        )

    def same(self, value: Any) -> Q:
        """The rows with this value."""
        expression = self.expression()
        return Q(IsNull(expression, True) if value is None else Exact(expression, value))

    def behind(self, value: Any) -> list[Q]:
        """The rows with a later value: ranges of an index, in their order."""
        expression = self.expression()
        are_nulls_last = self.nulls == "LAST" or (not self.nulls and not self.is_falling)
        if value is None:
            return [] if are_nulls_last else [Q(IsNull(expression, False))]
        found = [Q((LessThan if self.is_falling else GreaterThan)(expression, value))]
        if self.may_be_empty and are_nulls_last:
            found.append(Q(IsNull(expression, True)))
        return found


@dataclass(frozen=True)
class Mark:
    """Where a row stands in an order: what its keys hold, and its id."""

    values: tuple[Any, ...]
    pk: int


@dataclass(frozen=True)
class Slice:
    """Which rows of which order a page shows.

    With `mark` only rows behind it. `is_marked` asks where each row of the page stands.
    """

    where: Q = field(default_factory=Q)
    order: tuple[Key, ...] = ()
    offset: int = 0
    size: int = 50
    id_descending: bool | None = None
    mark: Mark | None = None
    is_marked: bool = False
    is_backward: bool = False

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells this slice from others of the same rows, condition and mark aside."""
        order = tuple((one.field.name, one.is_descending) for one in self.order)
        return order, self.offset, self.size, self.is_id_descending, self.is_marked

    @property
    def is_id_descending(self) -> bool:
        """The last key is always the id; unless told otherwise it runs like the key before it."""
        if self.id_descending is not None:
            return self.id_descending
        return bool(self.order) and self.order[-1].is_descending

    def backward(self) -> "Slice":
        """The same slice read from its end: with a mark, the rows before it, nearest first."""
        order = tuple(replace(key, is_backward=True) for key in self.order)
        turned = not self.is_id_descending
        return replace(self, order=order, id_descending=turned, is_backward=True)

    @property
    def keys(self) -> dict[str, Combinable]:
        """What the rows are ordered by but for the id, under names for SQL."""
        return {f"k{number}": key.expression() for number, key in enumerate(self.order)}

    def ordered(self, rows: QuerySet) -> QuerySet:
        """`rows` in this order."""
        last = F("pk").desc() if self.is_id_descending else F("pk").asc()
        return rows.order_by(*(key.ordering(key.expression()) for key in self.order), last)

    def stretches(self) -> list[Q]:
        """The rows behind the mark as conditions that no row meets twice; without one, all.

        Each is a range of an index that begins with the first key: the same value and a later
        id or key, a later value, no value.
        """
        if self.mark is None:
            return [Q()]
        pairs = list(zip(self.order, self.mark.values, strict=True))
        later = Q(pk__lt=self.mark.pk) if self.is_id_descending else Q(pk__gt=self.mark.pk)
        for key, value in reversed(pairs[1:]):
            later = reduce(or_, key.behind(value), key.same(value) & later)
        if not pairs:
            return [later]
        first, value = pairs[0]
        return [first.same(value) & later, *first.behind(value)]


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
        count = len(self.values)
        return count > 1 and depth <= max(LATERAL_DEPTH, LATERAL_ROWS // count)


def is_direct(branches: Sequence[Branch], wanted: Slice) -> bool:
    """Whether one plain query reads the page: one flat branch, not deep down."""
    depth = wanted.offset + wanted.size
    is_plain = len(branches) == 1 and wanted.mark is None
    return is_plain and depth <= LATERAL_DEPTH and not branches[0].is_lateral(depth)


def sliced(rows: QuerySet, branch: Branch, wanted: Slice, stretch: Q | None = None) -> QuerySet:
    """The rows of the slice in a single branch, and in one stretch of it."""
    found = wanted.ordered(rows.filter(branch.flat()).filter(wanted.where))
    if stretch:
        found = found.filter(stretch)
    return found[wanted.offset : wanted.offset + wanted.size]


def page_statement(rows: QuerySet, branches: Sequence[Branch], wanted: Slice) -> Statement | None:
    """What answers the ids of the slice's rows, in order. `rows` are all of the module's."""
    depth = wanted.offset + wanted.size
    pieces = [(branch, stretch) for branch in branches for stretch in wanted.stretches()]
    if len(pieces) == 1 and not branches[0].is_lateral(depth):
        return compiled(sliced(rows, branches[0], wanted, pieces[0][1]).values_list("pk"))
    parts: list[str] = []
    params: list[Any] = []
    for branch, stretch in pieces:
        try:
            sql, values = _branch_sql(rows, branch, wanted, stretch)
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
        direction = " DESC" if key.is_falling else ""
        nulls = f" NULLS {key.nulls}" if key.nulls else ""
        keys.append(f"k{number}{direction}{nulls}")
    return keys


def _branch_sql(
    rows: QuerySet, branch: Branch, wanted: Slice, stretch: Q
) -> tuple[str, Sequence[Any]]:
    depth = wanted.offset + wanted.size
    lateral = branch.is_lateral(depth)
    if lateral:
        found = rows.filter(**{branch.column: RawSQL("branch.value", [])})
        if branch.without is not None:
            found = found.exclude(branch.without)
    else:
        found = rows.filter(branch.flat())
    found = wanted.ordered(found.filter(wanted.where).filter(stretch))
    keys = wanted.keys
    sql, params = found.annotate(**keys).values("id", *keys)[:depth].query.sql_with_params()
    if not lateral:
        return sql, params
    one = (
        "SELECT part.* FROM unnest(%s::bigint[]) AS branch(value)"  # noqa: S608  compiled by Django
        f" CROSS JOIN LATERAL ({sql}) AS part"
    )
    return one, [list(branch.values), *params]
