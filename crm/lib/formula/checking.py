"""A written formula with its kinds: what it gives, from which fields, or what is wrong where."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.lib.formula.functions import (
    FUNCTIONS,
    KIND_WORDS,
    LITERAL,
    OPERATORS,
    Function,
    is_whole,
    shape_of,
)
from crm.lib.formula.nodes import (
    DEEPEST_IN_ALL,
    MOST_LEVELS,
    MOST_NODES_IN_ALL,
    MOST_STEPS,
    Apply,
    FormulaError,
    Input,
    Kind,
    Known,
    Literal,
    Node,
    Word,
    size_of,
)
from crm.lib.formula.reading import read
from crm.lib.text import spelled

Find = Callable[[str], Known]  # raises LookupError with a sentence


@dataclass
class Checked:
    """A formula that may be computed.

    `names` are the fields that it names itself, `level` how many formulas stand on each other;
    `spelled` says how each name and choice is spelled so that it holds whatever they are called.
    """

    text: str
    node: Node = field(init=False)
    names: list[str] = field(default_factory=list)
    level: int = 1
    spelled: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        """What it gives."""
        return self.node.kind

    @property
    def stable(self) -> str:
        """The text with names and choices as they are stored."""
        return respelled(self.text, self.spelled)


def respelled(text: str, parts: Sequence[tuple[int, int, str]]) -> str:
    """The text with the parts from one sign to another written otherwise."""
    for start, end, word in sorted(parts, reverse=True):
        text = text[:start] + word + text[end:]
    return text


def check(text: str, find: Find) -> Checked:
    """The formula's text with its kinds; `find` tells of fields. Raises FormulaError."""
    checked = Checked(text)
    checker = _Checker(find, checked)
    word = read(text)
    checked.node = checker.node(word)
    if checked.kind is Kind.CHOICE:
        raise FormulaError(
            _("A choice alone is no result: compare it with one of its choices."),
            word.start, word.end,
        )  # fmt: skip
    count, depth, steps = size_of(checked.node)
    if checked.level > MOST_LEVELS:
        raise FormulaError(_("Formulas may use one another %d deep.") % MOST_LEVELS, 0, len(text))
    if count > MOST_NODES_IN_ALL or depth > DEEPEST_IN_ALL:
        raise FormulaError(_("With the formulas that it uses, this one is too long."), 0, len(text))
    if steps > MOST_STEPS:
        raise FormulaError(
            _("At most %d times days or months may be added.") % MOST_STEPS, 0, len(text)
        )
    return checked


class _Checker:
    def __init__(self, find: Find, checked: Checked) -> None:
        self._find = find
        self._checked = checked
        self._choices: dict[int, Known] = {}  # start of a name that is a choice → the field

    def node(self, word: Word) -> Node:
        """The word with its kind. Raises FormulaError."""
        if word.what == "number":
            return Literal(Kind.NUMBER, word.value)
        if word.what == "text":
            return Literal(Kind.TEXT, word.value or None)
        if word.what == "truth":
            return Literal(Kind.TRUTH, word.value)
        if word.what == "name":
            return self._name(word)
        if word.value == "date":
            return self._day(word)
        return self._applied(word)

    def _name(self, word: Word) -> Node:
        try:
            known = self._find(word.value)
        except LookupError as error:
            raise FormulaError(error.args[0], word.start, word.end) from None
        self._checked.spelled.append((word.start, word.end, f"{{{known.name}}}"))
        if known.name not in self._checked.names:
            self._checked.names.append(known.name)
        self._checked.level = max(self._checked.level, known.level + 1)
        if known.kind is Kind.CHOICE:
            self._choices[word.start] = known
        return known.node or Input(known.kind, known.name)

    def _applied(self, word: Word) -> Node:
        if word.value in {"=", "!="} and any(p.what == "text" and not p.value for p in word.parts):
            raise _at(word, _("Whether something is empty asks is_blank(value)."))
        function = OPERATORS.get(word.value) or FUNCTIONS.get(word.value)
        if function is None:
            raise _at(word, _("There is no function “%s”.") % word.value)
        if not function.fewest <= len(word.parts) <= function.most:
            raise _at(
                word,
                _("“%(name)s” does not take %(count)d values. It is written %(shape)s.")
                % {"name": word.value, "count": len(word.parts), "shape": shape_of(word.value)},
            )
        parts = self._compared(word) or [(part, self.node(part)) for part in word.parts]
        for place, (part, node) in enumerate(parts):
            _require(function, place, part, node)
        gives = function.gives
        kind = gives if isinstance(gives, Kind) else gives(parts)
        return Apply(kind, word.value, tuple(node for _part, node in parts))

    def _compared(self, word: Word) -> list[tuple[Word, Node]] | None:
        """A choice beside one of its choices in quotes; None where it is something else."""
        if word.value not in {"=", "!="}:
            return None
        for name, text in (word.parts, word.parts[::-1]):
            if name.what != "name" or text.what != "text":
                continue
            node = self._name(name)
            known = self._choices.get(name.start)
            if known is None:
                return [(name, node), (text, self.node(text))]
            value = known.choices.get(spelled(text.value))
            if value is None:
                raise _at(text, _("“%s” is none of the choices.") % text.value)
            self._checked.spelled.append((text.start, text.end, f'"{value}"'))
            return [(name, node), (text, Literal(Kind.CHOICE, value))]
        return None

    def _day(self, word: Word) -> Node:
        (part,) = word.parts if len(word.parts) == 1 else (word,)
        try:
            day = dt.date.fromisoformat(part.value if part.what == "text" else "")
        except ValueError:
            raise _at(part, _('This must be a date such as "2026-11-23".')) from None
        if not 1800 <= day.year <= 2200:
            raise _at(part, _("This date is out of range."))
        return Literal(Kind.DATE, day)


def _at(word: Word, message: Any) -> FormulaError:
    return FormulaError(message, word.start, word.end)


def _require(function: Function, place: int, part: Word, node: Node) -> None:
    """Raise FormulaError unless the part is of a kind that the function takes there."""
    wanted = function.takes[min(place, len(function.takes) - 1)]
    if wanted == LITERAL:
        least, most = function.literal
        if not is_whole(node, least, most):
            raise _at(
                part,
                _("Write a whole number from %(least)d to %(most)d here.")
                % {"least": least, "most": most},
            )
    elif node.kind not in wanted:
        words = dict.fromkeys(str(KIND_WORDS[kind]) for kind in Kind if kind in wanted)
        raise _at(
            part,
            _("This is %(found)s; here stands %(wanted)s.")
            % {"found": KIND_WORDS[node.kind], "wanted": " / ".join(words)},
        )
