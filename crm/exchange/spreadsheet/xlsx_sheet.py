"""The cells of one sheet and the text table they point into."""

import re
import sys
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import isfinite

from django.utils.translation import gettext_lazy as _
from openpyxl.utils.datetime import from_excel, from_ISO8601

from crm.exchange.spreadsheet.limits import (
    BadRow,
    LimitExceeded,
    Limits,
    UnreadableFile,
    limit_message,
)
from crm.exchange.spreadsheet.xml_parts import DEEPEST, Part, too_deep

_DIGITS = "0123456789"
_EXACT_INTEGER = 10**15  # a spreadsheet keeps 15 digits
_SHOWN_DIGITS = 15
_SHOWN_OF_A_LONG_TEXT = 200
_MOST_KNOWN_DATES = 20_000
_MOST_ROWS = 1_048_576  # of any sheet, with or without values
_MOST_COLUMNS = 16_384
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

Row = tuple[int, Sequence[object]]


class CellError(str):
    """What a formula that failed shows: "#N/A", "#DIV/0!"; text, but none that anybody wrote."""


class _CutText(str):
    """The beginning of a text that is longer than the limit."""


class Styles:
    """Which cell styles show a number as a date or as a duration; keys as in the sheet's XML."""

    def __init__(self, dates: frozenset[str], durations: frozenset[str], epoch: datetime) -> None:
        self.dates = dates
        self.durations = durations
        self.epoch = epoch
        self._known: dict[tuple[str, str], object] = {}

    def date_of(self, text: str, style: str) -> object:
        """A date, datetime or time; a duration as text "26:30:00"; the number if out of range."""
        key = (text, style)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN_DATES:
                self._known.clear()
            self._known[key] = self._convert(text, style in self.durations)
        return self._known[key]

    def _convert(self, text: str, is_duration: bool) -> object:
        number = number_of(text)
        if isinstance(number, str):
            return number
        try:
            found = from_excel(number, self.epoch, timedelta=is_duration)
        except (OverflowError, ValueError):
            return number
        return _plain_date(found)


def number_of(text: str) -> int | float | str:
    """A cell's number: whole ones as int, others at the 15 digits that a spreadsheet shows."""
    if len(text) <= _SHOWN_DIGITS and text.isdecimal():
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return text
    if not isfinite(number):
        return text
    if number.is_integer() and abs(number) < _EXACT_INTEGER:
        return int(number)
    return float(f"{number:.{_SHOWN_DIGITS}g}") if len(text) > _SHOWN_DIGITS else number


def unescaped(text: str) -> str:
    """Undo the _xHHHH_ writing of signs that XML can't hold (_x000D_ is a carriage return)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def column_of(letters: str) -> int:
    """Number of a column, from 0, for its letters; raises UnreadableFile for other signs."""
    column = 0
    for letter in letters:
        if not "A" <= letter <= "Z" or column > _MOST_COLUMNS:
            raise UnreadableFile(_("The workbook is damaged: a cell has no valid address."))
        column = column * 26 + ord(letter) - 64
    return column - 1


class TextTable(Part):
    """The shared texts of a workbook; raises LimitExceeded when they take too much memory."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._limits = limits
        self._pieces: list[str] = []
        self._length = 0
        self._cost = 0
        self._taking = False
        self._is_reading_aid = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise too_deep()
        local = name.rpartition(":")[2]
        if local == "t":
            self._taking = not self._is_reading_aid
        elif local == "rPh":
            self._is_reading_aid = True
        elif local == "si":
            self._pieces = []
            self._length = 0

    def texted(self, text: str) -> None:
        if self._taking:
            self._length += len(text)
            if self._length <= self._limits.cell_characters:
                self._pieces.append(text)
            elif not self._pieces:
                self._pieces.append(text[:_SHOWN_OF_A_LONG_TEXT])

    def closed(self, name: str) -> None:
        self.depth -= 1
        local = name.rpartition(":")[2]
        if local == "t":
            self._taking = False
        elif local == "rPh":
            self._is_reading_aid = False
        elif local == "si":
            self._keep("".join(self._pieces))

    def _keep(self, text: str) -> None:
        if self._length > self._limits.cell_characters:
            text = _CutText(text[:_SHOWN_OF_A_LONG_TEXT])
        else:
            text = unescaped(text)
        self._cost += sys.getsizeof(text) + 8
        if self._cost > self._limits.shared_text:
            raise LimitExceeded("shared_text", self._limits.shared_text)
        self.texts.append(text)


class SheetRows(Part):
    """Collects rows in `rows` as (number, values); the caller takes them out after each step."""

    def __init__(self, texts: list[str], styles: Styles, limits: Limits) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._texts = texts
        self._styles = styles
        self._limits = limits
        self._columns: dict[str, int] = {}
        self._values: list[object] = []
        self._cell: dict[str, str] = {}
        self._text: str | None = None
        self._length = 0
        self._taking = False
        self._is_reading_aid = False
        self._number = 0
        self._column = -1
        self._problem = ""
        self._set_prefix("")

    def _set_prefix(self, prefix: str) -> None:
        self._cell_name, self._value_name = f"{prefix}c", f"{prefix}v"
        self._text_name, self._row_name = f"{prefix}t", f"{prefix}row"
        self._aid_name = f"{prefix}rPh"

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if name == self._cell_name:
            self._cell = attributes
            self._text = None
            self._length = 0
        elif name == self._value_name:
            self._taking = True
        elif name == self._text_name:
            self._taking = not self._is_reading_aid
        elif name == self._row_name:
            self._begin_row(attributes)
        elif name == self._aid_name:
            self._is_reading_aid = True
        elif self.depth == 1:
            prefix, colon, _local = name.rpartition(":")
            self._set_prefix(prefix + colon)
        if self.depth > DEEPEST:
            raise too_deep()

    def texted(self, text: str) -> None:
        if self._taking:
            self._length += len(text)
            if self._text is None:
                self._text = text
            elif self._length <= self._limits.cell_characters:
                self._text += text

    def closed(self, name: str) -> None:
        self.depth -= 1
        if name == self._value_name or name == self._text_name:
            self._taking = False
        elif name == self._cell_name:
            self._end_cell()
        elif name == self._row_name:
            self._end_row()
        elif name == self._aid_name:
            self._is_reading_aid = False

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._number += 1
        given = attributes.get("r")
        if given and given.isdecimal() and len(given) <= 7:
            self._number = max(self._number, int(given))
        if self._number > _MOST_ROWS:
            raise UnreadableFile(
                _("The workbook is damaged: it has more rows than a sheet can have.")
            )
        self._values = []
        self._column = -1
        self._problem = ""

    def _end_row(self) -> None:
        if self._problem:
            self.rows.append((self._number, BadRow(self._values, self._problem)))
        elif self._values:
            self.rows.append((self._number, self._values))

    def _end_cell(self) -> None:
        address = self._cell.get("r")
        if address:
            letters = address.rstrip(_DIGITS)
            column = self._columns.get(letters, -1)
            if column < 0:
                column = self._columns[letters] = column_of(letters)
        else:
            column = self._column + 1
        self._column = column
        if self._text is None:
            return
        value = self._value(self._text)
        if value is None:
            return
        values = self._values
        if column == len(values) and column < self._limits.columns:
            values.append(value)
        else:
            self._place(column, value)

    def _place(self, column: int, value: object) -> None:
        """Put a value behind a gap, or over an earlier one; note a column beyond the limit."""
        if column >= _MOST_COLUMNS:
            raise UnreadableFile(_("The workbook is damaged: a cell has no valid address."))
        if column >= self._limits.columns:
            self._problem = self._problem or limit_message("columns", self._limits.columns)
            return
        values = self._values
        values += [None] * (column + 1 - len(values))
        values[column] = value

    def _value(self, text: str) -> object:
        kind = self._cell.get("t")
        if kind == "s":
            return self._shared(text)
        if self._length > self._limits.cell_characters:
            self._problem = limit_message("cell_characters", self._limits.cell_characters)
            return text[:_SHOWN_OF_A_LONG_TEXT]
        if kind is None or kind == "n":
            style = self._cell.get("s")
            if style is not None and style in self._styles.dates:
                return self._styles.date_of(text, style)
            return number_of(text)
        if kind in ("inlineStr", "str"):
            return unescaped(text)
        return _special_value(kind, text)

    def _shared(self, text: str) -> str | None:
        try:
            value = self._texts[int(text)]
        except (ValueError, IndexError):
            raise UnreadableFile(_("The workbook is damaged: a cell points to no text.")) from None
        if type(value) is _CutText:
            self._problem = limit_message("cell_characters", self._limits.cell_characters)
        return value or None


def _special_value(kind: str, text: str) -> object:
    """Booleans, errors and ISO dates; anything else stays as it is written."""
    if kind == "b":
        return text.strip() in ("1", "true")
    if kind == "e":
        return CellError(text)
    if kind == "d":
        try:
            return _plain_date(from_ISO8601(text))
        except ValueError:
            return text
    return text


def _plain_date(found: date | datetime | time | timedelta) -> object:
    """Midnight is a day; a duration becomes text."""
    if isinstance(found, datetime) and found.time() == time():
        return found.date()
    return str(found) if isinstance(found, timedelta) else found
