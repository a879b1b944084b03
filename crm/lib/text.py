"""Chinese and Latin text: cleaning, and the folding that decides whether two names are equal."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

_KEPT_SIGNS = "&#%@*+"  # they tell names apart: C# and C, A+B and AB
_DROPPED_CATEGORIES = ("P", "Z", "C")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_BASIC_PLANE = 0x10000
_LONGEST_KEPT = 100  # what is simplified several times in one save: names
_LONGEST_UNIQUE = 200
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffc]"
)


def clean(text: str) -> str:
    """Strip the ends and remove control, zero-width and direction marks; keep all else unchanged.

    Line feeds, tabs and carriage returns inside the text stay. NUL, which PostgreSQL refuses,
    and lone surrogates, which no encoding can carry, are removed.
    """
    if text.isprintable():
        return text.strip()
    text = _CONTROLS.sub("", text)
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        text = "".join(sign for sign in text if not "\ud800" <= sign <= "\udfff")
    return text.strip()


def spelled(text: str) -> str:
    """The form in which two names of a choice are the same: width, case and ends folded."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def unique_key(value: object) -> str:
    """The form in which two values of a unique field are the same: width, case, spaces folded.

    At most 270 characters: a long text ends in its digest.
    """
    text = " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split())
    if len(text) <= _LONGEST_UNIQUE:
        return text
    return f"{text[:_LONGEST_UNIQUE]}#{hashlib.sha256(text.encode()).hexdigest()}"


def fold(text: str) -> str:
    """The form in which two spellings of one name are equal; "" when nothing but signs is left.

    Folded are width, case, spaces, brackets, punctuation and traditional characters, so that
    "ＡＢＣ（上海）貿易 有限公司" and "abc(上海)贸易有限公司" give the same. The signs & # % @ * +
    stay. About 3 µs for a name of twelve characters.
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text.translate(_fold_table()))


def simplify(text: str) -> str:
    """Width, case and traditional characters folded; spaces and signs kept as they stand."""
    if text.isascii():
        return text.casefold()
    return _kept_simple(text) if len(text) <= _LONGEST_KEPT else _simple(text)


@lru_cache(maxsize=4096)
def _kept_simple(text: str) -> str:
    return _simple(text)


def _simple(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", text.translate(_simplified_table()))


@cache
def _simplified_table() -> dict[int, str]:
    """Traditional character → simplified one, closed under itself (a → b → c gives a → c)."""
    table = dict(_dictionary_lines())
    for traditional in table:
        seen = {traditional}
        simplified = table[traditional]
        while simplified in table and simplified not in seen:
            seen.add(simplified)
            simplified = table[simplified]
        table[traditional] = simplified
    return {ord(traditional): simplified for traditional, simplified in table.items()}


def _dictionary_lines() -> Iterator[tuple[str, str]]:
    """The pairs of OpenCC's character dictionary; the first candidate is the common one."""
    package = find_spec("opencc")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("opencc-python-reimplemented is not installed; see requirements.txt")
    path = Path(package.submodule_search_locations[0]) / "dictionary" / "TSCharacters.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        traditional, _, candidates = line.partition("\t")
        simplified = candidates.split(" ")[0]
        if len(traditional) == 1 and len(simplified) == 1 and traditional != simplified:
            yield traditional, simplified


@cache
def _fold_table() -> dict[int, str | None]:
    """The simplified table and, for each sign that a name may carry or not, None."""
    table: dict[int, str | None] = dict(_simplified_table())
    for code in range(_BASIC_PLANE):
        dropped = unicodedata.category(chr(code))[0] in _DROPPED_CATEGORIES
        if (dropped or code in _VARIATION_SELECTORS) and chr(code) not in _KEPT_SIGNS:
            table[code] = None
    return table
