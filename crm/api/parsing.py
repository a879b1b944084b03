"""JSON bodies, read strictly: what is ambiguous or hostile is refused before anybody sees it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from crm.records.errors import Invalid

DEEPEST = 50
LONGEST_KEY = 80
CHUNK = 64 * 1024


class TooLarge(APIException):
    """The body is longer than this server reads."""

    status_code = 413

    def __init__(self, most: int) -> None:
        super().__init__(_("At most %d megabytes.") % (most // 1024**2))


class StrictJSONParser(BaseParser):
    """application/json without duplicate keys, NaN, nesting over 50, and over 10 MB."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value of the body. Raises ParseError, TooLarge."""
        body = _read(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ParseError(_("The body must be UTF-8.")) from None
        return read_json(text)


def _read(stream: Any, most: int) -> bytes:
    announced = getattr(stream, "META", {}).get("CONTENT_LENGTH") or "0"
    if str(announced).isdigit() and int(announced) > most:
        raise TooLarge(most)
    parts, length = [], 0
    while part := stream.read(CHUNK):
        length += len(part)
        if length > most:
            raise TooLarge(most)
        parts.append(part)
    return b"".join(parts)


def read_json(text: str) -> Any:
    """The value of a JSON text; numbers with a point are Decimal. Raises ParseError."""
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=Decimal
        )
    except RecursionError:
        raise ParseError(_too_deep()) from None
    except (ValueError, ArithmeticError):
        raise ParseError(_("This is not readable JSON.")) from None
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError(_("A key stands twice in one object."))
    return found


def _no_constant(name: str) -> NoReturn:
    raise ParseError(_("“%s” is no JSON.") % name)


def _too_deep() -> str:
    return _("Objects and lists may be nested %d deep.") % DEEPEST


def _check(value: Any) -> None:
    """Refuse deep nesting, and text that no database or encoding can hold."""
    level: list[Any] = [value]
    for _depth in range(DEEPEST + 1):
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                _check_text(one)
            elif isinstance(one, list):
                below.extend(one)
            elif isinstance(one, dict):
                below.extend(one.keys())
                below.extend(one.values())
        if not below:
            return
        level = below
    raise ParseError(_too_deep())


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError(_("Text may not hold the sign U+0000."))
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ParseError(_("Text may not hold half of a surrogate pair."))


def as_object(value: Any) -> dict[str, Any]:
    """The body as an object; none at all counts as an empty one. Raises Invalid."""
    if isinstance(value, Mapping):
        return dict(value)
    raise Invalid(_("The body must be an object."))


class JSONOnly(BaseContentNegotiation):
    """The API speaks JSON whatever is asked for; `?format=` is a parameter like any other."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """The parser for the body's type; none makes a 415."""
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """The one renderer there is."""
        return renderers[0], renderers[0].media_type


def idempotency_key(request: Request) -> str | None:
    """The key that makes a call do its work once, if it has one. Raises Invalid."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise Invalid(_("An Idempotency-Key has at most %d plain signs.") % LONGEST_KEY)
    return key or None
