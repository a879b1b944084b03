"""The made-up data is valid, varied, the same for the same seed, and fast enough."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import process_time

import phonenumbers
import pytest
from openpyxl import load_workbook
from phonenumbers import geocoder
from stdnum.cn import uscc

from crm.lib.phones import parse_phone
from crm.lib.regions import REGIONS, province_named
from sales.fixtures import companies, conversations, dictionaries, names, places
from sales.fixtures.bulk import CHUNK, Calendar, chunk
from sales.fixtures.demo import demo_set
from sales.fixtures.demo_models import DemoCustomer
from sales.fixtures.trades import HOME, PRODUCTS_FOR, TRADES
from sales.fixtures.workdays import is_workday
from tests.data_makers import FIRST_ROW, HEADING_ROW, HEADINGS, messy_workbook

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def demo() -> list[DemoCustomer]:
    return demo_set(TODAY)


def organisation_check(code: str) -> str:
    """The check sign of GB 11714 for the eight signs at places 9 to 16."""
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(signs.index(sign) * weight for sign, weight in zip(code, weights, strict=True))
    return "0123456789X"[-total % 11]


def test_credit_codes_are_valid_and_differ():
    codes = [companies.credit_code(index, "320500") for index in range(3_000)]
    assert len(set(codes)) == 3_000
    for code in codes:
        assert uscc.is_valid(code), code
        assert organisation_check(code[8:16]) == code[16]
    assert companies.credit_code(5, "330100", "92").startswith("92330100")


def test_a_credit_code_takes_few_microseconds():
    begun = process_time()
    for index in range(20_000):
        companies.credit_code(index, "320500")
    # The aim is 5 µs; shared machines run at half speed and less.
    assert (process_time() - begun) / 20_000 < 20e-6


def test_mobiles_are_valid_and_never_come_twice():
    numbers = [names.mobile(index) for index in range(20_000)]
    assert len(set(numbers)) == 20_000
    far = [names.mobile(index) for index in range(4_000_000, 4_900_000, 3_001)]
    for number in numbers[::40] + far:
        parsed = phonenumbers.parse(number, "CN")
        assert phonenumbers.is_valid_number(parsed), number
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
        assert number[3:5] == "00"


@pytest.mark.parametrize("city", places.CITIES, ids=lambda city: city.name)
def test_landlines_belong_to_their_city(city: places.City):
    random = Random(city.code)
    for _ in range(5):
        number = places.landline(random, city)
        parsed = phonenumbers.parse(number, "CN")
        assert phonenumbers.is_valid_number(parsed), number
        told = geocoder.description_for_number(parsed, "zh")
        if told and city.area_code not in {"0371", "0731"}:  # shared by several cities
            assert city.short in told, (number, told)
        assert parse_phone(number).display == number


def test_every_province_is_one_the_product_knows():
    for city in places.CITIES:
        assert province_named(city.province) is not None
        assert dictionaries.region_key(city.province)
    assert set(dictionaries.REGION_KEYS) == set(REGIONS)


def test_people_have_common_surnames_and_fitting_ages():
    random = Random(3)
    people = [names.person(random) for _ in range(20_000)]
    surnames = Counter(one.surname for one in people)
    assert {"王", "李", "张", "刘", "陈"} <= {name for name, _ in surnames.most_common(6)}
    assert len(surnames) > 180
    assert 1_300 < surnames["王"] < 2_100
    assert all(2 <= len(one.name) <= 4 for one in people)
    for one in people[:200]:
        born = names.birthday(random, one.generation)
        assert 1955 < born.year < 2004
        assert re.fullmatch(r"[a-z.]+", names.latin_handle(random, one))
        assert re.fullmatch(r"[a-z0-9_-]+", names.wechat_id(random, one, "13900001234"))
    assert names.sound("单") == "shan"
    assert names.sound("欧阳") == "ouyang"


def test_trades_are_many_and_each_buys_something():
    assert len(TRADES) >= 30
    assert all(PRODUCTS_FOR[trade.key] for trade in [*TRADES, HOME])


def test_frames_are_many_and_every_slot_is_filled():
    assert sum(len(frames) for frames in conversations.BEATS.values()) >= 150
    kinds = {kind for frames in conversations.BEATS.values() for kind, _ in frames}
    assert kinds == set(conversations.KINDS)
    case = conversations.case_for(Random(1), TRADES[0], "苏州", "王工", "陈总")
    assert conversations.slot_names() <= set(case.slots)
    told = {beat.rstrip("*") for arc in conversations.ARCS.values() for beat in arc}
    assert told <= set(conversations.BEATS)


def test_a_conceded_price_stays_conceded():
    random = Random(2)
    case = conversations.case_for(random, TRADES[0], "苏州", "王工", "陈总", 10)
    before = int(case.slots["price"].replace(",", ""))
    conversations.tell(random, "price_answer", case, "11月25日")
    after = int(case.slots["price"].replace(",", ""))
    assert after < before
    conversations.tell(random, "order", case, "11月25日")
    assert case.slots["price"] == f"{after:,}"


def test_a_chunk_is_the_same_for_the_same_seed_and_differs_for_another():
    calendar = Calendar(TODAY)
    assert list(chunk(7, 3, 300, calendar)) == list(chunk(7, 3, 300, calendar))
    assert list(chunk(8, 3, 300, calendar)) != list(chunk(7, 3, 300, calendar))


def test_chunks_hold_what_was_promised_and_share_no_name_code_or_mobile():
    calendar = Calendar(TODAY)
    made = [one for number in (0, 1, 255, 256) for one in chunk(1, number, 1_500, calendar)]
    assert sum(len(one.contacts) for one in made) == 9_000
    assert sum(len(one.follow_ups) for one in made) == 18_000
    firms = [one for one in made if one.company]
    assert 0.12 < 1 - len(firms) / len(made) < 0.18
    for values in (
        [one.name for one in firms],
        [one.company.credit_code for one in firms if one.company],
        [
            number
            for one in made
            for number in (one.mobile, *(c.mobile for c in one.contacts))
            if number
        ],
    ):
        assert len(values) == len(set(values))
    limited = sum(one.name.endswith("有限公司") for one in firms) / len(firms)
    assert 0.75 < limited < 0.93
    levels = Counter(one.level for one in firms)
    assert 0.03 < levels["A"] / len(firms) < 0.07
    assert 0.17 < levels["B"] / len(firms) < 0.23
    assert len({one.city.name for one in made}) > 120


def test_moments_of_a_chunk_are_in_order_and_in_the_past():
    calendar = Calendar(TODAY)
    for one in chunk(1, 2, 800, calendar):
        moments = [talk.at for talk in one.follow_ups]
        assert moments == sorted(moments) or len({m // 1440 for m in moments}) < len(moments)
        assert all(calendar.write(moment)[:10] < TODAY.isoformat() for moment in moments)
        assert not moments or one.created_at < min(moments)
        for talk in one.follow_ups:
            if talk.next_at is not None:
                assert talk.next_at > talk.at
                day = date.fromisoformat(calendar.write(talk.next_at)[:10])
                assert is_workday(day)


def test_a_core_makes_a_thousand_customers_a_second():
    calendar = Calendar(TODAY)
    begun = process_time()
    made = sum(1 for _ in chunk(1, 9, CHUNK, calendar))
    # 6,000 on a quiet machine; a busy one whose lines are counted leaves some of it
    assert made / (process_time() - begun) > 1_000


def test_names_run_out_only_far_away():
    assert next(companies.brands(3_000, Random(1)))
    with pytest.raises(ValueError, match="no names"):
        next(companies.brands(3_400, Random(1)))


def test_demo_has_the_size_and_shape_of_a_year(demo: list[DemoCustomer]):
    assert 250 <= len(demo) <= 275
    assert 390 <= sum(len(one.contacts) for one in demo) <= 450
    talks = [talk for one in demo for talk in one.follow_ups]
    assert 1_350 <= len(talks) <= 1_700
    assert demo == demo_set(TODAY)
    home = {"江苏省", "浙江省", "上海市"}
    assert sum(one.city.province in home for one in demo) > 0.75 * len(demo)
    assert {"rep", "rep2", "manager", ""} <= {one.owner for one in demo}
    firms = [one for one in demo if one.kind == "company"]
    assert len({one.name for one in firms}) == len(firms)
    assert all(uscc.is_valid(one.credit_code) for one in firms)
    assert sum(len(one.follow_ups) >= 10 for one in demo) >= 30
    keys = {one.key for one in demo}
    assert all(one.parent in keys for one in demo if one.parent)
    assert all(key in keys for one in demo for _, key in one.relations)


def test_demo_stories_hang_together(demo: list[DemoCustomer]):
    for one in demo:
        assert one.follow_ups
        moments = [talk.at for talk in one.follow_ups]
        assert moments == sorted(moments)
        assert one.created_at < moments[0]
        assert moments[0].date() > TODAY - timedelta(days=385)
        assert moments[-1].date() < TODAY
        assert all(is_workday(moment.date()) for moment in moments)
        for talk, following in zip(one.follow_ups, one.follow_ups[1:], strict=False):
            if talk.next_at is not None:  # what was promised is done on that day
                assert talk.next_at.date() == following.at.date()
        for contact in one.contacts:
            assert contact.boss is None or one.contacts[contact.boss].part in {"decides", "signs"}


def test_values_of_the_demo_stand_in_the_dictionaries(demo: list[DemoCustomer]):
    values = {name: {entry[0] for entry in found} for name, found in dictionaries.CHOICES.items()}
    for one in demo:
        assert one.industry in values["industry"] | {""}
        assert one.level in values["level"]
        assert one.stage in values["life_stage"]
        assert one.source in values["source"]
        assert one.role in values["customer_role"]
        assert {kind for kind, _ in one.relations} <= values["company_relation"]
        assert {talk.kind for talk in one.follow_ups} <= values["follow_up_kind"]
        assert {contact.part for contact in one.contacts} <= values["decision_part"]


def test_dictionaries_are_labelled_in_both_languages():
    for name, entries in dictionaries.labels().items():
        assert entries, name
        assert len({value for value, _ in entries}) == len(entries)
        for value, texts in entries:
            assert len(value) <= 20
            assert texts["zh-hans"]
            assert texts["en"].isascii()
    assert len(dictionaries.QUICK_PHRASES) >= 12
    assert max(map(len, dictionaries.TAGS)) <= 40


def test_messy_workbook_says_what_is_in_it(tmp_path: Path):
    path = tmp_path / "客户.xlsx"
    expected = messy_workbook(path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    assert tuple(cell.value for cell in sheet[HEADING_ROW]) == HEADINGS
    assert len(sheet.merged_cells.ranges) == 5
    name = HEADINGS.index("公司全称") + 1
    for row in expected.good:
        assert sheet.cell(row, name).value
    for row in expected.empty:
        assert all(cell.value is None for cell in sheet[row])
    for row, number in expected.phones.items():
        found = sheet.cell(row, HEADINGS.index("手机") + 1).value
        assert parse_phone(found).e164 == number
    known = {*expected.good, *expected.refused, *(row for _, row in expected.exact_duplicates)}
    assert len(known) == expected.rows
    filled = {r for r in range(FIRST_ROW, sheet.max_row + 1) if any(c.value for c in sheet[r])}
    assert filled == known
    assert set(expected.refused.values()) <= set(HEADINGS)
    assert any(cell.data_type == "s" and str(cell.value).startswith("=") for cell in sheet["B"])
