"""Values as people read them: dates, times and numbers in the reader's language and zone."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, pgettext


def _is_chinese() -> bool:
    return (get_language() or "").startswith("zh")


def today() -> dt.date:
    """Today in the reader's zone."""
    return timezone.localdate()


def show_date(day: dt.date) -> str:
    """A day: 11月23日, in another year 2025年11月23日; in English 23 Nov (2025)."""
    is_this_year = day.year == today().year
    if _is_chinese():
        short = f"{day.month}月{day.day:02d}日"
        return short if is_this_year else f"{day.year}年{short}"
    short = f"{day.day} {day:%b}"
    return short if is_this_year else f"{short} {day.year}"


def show_month(day: dt.date) -> str:
    """Its month: 2026年11月; in English November 2026."""
    return f"{day.year}年{day.month}月" if _is_chinese() else f"{day:%B} {day.year}"


def show_day(day: dt.date) -> str:
    """A day with the day of its week: 11月23日 星期一; in English Monday, 23 Nov."""
    if _is_chinese():
        return f"{show_date(day)} {WEEKDAYS[day.weekday()]}"
    return f"{WEEKDAYS[day.weekday()]}, {show_date(day)}"


def show_time(moment: dt.datetime) -> str:
    """The clock in the reader's zone: 16:42."""
    return f"{timezone.localtime(moment):%H:%M}"


def show_moment(moment: dt.datetime) -> str:
    """Day and clock in the reader's zone."""
    return f"{show_date(timezone.localtime(moment).date())} {show_time(moment)}"


def show_number(number: int | Decimal, places: int | None = None) -> str:
    """A number with commas; decimals only where there are any, or `places` of them."""
    if isinstance(number, int):
        return f"{number:,}"
    if places is None:
        return f"{number:,.2f}".removesuffix(".00")
    return f"{number:,.{places}f}"


def in_sentence(label: Any) -> str:
    """A label in the middle of a sentence: "All customers"; WeChat and PDF keep their capitals."""
    text = str(label)
    return text if text[1:] != text[1:].lower() else text[:1].lower() + text[1:]


def in_a_row(words: Iterable[Any]) -> str:
    """Several words one after the other: 甲、乙; in English a, b."""
    return pgettext("between words", ", ").join(str(word) for word in words)
