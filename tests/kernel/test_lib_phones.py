"""Phones as people write them, and what is shown of them under a mask."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib import masks
from crm.lib.phones import InvalidPhone, parse_phone, parse_phones, reversed_digits

MOBILE = "+8613800138000"
LANDLINE = "+862162345678"


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "１３８００１３８０００",
        "86-13800138000",
        "+86 138 0013 8000",
        "008613800138000",
        "8613800138000",
        "13800138000.0",
        13800138000,
        13800138000.0,
        "手机：13800138000",
        "'13800138000",
        "\u202d13800138000\u202c",
        " 13800138000\t",
    ],
)
def test_one_mobile_in_many_writings(written: str | float) -> None:
    phone = parse_phone(written)
    assert (phone.e164, phone.is_mobile, phone.display) == (MOBILE, True, "138 0013 8000")


@pytest.mark.parametrize(
    ("written", "extension"),
    [
        ("021-62345678", ""),
        ("(021) 6234 5678", ""),
        ("（０２１）６２３４５６７８", ""),
        ("+86 21 6234-5678", ""),
        ("+86 (0)21 6234 5678", ""),
        ("021-62345678转801", "801"),
        ("021-62345678 分机 801", "801"),
        ("021-62345678 ext. 9", "9"),
        ("021-62345678#12", "12"),
        ("021-62345678-801", "801"),
        ("021—62345678", ""),
    ],
)
def test_one_landline_in_many_writings(written: str, extension: str) -> None:
    phone = parse_phone(written)
    assert (phone.e164, phone.is_mobile, phone.extension) == (LANDLINE, False, extension)
    assert phone.display == "021 6234 5678"


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("400-820-8820", "+864008208820"),
        ("95588", "+8695588"),
        ("+1 212 555 1234", "+12125551234"),
        ("0012125551234", "+12125551234"),
        ("+852 9123 4567", "+85291234567"),
        ("0512-66666666", "+8651266666666"),
    ],
)
def test_service_numbers_and_numbers_abroad(written: str, e164: str) -> None:
    assert parse_phone(written).e164 == e164


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("", "missing"),
        ("1380013800", "too short"),
        ("138001380000", "too long"),
        ("123", "too short"),
        ("abc", "other signs"),
        ("张三13800138000", "other signs"),
        ("62345678", "area code"),
        ("1.3800138E+10", "shortened"),
        ("11111111111", "No phone number in China"),
        ("12345", "No phone number in China"),
        ("+999 123 456", "country code"),
        ("1" * 61, "too long"),
        ("021-62345678转1234567890", "extension"),
        (True, "not a phone"),
        (1.5, "decimals"),
        (float("nan"), "decimals"),
        (float("inf"), "decimals"),
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(written: str | float, sentence: str) -> None:
    with pytest.raises(InvalidPhone, match=sentence):
        parse_phone(written)


@given(st.text(max_size=80))
def test_any_text_gives_a_number_or_the_one_error(text: str) -> None:
    try:
        phone = parse_phone(text)
    except InvalidPhone:
        return
    assert parse_phone(phone.e164).e164 == phone.e164


@pytest.mark.parametrize(
    "cell",
    [
        "13800138000/13900139000",
        "13800138000、13900139000",
        "13800138000；13900139000",
        "13800138000, 13900139000",
        "13800138000\n13900139000\n",
        "13800138000 13900139000",
        "13800138000 / 13800138000 或 13900139000",
    ],
)
def test_several_numbers_in_one_cell(cell: str) -> None:
    assert [phone.e164 for phone in parse_phones(cell)] == [MOBILE, "+8613900139000"]


def test_spaces_do_not_split_a_landline() -> None:
    assert [phone.e164 for phone in parse_phones("021 6234 5678")] == [LANDLINE]
    assert parse_phones("") == parse_phones(" / ") == []


def test_one_bad_number_refuses_the_cell() -> None:
    with pytest.raises(InvalidPhone):
        parse_phones("13800138000/123")


@pytest.mark.parametrize(
    ("dialled", "stored"),
    [
        ("8000", MOBILE),
        ("13800138000", MOBILE),
        ("021-62345678", LANDLINE),
        ("+86 138 0013 8000", MOBILE),
    ],
)
def test_the_last_digits_are_a_prefix_of_the_reversed_number(dialled: str, stored: str) -> None:
    assert reversed_digits(stored).startswith(reversed_digits(dialled))


def test_masks_show_little_and_never_the_length_of_text() -> None:
    assert masks.mask_phone(MOBILE) == masks.mask_phone("138 0013 8000") == "138****8000"
    assert masks.mask_phone(LANDLINE) == "21****78"
    assert masks.mask_phone("95588") == "****"
    assert masks.mask_email("zhangwei@example.com") == "z****@example.com"
    assert masks.mask_email("z@example.com") == "****@example.com"
    assert masks.mask_email("nobody") == "****"
    assert masks.mask_text("张伟明") == masks.mask_text("张伟") == "张****"
    assert masks.mask_text("张") == masks.mask_text("") == "****"
    assert masks.mask_code("91310000MA1FL5E63K") == "91****3K"
    assert masks.mask_code("1234567") == "****"


def test_a_plain_mobile_needs_no_library() -> None:
    started = time.process_time()
    for _ in range(10_000):
        parse_phone("13800138000")
    assert (time.process_time() - started) / 10_000 < 20e-6
