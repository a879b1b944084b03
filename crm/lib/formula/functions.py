"""The functions and operators of formulas: what each takes, and what kind it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.lib.formula.nodes import NUMBERS, FormulaError, Kind, Literal, Node, Word

KIND_WORDS = {
    Kind.NUMBER: _("a number"),
    Kind.MONEY: _("an amount"),
    Kind.TEXT: _("a text"),
    Kind.DATE: _("a date"),
    Kind.TRUTH: _("yes or no"),
    Kind.CHOICE: _("a choice"),
}
NUMBER, TEXT, DATE, TRUTH = frozenset(NUMBERS), {Kind.TEXT}, {Kind.DATE}, {Kind.TRUTH}
JOINED = NUMBERS | {Kind.TEXT, Kind.DATE}
ORDERED = NUMBERS | {Kind.DATE}
VALUE = ORDERED | {Kind.TEXT, Kind.TRUTH}
ANY = VALUE | {Kind.CHOICE}
LITERAL = "literal"  # a whole number that stands in the formula itself
MANY = 20
Result = Callable[[Sequence[tuple[Word, Node]]], Kind]


@dataclass(frozen=True)
class Function:
    """`takes` are the kinds of its parts, `least` how many it needs; the last one may repeat."""

    takes: tuple[Any, ...]
    gives: Kind | Result
    least: int = -1
    repeats: bool = False
    about: Any = ""
    literal: tuple[int, int] = (0, 10)

    @property
    def most(self) -> int:
        """How many parts it takes at most."""
        return MANY if self.repeats else len(self.takes)

    @property
    def fewest(self) -> int:
        """How many parts it needs."""
        return len(self.takes) if self.least < 0 else self.least


def alike(parts: Sequence[tuple[Word, Node]]) -> Kind:
    """The one kind of all parts; numbers beside money are money. Raises FormulaError."""
    kinds = [node.kind for _word, node in parts]
    if set(kinds) <= NUMBERS:
        return Kind.MONEY if Kind.MONEY in kinds else Kind.NUMBER
    for word, node in parts:
        if node.kind != kinds[0]:
            raise FormulaError(
                _("This is %(found)s; it must be %(wanted)s like the first.")
                % {"found": KIND_WORDS[node.kind], "wanted": KIND_WORDS[kinds[0]]},
                word.start, word.end,
            )  # fmt: skip
    return kinds[0]


def _same(parts: Sequence[tuple[Word, Node]]) -> Kind:
    return parts[0][1].kind


def _branches(parts: Sequence[tuple[Word, Node]]) -> Kind:
    return alike(parts[1:])


def _truth_of_alike(parts: Sequence[tuple[Word, Node]]) -> Kind:
    alike(parts)
    return Kind.TRUTH


def _product(parts: Sequence[tuple[Word, Node]]) -> Kind:
    return Kind.MONEY if Kind.MONEY in [node.kind for _word, node in parts] else Kind.NUMBER


def _quotient(parts: Sequence[tuple[Word, Node]]) -> Kind:
    over, under = (node.kind for _word, node in parts)
    return Kind.MONEY if over is Kind.MONEY and under is not Kind.MONEY else Kind.NUMBER


OPERATORS = {
    "or": Function((TRUTH, TRUTH), Kind.TRUTH),
    "and": Function((TRUTH, TRUTH), Kind.TRUTH),
    "not": Function((TRUTH,), Kind.TRUTH),
    "=": Function((ANY, ANY), _truth_of_alike),
    "!=": Function((ANY, ANY), _truth_of_alike),
    "<": Function((ORDERED, ORDERED), _truth_of_alike),
    "<=": Function((ORDERED, ORDERED), _truth_of_alike),
    ">": Function((ORDERED, ORDERED), _truth_of_alike),
    ">=": Function((ORDERED, ORDERED), _truth_of_alike),
    "&": Function((JOINED, JOINED), Kind.TEXT),
    "+": Function((NUMBER, NUMBER), alike),
    "-": Function((NUMBER, NUMBER), alike),
    "*": Function((NUMBER, NUMBER), _product),
    "/": Function((NUMBER, NUMBER), _quotient),
    "%": Function((NUMBER, NUMBER), _same),
    "negative": Function((NUMBER,), _same),
}
FUNCTIONS = {
    "if": Function(
        (TRUTH, VALUE, VALUE),
        _branches,
        least=2,
        about=_("The second where the condition holds, else the third."),
    ),
    "round": Function(
        (NUMBER, LITERAL),
        _same,
        least=1,
        about=_("Rounded half up, to so many decimals; without a second to a whole number."),
    ),
    "abs": Function((NUMBER,), _same, about=_("Without its sign.")),
    "min": Function(
        (ORDERED,),
        alike,
        repeats=True,
        about=_("The smallest or earliest; empty ones are passed over."),
    ),
    "max": Function(
        (ORDERED,),
        alike,
        repeats=True,
        about=_("The largest or latest; empty ones are passed over."),
    ),
    "coalesce": Function(
        (VALUE,),
        alike,
        repeats=True,
        about=_("The first that is not empty."),
    ),
    "is_blank": Function((ANY,), Kind.TRUTH, about=_("Whether there is nothing in it.")),
    "concat": Function(
        (JOINED,),
        Kind.TEXT,
        repeats=True,
        about=_("One after the other as text; the same as a & b."),
    ),
    "contains": Function(
        (TEXT, TEXT),
        Kind.TRUTH,
        about=_("Whether the part stands in the text, in capitals or not."),
    ),
    "length": Function((TEXT,), Kind.NUMBER, about=_("How many characters.")),
    "left": Function(
        (TEXT, LITERAL),
        Kind.TEXT,
        literal=(1, 500),
        about=_("So many characters from the beginning."),
    ),
    "right": Function(
        (TEXT, LITERAL),
        Kind.TEXT,
        literal=(1, 500),
        about=_("So many characters from the end."),
    ),
    "upper": Function((TEXT,), Kind.TEXT, about=_("Letters a to z as capitals.")),
    "lower": Function((TEXT,), Kind.TEXT, about=_("Letters A to Z as small ones.")),
    "today": Function((), Kind.DATE, about=_("Today, where the company is.")),
    "date": Function(("day",), Kind.DATE, about=_("A day that you write yourself.")),
    "days_between": Function(
        (DATE, DATE),
        Kind.NUMBER,
        about=_("How many days from one day to another."),
    ),
    "add_days": Function(
        (DATE, NUMBER),
        Kind.DATE,
        about=_("So many days later; earlier with a minus."),
    ),
    "add_months": Function(
        (DATE, NUMBER),
        Kind.DATE,
        about=_("So many months later; at most the month's last day."),
    ),
    "year": Function((DATE,), Kind.NUMBER, about=_("The year of a day.")),
    "month": Function((DATE,), Kind.NUMBER, about=_("The month of a day, 1 to 12.")),
    "day": Function((DATE,), Kind.NUMBER, about=_("The day of the month, 1 to 31.")),
}

# What stands between the parentheses, in words.
ARGUMENTS = {
    "if": pgettext_lazy("parts of a function", "condition, then, else"),
    "round": pgettext_lazy("parts of a function", "number, 2"),
    "abs": pgettext_lazy("parts of a function", "number"),
    "min": pgettext_lazy("parts of a function", "a, b, …"),
    "max": pgettext_lazy("parts of a function", "a, b, …"),
    "coalesce": pgettext_lazy("parts of a function", "a, b, …"),
    "is_blank": pgettext_lazy("parts of a function", "value"),
    "concat": pgettext_lazy("parts of a function", "a, b, …"),
    "contains": pgettext_lazy("parts of a function", "text, part"),
    "length": pgettext_lazy("parts of a function", "text"),
    "left": pgettext_lazy("parts of a function", "text, 4"),
    "right": pgettext_lazy("parts of a function", "text, 4"),
    "upper": pgettext_lazy("parts of a function", "text"),
    "lower": pgettext_lazy("parts of a function", "text"),
    "date": '"2026-01-31"',
    "days_between": pgettext_lazy("parts of a function", "from, to"),
    "add_days": pgettext_lazy("parts of a function", "date, 30"),
    "add_months": pgettext_lazy("parts of a function", "date, 1"),
    "year": pgettext_lazy("parts of a function", "date"),
    "month": pgettext_lazy("parts of a function", "date"),
    "day": pgettext_lazy("parts of a function", "date"),
}


def shape_of(name: str) -> str:
    """How a function is written, with words for its parts."""
    return f"{name}({ARGUMENTS.get(name, '')})" if name in FUNCTIONS else name


def is_whole(node: Node, least: int, most: int) -> bool:
    """Whether this is a whole number of the formula's own, in these bounds."""
    if not isinstance(node, Literal) or node.kind is not Kind.NUMBER:
        return False
    return bool(node.value == int(node.value) and least <= node.value <= most)
