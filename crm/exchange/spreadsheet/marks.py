"""Two marks of our own files: text that looks like a formula, and the watermark row.

A text that begins with = + - @, a tab, a carriage return, a line feed or the full-width forms of
these signs would be computed by a spreadsheet that opens the CSV. It is written with an
apostrophe in front, and so is a text that has apostrophes before such a sign; the reader takes
one apostrophe off again. So every text survives: "=1" ↔ "'=1", "'=1" ↔ "''=1", "it's" ↔ "it's".

The watermark (who exported, when) is the last row: one cell that begins with WATERMARK. The
reader leaves such a row out when it is the last one and nothing else stands in it.
"""

import re
from collections.abc import Iterator, Sequence

WATERMARK = "⟦Keyuan CRM⟧ "
_FORMULA_SIGNS = "=+\\-@\t\r\n＝＋－＠"
_COMPUTED = re.compile(f"'*[{_FORMULA_SIGNS}]")
_MARKED = re.compile(f"'+[{_FORMULA_SIGNS}]")

Row = tuple[int, Sequence[object]]


def neutralised(text: str) -> str:
    """The text as it is safe in a CSV cell."""
    return f"'{text}" if _COMPUTED.match(text) else text


def restored(text: str) -> str:
    """The text that `neutralised` was given."""
    return text[1:] if _MARKED.match(text) else text


def without_watermark(rows: Iterator[Row]) -> Iterator[Row]:
    """Leave the last row out if it is a watermark; one in the middle is data and stays."""
    held: Row | None = None
    for row in rows:
        if held:
            yield held
            held = None
        if is_watermark(row[1]):
            held = row
        else:
            yield row


def is_watermark(values: Sequence[object]) -> bool:
    """Whether the only value of a row is text that begins with WATERMARK."""
    first = values[0] if values else None
    if not isinstance(first, str) or not first.startswith(WATERMARK):
        return False
    return all(value is None for value in values[1:])
