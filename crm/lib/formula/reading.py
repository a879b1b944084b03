"""A formula's text as a tree of its words. Full-width signs of Chinese keyboards count as plain."""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from crm.lib.formula.nodes import DEEPEST, LONGEST, MOST_NODES, FormulaError, Word

PLAIN = str.maketrans("（），＋－×÷＊／％＆＝＜＞！｛｝≠≤≥", "(),+-*/*/%&=<>!{}≠≤≥")
QUOTES = {'"': '"', "“": "”", "「": "」"}
SPELLED = {"<>": "!=", "≠": "!=", "==": "=", "≤": "<=", "≥": ">="}
WORDS = frozenset({"and", "or", "not", "true", "false"})
_number = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,10})?")
_word = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
_sign = re.compile(r"!=|<>|<=|>=|==|[-+*/%&=<>(),≠≤≥]")
_space = re.compile(r"\s+")


class Token(NamedTuple):
    """One word of the text: `what` is number, text, name, word, sign or end."""

    what: str
    value: str
    start: int
    end: int


def read(text: str) -> Word:
    """The tree of a formula's text. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError(_("A formula has at most %d characters.") % LONGEST, LONGEST, len(text))
    reader = _Reader(tokens_of(text))
    if reader.token.what == "end":
        raise FormulaError(_("Write a formula."))
    found = reader.either(0)
    if reader.token.what != "end":
        raise reader.wrong(_("“%s” is not expected here.") % reader.token.value)
    return found


def tokens_of(text: str) -> list[Token]:
    """The words of a text, one that says that it ends at the last. Raises FormulaError."""
    plain = text.translate(PLAIN)
    found: list[Token] = []
    place = 0
    while place < len(text):
        if space := _space.match(text, place):
            place = space.end()
            continue
        found.append(_token_at(text, plain, place))
        place = found[-1].end
    return [*found, Token("end", "", len(text), len(text))]


def _token_at(text: str, plain: str, place: int) -> Token:
    if text[place] in QUOTES:
        return _quoted(text, place)
    if plain[place] == "{":
        end = plain.find("}", place)
        if end < 0:
            raise FormulaError(_("A field's name ends with }."), place, len(text))
        return Token("name", text[place + 1 : end].strip(), place, end + 1)
    for what, pattern in (("number", _number), ("word", _word), ("sign", _sign)):
        if match := pattern.match(plain, place):
            value = match.group().lower()
            return Token(what, SPELLED.get(value, value), place, match.end())
    raise FormulaError(_("“%s” is not expected here.") % text[place], place, place + 1)


def _quoted(text: str, place: int) -> Token:
    """A text in quotes; a closing quote written twice stands for itself."""
    closing = QUOTES[text[place]]
    parts: list[str] = []
    at = place + 1
    while True:
        end = text.find(closing, at)
        if end < 0:
            raise FormulaError(_("This text has no closing quote."), place, len(text))
        parts.append(text[at:end])
        if text[end + 1 : end + 2] != closing:
            value = closing.join(parts)
            return Token("text", unicodedata.normalize("NFC", value), place, end + 1)
        at = end + 2


class _Reader:
    """Reads words by the strength of operators: or, and, not, comparing, joining, + -, * / %."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._count = 0

    @property
    def token(self) -> Token:
        """The word that comes next."""
        return self._tokens[self._place]

    def wrong(self, message: object) -> FormulaError:
        """An error at the next word; at the end of the text it says so."""
        if self.token.what == "end":
            message = _("The formula ends too early.")
        return FormulaError(message, self.token.start, self.token.end)

    def either(self, depth: int) -> Word:
        """a or b"""
        return self._chain(self._both, {"or"}, depth)

    def _both(self, depth: int) -> Word:
        return self._chain(self._not, {"and"}, depth)

    def _not(self, depth: int) -> Word:
        if not self._is_next({"not"}):
            return self._compared(depth)
        start = self._take().start
        one = self._not(self._deeper(depth))
        return self._made("call", "not", start, one.end, one)

    def _compared(self, depth: int) -> Word:
        left = self._joined(depth)
        if not self._is_next({"=", "!=", "<", "<=", ">", ">="}):
            return left
        sign = self._take().value
        right = self._joined(depth)
        return self._made("call", sign, left.start, right.end, left, right)

    def _joined(self, depth: int) -> Word:
        return self._chain(self._sum, {"&"}, depth)

    def _sum(self, depth: int) -> Word:
        return self._chain(self._product, {"+", "-"}, depth)

    def _product(self, depth: int) -> Word:
        return self._chain(self._signed, {"*", "/", "%"}, depth)

    def _signed(self, depth: int) -> Word:
        if not self._is_next({"-"}):
            return self._one(depth)
        start = self._take().start
        one = self._signed(self._deeper(depth))
        return self._made("call", "negative", start, one.end, one)

    def _one(self, depth: int) -> Word:
        token = self.token
        if token.what == "number":
            self._take()
            return self._made("number", Decimal(token.value), token.start, token.end)
        if token.what in {"text", "name"} or token.value in {"true", "false"}:
            self._take()
            what = "truth" if token.what == "word" else token.what
            value = token.value == "true" if what == "truth" else token.value
            return self._made(what, value, token.start, token.end)
        if token.what == "word" and token.value not in WORDS:
            return self._call(depth)
        if token.value == "(" and token.what == "sign":
            self._take()
            found = self.either(self._deeper(depth))
            self._close()
            return found
        raise self.wrong(_("“%s” is not expected here.") % token.value)

    def _call(self, depth: int) -> Word:
        name = self._take()
        if self.token.value != "(" or self.token.what != "sign":
            raise FormulaError(
                _("Fields stand in braces, texts in quotes, functions before a parenthesis."),
                name.start, name.end,
            )  # fmt: skip
        self._take()
        parts: list[Word] = []
        while not self._is_next({")"}):
            if parts:
                if not self._is_next({","}):
                    raise self.wrong(_("A comma or a closing parenthesis is missing here."))
                self._take()
            parts.append(self.either(self._deeper(depth)))
        end = self._take().end
        return self._made("call", name.value, name.start, end, *parts)

    def _close(self) -> None:
        if not self._is_next({")"}):
            raise self.wrong(_("A closing parenthesis is missing here."))
        self._take()

    def _chain(self, inner: Callable[[int], Word], signs: set[str], depth: int) -> Word:
        left = inner(depth)
        while self._is_next(signs):
            sign = self._take().value
            right = inner(depth)
            left = self._made("call", sign, left.start, right.end, left, right)
        return left

    def _is_next(self, values: set[str]) -> bool:
        return self.token.what in {"sign", "word"} and self.token.value in values

    def _take(self) -> Token:
        token = self.token
        self._place += 1
        return token

    def _deeper(self, depth: int) -> int:
        if depth >= DEEPEST:
            raise self.wrong(_("A formula may be nested %d deep.") % DEEPEST)
        return depth + 1

    def _made(self, what: str, value: object, start: int, end: int, *parts: Word) -> Word:
        self._count += 1
        if self._count > MOST_NODES:
            raise FormulaError(_("A formula has at most %d parts.") % MOST_NODES, start, end)
        return Word(what, value, start, end, parts)
