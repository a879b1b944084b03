"""Which part of a file an HTTP request asks for (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """Nothing of the file lies in what was asked for."""


@dataclass(frozen=True)
class Span:
    """Some bytes of a file, the first and the last of them counted from 0."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


def asked_span(header: str, size: int) -> Span | None:
    """The part of a file of `size` bytes that a Range header asks for; None for all of it.

    Several parts at once, other units and nonsense are all of it, as the standard allows.
    Raises Unsatisfiable.

    >>> asked_span("bytes=2-", 10)
    Span(first=2, last=9)
    >>> asked_span("bytes=-3", 10)
    Span(first=7, last=9)
    """
    found = _ONE_RANGE.fullmatch(header)
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        if not int(last) or not size:
            raise Unsatisfiable
        return Span(max(0, size - int(last)), size - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise Unsatisfiable
    return Span(int(first), min(int(last), size - 1) if last else size - 1)
