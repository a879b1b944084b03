"""A checked formula computed in Python: the same answer as its SQL (crm/customfields/formula_sql).

Nothing in gives nothing out; whoever passes over what is empty says so. Numbers are exact but for
quotients, which have ten decimals.
"""

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from crm.lib.formula.nodes import (
    KEPT_PLACES,
    MOST_DAYS,
    MOST_MONTHS,
    MOST_TEXT,
    NUMBERS,
    Input,
    Kind,
    Literal,
    Node,
)

_exact = Context(prec=20_000, rounding=ROUND_HALF_UP)
CUT_PLACES = KEPT_PLACES + 2
CAPITALS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
Maker = Callable[..., Any]


def compute(node: Node, values: Mapping[str, Any], today: dt.date, places: int) -> Any:
    """The formula's value for a record: fields by name as `values` has them, None for nothing.

    A number is rounded to `places`; a text has at most MOST_TEXT characters.
    """
    found = _value(node, values, today)
    if found is None:
        return None
    if node.kind in NUMBERS:
        return rounded(found, places)
    return (found[:MOST_TEXT] or None) if node.kind is Kind.TEXT else found


def rounded(number: Decimal, places: int) -> Decimal:
    """Half up, away from nought."""
    found = number.quantize(Decimal(1).scaleb(-places), context=_exact)
    return found if found else abs(found)


def _value(node: Node, values: Mapping[str, Any], today: dt.date) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Input):
        found = values.get(node.name)
        if node.kind is Kind.TRUTH:
            return bool(found)  # a box that nobody ticked means no
        return None if found == "" else found
    if node.name == "today":
        return today
    parts = [_value(part, values, today) for part in node.parts]
    if node.name in TOLERANT:
        return TOLERANT[node.name](*parts)
    return None if None in parts else STRICT[node.name](*parts)


def as_text(value: Any) -> str:
    """A value in the middle of a text; nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(_exact.normalize(value) if value else Decimal(0), "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _joined(*parts: Any) -> str | None:
    return "".join(map(as_text, parts)) or None


def _if(condition: bool | None, then: Any, otherwise: Any = None) -> Any:
    if condition is None:
        return None
    return then if condition else otherwise


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _or(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if one is None or other is None else False


def _quotient(over: Decimal, under: Decimal) -> Decimal | None:
    if not under:
        return None
    cut = _exact.divide_int(_exact.scaleb(over, CUT_PLACES), under)
    return rounded(_exact.scaleb(cut, -CUT_PLACES), KEPT_PLACES)


def _days_later(day: dt.date, count: Decimal) -> dt.date | None:
    return day + dt.timedelta(days=int(count)) if abs(count) <= MOST_DAYS else None


def _months_later(day: dt.date, count: Decimal) -> dt.date | None:
    if abs(count) > MOST_MONTHS:
        return None
    years, month = divmod(day.month - 1 + int(count), 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


# Those that say themselves what becomes of an empty part.
TOLERANT: Mapping[str, Maker] = {
    "and": _and,
    "or": _or,
    "if": _if,
    "is_blank": lambda value: value is None,
    "coalesce": lambda *parts: next((one for one in parts if one is not None), None),
    "min": lambda *parts: min((one for one in parts if one is not None), default=None),
    "max": lambda *parts: max((one for one in parts if one is not None), default=None),
    "&": _joined,
    "concat": _joined,
}
STRICT: Mapping[str, Maker] = {
    "not": lambda one: not one,
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "+": _exact.add,
    "-": _exact.subtract,
    "*": _exact.multiply,
    "/": _quotient,
    "%": lambda one, other: _exact.remainder(one, other) if other else None,
    "negative": lambda one: _exact.copy_negate(one) if one else one,
    "round": lambda number, places=Decimal(0): rounded(number, int(places)),
    "abs": lambda number: _exact.copy_abs(number),
    "contains": lambda text, part: part.translate(SMALL) in text.translate(SMALL),
    "length": lambda text: Decimal(len(text)),
    "left": lambda text, count: text[: int(count)],
    "right": lambda text, count: text[-int(count) :],
    "upper": lambda text: text.translate(CAPITALS),
    "lower": lambda text: text.translate(SMALL),
    "days_between": lambda first, last: Decimal((last - first).days),
    "add_days": _days_later,
    "add_months": _months_later,
    "year": lambda day: Decimal(day.year),
    "month": lambda day: Decimal(day.month),
    "day": lambda day: Decimal(day.day),
}
