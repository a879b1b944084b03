"""Many new rows at once: ids reserved from the table's sequence, rows written by COPY.

Lines are made while the server takes in those before them, so that both processors work.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from django.db import connection, models

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": ""})
NOTHING = "\\N"
LINES_AT_ONCE = 32


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """As many ids as asked for, which nobody else gets."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name"
            " OFFSET 0) AS s, generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write new rows, given as columns by attribute name; what is not given takes its default.

    Values are what the columns hold: the caller has checked them. Raises IntegrityError and
    DataError for the rows as a whole.
    """
    columns = [field for field in model._meta.concrete_fields if not field.generated]
    names = [str(field.column) for field in columns]
    copy_lines(model._meta.db_table, names, _lines(columns, rows))


def _lines(columns: Sequence[models.Field], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    places = {field.attname: place for place, field in enumerate(columns)}
    defaults = [copy_text(field.get_default()) for field in columns]
    for row in rows:
        cells = defaults.copy()
        for name, value in row.items():
            cells[places[name]] = NOTHING if value is None else copy_text(value)
        yield "\t".join(cells)


def copy_lines(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """Write rows that are already in the text form of COPY."""
    waiting = iter(lines)
    first = next(waiting, None)
    if first is None:
        return
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', _Stream(chain([first], waiting)))


class _Stream:
    """Lines as a file that is read piece by piece; a piece may be longer than was asked for."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def read(self, _size: int) -> str:
        """Some lines more, or "" at the end."""
        return "".join([f"{line}\n" for line in islice(self._lines, LINES_AT_ONCE)])


def _flag(value: bool) -> str:
    return "t" if value else "f"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_TEXTS: dict[type, Callable[[Any], str]] = {
    bool: _flag,
    dict: _json,
    list: _json,
}


def copy_text(value: Any) -> str:
    """One value in the text form of COPY."""
    if value is None:
        return NOTHING
    kind = type(value)
    text = value if kind is str else _TEXTS.get(kind, str)(value)
    if text.isprintable() and "\\" not in text:
        return text
    return text.translate(_ESCAPES)  # slow, and seldom needed
