"""Folding, cleaning, pinyin and grams."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.lib import pinyin, text
from crm.lib.grams import QueryKind, classify, grams, query_grams
from crm.lib.traditional import to_traditional


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ（上海）貿易 有限公司", "abc(上海)贸易有限公司"),
        ("【客源】科技", "客源科技"),
        ("臺灣電腦股份有限公司", "台湾电脑股份有限公司"),
        ("Acme, Inc.", "ACME INC"),
        ("阿凡提·买买提", "阿凡提买买提"),
        ("上海\u3000客源\u00a0科技", "上海客源科技"),
        ("客源\u200b科技", "客源科技"),
    ],
)
def test_spellings_of_one_name_fold_to_the_same(one: str, other: str) -> None:
    assert text.fold(one) == text.fold(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("C#公司", "C公司"), ("A+B", "AB"), ("客源一部", "客源二部"), ("3M", "M")],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert text.fold(one) != text.fold(other)


def test_a_name_of_signs_alone_folds_to_nothing() -> None:
    assert text.fold("—（）…") == ""


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(value: str) -> None:
    once = text.fold(value)
    assert text.fold(once) == once


def test_clean_removes_what_no_one_sees_and_keeps_the_rest() -> None:
    assert text.clean(" \x00张\u200b伟\x07\ufeff\t甲\n乙 \ud800") == "张伟\t甲\n乙"
    assert text.clean("ＡＢＣ（上海）") == "ＡＢＣ（上海）"
    assert text.clean("it's  two") == "it's  two"


@given(st.text())
def test_cleaned_text_can_be_stored(value: str) -> None:
    cleaned = text.clean(value)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")
    assert text.clean(cleaned) == cleaned


def test_phrases_decide_between_readings() -> None:
    assert pinyin.joined_pinyin("重庆") == "chongqing"
    assert pinyin.joined_pinyin("重要") == "zhongyao"
    assert pinyin.joined_pinyin("长城银行") == "changchengyinhang"
    assert pinyin.joined_pinyin("厦门") == "xiamen"
    assert pinyin.joined_pinyin("吕布") == "lvbu"
    assert pinyin.joined_pinyin("電腦") == "diannao"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("单小明", "shan xiao ming"),
        ("曾国藩", "zeng guo fan"),
        ("仇英", "qiu ying"),
        ("解放", "xie fang"),
        ("尉迟恭", "yu chi gong"),
        ("张伟", "zhang wei"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, expected: str) -> None:
    assert " ".join(pinyin.syllables(name, person=True)) == expected


def test_only_the_first_character_is_a_surname() -> None:
    assert pinyin.syllables("张单", person=True) == ["zhang", "dan"]
    assert pinyin.syllables("单位") == ["dan", "wei"]


def test_the_sort_key_orders_as_a_reader_expects() -> None:
    names = ["第10分公司", "第2分公司", "安徽", "ABC", "西安科技", "西安", "先锋", "张", "章"]
    ordered = sorted(names, key=pinyin.pinyin_key)
    assert ordered == [
        "ABC",
        "安徽",
        "第2分公司",
        "第10分公司",
        "西安",
        "西安科技",
        "先锋",
        "张",
        "章",
    ]


def test_initials_keep_latin_words_and_digits() -> None:
    assert pinyin.initials("重庆小面") == "cqxm"
    assert pinyin.initials("ABC科技2号") == "abckj2h"
    assert pinyin.initials("曾国藩", person=True) == "zgf"
    assert pinyin.initials("абв中国") == "абвzg"


@given(st.text(max_size=40))
def test_any_text_has_a_sort_key(value: str) -> None:
    assert pinyin.pinyin_key(value).endswith("\t" + value)


def test_grams_are_characters_pairs_words_and_digits() -> None:
    assert grams("上海（中国）A380") == {
        *("上", "海", "中", "国", "上海", "海中", "中国", "a380", "a", "380"),
    }
    assert grams("Café TRÈS-bon") == {"café", "très", "bon"}
    assert grams("，。") == set()


def test_a_query_asks_for_the_fewest_grams() -> None:
    assert query_grams("有限公司 abc") == ["有限", "限公", "公司", "abc"]
    assert query_grams("张") == ["张"]
    assert query_grams("上海(中国)") == ["上海", "海中", "中国"]


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_a_part_of_a_text_is_always_found_by_its_grams(part: str, before: str, after: str) -> None:
    """Any Chinese part, whatever stands around it."""
    han = "".join(sign for sign in part if "\u4e00" <= sign <= "\u9fff")
    assert set(query_grams(han)) <= grams(before + " " + han + " " + after) if han else True


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("+86 138-0013 8000", QueryKind.DIGITS),
        ("１３８", QueryKind.DIGITS),
        ("zhang wei", QueryKind.LATIN),
        ("a380", QueryKind.LATIN),
        ("张伟", QueryKind.CHINESE),
        ("张伟 138", QueryKind.MIXED),
        ("  ，", QueryKind.EMPTY),
    ],
)
def test_queries_are_classified(query: str, kind: QueryKind) -> None:
    assert classify(query) is kind


@pytest.mark.parametrize(
    "function", [text.fold, text.clean, pinyin.pinyin_key, pinyin.initials, grams, classify]
)
@pytest.mark.parametrize("piece", [" ", "(", "公司", "a1", "\u0301", "，", "\x00"])
def test_long_hostile_text_costs_little(function, piece: str) -> None:
    function("x")
    started = time.process_time()
    function(piece * 25_000)
    assert time.process_time() - started < 1


def test_names_fold_and_sort_fast_enough_for_an_import() -> None:
    """An import row may spend some ten microseconds here; a fall-back per row costs a hundred."""
    name = "上海长城网络科技有限公司"
    text.fold(name), pinyin.pinyin_key(name)
    started = time.process_time()
    for _ in range(5_000):
        text.fold(name)
        pinyin.pinyin_key(name)
    assert (time.process_time() - started) / 5_000 < 100e-6


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("客户联系人", "客戶聯絡人"),
        ("列表第 3 行有 2 列", "清單第 3 列有 2 欄"),
        ("行", "列"),
        ("信用代码", "信用代碼"),
        ("银行账号", "銀行帳號"),
        ("后台声明了权限类型", "背景宣告了權限類型"),
        ("头发干净", "頭髮乾淨"),
        ("%(name)s Excel", "%(name)s Excel"),
    ],
)
def test_texts_are_written_in_traditional_chinese(simplified, traditional):
    assert to_traditional(simplified) == traditional
