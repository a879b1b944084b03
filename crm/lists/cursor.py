"""Where a page ends, as a token in an address: the next page goes on behind that row.

A token holds what the keys of the order hold in one row, its id and how many rows come before.
Whoever asks may read these fields, or the order itself would have been refused; the signature
keeps others from being asked for.
"""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext as _

from crm.access.paging import Mark
from crm.lists.errors import BadQuery

LONGEST = 8000
_signer = Signer(sep="~", salt="crm.lists.cursor")
_written: tuple[tuple[type, str, Callable[[Any], str]], ...] = (
    (dt.datetime, "moment", dt.datetime.isoformat),  # before date: a moment is a date too
    (dt.date, "date", dt.date.isoformat),
    (Decimal, "number", str),
)
_read: dict[str, Callable[[str], Any]] = {
    "moment": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "number": Decimal,
}


class _Compact:
    """JSON that keeps Chinese text short."""

    def dumps(self, value: Any) -> bytes:
        """The value as bytes."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        """The value that the bytes hold."""
        return json.loads(data)


def token_for(order: str, mark: Mark, place: int) -> str:
    """The token of a row that stands at `mark` in an order; `place` rows come up to it."""
    values = [_write(one) for one in mark.values]
    return _signer.sign_object([order, place, mark.pk, values], serializer=_Compact, compress=True)


def place_of(order: str, token: str) -> tuple[Mark, int]:
    """The mark and the place that a token means. Raises BadQuery for another order's."""
    if len(token) > LONGEST:
        raise _unreadable()
    try:
        of, place, pk, values = _signer.unsign_object(token, serializer=_Compact)
    except (BadSignature, ValueError):
        raise _unreadable() from None
    if of != order:
        raise BadQuery(
            _("This link belongs to a list in another order. Start again from the first page.")
        )
    return Mark(tuple(_value(one) for one in values), pk), place


def _unreadable() -> BadQuery:
    return BadQuery(_("This link leads to no place in the list. Start again from the first page."))


def _write(value: Any) -> Any:
    for kind, name, write in _written:
        if isinstance(value, kind):
            return {name: write(value)}
    return value


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    (name, text) = next(iter(value.items()))
    return _read[name](text)
