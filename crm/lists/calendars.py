"""A calendar: the records that a query finds, on the days that one of their fields says.

Instants stand on the day that they are for the reader, in his zone; dates are what they are.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Value
from django.db.models.expressions import OrderBy
from django.db.models.functions import ExtractDay, ExtractMonth, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.grouping import Some, first_by_key
from crm.lists.conditions import compile_tree
from crm.lists.errors import BadQuery
from crm.lists.query import Query
from crm.lists.shapes import DAY, MONTH, WEEK
from crm.modules.fields import Field

SHOWN = {MONTH: 3, WEEK: 40, DAY: 200}  # of one day
YEARS = range(1900, 2200)
LEAP_DAY = 229


@dataclass(frozen=True)
class Span:
    """The days that are shown, Monday first; `anchor` is the one that the address names."""

    scale: str
    anchor: dt.date

    @property
    def first(self) -> dt.date:
        """The first day shown: of a month the Monday before it begins."""
        if self.scale == DAY:
            return self.anchor
        day = self.anchor.replace(day=1) if self.scale == MONTH else self.anchor
        return day - dt.timedelta(days=day.weekday())

    @property
    def days(self) -> list[dt.date]:
        """All days shown: of a month whole weeks."""
        count = {DAY: 1, WEEK: 7}.get(self.scale, 0)
        if not count:
            last = self.moved(1) - dt.timedelta(days=1)
            count = ((last - self.first).days // 7 + 1) * 7
        return [self.first + dt.timedelta(days=number) for number in range(count)]

    def moved(self, by: int) -> dt.date:
        """The anchor so many months, weeks or days on; of a month its first day."""
        if self.scale != MONTH:
            return self.anchor + dt.timedelta(days=by * (7 if self.scale == WEEK else 1))
        months = self.anchor.year * 12 + self.anchor.month - 1 + by
        return dt.date(months // 12, months % 12 + 1, 1)


def day_from(text: str, today: dt.date) -> dt.date:
    """The day that an address names, today where it names none. Raises BadQuery."""
    if not text:
        return today
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if day.year not in YEARS:
        raise BadQuery(_("“%s” is no day.") % text[:80])
    return day


def read_days(query: Query, on: Field, span: Span, card: Iterable[str]) -> Mapping[dt.date, Some]:
    """The first records of each day shown that has any, and how many it has."""
    days, where = span.days, query.where
    expression: Any = on.expression()
    key: Any
    keys: dict[Any, dt.date]
    if on.is_yearly:
        key = ExtractMonth(expression) * Value(100) + ExtractDay(expression)
        keys = {number: day for day in reversed(days) for number in _numbers(day)}
    else:
        where &= _between(query, on, days[0], days[-1] + dt.timedelta(days=1))
        key = expression
        if on.kind == "datetime":
            key = TruncDate(expression, tzinfo=timezone.get_current_timezone())
        keys = {day: day for day in days}
    found = first_by_key(
        query.access, where, key, keys, [OrderBy(expression)], SHOWN[span.scale], card
    )
    shown: dict[dt.date, Some] = {}
    for number, some in found.items():
        day = keys[number]
        before = shown.get(day, Some([], 0))
        shown[day] = Some([*before.rows, *some.rows], before.count + some.count)
    return shown


def _numbers(day: dt.date) -> list[int]:
    """A day in every year; who was born on 29 February has his day on the 28th in other years."""
    number = day.month * 100 + day.day
    is_last = number == LEAP_DAY - 1 and (day + dt.timedelta(days=1)).day == 1
    return [number, LEAP_DAY] if is_last else [number]


def _between(query: Query, on: Field, first: dt.date, end: dt.date) -> Q:
    def text(day: dt.date) -> str:
        if on.kind == "date":
            return day.isoformat()
        zone = timezone.get_current_timezone()
        return dt.datetime.combine(day, dt.time.min, zone).isoformat()

    return compile_tree(
        query.access,
        {
            "all": [
                {"field": on.name, "op": "gte", "value": text(first)},
                {"field": on.name, "op": "lt", "value": text(end)},
            ]
        },
    )
