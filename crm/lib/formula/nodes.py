"""What a formula is made of: as it was written, and as it is once its kinds are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

LONGEST = 1000
DEEPEST = 20
MOST_NODES = 150
MOST_NODES_IN_ALL = 400  # those of the formulas that it uses included
DEEPEST_IN_ALL = 60  # a sum of sixty parts is as deep
MOST_LEVELS = 3  # a formula that uses a formula that uses a formula
MOST_STEPS = 5  # add_days and add_months: so no date leaves the calendar
MOST_DAYS = 36_500
MOST_MONTHS = 1_200
MOST_TEXT = 500
KEPT_PLACES = 10  # a quotient has as many decimals


class Kind(StrEnum):
    """What a value is. Money is a number that remembers that it is money."""

    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    DATE = "date"
    TRUTH = "truth"
    CHOICE = "choice"


NUMBERS = frozenset({Kind.NUMBER, Kind.MONEY})
# What a formula may be made from: the kinds of fields, and what their values are in it.
KIND_OF_FIELD: Mapping[str, Kind] = {
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "percent": Kind.NUMBER,
    "money": Kind.MONEY,
    "text": Kind.TEXT,
    "long_text": Kind.TEXT,
    "email": Kind.TEXT,
    "url": Kind.TEXT,
    "phone": Kind.TEXT,
    "credit_code": Kind.TEXT,
    "date": Kind.DATE,
    "datetime": Kind.DATE,
    "boolean": Kind.TRUTH,
    "choice": Kind.CHOICE,
}
# What a result is as a field.
FIELD_OF_KIND: Mapping[Kind, str] = {
    Kind.NUMBER: "decimal",
    Kind.MONEY: "money",
    Kind.TEXT: "text",
    Kind.DATE: "date",
    Kind.TRUTH: "boolean",
}


class FormulaError(ValueError):
    """What is wrong with a formula, as a sentence, and where: from one sign to another."""

    def __init__(self, message: Any, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = max(end, start)


@dataclass(frozen=True)
class Word:
    """A written part: `what` is number, text, name, call or one of true and false."""

    what: str
    value: Any
    start: int
    end: int
    parts: tuple["Word", ...] = ()


@dataclass(frozen=True)
class Literal:
    """A value that stands in the formula itself."""

    kind: Kind
    value: str | Decimal | bool | Any


@dataclass(frozen=True)
class Input:
    """The value of a stored field."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Apply:
    """An operator or function over its parts."""

    kind: Kind
    name: str
    parts: tuple["Node", ...]


Node = Literal | Input | Apply


@dataclass(frozen=True)
class Known:
    """What a formula may know of a field.

    `node` is what a field that is a formula itself comes to, `level` how many formulas it stands
    on; `choices` leads from a choice as people write it to its value.
    """

    name: str
    kind: Kind
    node: Node | None = None
    level: int = 0
    choices: Mapping[str, str] = field(default_factory=dict)


def size_of(node: Node) -> tuple[int, int, int]:
    """How many parts a formula has, how deep it is, and how often it steps from a date."""
    if not isinstance(node, Apply):
        return 1, 1, 0
    counts, depths, steps = (
        zip(*map(size_of, node.parts), strict=True) if node.parts else ((), (), ())
    )
    own = int(node.name in {"add_days", "add_months"})
    return 1 + sum(counts), 1 + max(depths, default=0), own + sum(steps)
