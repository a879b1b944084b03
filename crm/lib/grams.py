"""Lexemes of the search table: short grams of Chinese, words of Latin letters, digits."""

import re
from enum import StrEnum

from crm.lib.text import simplify

_LONGEST_WORD = 64
_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])[\W_]+(?=[{_HAN}])")
_HAN_SIGN = re.compile(rf"[{_HAN}]")
_WORD_PARTS = re.compile(r"\d+|[^\W\d_]+")
_DIAL_SIGNS = str.maketrans("", "", " +-()/.#\t\u00a0")


class QueryKind(StrEnum):
    """What a search box was given, which decides the index that is asked."""

    EMPTY = "empty"
    DIGITS = "digits"
    LATIN = "latin"
    CHINESE = "chinese"
    MIXED = "mixed"


def classify(query: str) -> QueryKind:
    """Kind of a query; phone signs among digits still count as digits ("+86 138-0013")."""
    text = simplify(query)
    dialled = text.translate(_DIAL_SIGNS)
    if dialled.isdecimal():
        return QueryKind.DIGITS
    runs = _RUNS.findall(text)
    if not runs:
        return QueryKind.EMPTY
    chinese = sum(1 for run in runs if _HAN_SIGN.match(run))
    if chinese == 0:
        return QueryKind.LATIN
    return QueryKind.CHINESE if chinese == len(runs) else QueryKind.MIXED


def grams(text: str) -> set[str]:
    """All lexemes of one value, to be stored.

    Chinese runs give each character and each pair of neighbours, over brackets and signs too,
    so that "上海（中国）" holds 海中. A Latin word is stored whole (cut at 64 signs); "a380" gives
    "a380", "a" and "380".
    """
    found: set[str] = set()
    for run in _runs(text):
        if _HAN_SIGN.match(run):
            found.update(run)
            found.update([run[at : at + 2] for at in range(len(run) - 1)])
            continue
        found.add(run[:_LONGEST_WORD])
        parts = _WORD_PARTS.findall(run)
        if len(parts) > 1:
            found.update([part[:_LONGEST_WORD] for part in parts])
    return found


def query_grams(query: str) -> list[str]:
    """The fewest lexemes that a match must all hold, in the order of the query, each once.

    A Chinese run of two or more characters asks for its pairs, a single one for itself. The
    last Latin word is still being typed: the caller asks for it by prefix.
    """
    found: dict[str, None] = {}
    for run in _runs(query):
        if not _HAN_SIGN.match(run):
            found[run[:_LONGEST_WORD]] = None
        elif len(run) == 1:
            found[run] = None
        else:
            found.update(dict.fromkeys([run[at : at + 2] for at in range(len(run) - 1)]))
    return list(found)


def _runs(text: str) -> list[str]:
    return _RUNS.findall(_BETWEEN_HAN.sub("", simplify(text)))
