"""Dates, amounts and credit codes as spreadsheets hold them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from crm.lib import codes, dates, money
from crm.lib.dates import InvalidDate, parse_date, parse_datetime, relative_range

DAY = date(2026, 11, 3)
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-03",
        "2026-11-3",
        "2026/11/3",
        "2026.11.3",
        "20261103",
        20261103,
        "2026年11月3日",
        "2026年11月3号",
        "２０２６－１１－０３",
        "2026-11-03 14:05",
        "2026-11-03T14:05:00Z",
        "3 Nov 2026",
        "November 3rd, 2026",
        46329,
        46329.0,
        46329.75,
        "46329",
        DAY,
        datetime(2026, 11, 3, 9, 30),
    ],
)
def test_one_day_in_many_writings(written: object) -> None:
    assert parse_date(written) == DAY


@pytest.mark.parametrize("written", ["11月3日", "11-3", "11/3", "11.03"])
def test_a_day_without_year_needs_one_given(written: str) -> None:
    assert parse_date(written, year=2026) == DAY
    with pytest.raises(InvalidDate, match="year is missing"):
        parse_date(written)


@pytest.mark.parametrize(
    ("written", "hour", "minute"),
    [
        ("2026-11-03 14:05", 14, 5),
        ("2026/11/3 2:05 PM", 14, 5),
        ("2026年11月3日下午2:05", 14, 5),
        ("2026年11月3日 14时05分", 14, 5),
        ("2026-11-03 12:30 am", 0, 30),
        ("2026-11-03 中午12:10", 12, 10),
        ("2026-11-03 中午11:10", 11, 10),
        (46329.5, 12, 0),
        ("2026-11-03", 0, 0),
    ],
)
def test_times_of_day(written: object, hour: int, minute: int) -> None:
    assert parse_datetime(written) == datetime(2026, 11, 3, hour, minute)


def test_an_offset_is_kept() -> None:
    assert parse_datetime("2026-11-03T14:05:00+08:00") == datetime(2026, 11, 3, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "missing"),
        ("3/11/2026", "two ways"),
        ("26/11/3", "two digits"),
        ("2026-11", "day is missing"),
        ("2026年", "day is missing"),
        ("2026-02-30", "does not exist"),
        ("2026-13-01", "does not exist"),
        ("20261301", "does not exist"),
        ("1500-01-01", "between 1900"),
        ("2026-11-03 25:00", "time of day"),
        ("上周", "not a date"),
        ("3 Foo 2026", "not a date"),
        (12, "not a date"),
        (13800138000, "not a date"),
        (True, "not a date"),
        (float("nan"), "not a date"),
        (float("inf"), "not a date"),
        ("9" * 51, "too long"),
    ],
)
def test_what_is_no_day_is_refused_with_a_reason(written: object, sentence: str) -> None:
    with pytest.raises(InvalidDate, match=sentence):
        parse_date(written)


def test_a_day_first_date_with_one_reading_is_read() -> None:
    assert parse_date("23/11/2026") == parse_date("11/23/2026") == MONDAY
    assert parse_date("11/11/2026") == date(2026, 11, 11)


@given(st.text(max_size=60))
def test_any_text_gives_a_day_or_the_one_error(text: str) -> None:
    try:
        parse_datetime(text)
    except InvalidDate:
        return


@given(st.dates(date(1955, 1, 1), date(2118, 1, 1)))
def test_every_day_survives_its_writings(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    for written in (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        serial,
    ):
        assert parse_date(written) == day


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-23", "2026-11-23"),
        ("yesterday", "2026-11-22", "2026-11-22"),
        ("this_week", "2026-11-23", "2026-11-29"),
        ("last_week", "2026-11-16", "2026-11-22"),
        ("next_week", "2026-11-30", "2026-12-06"),
        ("this_month", "2026-11-01", "2026-11-30"),
        ("next_month", "2026-12-01", "2026-12-31"),
        ("this_quarter", "2026-10-01", "2026-12-31"),
        ("next_quarter", "2027-01-01", "2027-03-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("last_n_days:30", "2026-10-25", "2026-11-23"),
        ("next_n_days:7", "2026-11-23", "2026-11-29"),
        ("last_n_weeks:2", "2026-11-09", "2026-11-22"),
        ("last_n_months:3", "2026-08-01", "2026-10-31"),
        ("next_n_months:2", "2026-12-01", "2027-01-31"),
        ("older_than_days:30", None, "2026-10-23"),
        ("more_than_days_ahead:1", "2026-11-25", None),
        ("past", None, "2026-11-22"),
        ("future", "2026-11-24", None),
    ],
)
def test_relative_ranges(name: str, first: str | None, last: str | None) -> None:
    found = relative_range(name, MONDAY)
    assert tuple(day and day.isoformat() for day in found) == (first, last)


@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 12, 31), date(2026, 1, 1)])
@pytest.mark.parametrize("name", dates.RELATIVE_RANGES)
def test_every_range_is_in_order_on_awkward_days(name: str, day: date) -> None:
    first, last = relative_range(name.replace(":N", ":3"), day)
    assert first is None or last is None or first <= last
    assert first is not None or last is not None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "someday",
        "last_n_days",
        "last_n_days:",
        "last_n_days:0",
        "last_n_days:3661",
        "last_n_days:１",
        "last_n_days:+1",
        "last_n_days:1;drop",
        "today:1",
        "LAST_N_DAYS:1",
    ],
)
def test_other_ranges_are_refused(name: str) -> None:
    with pytest.raises(InvalidDate):
        relative_range(name, MONDAY)


def test_no_range_leaves_the_calendar() -> None:
    for name in dates.RELATIVE_RANGES:
        relative_range(name.replace(":N", ":3660"), MONDAY)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("12,345.60", "12345.60"),
        ("¥1.2万", "12000"),
        ("￥１，２００．５０", "1200.50"),
        ("1200元", "1200"),
        ("人民币1200元整", "1200"),
        ("RMB 1,200", "1200"),
        ("1.2亿", "120000000"),
        ("3千", "3000"),
        ("（1,200.00）", "-1200.00"),
        ("-1200", "-1200"),
        ("-¥5", "-5"),
        ("¥-5", "-5"),
        (".5", "0.5"),
        ("1.2E+06", "1200000"),
        (0.1 + 0.2, "0.3"),
        (1200, "1200"),
        (Decimal("1.10"), "1.10"),
    ],
)
def test_amounts_as_people_write_them(written: object, amount: str) -> None:
    found = money.parse_amount(written)
    assert str(found) == amount


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "not an amount"),
        ("abc", "not an amount"),
        ("1.234,56", "not an amount"),
        ("1,23", "commas"),
        ("1,2345", "commas"),
        ("$5", "USD"),
        ("--5", "minus"),
        ("NaN", "not an amount"),
        ("1e400", "not an amount"),
        ("1e99", "more digits"),
        ("1" * 61, "too long"),
        (float("nan"), "not an amount"),
        (float("inf"), "not an amount"),
        (True, "not an amount"),
        (10**18, "more digits"),
    ],
)
def test_what_is_no_amount_is_refused_with_a_reason(written: object, sentence: str) -> None:
    with pytest.raises(money.InvalidAmount, match=sentence):
        money.parse_amount(written)


def test_the_currency_asked_for_is_read() -> None:
    assert money.parse_amount("$1,200.50", currency="USD") == Decimal("1200.50")


@given(st.text(max_size=70))
def test_any_text_gives_an_amount_or_the_one_error(text: str) -> None:
    try:
        assert money.parse_amount(text).is_finite()
    except money.InvalidAmount:
        return


def test_halves_round_away_from_zero() -> None:
    assert str(money.round_half_up(Decimal("2.345"))) == "2.35"
    assert str(money.round_half_up(Decimal("-2.345"))) == "-2.35"
    assert str(money.round_half_up(Decimal("2.5"), 0)) == "3"


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("0", "0", "0"),
        ("999.5", "999.5", "999.5"),
        ("9999.99", "9,999.99", "10K"),
        ("9999.999", "1万", "10K"),
        ("999999.99", "100万", "1M"),
        ("12345", "1.23万", "12.35K"),
        ("-120000", "-12万", "-120K"),
        ("99999999", "1亿", "100M"),
        ("56000000000", "560亿", "56B"),
    ],
)
def test_big_figures_for_small_places(amount: str, chinese: str, english: str) -> None:
    assert money.compact_amount(Decimal(amount)) == chinese
    assert money.compact_amount(Decimal(amount), "en") == english
    assert money.compact_amount(Decimal("12345"), "zh-hant") == "1.23萬"


GOOD_CODE = "91110000600037341L"


@pytest.mark.parametrize("written", [GOOD_CODE, " 91110000-600037341l ", "９1110000 600037341Ｌ"])
def test_credit_codes_are_brought_to_one_form(written: str) -> None:
    assert codes.parse_credit_code(written) == GOOD_CODE


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "missing"),
        ("9111000060003734", "has 16"),
        ("110000600037341", "old registration number of 15"),
        ("91110000600037341K", "last one should be L, not K"),
        ("911100006000373410", "last one should be L, not 0"),
        ("9111OOOO600037341L", "never use the letter O .* 0 is likely"),
        ("9111000060003734IL", "never use the letter I .* 1 is likely"),
        ("91A10000600037341L", "can't be"),
        ("客源科技有限公司客源科技有限公司客源", "can't be"),
    ],
)
def test_a_wrong_credit_code_says_what_is_wrong(written: str, sentence: str) -> None:
    with pytest.raises(codes.InvalidCode, match=sentence):
        codes.parse_credit_code(written)


ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(st.from_regex(f"[19][1239][0-9]{{6}}[{ALPHABET}]{{9}}", fullmatch=True), st.integers(0, 16))
def test_every_swapped_character_is_noticed(front: str, place: int) -> None:
    """The check of the library and ours agree, and any one wrong character breaks it."""
    code = front + codes.expected_check_character(front)
    assert codes.parse_credit_code(code) == code == uscc.validate(code)
    other = ALPHABET[(ALPHABET.index(code[place]) + 1) % 10]
    if other != code[place]:
        with pytest.raises(codes.InvalidCode):
            codes.parse_credit_code(code[:place] + other + code[place + 1 :])


def test_no_check_character_for_what_is_no_code() -> None:
    with pytest.raises(codes.InvalidCode):
        codes.expected_check_character("123")


@given(st.text(max_size=40))
def test_any_text_gives_a_code_or_the_one_error(text: str) -> None:
    try:
        codes.parse_credit_code(text)
    except codes.InvalidCode:
        return
