"""Tables written: text inert and unchanged, numbers and dates as such, the watermark skipped."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.exchange.spreadsheet import (
    WATERMARK,
    neutralised,
    open_table,
    restored,
    write_csv,
    write_xlsx,
)
from tests.kernel.workbooks import made_xlsx, read, values_of

FORMULAS = ["=1+1", "+86 138", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''@x"]
PLAIN = ["it's", "'quoted'", "1=1", "a-b", "甲公司", " x", "'"]
NOON = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def xlsx(headings, rows, **options) -> io.BytesIO:
    file = io.BytesIO()
    write_xlsx(file, headings, rows, **options)
    return file


def csv_file(headings, rows, **options) -> io.BytesIO:
    file = io.BytesIO()
    write_csv(file, headings, rows, **options)
    return file


def test_security_63_text_is_a_text_cell_whatever_it_begins_with() -> None:
    """Case 63, in the eyes of openpyxl: type s, no formula, the text itself."""
    page = openpyxl.load_workbook(xlsx(["=备注"], [[text] for text in FORMULAS])).active
    cells = [row[0] for row in page.iter_rows()]
    assert {cell.data_type for cell in cells} == {"s"}
    assert cells[0].value == "=备注"
    assert cells[1].value == "=1+1"
    with zipfile.ZipFile(xlsx(["备注"], [["=1+1"]])) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_security_63_no_csv_cell_can_be_computed() -> None:
    """Case 63: every cell that a spreadsheet would compute begins with an apostrophe."""
    content = csv_file(["@备注"], [[text] for text in FORMULAS]).getvalue().decode("utf-8-sig")
    for (cell,) in csv.reader(io.StringIO(content, newline="")):
        assert cell.startswith("'")


@given(st.text(max_size=20))
def test_the_mark_can_always_be_taken_off(text: str) -> None:
    assert restored(neutralised(text)) == text
    assert not neutralised(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.sampled_from(["'", "''", "'''", ""]), st.sampled_from(["=", "-", "x", "'", ""]))
def test_the_mark_can_be_taken_off_what_looks_marked(marks: str, rest: str) -> None:
    assert restored(neutralised(marks + rest)) == marks + rest


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_is_not_marked(text: str) -> None:
    assert neutralised(text) == restored(text) == text


# Characters that can be stored: NUL and lone surrogates can not, in PostgreSQL.
STORED = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)
_SIGNS = "=+-@'\"\t\r\n,; _x000D甲é\u2028\ufeff\x01\x1f\ufffe😀"
TRICKY = st.text(st.sampled_from(_SIGNS), max_size=12)
CELLS = st.lists(st.tuples(STORED | TRICKY, TRICKY | STORED), min_size=1, max_size=10)


@settings(max_examples=100, deadline=None)
@given(CELLS)
def test_export_and_import_give_the_same_text(cells: list[tuple[str, str]]) -> None:
    """P26, for both formats; a row without any text is no row, an empty text no value."""
    rows = [("第一", *row) for row in cells]
    expected = [tuple(value or None for value in row) for row in rows]
    for written in (csv_file, xlsx):
        for watermark in ("", "张伟 2026-11-23 14:05"):
            file = written(["键", "甲", "乙"], rows, watermark=watermark)
            assert read(file) == expected


def test_ten_thousand_strings_survive_in_one_file() -> None:
    signs = [chr(code) for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000]
    texts = [a + b for a in "='+-@_x甲 \r" for b in signs][:10_000]
    rows = [["k", text] for text in texts]
    for written in (csv_file, xlsx):
        assert [row[1] for row in read(written(["键", "文"], rows, watermark="w"))] == texts


def test_numbers_and_dates_are_such() -> None:
    headings = ["整数", "金额", "日期", "时间", "钟点", "有效", "电话", "长号", "旧日期", "空"]
    kinds = ["integer", "money", "date", "datetime", "time", "boolean", "phone", "integer", "date"]
    row = [5, Decimal("-1234.50"), date(2026, 11, 3), NOON, time(9, 30), True]
    row += [13800138000, 12345678901234567890, date(1850, 1, 1), None]
    file = xlsx(headings, [row], kinds=kinds)
    found = read(file)[0]
    assert found == (
        *(5, -1234.5, date(2026, 11, 3), datetime(2026, 11, 23, 14, 5), time(9, 30), True),
        *("13800138000", "12345678901234567890", "1850-01-01", None),
    )
    cells = openpyxl.load_workbook(file).active[2]
    assert [cell.data_type for cell in cells] == ["n", "n", "d", "d", "d", "b", "s", "s", "s", "n"]
    assert cells[1].number_format == "#,##0.00"
    assert cells[2].number_format == "yyyy-mm-dd"


def test_aware_times_are_written_as_their_own_wall_clock() -> None:
    shanghai = datetime(2026, 11, 23, 22, 5, tzinfo=timezone(timedelta(hours=8)))
    assert read(xlsx(["时间"], [[shanghai]])) == [(datetime(2026, 11, 23, 22, 5),)]
    assert read(csv_file(["时间"], [[shanghai]])) == [("2026-11-23 22:05:00",)]


def test_values_in_csv() -> None:
    headings = ["整数", "金额", "日期", "有效", "电话", "空", "数"]
    row = [-5, Decimal("-1E+3"), date(2026, 11, 3), False, "+8613800138000", None, -0.5]
    content = csv_file(headings, [row], separator=";").getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    line = content.decode("utf-8-sig").splitlines()[1]
    assert line == "-5;-1000;2026-11-03;FALSE;'+8613800138000;;-0.5"
    assert read(csv_file(["数"], [[-5]], kinds=["text"])) == [("-5",)]


def test_numbers_that_are_none_are_text() -> None:
    assert read(xlsx(["数"], [[float("inf")], [Decimal("NaN")]])) == [("inf",), ("NaN",)]


@pytest.mark.parametrize("written", [xlsx, csv_file])
def test_the_watermark_is_the_last_row_and_is_skipped(written) -> None:
    mark = "zhangwei & co. 2026-11-23 14:05"
    file = written(["名称", "电话"], [["甲", 1]], watermark=mark)
    assert len(read(file)) == 1
    if written is csv_file:
        assert file.getvalue().decode().splitlines()[-1] == WATERMARK + mark
        return
    book = openpyxl.load_workbook(file)
    assert book.active["A3"].value == WATERMARK + mark
    assert book.properties.description == mark
    assert book.active.oddFooter.left.text == mark.replace("&", "&&")


def test_a_row_that_looks_like_a_watermark_stays_unless_it_is_the_last() -> None:
    rows = [[WATERMARK + "x", None], ["甲", 1], [WATERMARK + "y", 2]]
    for written in (xlsx, csv_file):
        table = open_table(written(["名称", "数"], rows))
        assert [str(values[0]) for values in values_of(table)] == [row[0] for row in rows]


def test_a_text_longer_than_a_cell_is_cut_visibly() -> None:
    found = read(xlsx(["文"], [["长" * 40_000]]))[0][0]
    assert isinstance(found, str)
    assert (len(found), found[-1]) == (32_767, "…")


def test_odd_sheet_names_and_no_rows() -> None:
    for name in ("客户[1]/2:*?\\'", "", "x" * 60, "\x00'"):
        table = open_table(xlsx(["名称"], [], sheet=name, watermark="w"))
        assert table.headings == ("名称",)
        assert 1 <= len(table.sheet) <= 31
        assert values_of(table) == []


def test_the_count_and_paths(tmp_path) -> None:
    rows = ([number] for number in range(1_234))
    assert write_xlsx(tmp_path / "a.xlsx", ["数"], rows, watermark="w", made_at=NOON) == 1_234
    assert len(values_of(open_table(tmp_path / "a.xlsx"))) == 1_234
    assert write_csv(str(tmp_path / "a.csv"), ["数"], ([n] for n in range(7)), watermark="w") == 7


def test_a_row_of_another_width_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zip"):
        xlsx(["甲", "乙"], [["1"]])
    with pytest.raises(ValueError, match="zip"):
        csv_file(["甲", "乙"], [["1"]])


def test_security_43_a_workbook_holds_nothing_but_its_table() -> None:
    """Case 43: no hidden sheet, no defined name, no comment, no link."""
    file = xlsx(["名称"], [["甲"]], watermark="w")
    book = openpyxl.load_workbook(file)
    assert len(book.worksheets) == 1
    assert not book.defined_names
    with zipfile.ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if "comment" in name or "link" in name]


def test_openpyxl_reads_what_we_write_and_we_read_what_it_writes() -> None:
    rows = [["甲", 1, date(2026, 11, 3)], ["乙&<>", 2.5, date(2025, 1, 1)]]
    ours = openpyxl.load_workbook(xlsx(["a", "b", "c"], rows), read_only=True).active
    theirs = made_xlsx([["a", "b", "c"], *rows])
    assert [tuple(row) for row in rows] == read(theirs)
    assert list(ours.values)[1][0:2] == ("甲", 1)
    assert list(ours.values)[2][2] == datetime(2025, 1, 1)
