"""Rows of a CSV file: encoding and separator found, memory bounded whatever the file holds."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from crm.exchange.spreadsheet.headings import Merge
from crm.exchange.spreadsheet.limits import (
    BadRow,
    LimitExceeded,
    Limits,
    UnreadableFile,
    limit_message,
)
from crm.exchange.spreadsheet.marks import restored

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be")
_LONGEST_LINE = 1_000_000  # characters; a longer one is skipped and reported as one bad row
_LONGEST_RECORD = 2_000_000  # characters of one row with line ends inside quotes
_MOST_ROWS = 1_048_576  # as in a sheet; counts the empty ones, which no other limit sees
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_SAMPLE_LINES = 50
_SHOWN_OF_A_BAD_LINE = 200
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.I)
_MOJIBAKE_SHARE = 0.02

Row = tuple[int, Sequence[object]]


class CsvSource:
    """One CSV file; `encoding` and `separator` tell what was found (or given)."""

    sheets: tuple[str, ...] = ()

    def __init__(
        self, file: BinaryIO, limits: Limits, encoding: str = "", separator: str = ""
    ) -> None:
        self._file = file
        self._limits = limits
        self.encoding = encoding or find_encoding(file)
        if encoding:
            _check_encoding(file, encoding)
        self.separator = separator or self._find_separator()

    def merges(self, sheet: str) -> list[Merge]:
        """CSV knows no joined cells."""
        return []

    def rows(self, sheet: str) -> Iterator[Row]:
        """(row number, values) of all rows with values; text, or None for an empty cell.

        Rows count as a spreadsheet counts them: a line end inside quotes begins no new row.
        Broken rows come as BadRow: too long, too many columns, NUL, or a quote never closed, of
        which only the first line is lost.
        """
        text = self._text()
        try:
            yield from self._numbered(_Lines(text))
        finally:
            if not self._file.closed:  # whoever stops reading may have closed it before us
                text.detach()

    def _numbered(self, lines: "_Lines") -> Iterator[Row]:
        reader = csv.reader(lines, delimiter=self.separator)
        number = 0
        most = max(_MOST_ROWS, 2 * self._limits.rows)
        while True:
            try:
                values: Sequence[object] = self._checked(next(reader), lines)
                is_broken = lines.has_ended  # asked for more inside quotes, and there was none
            except StopIteration:
                return
            except (csv.Error, _TooLong):
                is_broken = True
            if is_broken:
                values = lines.give_back()
                reader = csv.reader(lines, delimiter=self.separator)
            number += 1
            if number > most:
                raise LimitExceeded("rows", most)
            lines.begin_record()
            if any(values) or is_broken:
                yield number, values

    def _checked(self, values: list[str], lines: "_Lines") -> Sequence[object]:
        cells: list[object] = [
            (text if text[0] != "'" else restored(text)) if text else None for text in values
        ]
        limits = self._limits
        if len(cells) > limits.columns and any(values[limits.columns :]):
            return BadRow(cells[: limits.columns], limit_message("columns", limits.columns))
        if lines.record_length > limits.cell_characters:
            longest = max(map(len, values))
            if longest > limits.cell_characters:
                cut = [text[:_SHOWN_OF_A_BAD_LINE] for text in values]
                return BadRow(cut, limit_message("cell_characters", limits.cell_characters))
        if lines.has_nul:
            clean = [text.replace("\0", "") for text in values]
            return BadRow(clean, _("The row holds a NUL character, which no text may hold."))
        return cells

    def _text(self) -> io.TextIOWrapper:
        self._file.seek(0)
        return io.TextIOWrapper(self._file, encoding=self.encoding, newline="")

    def _find_separator(self) -> str:
        """The sign that splits most of the first lines into the same number of cells."""
        text = self._text()
        sample = text.read(_SAMPLE)
        text.detach()
        told = _SEPARATOR_LINE.match(sample)
        if told:
            return told[1]
        lines = sample.splitlines(keepends=True)
        whole = lines[:_SAMPLE_LINES] if len(lines) < 2 else lines[:-1][:_SAMPLE_LINES]
        return max(SEPARATORS, key=lambda sign: _evenness(whole, sign))


class _TooLong(Exception):
    """A line or record outgrew its bound."""


class _Lines:
    """Lines of the file for csv.reader, remembered until their row is complete."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._given: list[str] = []
        self._waiting: list[str] = []
        self._is_first = True
        self.record_length = 0
        self.has_nul = False
        self.has_ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else self._read()
        if not line:
            self.has_ended = True
            raise StopIteration
        self._given.append(line)
        self.record_length += len(line)
        if "\0" in line:
            self.has_nul = True
        if self.record_length > _LONGEST_RECORD or len(line) >= _LONGEST_LINE:
            raise _TooLong
        return line

    def begin_record(self) -> None:
        """Forget the lines of the row that is complete."""
        self._given.clear()
        self.record_length = 0
        self.has_nul = False

    def give_back(self) -> BadRow:
        """The first line of a broken row as a bad one; those after it are read again."""
        first, *others = self._given
        self._waiting += reversed(others)
        self.has_ended = False
        if len(first) >= _LONGEST_LINE:
            return BadRow(
                [first[:_SHOWN_OF_A_BAD_LINE]],
                _("The line is longer than %(most)s characters.") % {"most": _LONGEST_LINE},
            )
        return BadRow(
            [first[:_SHOWN_OF_A_BAD_LINE].rstrip("\r\n")],
            _("A quotation mark is opened in this row and never closed."),
        )

    def _read(self) -> str:
        line = self._text.readline(_LONGEST_LINE)
        if self._is_first:
            self._is_first = False
            if _SEPARATOR_LINE.fullmatch(line):
                line = self._text.readline(_LONGEST_LINE)
        if len(line) >= _LONGEST_LINE and line[-1] not in "\r\n":
            self._skip_rest()
        return line

    def _skip_rest(self) -> None:
        while (rest := self._text.readline(_LONGEST_LINE)) and rest[-1] not in "\r\n":
            pass


def find_encoding(file: BinaryIO) -> str:
    """The encoding of a text file, from its mark or by decoding all of it in small pieces.

    One of utf-8-sig, utf-16, utf-16-le, utf-16-be, utf-8, gb18030. Raises UnreadableFile when
    none fits.
    """
    file.seek(0)
    head = file.read(_SAMPLE)
    if head.startswith(codecs.BOM_UTF8):
        candidates: tuple[str, ...] = ("utf-8-sig",)
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ("utf-16",)
    elif zeros := _zero_side(head):
        candidates = (zeros,)
    else:
        candidates = ("utf-8",) if _is_broken_utf8(head) else ("utf-8", "gb18030")
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise UnreadableFile(
        _("The text of the file is in no known encoding (tried: %(tried)s); save it as UTF-8.")
        % {"tried": ", ".join(candidates)}
    )


def fits(file: BinaryIO, encoding: str) -> bool:
    """Whether `encoding` is one of ENCODINGS and the whole file is valid in it."""
    return encoding in ENCODINGS and _decodes(file, encoding)


def _check_encoding(file: BinaryIO, encoding: str) -> None:
    """Raise UnreadableFile unless `encoding` is one of ENCODINGS and fits the whole file."""
    if not fits(file, encoding):
        raise UnreadableFile(
            _("The text of the file is not valid %(encoding)s.") % {"encoding": encoding[:20]}
        )


def _zero_side(head: bytes) -> str:
    """Unmarked UTF-16 shows by NULs on one side of most pairs of bytes."""
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs and odd > pairs * 0.2 and even < odd * 0.1:
        return "utf-16-le"
    if pairs and even > pairs * 0.2 and odd < even * 0.1:
        return "utf-16-be"
    return ""


def _is_broken_utf8(head: bytes) -> bool:
    """Text that is UTF-8 but for few bytes: read as GB18030 it would come out as other words."""
    text = head.decode("utf-8", errors="replace")
    wide = sum(sign > "\x7f" for sign in text)
    broken = text.count("\ufffd")
    return 0 < broken <= wide * _MOJIBAKE_SHARE


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _evenness(lines: list[str], separator: str) -> tuple[float, int]:
    """How many of the lines have the usual number of cells, if that is more than one; and it."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator) if any(row)]
    except csv.Error:
        return 0.0, 0
    several = [width for width in widths if width > 1]
    if not several:
        return 0.0, 0
    usual = max(set(several), key=several.count)
    return several.count(usual) / len(widths), usual
