"""What a file may cost, and the errors that say which bound it broke."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

MEBIBYTE = 1024 * 1024

_MESSAGES = {
    "bytes": _("The file is larger than %(most)s bytes (limit: bytes)."),
    "unzipped_bytes": _(
        "Unpacked, the file is larger than %(most)s bytes (limit: unzipped bytes)."
    ),
    "entries": _("The workbook holds more than %(most)s parts (limit: entries)."),
    "rows": _("The table has more than %(most)s rows (limit: rows)."),
    "columns": _("The row has more than %(most)s columns (limit: columns)."),
    "cell_characters": _("A cell has more than %(most)s characters (limit: cell characters)."),
    "shared_text": _(
        "The texts of the workbook take more than %(most)s bytes (limit: shared text);"
        " save it as CSV."
    ),
}


@dataclass(frozen=True)
class Limits:
    """Bounds that are counted while a file is read; sizes in bytes.

    `rows` counts rows with values below the headings; `shared_text` the memory that the text
    table of a workbook takes, the only part of a file that is ever held as a whole.
    """

    bytes: int = 100 * MEBIBYTE
    unzipped_bytes: int = 300 * MEBIBYTE
    entries: int = 2_000
    rows: int = 500_000
    columns: int = 500
    cell_characters: int = 32_767
    shared_text: int = 200 * MEBIBYTE


class SpreadsheetError(ValueError):
    """A file or table that can't be read; the message is a sentence for the person."""


class UnreadableFile(SpreadsheetError):
    """The file is damaged, protected, or of another kind than a table."""


class UnknownSheet(SpreadsheetError):
    """The workbook has no sheet of the name that was asked for."""


class LimitExceeded(SpreadsheetError):
    """The file breaks one of `Limits`; `limit` is the name of the field."""

    def __init__(self, limit: str, most: int) -> None:
        super().__init__(limit_message(limit, most))
        self.limit = limit


class BadRow(tuple[object, ...]):
    """The values of a row that can't be taken as it stands, with the reason; cut where too long."""

    reason: str

    def __new__(cls, values: Iterable[object], reason: object) -> "BadRow":
        row = super().__new__(cls, values)
        row.reason = str(reason)
        return row


def limit_message(limit: str, most: int) -> str:
    """The sentence that names a limit and its figure."""
    return str(_MESSAGES[limit]) % {"most": most}
