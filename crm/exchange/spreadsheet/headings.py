"""Where a table begins: title rows above it, headings in one row or in two merged ones."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from crm.exchange.spreadsheet.limits import BadRow, SpreadsheetError, UnreadableFile

SAMPLE_ROWS = 40  # rows in which headings are looked for
_FILLED_SHARE = 0.6  # a heading row fills at least this part of the widest row
_DATA_SHARE = 0.2  # and at most this part of its cells looks like data
_LONGEST_HEADING = 60
_LONGEST_GROUP = 20
_DATA = re.compile(r"[\d\s.,:/+\-年月日%]{3,}|.*\S@\S.*", re.S)

Row = tuple[int, Sequence[object]]


class Merge(NamedTuple):
    """Cells joined into one: rows as numbered in the sheet, columns from 0, ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


class Headings(NamedTuple):
    """Names, the column (from 0) of each, and the number of the last row that belongs to them."""

    names: tuple[str, ...]
    columns: tuple[int, ...]
    last_row: int


def find_headings(rows: list[Row], merges: Callable[[], list[Merge]], at: int = 0) -> Headings:
    """Choose the heading row among the first rows that hold anything, or take the row `at`.

    `merges` is asked only where two heading rows are possible. Columns without a name are kept
    under their letter when the sample has values in them, else dropped; equal names are numbered.
    Raises UnreadableFile when there is no row at all, or the reason of a broken heading row.
    """
    rows = [row for row in rows if row[0] >= at]
    if not rows:
        raise UnreadableFile(_("The table is empty."))
    place = 0 if at else _heading_place(rows)
    chosen = rows[place][1]
    if isinstance(chosen, BadRow):
        raise SpreadsheetError(chosen.reason)
    names, last = _texts(chosen), place
    for top in (place - 1, place):
        joined = _joined(rows, top, merges)
        if joined:
            names, last = joined, top + 1
            break
    return _named(names, rows[last + 1 :], rows[last][0])


def column_letters(column: int) -> str:
    """Letters of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _heading_place(rows: list[Row]) -> int:
    """The first row that is filled like the table; broken rows don't say how wide it is.

    A row with gaps and data in it (who made the list, when) is passed over for one of names.
    """
    widest = max(
        (_filled(values) for _, values in rows if not isinstance(values, BadRow)), default=0
    )
    filled = [place for place, row in enumerate(rows) if _filled(row[1]) >= widest * _FILLED_SHARE]
    first = rows[filled[0]][1]
    if _filled(first) >= widest or _reads_like_names(first):
        return filled[0]
    return next((place for place in filled if _reads_like_names(rows[place][1])), filled[0])


def _filled(values: Sequence[object]) -> int:
    return sum(value is not None for value in values)


def _reads_like_names(values: Sequence[object]) -> bool:
    given = [value for value in values if value is not None]
    data = sum(_looks_like_data(value) for value in given)
    return bool(given) and data <= len(given) * _DATA_SHARE


def _looks_like_data(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return len(value) > _LONGEST_HEADING or bool(_DATA.fullmatch(value))


def _joined(rows: list[Row], top: int, merges: Callable[[], list[Merge]]) -> list[str] | None:
    """Names of two merged heading rows ("联系人 手机"); None when the rows are not such a pair."""
    if top < 0 or top + 1 >= len(rows):
        return None
    (top_number, groups), (sub_number, subs) = rows[top], rows[top + 1]
    if sub_number != top_number + 1 or not _may_be_two_rows(groups, subs):
        return None
    upper, lower = _texts(groups), _texts(subs)
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    is_grouped = False
    for merge in merges():
        if merge.first_row == top_number == merge.last_row and merge.first_column < width:
            span = range(merge.first_column, min(merge.last_column + 1, width))
            is_grouped |= len(span) > 1 and any(lower[column] for column in span)
            for column in span:
                upper[column] = upper[merge.first_column]
    if not is_grouped:
        return None
    return [
        f"{group} {sub}" if group and sub and group != sub else group or sub
        for group, sub in zip(upper, lower, strict=True)
    ]


def _may_be_two_rows(groups: Sequence[object], subs: Sequence[object]) -> bool:
    """At least two short groups, a gap beside one, and nothing but names below."""
    given = [value for value in groups if value is not None]
    if len(given) < 2 or isinstance(groups, BadRow) or isinstance(subs, BadRow):
        return False
    if not all(isinstance(value, str) and len(value) <= _LONGEST_GROUP for value in given):
        return False
    if any(_looks_like_data(value) for value in subs if value is not None):
        return False
    return any(
        sub is not None and (column >= len(groups) or groups[column] is None)
        for column, sub in enumerate(subs)
    )


def _texts(values: Sequence[object]) -> list[str]:
    """Headings without line ends and doubled spaces; "" for an empty cell."""
    texts = []
    for value in values:
        lines = "" if value is None else "".join(map(str.strip, str(value).splitlines()))
        texts.append(" ".join(lines.split())[:_LONGEST_HEADING].strip())
    return texts


def _named(names: list[str], sample: list[Row], last_row: int) -> Headings:
    width = max([len(names), *(len(values) for _, values in sample)])
    with_values = {
        column
        for _, values in sample
        for column, value in enumerate(values)
        if value is not None and not isinstance(values, BadRow)
    }
    kept: dict[str, int] = {}
    for column in range(width):
        name = names[column] if column < len(names) else ""
        if not name and column in with_values:
            name = column_letters(column)
        if name:
            kept[_unused(name, kept)] = column
    if not kept:
        raise UnreadableFile(_("The table has no headings."))
    return Headings(tuple(kept), tuple(kept.values()), last_row)


def _unused(name: str, taken: dict[str, int]) -> str:
    count = 1
    numbered = name
    while numbered in taken:
        count += 1
        numbered = f"{name} ({count})"
    return numbered
