"""Dates as people and spreadsheets write them, and the relative ranges of the query language."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext_lazy as _

from crm.lib.text import clean

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_LONGEST_INPUT = 50
MOST_UNITS = 3660  # N of the relative ranges: ten years of days
_SERIAL_ZERO = datetime(1899, 12, 30)  # day 0 of spreadsheets after their leap year error of 1900
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: other numbers are more likely no dates
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*[日号]?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_MONTH_DAY = re.compile(r"([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?|([0-9]{1,2})[-/.]([0-9]{1,2})")
_SHORT_YEAR = re.compile(r"'?[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\s*[日号]?")
_NO_DAY = re.compile(r"[0-9]{4}\s*[-/.年]\s*[0-9]{1,2}\s*月?|[0-9]{4}\s*年?")
_ENGLISH = re.compile(
    r"(?:([0-9]{1,2})(?:st|nd|rd|th)?[\s-]+)?([a-z]{3,9})\.?[\s,-]+"
    r"(?:([0-9]{1,2})(?:st|nd|rd|th)?,?\s+)?([0-9]{4})"
)
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_CLOCK = re.compile(
    r"(?:\s+|t|(?<=[日号]))(?:(上午|凌晨|早上|中午|下午|晚上)\s*)?"
    r"([0-9]{1,2})(?::|时|点)([0-9]{1,2})?分?(?::?([0-9]{1,2})秒?(?:\.[0-9]+)?)?\s*(am|pm)?$"
)
_ZONED = re.compile(r".*[0-9]t[0-9:.]+(?:z|[+-][0-9]{2}:?[0-9]{2})")
_AFTERNOON = ("下午", "晚上", "中午", "pm")


class InvalidDate(ValueError):
    """Text that is no date; the message says in a sentence what is wrong with it."""


def parse_date(value: str | float | date, *, year: int | None = None) -> date:
    """Read a day; a time of day behind it is left out.

    Takes date and datetime, the serial numbers of spreadsheets (1954 to 2119, as number or as
    five digits), 2026-11-23, 2026/11/3, 2026.11.3, 20261103, 2026年11月3日, 3 Nov 2026, and
    11月3日 or 11-3 when `year` is given. Raises InvalidDate for what has two readings (3/11/2026,
    26/11/3), lacks a part, does not exist (30 February), or lies outside 1900 to 2199.
    """
    if isinstance(value, str):
        iso = _ISO.fullmatch(value)
        if iso:
            return _day(*iso.groups())
    return parse_datetime(value, year=year).date()


def parse_datetime(value: str | float | date, *, year: int | None = None) -> datetime:
    """Read a day with its time of day, midnight where none is written.

    As `parse_date`, with 14:05, 14:05:30, 下午2:05, 2:05 pm or 14时05分 behind it. The answer is
    naive (the caller's zone) unless the text names an offset: 2026-11-23T14:05:00+08:00.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if not isinstance(value, str):
        return _from_serial(value)
    if len(value) > _LONGEST_INPUT:
        raise InvalidDate(_("This is too long for a date."))
    text = clean(unicodedata.normalize("NFKC", value)).casefold()
    if not text:
        raise InvalidDate(_("A date is missing."))
    if _ZONED.fullmatch(text):
        return _from_iso(text)
    if _SERIAL.fullmatch(text):
        return _from_serial(float(text))
    clock = _CLOCK.search(text)
    if not clock:
        return datetime.combine(_parse_day(text, year), time())
    return datetime.combine(_parse_day(text[: clock.start()].strip(), year), _time_of(clock))


def _parse_day(text: str, year: int | None) -> date:
    whole = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if whole:
        return _day(*whole.groups())
    parts = _MONTH_DAY.fullmatch(text)
    if parts:
        if year is None:
            raise InvalidDate(_("The year is missing: write 2026-11-23."))
        return _day(str(year), parts[1] or parts[3], parts[2] or parts[4])
    last = _YEAR_LAST.fullmatch(text)
    if last:
        return _from_year_last(last)
    if _SHORT_YEAR.fullmatch(text):
        raise InvalidDate(_("The year has two digits only: write 2026-11-23."))
    if _NO_DAY.fullmatch(text):
        raise InvalidDate(_("The day is missing: write 2026-11-23."))
    english = _ENGLISH.fullmatch(text)
    if english and english[2][:3] in _MONTHS and (english[1] is None) != (english[3] is None):
        month = _MONTHS.index(english[2][:3]) + 1
        return _day(english[4], str(month), english[1] or english[3])
    raise InvalidDate(_("This is not a date: write 2026-11-23."))


def _from_year_last(match: re.Match[str]) -> date:
    """23/11/2026 has one reading, 3/11/2026 two, 11/11/2026 one again."""
    first, second = int(match[1]), int(match[2])
    if first != second and first <= 12 and second <= 12:
        raise InvalidDate(_("This date can be read in two ways: write 2026-11-23, year first."))
    day, month = (first, second) if first > 12 else (second, first)
    return _day(match[3], str(month), str(day))


def _day(year: str, month: str, day: str) -> date:
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise InvalidDate(_("The year of this date must lie between 1900 and 2199."))
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise InvalidDate(_("This day does not exist in the calendar.")) from None


def _time_of(clock: re.Match[str]) -> time:
    part, hour, half = clock[1], int(clock[2]), clock[5]
    if (part in _AFTERNOON or half == "pm") and hour < 12 and not (part == "中午" and hour > 9):
        hour += 12
    elif hour == 12 and (half == "am" or part == "凌晨"):
        hour = 0
    try:
        return time(hour, int(clock[3] or 0), int(clock[4] or 0))
    except ValueError:
        raise InvalidDate(_("This time of day does not exist.")) from None


def _from_iso(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError:
        raise InvalidDate(_("This is not a date: write 2026-11-23.")) from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise InvalidDate(_("The year of this date must lie between 1900 and 2199."))
    return found


def _from_serial(serial: float) -> datetime:
    """A spreadsheet's day number; eight whole digits are read as year, month and day."""
    if isinstance(serial, bool) or serial != serial:
        raise InvalidDate(_("This is not a date: write 2026-11-23."))
    if 19_000_101 <= serial <= 21_991_231 and serial == int(serial):
        return datetime.combine(_parse_day(str(int(serial)), None), time())
    if not _SERIALS.start <= serial < _SERIALS.stop:
        raise InvalidDate(_("This number is not a date: write 2026-11-23."))
    found = _SERIAL_ZERO + timedelta(seconds=round(serial * 86_400))
    return found


Range = tuple[date | None, date | None]


def relative_range(name: str, today: date) -> Range:
    """First and last day, both included, that a relative date of the query language means.

    `name` is one of RELATIVE_RANGES, with a number from 1 to 3660 in place of N; None stands for
    an open end. Raises InvalidDate for any other name or number.

    >>> relative_range("last_n_days:30", date(2026, 11, 23))
    (datetime.date(2026, 10, 25), datetime.date(2026, 11, 23))
    """
    word, colon, number = name.partition(":")
    if not colon and word in _PLAIN_RANGES:
        return _PLAIN_RANGES[word](today)
    if not colon or word not in _COUNTED_RANGES:
        raise InvalidDate(_("%(name)s is not a relative date.") % {"name": name[:40]})
    if not re.fullmatch("[0-9]{1,4}", number) or not 1 <= int(number) <= MOST_UNITS:
        raise InvalidDate(
            _("%(name)s needs a number from 1 to %(most)s.") % {"name": word, "most": MOST_UNITS}
        )
    return _COUNTED_RANGES[word](today, int(number))


def _weeks(today: date, first: int, last: int) -> Range:
    """Whole weeks, Monday to Sunday, counted from this one (0)."""
    monday = today - timedelta(today.weekday())
    return monday + timedelta(7 * first), monday + timedelta(7 * last + 6)


def _months(today: date, first: int, last: int) -> Range:
    """Whole calendar months, counted from this one (0)."""
    return _month_start(today, first), _month_start(today, last + 1) - timedelta(1)


def _quarters(today: date, first: int, last: int) -> Range:
    start = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return _months(start, 3 * first, 3 * last + 2)


def _years(today: date, first: int, last: int) -> Range:
    return date(today.year + first, 1, 1), date(today.year + last, 12, 31)


def _month_start(today: date, months: int) -> date:
    count = today.year * 12 + today.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _shifted(today: date, days: int) -> date:
    return today + timedelta(days)


_PLAIN_RANGES: dict[str, Callable[[date], Range]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (_shifted(today, -1), _shifted(today, -1)),
    "tomorrow": lambda today: (_shifted(today, 1), _shifted(today, 1)),
    "this_week": lambda today: _weeks(today, 0, 0),
    "last_week": lambda today: _weeks(today, -1, -1),
    "next_week": lambda today: _weeks(today, 1, 1),
    "this_month": lambda today: _months(today, 0, 0),
    "last_month": lambda today: _months(today, -1, -1),
    "next_month": lambda today: _months(today, 1, 1),
    "this_quarter": lambda today: _quarters(today, 0, 0),
    "last_quarter": lambda today: _quarters(today, -1, -1),
    "next_quarter": lambda today: _quarters(today, 1, 1),
    "this_year": lambda today: _years(today, 0, 0),
    "last_year": lambda today: _years(today, -1, -1),
    "next_year": lambda today: _years(today, 1, 1),
    "past": lambda today: (None, _shifted(today, -1)),
    "future": lambda today: (_shifted(today, 1), None),
}
# Days count today in; weeks and months are whole ones before or after the current one.
_COUNTED_RANGES: dict[str, Callable[[date, int], Range]] = {
    "last_n_days": lambda today, n: (_shifted(today, 1 - n), today),
    "next_n_days": lambda today, n: (today, _shifted(today, n - 1)),
    "last_n_weeks": lambda today, n: _weeks(today, -n, -1),
    "next_n_weeks": lambda today, n: _weeks(today, 1, n),
    "last_n_months": lambda today, n: _months(today, -n, -1),
    "next_n_months": lambda today, n: _months(today, 1, n),
    "older_than_days": lambda today, n: (None, _shifted(today, -n - 1)),
    "more_than_days_ahead": lambda today, n: (_shifted(today, n + 1), None),
}
RELATIVE_RANGES = (*_PLAIN_RANGES, *(f"{name}:N" for name in _COUNTED_RANGES))
