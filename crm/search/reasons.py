"""Why a record was found: the hit in a readable text, marked."""

import re
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.access.policy import Access
from crm.lib.grams import QueryKind, classify
from crm.lib.pinyin import syllables
from crm.lib.text import simplify

LONGEST = 48  # characters of a reason that are shown
BEFORE = 16  # of them before the hit
_HAN = re.compile("[\u3400-\u9fff]+")


def marked(text: str, asked: str) -> str | SafeString:
    """`text` with what was asked for in <mark>; plain where it is not in it."""
    place = _place_of(text, asked)
    return text if place is None else _with_mark(text, *place)


def reason(access: Access, row: Any, asked: str) -> str | SafeString:
    """Field and value that matched, as HTML; "" where the title says it, or nothing does.

    Only fields that the person may read are looked at, like the question itself.
    """
    title = access.module.title
    if title in access.readable and is_in(str(row.get(title) or ""), asked):
        return ""
    for path in access.module.search.values():
        name, _dot, member = path.partition(".")
        if path not in access.readable or name == title:
            continue
        values = [one.get(member) for one in row.get(name) or ()] if member else [row.get(name)]
        field = access.module.field_at(path)
        for said in (str(value) for value in values if value):
            place = _place_of(said, asked, is_number=field is not None and field.kind == "phone")
            if place is not None:
                label = access.module.fields[name].label
                return format_html("{} {}", label, _cut(said, *place))
    return ""


def is_in(text: str, asked: str) -> bool:
    """Whether a text holds what is asked, as written, as it sounds, or word by word."""
    return _place_of(text, asked) is not None


def _place_of(text: str, asked: str, is_number: bool = False) -> tuple[int, int] | None:
    """Where the hit stands: begin and end."""
    if is_number or classify(asked) == QueryKind.DIGITS:
        return _digits_in(text, asked)
    folded, wanted = simplify(text), simplify(asked).strip()
    if len(folded) != len(text):  # a sign that folds into several: shown as it is
        folded = text.casefold() if len(text.casefold()) == len(text) else text
    at = folded.find(wanted)
    if not wanted:
        return None
    if at >= 0:
        return at, at + len(wanted)
    if wanted.isascii():
        return _sound_in(text, "".join(wanted.split()))
    words = wanted.split()
    places = [folded.find(word) for word in words]
    if len(words) > 1 and min(places) >= 0:
        return places[0], places[0] + len(words[0])
    bare = "".join(words)
    return _over_signs(folded, bare) if bare else None


def _over_signs(text: str, wanted: str) -> tuple[int, int] | None:
    """上海中国 stands in 上海（中国）: signs between are no hindrance."""
    letters = [(at, sign) for at, sign in enumerate(text) if sign.isalnum()]
    at = "".join(sign for _at, sign in letters).find(wanted)
    return None if at < 0 else (letters[at][0], letters[at + len(wanted) - 1][0] + 1)


def _digits_in(text: str, asked: str) -> tuple[int, int] | None:
    wanted = "".join(sign for sign in asked if sign.isdecimal()).lstrip("0")
    digits = [(at, sign) for at, sign in enumerate(text) if sign.isdecimal()]
    said = "".join(sign for _at, sign in digits)
    for known in (wanted, wanted.removeprefix("86").lstrip("0")):
        at = said.rfind(known) if known else -1
        if at >= 0:
            return digits[at][0], digits[at + len(known) - 1][0] + 1
    return None


def _sound_in(text: str, wanted: str) -> tuple[int, int] | None:
    """The shortest run of characters whose pinyin or initials begin with what was typed."""
    for run in _HAN.finditer(text):
        said = syllables(run.group())
        if len(said) != len(run.group()):
            continue
        for first in range(len(said)):
            whole = letters = ""
            for last in range(first, len(said)):
                whole, letters = whole + said[last], letters + said[last][0]
                if whole.startswith(wanted) or letters == wanted:
                    return run.start() + first, run.start() + last + 1
                if not wanted.startswith(whole) and not wanted.startswith(letters):
                    break
    return None


def _cut(text: str, first: int, last: int) -> SafeString:
    start = max(0, first - BEFORE) if last > LONGEST else 0
    shown = text[start : max(last, start + LONGEST)]
    return format_html(
        "{}{}{}",
        "…" if start else "",
        _with_mark(shown, first - start, last - start),
        "…" if start + len(shown) < len(text) else "",
    )


def _with_mark(text: str, first: int, last: int) -> SafeString:
    return format_html("{}<mark>{}</mark>{}", text[:first], text[first:last], text[last:])
