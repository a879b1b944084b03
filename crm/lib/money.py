"""Amounts as Decimal: read from what people write, rounded, shown short."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from crm.lib.text import clean

_LONGEST_INPUT = 60
_MOST_DIGITS = 18
_MULTIPLES = {
    "": 0, "十": 1, "百": 2, "千": 3, "k": 3, "万": 4, "萬": 4, "w": 4, "十万": 5, "百万": 6,
    "m": 6, "千万": 7, "亿": 8, "億": 8, "十亿": 9, "百亿": 10, "万亿": 12,
}  # fmt: skip
_CURRENCIES = {
    "¥": "CNY", "￥": "CNY", "rmb": "CNY", "cny": "CNY", "人民币": "CNY", "人民幣": "CNY",
    "元": "CNY", "圆": "CNY", "块": "CNY", "$": "USD", "us$": "USD", "usd": "USD", "美元": "USD",
    "hk$": "HKD", "hkd": "HKD", "港元": "HKD", "港币": "HKD", "€": "EUR", "eur": "EUR",
    "欧元": "EUR", "£": "GBP", "gbp": "GBP", "英镑": "GBP", "jpy": "JPY", "日元": "JPY",
}  # fmt: skip
_SIGNS = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True))
_UNITS = "|".join(sorted(filter(None, _MULTIPLES), key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<before>{_SIGNS})?\s*(?P<sign2>[-+]?)\s*"
    rf"(?P<number>[0-9][0-9, ]*(?:\.[0-9]*)?|\.[0-9]+)(?P<power>e[-+]?[0-9]{{1,2}})?"
    rf"\s*(?P<unit>{_UNITS})?\s*(?P<after>{_SIGNS})?[整正]?"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[, ][0-9]{3})+")
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_NAMES = {"zh-hans": ("万", "亿"), "zh-hant": ("萬", "億")}
_ENGLISH: tuple[tuple[int, str], ...] = ((9, "B"), (6, "M"), (3, "K"), (0, ""))


class InvalidAmount(ValueError):
    """Text that is no amount; the message says in a sentence what is wrong with it."""


def parse_amount(value: str | int | float | Decimal, *, currency: str = "CNY") -> Decimal:
    """Read an amount in `currency`: "12,345.60", "¥1.2万", "（1,200）", full width, cell numbers.

    Brackets mean a negative amount. Raises InvalidAmount for text that is none, for commas that
    don't stand between thousands ("1,23"), for more than 18 digits, for NaN and infinity, and
    for the sign of another currency. About 1 µs for plain digits.
    """
    if isinstance(value, str):
        if _PLAIN.fullmatch(value):
            return Decimal(value)
        return _parse_text(value, currency)
    if isinstance(value, bool):
        raise InvalidAmount(_("This is not an amount."))
    if isinstance(value, float):
        value = Decimal(format(value, ".15g"))  # a cell shows 15 digits; the rest is binary noise
    return _checked(Decimal(value))


def round_half_up(amount: Decimal, places: int = 2) -> Decimal:
    """Round to `places` decimals, halves away from zero, as invoices do: 2.345 gives 2.35."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def compact_amount(amount: Decimal, language: str = "zh-hans") -> str:
    """A big figure for a small space: "1.23万", "5.6亿", in English "12.3K"; at most two decimals.

    Below ten thousand (English: one thousand) the amount stands whole, with at most two decimals.
    """
    steps = _ENGLISH
    if language in _NAMES:
        ten_thousand, hundred_million = _NAMES[language]
        steps = ((8, hundred_million), (4, ten_thousand), (0, ""))
    # what would be shown as 10,000 of a unit is shown as 1 of the next
    for (power, name), (below, _name) in pairwise(steps):
        if round_half_up(abs(amount).scaleb(-below)) >= Decimal(1).scaleb(power - below):
            return _short(amount.scaleb(-power)) + name
    return _short(amount)


def _short(amount: Decimal) -> str:
    text = f"{round_half_up(amount):,f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _parse_text(text: str, currency: str) -> Decimal:
    if len(text) > _LONGEST_INPUT:
        raise InvalidAmount(_("This is too long for an amount."))
    plain = clean(unicodedata.normalize("NFKC", text)).casefold().replace("\u2212", "-")
    plain = plain.replace("，", ",").replace("\u00a0", " ")
    in_brackets = plain.startswith("(") and plain.endswith(")")
    match = _AMOUNT.fullmatch(plain[1:-1].strip() if in_brackets else plain)
    if not plain or not match:
        raise InvalidAmount(_("This is not an amount."))
    for sign in (match["before"], match["after"]):
        if sign and _CURRENCIES[sign] != currency:
            raise InvalidAmount(
                _("This amount is in %(found)s, expected was %(expected)s.")
                % {"found": _CURRENCIES[sign], "expected": currency}
            )
    number = Decimal(_ungrouped(match["number"]) + (match["power"] or ""))
    number = number.scaleb(_MULTIPLES[match["unit"] or ""])
    signs = [match["sign"], match["sign2"]].count("-") + in_brackets
    if signs > 1:
        raise InvalidAmount(_("This amount carries two minus signs."))
    return _checked(-number if signs else number)


def _ungrouped(number: str) -> str:
    """The digits without thousands separators; raises when these stand in odd places."""
    whole, point, decimals = number.strip().partition(".")
    if not whole.isdigit() and whole:
        if not _GROUPED.fullmatch(whole):
            raise InvalidAmount(
                _("The commas in this amount do not separate thousands; write 1234.56.")
            )
        whole = whole.replace(",", "").replace(" ", "")
    if not decimals.isdigit() and decimals:
        raise InvalidAmount(_("This is not an amount."))
    return f"{whole or '0'}.{decimals}" if point else whole


def _checked(amount: Decimal) -> Decimal:
    if not amount.is_finite():
        raise InvalidAmount(_("This is not an amount."))
    digits = amount.as_tuple()
    exponent = int(digits.exponent)
    if max(len(digits.digits), len(digits.digits) + exponent, -exponent) > _MOST_DIGITS:
        raise InvalidAmount(_("This amount has more digits than can be kept."))
    return amount if exponent <= 0 else amount.quantize(Decimal(1))
