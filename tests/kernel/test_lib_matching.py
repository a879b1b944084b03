"""Who is the same customer: exact and near keys, and the places in names."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib import matching, regions
from crm.lib.phones import parse_phone


@pytest.mark.parametrize(
    "name",
    [
        "上海客源科技有限公司",
        "客源科技有限公司",
        "上海市客源科技股份有限公司",
        "客源科技（上海）有限公司",
        "客源科技（中国）有限责任公司",
        "中国客源科技集团有限公司",
        "客源科技",
        "客源科技集团",
        "客源科技有限公司上海分公司",
        "江苏省苏州市客源科技有限公司",
        "客源科技 Co., Ltd.",
        "客源科技Co.,Ltd",
        "客源科技（HongKong）有限公司",
        "北京客源科技有限公司办事处",
    ],
)
def test_suffix_and_region_do_not_make_another_company(name: str) -> None:
    assert matching.bare_name(name) == "客源科技"
    assert ("bare_name", "客源科技") in matching.company_keys(name).near


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Acme Co., Ltd.", "acme"),
        ("ACME Trading (Shanghai) Co Ltd", "acmetrading"),
        ("Acme S.A.", "acme"),
        ("Müller GmbH & Co. KG", "müller"),
        ("Zinc Inc", "zinc"),
        ("Inc", "inc"),
        ("公司", "公司"),
        ("上海公司", "上海"),
        ("某有限公司", "某有限公司"),
        ("客源（一部）有限公司", "客源一部"),
    ],
)
def test_bare_names(name: str, bare: str) -> None:
    assert matching.bare_name(name) == bare


def test_a_company_gives_all_its_keys() -> None:
    keys = matching.company_keys(
        "上海客源科技（中国）有限公司",
        " 91310000ma1fl5e63k",
        ["021-62345678", "13800138000", "+12125551234", "no number"],
        ["Li@sh.Keyuan.com.cn", "li@qq.com", "nonsense"],
        "https://www.keyuan.com.cn/about",
    )
    assert keys.exact == [
        ("credit_code", "91310000MA1FL5E63K"),
        ("name", "上海客源科技中国有限公司"),
    ]
    assert keys.near == [
        ("bare_name", "客源科技"),
        ("pinyin", "keyuankeji"),
        ("landline", "+862162345678"),
        ("mobile", "+8613800138000"),
        ("mobile", "+12125551234"),
        ("mail", "li@sh.keyuan.com.cn"),
        ("mail", "li@qq.com"),
        ("domain", "keyuan.com.cn"),
    ]


def test_a_name_of_nothing_gives_no_key() -> None:
    assert matching.company_keys("（）") == matching.Keys([], [])
    assert matching.person_keys("", [], []) == matching.Keys([], [])


def test_a_person_is_name_with_mobile() -> None:
    keys = matching.person_keys("张 伟", ["138 0013 8000", "021-62345678"], ["Z@b.com"])
    assert keys.exact == [("name_mobile", "张伟|+8613800138000")]
    assert keys.near == [("mobile", "+8613800138000"), ("mail", "z@b.com")]
    assert matching.person_keys("張偉", ["+8613800138000"]).exact == keys.exact


@pytest.mark.parametrize("written", ["+1 212 555 1234", "+8613800138000", "021-62345678", "95588"])
def test_a_phone_gives_the_same_key_in_each_form(written: str) -> None:
    phone = parse_phone(written)
    given = [
        matching.company_keys("甲", phones=[form]).near for form in (phone, phone.e164, written)
    ]
    assert given[0] == given[1] == given[2] != []


@pytest.mark.parametrize("domain", sorted(matching.PUBLIC_MAIL_DOMAINS))
def test_public_mail_is_no_ones_own(domain: str) -> None:
    assert matching.own_domain(f"someone@{domain}") == ""


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("li@mail.acme.com.cn", "acme.com.cn"),
        ("https://www.shop.acme.com/x?y", "acme.com"),
        ("HTTP://WWW.ACME.CO.UK:8080/", "acme.co.uk"),
        ("acme.de", "acme.de"),
        ("https://acme.taobao.com", ""),
        ("https://weixin.qq.com/acme", ""),
        ("http://192.168.1.1/", ""),
        ("localhost", ""),
        ("com.cn", ""),
        ("", ""),
        ("a@b@acme.com", "acme.com"),
        ("https://user@acme.com/", "acme.com"),
    ],
)
def test_own_domains(address: str, domain: str) -> None:
    assert matching.own_domain(address) == domain


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_any_text_gives_keys_without_error(name: str, other: str, website: str) -> None:
    keys = matching.company_keys(name, other, [other], [other], website)
    assert all(value for _kind, value in keys.exact + keys.near)
    matching.person_keys(name, [other], [other])


@pytest.mark.parametrize(
    "piece", ["公司", "北京", "( ", "(北京)", "a.", "co ", "有限公司上海分公司"]
)
def test_long_hostile_names_cost_little(piece: str) -> None:
    started = time.process_time()
    matching.company_keys(piece * 10_000, website=piece * 10_000, mails=[piece * 10_000])
    assert time.process_time() - started < 1


def test_keys_are_cheap_enough_for_an_import() -> None:
    name = "上海长城网络科技（集团）有限公司"
    matching.company_keys(name)
    started = time.process_time()
    for _ in range(2_000):
        matching.company_keys(name, "91310000MA1FL5E63K", ["+8613800138000"], ["a@acme.com.cn"])
    assert (time.process_time() - started) / 2_000 < 300e-6


def test_all_provinces_and_their_regions() -> None:
    assert len(regions.PROVINCES) == 34
    assert {province.region for province in regions.PROVINCES.values()} == set(regions.REGIONS)
    assert regions.region_of("广东") == regions.region_of("广东省") == "华南"
    assert regions.region_of("内蒙古自治区") == "华北"
    assert regions.region_of("香港特别行政区") == "港澳台"
    assert regions.region_of("Bavaria") == ""


def test_cities_know_their_province_and_full_name() -> None:
    assert regions.province_of_city("苏州") == regions.province_of_city("苏州市") == "江苏"
    assert regions.province_of_city("延边朝鲜族自治州") == "吉林"
    assert regions.province_of_city("重庆") == "重庆"
    assert regions.province_of_city("吉林市") == "吉林"
    assert regions.province_of_city("Nowhere") == ""
    assert regions.full_city_name("大理") == "大理白族自治州"


def test_the_people_of_all_cities_add_up_to_the_country() -> None:
    """In ten thousands; the census of 2020 counted 1.412 milliards, and 33 millions elsewhere."""
    people = sum(sum(province.cities.values()) for province in regions.PROVINCES.values())
    assert 142_000 < people < 144_500
    assert all(weight > 0 for p in regions.PROVINCES.values() for weight in p.cities.values())
