"""A checked formula as SQL: the same answer as in Python (crm/lib/formula/computing.py).

Patterns are ours, values are bound. No pattern may fail on any value: a list with one odd record
must not break, so what has no answer is NULL.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Func, Value
from django.db.models.expressions import Combinable

from crm.lib.formula.computing import CUT_PLACES
from crm.lib.formula.nodes import (
    KEPT_PLACES,
    MOST_DAYS,
    MOST_MONTHS,
    MOST_TEXT,
    NUMBERS,
    Apply,
    Input,
    Kind,
    Literal,
    Node,
)
from crm.modules.fields import Field

SMALL, CAPITALS = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_fields_in = Formatter()
_types: Mapping[Kind, str] = {
    Kind.TEXT: "{}::text",
    Kind.CHOICE: "{}::text",
    Kind.DATE: "{}::date",
    Kind.TRUTH: "{}::boolean",
    Kind.NUMBER: "{}::numeric",
    Kind.MONEY: "{}::numeric",
}
PATTERNS: Mapping[str, str] = {
    "or": "({} OR {})",
    "and": "({} AND {})",
    "not": "(NOT {})",
    "=": "({} = {})",
    "!=": "({} <> {})",
    "<": "({} < {})",
    "<=": "({} <= {})",
    ">": "({} > {})",
    ">=": "({} >= {})",
    "+": "({} + {})",
    "-": "({} - {})",
    "*": "({} * {})",
    "/": f"round(div({{}} * 1e{CUT_PLACES}, nullif({{}}, 0)) * 1e-{CUT_PLACES}, {KEPT_PLACES})",
    "%": "mod({}, nullif({}, 0))",
    "negative": "(- {})",
    "abs": "abs({})",
    "is_blank": "({} IS NULL)",
    "contains": f"(strpos(translate({{}}, '{CAPITALS}', '{SMALL}'),"
    f" translate({{}}, '{CAPITALS}', '{SMALL}')) > 0)",
    "length": "length({})::numeric",
    "left": "nullif(left({}, {}::int), '')",
    "right": "nullif(right({}, {}::int), '')",
    "upper": f"translate({{}}, '{SMALL}', '{CAPITALS}')",
    "lower": f"translate({{}}, '{CAPITALS}', '{SMALL}')",
    "days_between": "(- ({} - {}))::numeric",
    "add_days": f"(CASE WHEN abs({{1}}) <= {MOST_DAYS} THEN {{0}} + trunc({{1}})::int END)",
    "add_months": f"(CASE WHEN abs({{1}}) <= {MOST_MONTHS}"
    " THEN ({0} + make_interval(months => trunc({1})::int))::date END)",
    "year": "extract(year FROM {})::numeric",
    "month": "extract(month FROM {})::numeric",
    "day": "extract(day FROM {})::numeric",
}
REPEATING = {"min": "least", "max": "greatest", "coalesce": "coalesce"}


class Piece(Func):
    """SQL with places for its parts, which keep their own parameters."""

    def __init__(self, pattern: str, *parts: Any, output_field: models.Field) -> None:
        super().__init__(*parts, output_field=output_field)
        self.pattern = pattern

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_more: Any) -> Any:
        """The pattern with the SQL of the parts in their places."""
        made = [compiler.compile(part) for part in self.get_source_expressions()]
        sql: list[str] = []
        params: list[Any] = []
        place = 0
        for text, name, _form, _how in _fields_in.parse(self.pattern):
            sql.append(text)
            if name is None:
                continue
            number = int(name) if name else place
            place += 1
            sql.append(made[number][0])
            params.extend(made[number][1])
        return "".join(sql), tuple(params)


def output_of(kind: Kind, places: int = KEPT_PLACES) -> models.Field:
    """How the database's value comes back."""
    if kind in NUMBERS:
        return models.DecimalField(max_digits=1000, decimal_places=places)
    if kind is Kind.DATE:
        return models.DateField()
    return models.BooleanField() if kind is Kind.TRUTH else models.TextField()


def sql_of(node: Node, fields: Mapping[str, Field], today: dt.date, places: int) -> Combinable:
    """The formula's value of a row, typed. `fields` are the stored ones that it reads."""
    found = _sql(node, fields, today)
    if node.kind in NUMBERS:
        return Piece(
            f"round({{}}, {int(places)})", found, output_field=output_of(node.kind, places)
        )
    if node.kind is Kind.TEXT:
        return _made(Kind.TEXT, f"nullif(left({{}}, {MOST_TEXT}), '')", [found])
    return found


def nothing(kind: Kind) -> Combinable:
    """What stands for a formula that cannot be computed any more."""
    return Piece(_types[kind], Value(None), output_field=output_of(kind))


def _made(kind: Kind, pattern: str, parts: Sequence[Any]) -> Piece:
    return Piece(pattern, *parts, output_field=output_of(kind))


def _sql(node: Node, fields: Mapping[str, Field], today: dt.date) -> Piece:
    if isinstance(node, Literal):
        return _made(node.kind, _types[node.kind], [Value(node.value)])
    if isinstance(node, Input):
        return _stored(node.kind, fields[node.name])
    if node.name == "today":
        return _made(Kind.DATE, _types[Kind.DATE], [Value(today)])
    parts = [_sql(part, fields, today) for part in node.parts]
    if node.name in SPECIAL:
        return SPECIAL[node.name](node, parts)
    if node.name in REPEATING:
        places = ", ".join("{}" for _part in parts)
        return _made(node.kind, f"{REPEATING[node.name]}({places})", parts)
    return _made(node.kind, PATTERNS[node.name], parts)


def _stored(kind: Kind, field: Field) -> Piece:
    """A field's value; an empty text is nothing, a box that nobody ticked means no."""
    if kind is Kind.TRUTH:
        return _made(kind, "coalesce({}, false)", [field.expression()])
    if kind is Kind.DATE and field.kind == "datetime":
        zone = Value(settings.TIME_ZONE)
        return _made(kind, "({} AT TIME ZONE {})::date", [field.expression(), zone])
    if kind in {Kind.TEXT, Kind.CHOICE}:
        return _made(kind, "nullif({}, '')", [field.expression()])
    return _made(kind, _types[kind], [field.expression()])


def _text(node: Node, piece: Piece) -> Piece:
    if node.kind is Kind.DATE:
        return _made(Kind.TEXT, "to_char({}, 'YYYY-MM-DD')", [piece])
    if node.kind in NUMBERS:
        return _made(Kind.TEXT, "trim_scale({})::text", [piece])
    return piece


def _joined(node: Apply, parts: Sequence[Piece]) -> Piece:
    texts = [_text(one, piece) for one, piece in zip(node.parts, parts, strict=True)]
    places = ", ".join("{}" for _part in texts)
    return _made(Kind.TEXT, f"nullif(concat({places}), '')", texts)


def _if(node: Apply, parts: Sequence[Piece]) -> Piece:
    last = " WHEN false THEN {}" if len(parts) > 2 else ""
    return _made(node.kind, f"(CASE {{}} WHEN true THEN {{}}{last} END)", parts)


def _round(node: Apply, parts: Sequence[Piece]) -> Piece:
    pattern = "round({}, {}::int)" if len(parts) > 1 else "round({}, 0)"
    return _made(node.kind, pattern, parts)


SPECIAL: Mapping[str, Callable[[Apply, Sequence[Piece]], Piece]] = {
    "&": _joined,
    "concat": _joined,
    "if": _if,
    "round": _round,
}
