"""Files as customers really send them, made anew for each test."""
# ruff: noqa: E501  (Chinese cells, two columns a character)

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

HEADINGS = (
    "序号", "公司全称", "税号", "所属行业", "等级", "省市", "详细地址", "联系人", "职务", "手机",
    "座机", "邮箱", "预计金额（万）", "上次联系", "备注2",
)  # fmt: skip
HEADING_ROW, FIRST_ROW = 4, 5  # three rows of title, remark and group heads stand above


@dataclass
class Expected:
    """What a right import does with the messy workbook; rows are the sheet's own numbers."""

    heading_row: int = HEADING_ROW
    good: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # row → heading that is to blame
    near_duplicates: list[tuple[int, int]] = field(default_factory=list)  # earlier row, later row
    exact_duplicates: list[tuple[int, int]] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    phones: dict[int, str] = field(default_factory=dict)  # row → E.164 of the mobile
    dates: dict[int, date] = field(default_factory=dict)  # row → last contact
    amounts: dict[int, int] = field(default_factory=dict)  # row → yuan

    @property
    def rows(self) -> int:
        """Rows that hold anything below the heading."""
        return len(self.good) + len(self.refused) + len(self.exact_duplicates)


# name, credit code, trade, level, place, street, contact, job, mobile, landline, mail,
# amount in 万, last contact, remark; then what is expected of the row.
_GOOD: list[tuple[tuple[object, ...], str, date | None, int | None]] = [
    (("苏州榆桥制药有限公司", "91320500MA7YUQ1A2A", "医药制造", "A", "江苏苏州", "星湖街218号",
      "顾明远", "设备部主任", 13800000101, "0512-62000101", "gumy@yuqiao.example", 48.6,
      datetime(2026, 10, 30), "已加微信"), "+8613800000101", date(2026, 10, 30), 486_000),
    (("宁波芦川啤酒有限公司", "91330200MA7LUC2B38", "食品饮料", "Ｂ", "浙江 宁波", "甬江大道88号",
      "陆　建　平", "采购经理", "１３９００００００２１", "0574-87000021", "", "１２", "2026/10/21",
      "要样本"), "+8613900000021", date(2026, 10, 21), 120_000),
    (("杭州朴原饮品有限公司", "", "食品饮料", "c", "杭州", "", "罗茜", "", "+86 139-0000-0908",
      "", "LUOXI@PUYUAN.EXAMPLE", " 20 ", "2026年10月2日", ""), "+8613900000908",
     date(2026, 10, 2), 200_000),
    (("（上海）澜桥环保科技有限公司", "", "环保工程", "B", "上海市", "张江路1238弄", "何　宁", "总经理",
      "138 0000 0456", "021-50000456", "", "3.5", "2026.10.21", "介绍人：老王"), "+8613800000456",
     date(2026, 10, 21), 35_000),
    (("无锡泊原水务集团有限公司", "", "自来水供水", "A", "江苏省无锡市", "太湖大道1001号", "周国平", "总工",
      13800000777.0, "", "", 91.2, 46_330, "日期是序列号"), "+8613800000777", date(2026, 11, 4),
     912_000),
    (("常州霁原新能源材料股份有限公司", "", "新能源材料", "", "江苏常州", "", "贺岚", "", "13700000456",
      "0519-85000456转802", "", "", "", ""), "+8613700000456", None, None),
    (("=苏州青桥生物工程有限公司", "", "医药制造", "B", "苏州", "", "许工", "", "13600000908", "", "",
      "16.5", "2026-11-19", "名字前面有等号"), "+8613600000908", date(2026, 11, 19), 165_000),
]  # fmt: skip
# name, mobile, which earlier good row (place in the list) it is like
_NEAR = [("苏州榆桥制药", "13800000102", 0), ("芦川啤酒（宁波）有限公司", "13900000022", 1),
         ("杭州朴原饮品公司", "13900000909", 2)]  # fmt: skip
# overrides of a harmless row, and the heading that is to blame
_REFUSED: list[tuple[dict[str, object], str]] = [
    ({"税号": "91320500MA0000X0XK"}, "税号"),
    ({"税号": "9132050O"}, "税号"),
    ({"公司全称": ""}, "公司全称"),
    ({"公司全称": "　 "}, "公司全称"),
    ({"上次联系": "2026-02-30"}, "上次联系"),
    ({"上次联系": "去年底"}, "上次联系"),
    ({"手机": "1380000123"}, "手机"),
    ({"手机": "1.38E+10"}, "手机"),
    ({"预计金额（万）": "约二十"}, "预计金额（万）"),
    ({"公司全称": "苏州" + "很长" * 110 + "有限公司"}, "公司全称"),
    ({"邮箱": "不是邮箱"}, "邮箱"),
    ({"等级": "特级"}, "等级"),
]


def messy_workbook(path: Path) -> Expected:
    """Write a workbook as an old customer list looks, and tell what must come of it.

    Merged title and group heads, full-width digits, mobiles as numbers, dates in five forms
    (true date, 2026/10/21, 2026年10月2日, 2026.10.21, serial number), near-duplicates with and without
    有限公司, an exact duplicate, empty rows, a total at the end (refused: it has no name), a hidden sheet.
    """
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "客户名单1122"
    _write_head(sheet)
    expected = Expected()
    row = FIRST_ROW
    for cells, phone, day, amount in _GOOD:
        _write(sheet, row, (row - FIRST_ROW + 1, *cells))
        expected.good.append(row)
        expected.phones[row] = phone
        if day:
            expected.dates[row] = day
        if amount is not None:
            expected.amounts[row] = amount
        row += 1
    expected.empty.append(row)
    row = _write_duplicates(sheet, row + 1, expected)
    for number, (changes, blame) in enumerate(_REFUSED):
        _write(sheet, row, _harmless(number, changes))
        expected.refused[row] = blame
        row += 1
    expected.empty += [row, row + 1]
    _write_sums(sheet, row + 2)
    expected.refused[row + 2] = "公司全称"
    _write_notes(book)
    book.save(path)
    return expected


def _write_head(sheet: Worksheet) -> None:
    sheet["A1"] = "华东区老客户名单（内部资料）"
    sheet["A1"].font = Font(size=16, bold=True)
    sheet.merge_cells("A1:O1")
    sheet["A2"] = "整理：小郑　　日期：2026.11.22　　红字为重点"
    sheet.merge_cells("A2:O2")
    for start, end, text in (("B", "G", "客户"), ("H", "L", "联系方式"), ("M", "O", "跟进")):
        sheet[f"{start}3"] = text
        sheet[f"{start}3"].alignment = Alignment(horizontal="center")
        sheet.merge_cells(f"{start}3:{end}3")
    for place, heading in enumerate(HEADINGS, 1):
        sheet.cell(HEADING_ROW, place, heading).font = Font(bold=True)
    sheet.freeze_panes = "C5"


def _write(sheet: Worksheet, row: int, cells: tuple[object, ...]) -> None:
    for place, value in enumerate(cells, 1):
        if value == "":
            continue
        cell = sheet.cell(row, place)
        cell.value = value  # type: ignore[assignment]
        if isinstance(value, str) and value.startswith("="):
            cell.data_type = "s"


def _write_duplicates(sheet: Worksheet, row: int, expected: Expected) -> int:
    for number, (name, mobile, like) in enumerate(_NEAR):
        cells = _harmless(100 + number, {"公司全称": name, "手机": mobile})
        _write(sheet, row, cells)
        expected.good.append(row)
        expected.near_duplicates.append((FIRST_ROW + like, row))
        row += 1
    # The same firm again: other width, spaces and case of brackets.
    _write(sheet, row, _harmless(200, {"公司全称": "(上海) 澜桥环保科技有限公司 "}))
    expected.exact_duplicates.append((FIRST_ROW + 3, row))
    return row + 1


def _harmless(number: int, changes: dict[str, object]) -> tuple[object, ...]:
    """A row that would be good by itself, with some cells changed."""
    cells: dict[str, object] = dict.fromkeys(HEADINGS, "")
    cells |= {
        "序号": number,
        "公司全称": f"南通样例{number}号机械有限公司",
        "联系人": "王建国",
        "手机": f"1350000{number:04d}",
        "上次联系": "2026-11-05",
    }
    return tuple((cells | changes).values())


def _write_sums(sheet: Worksheet, row: int) -> None:
    """A total line below the rows: a label and a formula."""
    sheet.cell(row, 1, "合计")
    sheet.cell(row, HEADINGS.index("预计金额（万）") + 1, f"=SUM(M{FIRST_ROW}:M{row - 2})")


def _write_notes(book: Workbook) -> None:
    notes = book.create_sheet("说明")
    notes["A1"] = "A=重点 B=一般，金额单位万元"
    notes.sheet_state = "hidden"
