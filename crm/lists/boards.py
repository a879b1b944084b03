"""A board: the records that a query finds, in columns by the value of one field."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.access import names
from crm.access.grouping import Figure, Figures, figures_of, first_of_each
from crm.access.paging import Slice
from crm.access.rows import Row
from crm.customfields.dictionaries import options_of
from crm.lib.pinyin import pinyin_key
from crm.lists.conditions import compile_tree
from crm.lists.errors import BadQuery
from crm.lists.query import DEEPEST, Query
from crm.lists.shapes import Shape
from crm.modules.fields import Field

CARDS = 25  # in a column to begin with, and each time that more are asked for
MOST_COLUMNS = 40
PEOPLE = {"user": names.people, "department": names.departments}


@dataclass(frozen=True)
class Column:
    """One column; `key` says its value in addresses and forms, "" is no value at all.

    One that is `is_optional` stands there only with records in it: nobody puts any into it.
    """

    key: str
    label: str
    value: Any = None
    is_optional: bool = False


@dataclass(frozen=True)
class Filled:
    """A column with its first records, and whether there are more."""

    column: Column
    rows: list[Row]
    has_more: bool


def columns_for(query: Query, by: Field) -> list[Column]:
    """The columns in the options' order, last the records without a value.

    Raises BadQuery where a field has more values than make columns.
    """
    if by.kind in PEOPLE:
        columns = _named(query, by)
    elif by.kind == "boolean":
        columns = [Column("true", _("Yes"), True), Column("false", _("No"), False)]
    else:
        current = {value for value, _label in options_of(by)}
        columns = [
            Column(value, label, value, is_optional=value not in current)
            for value, label in options_of(by, with_retired=True)
        ]
    if len(columns) > MOST_COLUMNS:
        raise BadQuery(
            _("“%(field)s” has more than %(most)d values here: too many for columns.")
            % {"field": by.label, "most": MOST_COLUMNS}
        )
    return [*columns, Column("", _("No value"), None, is_optional=by.required)]


def _named(query: Query, by: Field) -> list[Column]:
    """The people or departments that the records name, by the sound of their names."""
    found = figures_of(query.access, query.where, by, exact=True).by_value
    refs = PEOPLE[by.kind](found)
    is_person = by.kind == "user"
    ordered = sorted(refs.items(), key=lambda one: pinyin_key(one[1].label, person=is_person))
    return [Column(str(pk), ref.label, pk) for pk, ref in ordered]


def column_called(query: Query, by: Field, key: str) -> Column:
    """One column by its key. Raises BadQuery."""
    found = next((one for one in columns_for(query, by) if one.key == key), None)
    if found is None:
        raise BadQuery(_("There is no such column."))
    return found


def _condition(query: Query, by: Field, column: Column) -> Q:
    if column.key == "":
        return compile_tree(query.access, {"field": by.name, "op": "empty"})
    return compile_tree(query.access, {"field": by.name, "op": "eq", "value": column.value})


def _slice(query: Query, by: Field, column: Column, offset: int) -> Slice:
    return replace(
        query.slice,
        where=query.where & _condition(query, by, column),
        offset=offset,
        size=CARDS + 1,
        mark=None,
        is_marked=False,
    )


def read_board(
    query: Query, by: Field, columns: Sequence[Column], card: Iterable[str], offset: int = 0
) -> list[Filled]:
    """The columns with their first cards; those that may stay away do where they are empty."""
    if offset > DEEPEST:
        raise BadQuery(_("A board shows no more of a column. Narrow the filter."))
    slices = [_slice(query, by, column, offset) for column in columns]
    found = first_of_each(query.access, slices, card)
    return [
        Filled(column, rows[:CARDS], len(rows) > CARDS)
        for column, rows in zip(columns, found, strict=True)
        if rows or not column.is_optional
    ]


def figures_for(query: Query, shape: Shape, by: Field) -> Figures:
    """Count, sum and weighted sum by column."""
    access = query.access
    chance = access.module.fields.get(access.module.chance)
    if chance is not None and chance.name not in access.readable:
        chance = None
    return figures_of(access, query.where, by, shape.total, chance, exact=query.exact_count)


def figure_of(figures: Figures, column: Column) -> Figure:
    """What a column holds."""
    return figures.by_value.get(column.value, Figure())
