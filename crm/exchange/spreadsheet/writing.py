"""Tables written as xlsx and CSV, row by row, with text that stays text."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from crm.exchange.spreadsheet.headings import column_letters
from crm.exchange.spreadsheet.marks import WATERMARK, neutralised

_SHEET_PATH = "xl/worksheets/sheet1.xml"
_SHEET_DATA = re.compile(r"<sheetData\s*/>|<sheetData>.*</sheetData>", re.S)
_COMPRESSION = 5  # of zlib: two thirds of the time of its default for 3 % more bytes
_BUFFERED_ROWS = 500
_LONGEST_CELL = 32_767
_LONGEST_SHEET_NAME = 31
_SHEET_NAME_SIGNS = re.compile(r"[\\/?*\[\]:]")
_EXACT_DIGITS = 15
_FIRST_SERIAL_DAY = date(1900, 3, 1)  # spreadsheets count the days before it wrongly
_SPECIAL = re.compile(
    "[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\\s|\\s$"
)
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_TEXT_KINDS = frozenset({"text", "long_text", "phone", "credit_code", "email", "url", "choice"})
_FORMATS = {
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
    "time": "hh:mm",
    "money": "#,##0.00",
    "integer": "0",
}
_WIDTHS = {"date": 12, "datetime": 17, "money": 14, "integer": 10, "long_text": 40}
_USUAL_WIDTH = 18


def write_xlsx(
    file: BinaryIO | str | Path,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    kinds: Sequence[str] = (),
    watermark: str = "",
    sheet: str = "Export",
    made_at: datetime | None = None,
) -> int:
    """Write one sheet in constant memory; gives the number of rows, without the watermark.

    Text is a text cell whatever it begins with (no formula is ever written); int, float and
    Decimal are numbers unless their kind is a text one or they have more than 15 digits; dates
    before March 1900 are text. `kinds` are field kinds in the order of `headings` and choose the
    format. Aware datetimes are written as their own wall clock: convert them to the person's
    zone before. Text beyond 32,767 characters, the most a cell may hold, is cut and ends in "…".
    `watermark` (who, when) stands below the last row, in the page footer and in the properties.
    """
    kinds = [*kinds, *[""] * (len(headings) - len(kinds))]
    shell, styles = _shell(headings, kinds, watermark, sheet, made_at or datetime.now(UTC))
    writer = _RowWriter(kinds, styles)
    with (
        _opened(file) as target,
        zipfile.ZipFile(shell) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as archive,
    ):
        for part in source.namelist():
            if part != _SHEET_PATH:
                archive.writestr(part, source.read(part))
        before, after = _SHEET_DATA.split(source.read(_SHEET_PATH).decode(), maxsplit=1)
        with archive.open(_SHEET_PATH, "w") as out:
            out.write(f"{before}<sheetData>".encode())
            for piece in writer.pieces(headings, rows, watermark):
                out.write(piece.encode())
            out.write(f"</sheetData>{after}".encode())
    return writer.count


def write_csv(
    file: BinaryIO | str | Path,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    kinds: Sequence[str] = (),
    watermark: str = "",
    separator: str = ",",
) -> int:
    """Write UTF-8 with its mark, for Excel; gives the number of rows, without the watermark.

    Text that a spreadsheet would compute gets an apostrophe in front (see marks.py), which our
    reader takes off; numbers are written plainly, except in columns of a text kind, and dates as
    2026-11-23 14:05:00.
    """
    is_text = [kind in _TEXT_KINDS for kind in kinds] + [False] * (len(headings) - len(kinds))
    count = 0
    with _opened(file) as target:
        text = io.TextIOWrapper(target, encoding="utf-8-sig", errors="replace", newline="")
        try:
            writer = csv.writer(text, delimiter=separator)
            writer.writerow([neutralised(heading) for heading in headings])
            for row in rows:
                writer.writerow([_csv_text(*pair) for pair in zip(row, is_text, strict=True)])
                count += 1
            if watermark:
                writer.writerow([WATERMARK + watermark])
            text.flush()
        finally:
            text.detach()
    return count


def _csv_text(value: object, is_text: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutralised(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Decimal):
        text = format(value, "f")
        return neutralised(text) if is_text else text
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and not is_text:
        return str(value)
    return neutralised(str(value))


@contextmanager
def _opened(file: BinaryIO | str | Path) -> Iterator[BinaryIO]:
    if isinstance(file, str | Path):
        with Path(file).open("wb") as opened:
            yield opened
    else:
        yield file


def _shell(
    headings: Sequence[str], kinds: Sequence[str], watermark: str, sheet: str, made_at: datetime
) -> tuple[io.BytesIO, dict[str, int]]:
    """A workbook with everything but its rows, by openpyxl; and style numbers by kind."""
    book = Workbook(write_only=True)
    page: WriteOnlyWorksheet = book.create_sheet(_sheet_name(sheet))
    page.freeze_panes = "A2"
    for column, kind in enumerate(kinds[: len(headings)]):
        page.column_dimensions[column_letters(column)].width = _WIDTHS.get(kind, _USUAL_WIDTH)
    if watermark:
        page.oddFooter.left.text = watermark.replace("&", "&&")
    styles = {kind: _style(page, number_format=code) for kind, code in _FORMATS.items()}
    styles["heading"] = _style(page, font=Font(bold=True))
    styles["long_text"] = _style(page, alignment=Alignment(wrap_text=True, vertical="top"))
    properties = book.properties
    properties.creator = "Keyuan CRM"
    properties.description = _plain(watermark) or None
    properties.created = properties.modified = made_at.astimezone(UTC).replace(tzinfo=None)
    shell = io.BytesIO()
    book.save(shell)
    shell.seek(0)
    return shell, styles


def _style(page: WriteOnlyWorksheet, **look: object) -> int:
    cell = WriteOnlyCell(page)
    for name, value in look.items():
        setattr(cell, name, value)
    return int(cell.style_id)


def _sheet_name(name: str) -> str:
    name = _SHEET_NAME_SIGNS.sub(" ", _plain(name)).strip(" '")
    return name[:_LONGEST_SHEET_NAME] or "Export"


def _plain(text: str) -> str:
    """Without the signs that XML can't hold."""
    return _ESCAPED.sub("", text)


class _RowWriter:
    """Rows as XML text; `count` of them written so far."""

    def __init__(self, kinds: Sequence[str], styles: dict[str, int]) -> None:
        self.count = 0
        self._columns = [column_letters(column) for column in range(len(kinds))]
        self._is_text = [kind in _TEXT_KINDS for kind in kinds]
        self._look = [f' s="{styles[kind]}"' if kind in styles else "" for kind in kinds]
        self._heading_look = f' s="{styles["heading"]}"'
        self._date_look = f' s="{styles["date"]}"'
        self._datetime_look = f' s="{styles["datetime"]}"'
        self._time_look = f' s="{styles["time"]}"'

    def pieces(
        self, headings: Sequence[str], rows: Iterable[Sequence[object]], watermark: str
    ) -> Iterator[str]:
        """The heading row, all rows and the watermark, some hundred rows at a time."""
        cells = [
            _text_cell(f"{letters}1", self._heading_look, heading)
            for letters, heading in zip(self._columns, headings, strict=True)
        ]
        lines = [f'<row r="1">{"".join(cells)}</row>']
        for row in rows:
            self.count += 1
            lines.append(self._row(self.count + 1, row))
            if len(lines) >= _BUFFERED_ROWS:
                yield "".join(lines)
                lines.clear()
        if watermark:
            place = self.count + 2
            lines.append(
                f'<row r="{place}">{_text_cell(f"A{place}", "", WATERMARK + watermark)}</row>'
            )
        yield "".join(lines)

    def _row(self, number: int, row: Sequence[object]) -> str:
        cells = []
        for column, (letters, value) in enumerate(zip(self._columns, row, strict=True)):
            if value is None or value == "":
                continue
            if type(value) is str:
                cells.append(_text_cell(f"{letters}{number}", self._look[column], value))
            else:
                cells.append(self._other_cell(f"{letters}{number}", column, value))
        return f'<row r="{number}">{"".join(cells)}</row>'

    def _other_cell(self, place: str, column: int, value: object) -> str:
        look = self._look[column]
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float | Decimal):
            number = "" if self._is_text[column] else _exact_number(value)
            if number:
                return f'<c r="{place}"{look}><v>{number}</v></c>'
            plain = format(value, "f") if isinstance(value, Decimal) else str(value)
            return _text_cell(place, "", plain)
        if isinstance(value, date | time):
            return self._date_cell(place, value)
        return _text_cell(place, look, str(value))

    def _date_cell(self, place: str, value: date | time) -> str:
        if isinstance(value, datetime):
            value = value.replace(tzinfo=None)
            look, day, plain = self._datetime_look, value.date(), value.isoformat(" ")
        elif isinstance(value, date):
            look, day, plain = self._date_look, value, value.isoformat()
        else:
            value = value.replace(tzinfo=None)
            look, day, plain = self._time_look, _FIRST_SERIAL_DAY, value.isoformat()
        if day < _FIRST_SERIAL_DAY:
            return _text_cell(place, "", plain)
        return f'<c r="{place}"{look}><v>{to_excel(value)}</v></c>'


def _exact_number(value: int | float | Decimal) -> str:
    """The digits of a number, "" when a spreadsheet could not keep them or it isn't finite."""
    if isinstance(value, float):
        return repr(value) if value - value == 0 else ""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    digits = text.lstrip("-0.").replace(".", "")
    is_kept = not digits or (digits.isdecimal() and len(digits) <= _EXACT_DIGITS)
    return text if is_kept else ""


def _text_cell(place: str, look: str, text: str) -> str:
    if len(text) > _LONGEST_CELL:
        text = text[: _LONGEST_CELL - 1] + "…"
    if not _SPECIAL.search(text):
        return f'<c r="{place}"{look} t="inlineStr"><is><t>{text}</t></is></c>'
    text = _ESCAPED.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<c r="{place}"{look} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
