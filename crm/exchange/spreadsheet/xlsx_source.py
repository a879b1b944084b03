"""A workbook: its parts found, its styles and texts read, its rows streamed."""

import re
import zlib
from collections.abc import Iterator, Sequence
from posixpath import normpath
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext_lazy as _
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from crm.exchange.spreadsheet.headings import SAMPLE_ROWS, Merge
from crm.exchange.spreadsheet.limits import LimitExceeded, Limits, UnknownSheet, UnreadableFile
from crm.exchange.spreadsheet.xlsx_sheet import SheetRows, Styles, TextTable, column_of
from crm.exchange.spreadsheet.xml_parts import DEEPEST, Part, consume, push, too_deep

_CHUNK = 1 << 16
_LARGEST_READ = 8 << 20  # of the packed file at once: the zip directory is one such read
_SMALL_PART = 16 << 20  # workbook, relations, styles: unpacked bytes
_MOST_SHEETS = 500
_MOST_STYLES = 100_000
_IS_ENCRYPTED = 0x1
# Built-in formats that Chinese spreadsheets show as dates or times, whatever their files say.
_CHINESE_DATE_FORMATS = frozenset({*range(27, 37), *range(50, 59)})
_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"'
)
_MERGE_LENGTH = 200
_DAMAGED = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, KeyError)

Row = tuple[int, Sequence[object]]


class XlsxSource:
    """One workbook; `sheets` are the names of those that a person sees, in their order."""

    encoding = ""
    separator = ""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._limits = limits
        self._archive = _open_archive(file, limits)
        self._parts = {_folded(info.filename): info for info in self._archive.infolist()}
        self._unzipped = 0
        workbook = _Workbook()
        base = self._workbook_path()
        consume(workbook, self._small(base))
        self._relations = self._relations_of(base)
        self._sheets = self._found_sheets(workbook)
        self.sheets = tuple(self._sheets)
        if not self.sheets:
            raise UnreadableFile(_("The workbook has no sheet with cells."))
        self._styles = self._read_styles(workbook)
        self._texts: list[str] | None = None

    def rows(self, sheet: str) -> Iterator[Row]:
        """(row number, values) of all rows with values, streamed; see SheetRows for the types.

        Broken rows (too long a text, too many columns) come as BadRow.
        """
        if self._texts is None:
            self._texts = self._read_texts()
        part = SheetRows(self._texts, self._styles, self._limits)
        self._unzipped = 0
        for _step in push(part, self._chunks(self._sheet(sheet))):
            if part.rows:
                rows, part.rows = part.rows, []
                yield from rows

    def merges(self, sheet: str) -> list[Merge]:
        """Joined cells that begin in the first rows; they stand behind the rows in the file."""
        found = []
        rest = b""
        self._unzipped = 0
        for chunk in self._chunks(self._sheet(sheet)):
            window = rest + chunk
            if b"mergeCell" in window:
                for match in _MERGE.finditer(window):
                    left, top, right, bottom = (group.decode() for group in match.groups())
                    if int(top) <= SAMPLE_ROWS * 2:
                        found.append(
                            Merge(int(top), column_of(left), int(bottom), column_of(right))
                        )
            rest = window[-_MERGE_LENGTH:]
        return list(dict.fromkeys(found))

    def _sheet(self, sheet: str) -> str:
        if sheet not in self._sheets:
            raise UnknownSheet(
                _("The workbook has no sheet “%(name)s”; it has: %(names)s.")
                % {"name": sheet, "names": ", ".join(self.sheets)[:500]}
            )
        return self._sheets[sheet]

    def _found_sheets(self, workbook: "_Workbook") -> dict[str, str]:
        """Name → path of the sheets with cells; hidden ones only when there are no others."""
        found = [
            (name, target, is_hidden)
            for name, relation, is_hidden in workbook.sheets
            for kind, target in [self._relations.get(relation, ("", ""))]
            if kind == "worksheet" and _folded(target) in self._parts
        ]
        shown = {name: target for name, target, is_hidden in found if not is_hidden}
        return shown or {name: target for name, target, _is_hidden in found}

    def _workbook_path(self) -> str:
        for kind, target in self._relations_of("").values():
            if kind == "officeDocument":
                if target.casefold().endswith(".bin"):
                    break
                return target
        _refuse_other_package(self._parts)
        return "xl/workbook.xml"

    def _relations_of(self, path: str) -> dict[str, tuple[str, str]]:
        """Id → (kind, path) of the relations of a part; links out of the file are left out."""
        folder, _slash, name = path.rpartition("/")
        relations = _Relations(folder)
        place = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        if _folded(place) in self._parts:
            consume(relations, self._small(place))
        return relations.found

    def _related(self, kind: str) -> str:
        return next((path for known, path in self._relations.values() if known == kind), "")

    def _read_texts(self) -> list[str]:
        path = self._related("sharedStrings")
        table = TextTable(self._limits)
        if path and _folded(path) in self._parts:
            self._unzipped = 0
            consume(table, self._chunks(path))
        return table.texts

    def _read_styles(self, workbook: "_Workbook") -> Styles:
        found = _StyleTable()
        path = self._related("styles")
        if path and _folded(path) in self._parts:
            consume(found, self._small(path))
        epoch = MAC_EPOCH if workbook.counts_from_1904 else WINDOWS_EPOCH
        return Styles(frozenset(found.dates), frozenset(found.durations), epoch)

    def _small(self, path: str) -> Iterator[bytes]:
        self._unzipped = 0
        for chunk in self._chunks(path):
            if self._unzipped > _SMALL_PART:
                raise LimitExceeded("unzipped_bytes", _SMALL_PART)
            yield chunk

    def _chunks(self, path: str) -> Iterator[bytes]:
        """A part's bytes, counted while they unpack: the directory of a zip may lie."""
        most = self._limits.unzipped_bytes
        try:
            with self._archive.open(self._parts[_folded(path)]) as part:
                while chunk := part.read(_CHUNK):
                    self._unzipped += len(chunk)
                    if self._unzipped > most:
                        raise LimitExceeded("unzipped_bytes", most)
                    yield chunk
        except _DAMAGED as error:
            raise UnreadableFile(
                _("The workbook is damaged or cut off: it can't be unpacked.")
            ) from error


class _Workbook(Part):
    """Sheets as (name, relation id, is hidden), and where days are counted from."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, bool]] = []
        self.counts_from_1904 = False

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST or len(self.sheets) > _MOST_SHEETS:
            raise too_deep()
        local = name.rpartition(":")[2]
        if local == "sheet":
            relation = next(
                (value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), ""
            )
            state = attributes.get("state", "visible")
            self.sheets.append((attributes.get("name", ""), relation, state != "visible"))
        elif local == "workbookPr":
            self.counts_from_1904 = attributes.get("date1904") in ("1", "true", "on")

    def closed(self, name: str) -> None:
        self.depth -= 1


class _Relations(Part):
    """Id → (kind, path from the root of the package)."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, str]] = {}
        self._folder = folder

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise too_deep()
        if name.rpartition(":")[2] != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = attributes.get("Target", "").replace("\\", "/")
        path = target.lstrip("/") if target.startswith("/") else f"{self._folder}/{target}"
        kind = attributes.get("Type", "").rpartition("/")[2]
        if len(self.found) < _MOST_SHEETS * 2:
            self.found[attributes.get("Id", "")] = (kind, normpath(path).lstrip("/"))

    def closed(self, name: str) -> None:
        self.depth -= 1


class _StyleTable(Part):
    """Which places of cellXfs show dates, and which of them durations."""

    def __init__(self) -> None:
        super().__init__()
        self.dates: set[str] = set()
        self.durations: set[str] = set()
        self._formats: dict[int, str] = dict(BUILTIN_FORMATS)
        self._is_in_cells = False
        self._place = 0

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST or self._place > _MOST_STYLES:
            raise too_deep()
        local = name.rpartition(":")[2]
        if local == "cellXfs":
            self._is_in_cells = True
        elif local == "numFmt" and len(self._formats) < _MOST_STYLES:
            code = attributes.get("numFmtId", "")
            if code.isdecimal():
                self._formats[int(code)] = attributes.get("formatCode", "")[:255]
        elif local == "xf" and self._is_in_cells:
            self._note(attributes.get("numFmtId", "0"))
            self._place += 1

    def closed(self, name: str) -> None:
        self.depth -= 1
        if name.rpartition(":")[2] == "cellXfs":
            self._is_in_cells = False

    def _note(self, code: str) -> None:
        number = int(code) if code.isdecimal() else 0
        written = self._formats.get(number, "")
        if number in _CHINESE_DATE_FORMATS or is_date_format(written):
            self.dates.add(str(self._place))
            if is_timedelta_format(written):
                self.durations.add(str(self._place))


class _BoundedReads:
    """The packed file, refusing to hand out more than one sane piece at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size is not None and size > _LARGEST_READ:
            raise BadZipFile("the directory of the file is too large")
        return self._file.read(_LARGEST_READ if size is None or size < 0 else size)


def _open_archive(file: BinaryIO, limits: Limits) -> ZipFile:
    """The zip, its directory checked against the limits before anything is unpacked."""
    try:
        archive = ZipFile(_BoundedReads(file))  # type: ignore[arg-type]  # it only reads and seeks
    except (*_DAMAGED, ValueError) as error:
        raise UnreadableFile(
            _("The workbook is damaged or cut off: it can't be unpacked.")
        ) from error
    parts = archive.infolist()
    if len(parts) > limits.entries:
        raise LimitExceeded("entries", limits.entries)
    if sum(info.file_size for info in parts) > limits.unzipped_bytes:
        raise LimitExceeded("unzipped_bytes", limits.unzipped_bytes)
    if any(info.flag_bits & _IS_ENCRYPTED for info in parts):
        raise UnreadableFile(_("The file is protected by a password; save it without one."))
    if any(info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for info in parts):
        raise UnreadableFile(_("The file is packed in a way that no spreadsheet uses."))
    return archive


def _refuse_other_package(parts: dict[str, ZipInfo]) -> None:
    """Say what a zip is that holds no workbook of this kind."""
    if "xl/workbook.bin" in parts:
        raise UnreadableFile(_("This is a binary workbook (.xlsb); save it as .xlsx."))
    if "mimetype" in parts and "content.xml" in parts:
        raise UnreadableFile(_("This is an OpenDocument file (.ods); save it as .xlsx."))
    if "index.zip" in parts or any(name.startswith("index/") for name in parts):
        raise UnreadableFile(_("This is a Numbers file; export it as .xlsx."))
    if "xl/workbook.xml" not in parts:
        raise UnreadableFile(_("This zip file is not a workbook; upload .xlsx or CSV."))


def _folded(path: str) -> str:
    """Names of parts compare without case, with either slash."""
    return path.replace("\\", "/").lstrip("/").casefold()
