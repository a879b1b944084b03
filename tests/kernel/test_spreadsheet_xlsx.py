"""Workbooks read: values as Excel, WPS and openpyxl store them, headings as people draw them."""

import io
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pytest

from crm.exchange.spreadsheet import BadRow, CellError, Limits, UnknownSheet, open_table
from tests.kernel.workbooks import MAIN, made_xlsx, raw_xlsx, read, values_of


def test_values_are_those_that_openpyxl_reads() -> None:
    rows = [
        ["名称", "金额", "日期", "时间", "有效", "比例", "备注"],
        ["甲公司", 1200, date(2026, 11, 3), datetime(2026, 11, 3, 14, 5), True, 0.25, " 两端 "],
        ["乙公司", -3.5, date(1999, 12, 31), time(9, 30), False, 1e20, "a\nb<&>\"'"],
        [None, None, None, None, None, None, "只有备注"],
    ]
    file = made_xlsx(rows)
    table = open_table(file)
    assert table.headings == tuple(rows[0])
    assert values_of(table) == [tuple(row) for row in rows[1:]]
    page = openpyxl.load_workbook(file, read_only=True, data_only=True).active
    assert [
        tuple(v.date() if isinstance(v, datetime) and v.time() == time() else v for v in row)
        for row in page.values
    ][1:] == values_of(table)


def test_phone_numbers_stay_whole_numbers() -> None:
    cells = ["13800138000", "13800138000.0", "1.3800138E10", "13800138000.5", "12.340000000000002"]
    row = "".join(f"<c><v>{cell}</v></c>" for cell in cells)
    heads = "".join(f'<c t="str"><v>h{place}</v></c>' for place in "abcde")
    found = read(raw_xlsx(f"<row>{heads}</row><row>{row}</row>"))
    assert found == [(13800138000, 13800138000, 13800138000, 13800138000.5, 12.34)]
    assert [type(value) for value in found[0]] == [int, int, int, float, float]


def test_dates_by_every_kind_of_format() -> None:
    """Built-in, written out in Chinese, and 31 and 58, which files never explain."""
    cells = "".join(f'<c s="{style}"><v>46329</v></c>' for style in (1, 2, 4, 5))
    heads = "".join(f'<c t="str"><v>h{place}</v></c>' for place in "abcdef")
    moments = '<c s="6"><v>46329.5</v></c><c s="3"><v>1.25</v></c>'
    found = read(raw_xlsx(f"<row>{heads}</row><row>{cells}{moments}</row>"))
    assert found == [(*[date(2026, 11, 3)] * 4, datetime(2026, 11, 3, 12), "1 day, 6:00:00")]


def test_files_that_count_from_1904() -> None:
    sheet = '<row><c t="str"><v>日</v></c></row><row><c s="1"><v>44867</v></c></row>'
    assert read(raw_xlsx(sheet, epoch_1904=True)) == [(date(2026, 11, 3),)]


def test_a_date_out_of_range_stays_a_number() -> None:
    sheet = '<row><c t="str"><v>日</v></c></row><row><c s="1"><v>99999999999</v></c></row>'
    assert read(raw_xlsx(sheet)) == [(99999999999,)]


def test_shared_texts_with_runs_and_reading_aids() -> None:
    texts = (
        "<si><t>名称</t></si><si><r><t>重庆</t></r><r><rPr><b/></rPr>"
        "<t xml:space='preserve'> 小面</t></r><rPh sb='0' eb='2'><t>chong qing</t></rPh></si>"
        "<si><t>a_x000D__x005F_x000D_</t></si><si/>"
    )
    rows = "".join(f'<row><c t="s"><v>{place}</v></c></row>' for place in range(4))
    assert read(raw_xlsx(rows, texts=texts)) == [("重庆 小面",), ("a\r_x000D_",)]


def test_special_cells() -> None:
    heads = "".join(f'<c t="str"><v>h{place}</v></c>' for place in "abcdefg")
    cells = (
        '<c t="b"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2026-11-03T00:00:00</v></c>'
        '<c t="str"><f>A1&amp;"x"</f><v>x</v></c><c><f>1+1</f></c>'
        '<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c><c><v>nan</v></c>'
    )
    found = read(raw_xlsx(f"<row>{heads}</row><row>{cells}</row>"))[0]
    assert found == (True, "#N/A", date(2026, 11, 3), "x", None, "inline", "nan")
    assert isinstance(found[1], CellError)


def test_prefixed_elements_of_other_programs() -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>'
        '<x:row r="1"><x:c r="A1" t="str"><x:v>名称</x:v></x:c></x:row>'
        '<x:row r="2"><x:c r="A2" t="inlineStr"><x:is><x:t>甲</x:t></x:is></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    assert read(raw_xlsx(sheet)) == [("甲",)]


def test_gaps_empty_rows_and_true_row_numbers() -> None:
    sheet = (
        '<row r="3"><c r="B3" t="str"><v>名称</v></c><c r="D3" t="str"><v>电话</v></c></row>'
        '<row r="4"><c r="D4" s="1"/></row>'
        '<row r="7"><c r="D7"><v>1</v></c></row><row r="9"><c r="B9" t="str"><v>甲</v></c></row>'
    )
    table = open_table(raw_xlsx(sheet))
    assert table.headings == ("名称", "电话")
    assert list(table.rows()) == [(7, (None, 1)), (9, ("甲", None))]
    assert list(table.rows(after=7)) == [(9, ("甲", None))]


def test_title_rows_above_the_headings() -> None:
    rows = [
        ["2026年客户登记表", None, None, None],
        ["制表人：张伟", None, None, "2026-11-23"],
        [None] * 4,
        ["客户名称", "电话", "城市", "等级"],
        ["甲公司", 13800138000, "上海", "A"],
    ]
    table = open_table(made_xlsx(rows, merged=["A1:D1"]))
    assert table.headings == ("客户名称", "电话", "城市", "等级")
    assert table.heading_row == 4
    assert list(table.rows()) == [(5, ("甲公司", 13800138000, "上海", "A"))]


def test_merged_heads_are_joined() -> None:
    rows = [
        ["客户登记表", None, None, None, None, None],
        ["客户名称", "联系人", None, "地址", None, "备注"],
        [None, "姓名", "手机", "省", "市", None],
        ["甲公司", "张伟", 13800138000, "江苏", "苏州", None],
    ]
    merged = ["A1:F1", "A2:A3", "B2:C2", "D2:E2", "F2:F3"]
    table = open_table(made_xlsx(rows, merged=merged))
    assert table.headings == (
        "客户名称",
        "联系人 姓名",
        "联系人 手机",
        "地址 省",
        "地址 市",
        "备注",
    )
    assert list(table.rows()) == [(4, ("甲公司", "张伟", 13800138000, "江苏", "苏州", None))]


def test_a_group_over_every_column() -> None:
    rows = [
        ["客户", None, "联系人", None],
        ["名称", "城市", "姓名", "手机"],
        ["甲", "上海", "张伟", 138],
    ]
    table = open_table(made_xlsx(rows, merged=["A1:B1", "C1:D1"]))
    assert table.headings == ("客户 名称", "客户 城市", "联系人 姓名", "联系人 手机")
    assert len(values_of(table)) == 1


def test_a_nameless_column_does_not_make_the_first_row_a_heading() -> None:
    rows = [
        ["名称", None, "电话", "城市"],
        ["甲公司", "好", None, "上海"],
        ["乙公司", None, 1, "北京"],
    ]
    table = open_table(made_xlsx(rows))
    assert table.headings == ("名称", "B", "电话", "城市")
    assert len(values_of(table)) == 2


def test_empty_columns_go_and_equal_headings_are_told_apart() -> None:
    rows = [
        ["名称", None, " 电\n话 ", "电话", None],
        ["甲", None, 1, 2, None],
        ["乙", None, 3, 4, None],
    ]
    table = open_table(made_xlsx(rows))
    assert table.headings == ("名称", "电话", "电话 (2)")
    assert values_of(table) == [("甲", 1, 2), ("乙", 3, 4)]


def test_values_below_no_heading_are_noticed() -> None:
    rows = [
        ["名称", None, "电话"],
        *[["甲", None, 1]] * 60,
        ["乙", "遗漏", 2],
        [None, "只有它", None],
    ]
    table = open_table(made_xlsx(rows))
    assert table.headings == ("名称", "电话")
    assert len(values_of(table)) == 61
    assert table.strays == {"B"}


def test_headings_that_are_numbers_do_not_give_way_to_data() -> None:
    rows = [["月份", 2024, 2025], ["一月", "好", "差"], ["二月", "差", "好"]]
    table = open_table(made_xlsx(rows))
    assert table.headings == ("月份", "2024", "2025")
    assert len(values_of(table)) == 2


def test_the_heading_row_can_be_told() -> None:
    rows = [["甲", "乙", "丙"], ["说明", "说明", "说明"], ["名称", "电话", "城市"], ["a", "b", "c"]]
    assert open_table(made_xlsx(rows)).headings == ("甲", "乙", "丙")
    table = open_table(made_xlsx(rows), heading_row=3)
    assert table.headings == ("名称", "电话", "城市")
    assert list(table.rows()) == [(4, ("a", "b", "c"))]


def test_a_row_of_notes_with_data_is_passed_over() -> None:
    rows = [["制表", None, 20261123], ["名称", "电话", "城市"], ["甲", 1, "上海"]]
    assert open_table(made_xlsx(rows)).headings == ("名称", "电话", "城市")


def test_years_may_be_headings() -> None:
    rows = [["客户", "负责人", "城市", "行业", "备注", 2025], ["甲", "张", "沪", "IT", None, 1.5]]
    assert open_table(made_xlsx(rows)).headings[-1] == "2025"


def _two_sheets() -> io.BytesIO:
    book = openpyxl.Workbook()
    book.active.title = "空"
    book.create_sheet("客户").append(["名称"])
    book["客户"].append(["甲"])
    book.create_sheet("联系人").append(["姓名"])
    book.create_sheet("字典").sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file


def test_sheets_are_chosen_by_name() -> None:
    table = open_table(_two_sheets())
    assert table.sheets == ("空", "客户", "联系人")
    assert (table.sheet, table.headings) == ("客户", ("名称",))
    assert open_table(_two_sheets(), sheet="联系人").headings == ("姓名",)
    with pytest.raises(UnknownSheet, match="空, 客户, 联系人"):
        open_table(_two_sheets(), sheet="没有")


def test_a_path_and_broken_styles_are_no_obstacle(tmp_path) -> None:
    """Workbooks of other programs carry styles that openpyxl itself stumbles over."""
    path = tmp_path / "客户.xlsx"
    styles = (
        f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="zzz"/></cellXfs><odd/></styleSheet>'
    )
    sheet = '<row><c t="str"><v>名称</v></c></row><row><c s="0"><v>5</v></c></row>'
    path.write_bytes(raw_xlsx(sheet, styles=styles).getvalue())
    assert values_of(open_table(path)) == [(5,)]
    assert values_of(open_table(str(path))) == [(5,)]


def test_decimals_survive_as_written() -> None:
    found = read(made_xlsx([["金额"], [Decimal("12345.67")], [0.1 + 0.2]]))
    assert found == [(12345.67,), (0.3,)]


def test_a_row_too_wide_or_too_long_is_bad_and_the_next_is_good() -> None:
    sheet = (
        '<row r="1"><c r="A1" t="str"><v>名称</v></c></row>'
        '<row r="2"><c r="A2" t="str"><v>甲</v></c><c r="ZZ2"><v>1</v></c></row>'
        f'<row r="3"><c r="A3" t="str"><v>{"长" * 101}</v></c></row>'
        '<row r="4"><c r="A4" t="s"><v>0</v></c></row>'
        '<row r="5"><c r="A5" t="str"><v>乙</v></c></row>'
    )
    limits = Limits(columns=50, cell_characters=100)
    texts = f"<si><t>{'长' * 101}</t></si>"
    rows = list(open_table(raw_xlsx(sheet, texts=texts), "", limits).rows())
    assert [number for number, _values in rows] == [2, 3, 4, 5]
    assert [getattr(values, "reason", "") for _number, values in rows] == [
        "The row has more than 50 columns (limit: columns).",
        "A cell has more than 100 characters (limit: cell characters).",
        "A cell has more than 100 characters (limit: cell characters).",
        "",
    ]
    assert isinstance(rows[0][1], BadRow)
    assert rows[0][1] == ("甲",)
