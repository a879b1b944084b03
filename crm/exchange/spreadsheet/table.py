"""One table of an uploaded file: its headings, and its rows as a stream."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from django.utils.translation import gettext_lazy as _

from crm.exchange.spreadsheet.csv_source import CsvSource
from crm.exchange.spreadsheet.headings import (
    SAMPLE_ROWS,
    Merge,
    column_letters,
    find_headings,
)
from crm.exchange.spreadsheet.limits import BadRow, LimitExceeded, Limits, UnreadableFile
from crm.exchange.spreadsheet.marks import without_watermark
from crm.exchange.spreadsheet.xlsx_source import XlsxSource

_HEAD_BYTES = 4096
_OLE_SEARCH = 1 << 20
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_OTHER_FILES = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_MARKUP = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|meta|table|\?xml|\?mso)", re.I)
_MOST_NULS = 0.01

Values = tuple[object, ...]
Row = tuple[int, Sequence[object]]


class _Source(Protocol):
    sheets: tuple[str, ...]
    encoding: str
    separator: str

    def rows(self, sheet: str) -> Iterator[Row]: ...

    def merges(self, sheet: str) -> list[Merge]: ...


class Table:
    """Headings and rows of one sheet.

    `headings`: names, unique, none empty; `sheet`, `sheets`: the chosen sheet and all that a
    person sees (empty for CSV); `encoding`, `separator`: of CSV; `heading_row`: number of the last
    heading row; `strays`: letters of columns without a heading in which values were met so far.
    """

    def __init__(self, source: _Source, sheet: str, limits: Limits, heading_row: int = 0) -> None:
        self._source = source
        self._limits = limits
        self.sheets = source.sheets
        self.sheet = sheet
        self.encoding = source.encoding
        self.separator = source.separator
        self.strays: set[str] = set()
        sample = list(islice(source.rows(sheet), SAMPLE_ROWS))
        found = find_headings(sample, lambda: source.merges(sheet), heading_row)
        self.headings = found.names
        self.heading_row = found.last_row
        self._columns = found.columns

    def rows(self, *, after: int = 0) -> Iterator[tuple[int, Values]]:
        """(row number as the spreadsheet shows it, values in the order of `headings`).

        Values are None, str, int, float, bool, date, datetime or time (CSV: None or str). Rows
        without values and a watermark at the end are left out; rows that can't be taken come as
        BadRow, with their reason. `after` goes on behind a row. One pass at a time: a new one
        starts the file again. Raises LimitExceeded at the row too many, UnreadableFile where the
        file breaks off.
        """
        first = max(after, self.heading_row)
        count = 0
        for number, values in without_watermark(self._source.rows(self.sheet)):
            if number <= self.heading_row:
                continue
            count += 1
            if count > self._limits.rows:
                raise LimitExceeded("rows", self._limits.rows)
            if number > first:
                row = self._in_order(values)
                if row is not None:
                    yield number, row

    def _in_order(self, values: Sequence[object]) -> Values | None:
        """The values below the headings; None when all stand in columns without one."""
        columns = self._columns
        width = len(columns)
        if columns[-1] == width - 1:
            row = tuple(values[:width])
        else:
            last = len(values)
            row = tuple([values[column] if column < last else None for column in columns])
        if len(row) < width:
            row += (None,) * (width - len(row))
        if isinstance(values, BadRow):
            return BadRow(row, values.reason)
        if len(values) > width or columns[-1] != width - 1:
            self._note_strays(values)
            if not any(value is not None for value in row):
                return None
        return row

    def _note_strays(self, values: Sequence[object]) -> None:
        known = self._columns
        for column, value in enumerate(values):
            if value is not None and column not in known:
                self.strays.add(column_letters(column))


def open_table(
    file: BinaryIO | str | Path,
    name: str = "",
    limits: Limits | None = None,
    *,
    sheet: str = "",
    encoding: str = "",
    separator: str = "",
    heading_row: int = 0,
) -> Table:
    """Open an uploaded file as a table; what it is, is told by its bytes, `name` is for messages.

    `file` must be binary and seekable, and stay open while rows are read; a path is opened here.
    xlsx and xlsm (stored values of formulas) and CSV in UTF-8, UTF-16 or GB18030 with , ; tab or |
    are read; `encoding` (one of ENCODINGS), `separator` and `heading_row` (its row number, near the
    top) are found unless given. Without `sheet` the first one with rows is taken. Raises
    SpreadsheetError in one of its kinds: UnreadableFile (damaged, empty, protected, .xls, .xlsb,
    .ods, a web page, a picture), LimitExceeded, UnknownSheet.
    """
    limits = limits or Limits()
    if isinstance(file, str | Path):
        file = Path(file).open("rb")  # noqa: SIM115  the table reads from it until it is dropped
    size = file.seek(0, 2)
    if size > limits.bytes:
        raise LimitExceeded("bytes", limits.bytes)
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if head.startswith(b"PK\x03\x04"):
        workbook = XlsxSource(file, limits)
        return Table(workbook, sheet or _first_with_rows(workbook), limits, heading_row)
    _refuse_other_files(file, head)
    return Table(CsvSource(file, limits, encoding, separator), "", limits, heading_row)


def _first_with_rows(workbook: XlsxSource) -> str:
    for sheet in workbook.sheets:
        if next(workbook.rows(sheet), None) is not None:
            return sheet
    return workbook.sheets[0]


def _refuse_other_files(file: BinaryIO, head: bytes) -> None:
    """Say what a file is that holds no table of ours."""
    if not head:
        raise UnreadableFile(_("The file is empty."))
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        file.seek(0)
        if _ENCRYPTED_STREAM in file.read(_OLE_SEARCH) or _ends_encrypted(file):
            raise UnreadableFile(_("The file is protected by a password; save it without one."))
        raise UnreadableFile(_("This is an old Excel file (.xls); save it as .xlsx."))
    if head.startswith(b"PK"):
        raise UnreadableFile(_("The workbook is empty or damaged."))
    if head.startswith(_OTHER_FILES):
        raise UnreadableFile(_("This file is not a table; upload .xlsx or CSV."))
    if _MARKUP.match(head):
        raise UnreadableFile(
            _("This is a web page or XML under another name; open it and save it as .xlsx.")
        )
    wide = (
        head.startswith((b"\xff\xfe", b"\xfe\xff"))
        or max(head[0::2].count(0), head[1::2].count(0))
        > 10 * min(head[0::2].count(0), head[1::2].count(0)) + len(head) // 20
    )
    if not wide and head.count(0) > len(head) * _MOST_NULS:
        raise UnreadableFile(_("This file is not a table; upload .xlsx or CSV."))


def _ends_encrypted(file: BinaryIO) -> bool:
    """The directory of an OLE file may stand at its end."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _OLE_SEARCH))
    return _ENCRYPTED_STREAM in file.read(_OLE_SEARCH)
