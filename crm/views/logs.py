"""Logs as one JSON object a line; line breaks in what people send cannot forge lines.

Secrets do not come in: nothing logs them, and what looks like one is covered all the same, since
an exception of a library may quote an address with a password or a header with a token.
"""

import json
import logging
import re
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from crm.records.act import current_origin

COVER = "***"
SHORTEST_SECRET = 8  # a shorter value would cover words that mean nothing
NAMED = re.compile(
    r"""(?ix)
    (\b(?:[\w-]*(?:password|passwd|secret|token|authorization|cookie|api[_-]?key)[\w-]*
        |keyuan_session|sessionid|csrf[\w-]*)
     ["']?\s*(?:=>|[=:])\s*["']?)
    (?:(?:bearer|basic|token)\s+)?
    [^\s"',;&}\)\]]+"""
)
BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
IN_ADDRESS = re.compile(r"(\w+://[^\s/:@]*:)[^\s/@]+@")
LINKS = re.compile(r"(/password/reset/)[^/\s\"']+")


@lru_cache(maxsize=1)
def _own_secrets() -> tuple[str, ...]:
    """The secrets of the settings themselves."""
    found = {settings.SECRET_KEY, settings.EMAIL_HOST_PASSWORD, settings.METRICS_TOKEN}
    found |= {str(one.get("PASSWORD") or "") for one in settings.DATABASES.values()}
    found |= {urlsplit(url).password or "" for url in (settings.REDIS_URL,) if url}
    return tuple(one for one in found if len(one) >= SHORTEST_SECRET)


def covered(text: str) -> str:
    """The text with everything covered that looks like a secret."""
    for secret in _own_secrets():
        text = text.replace(secret, COVER)
    text = IN_ADDRESS.sub(rf"\1{COVER}@", text)
    text = BEARER.sub(rf"\1 {COVER}", text)
    text = LINKS.sub(rf"\1{COVER}", text)
    return NAMED.sub(rf"\1{COVER}", text)


def _id_of(request: object) -> str:
    """The id of the request that an entry is about: Django logs its answers after the request."""
    return str(getattr(request, "request_id", ""))


class JsonFormatter(logging.Formatter):
    """One line per entry: time, level, logger, text, request id, what caused it, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as JSON."""
        where = current_origin()
        entry = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "text": covered(record.getMessage()),
            "request": where.request_id or _id_of(getattr(record, "request", None)),
        }
        if where.cause:
            entry["cause"] = where.cause
        entry |= getattr(record, "facts", {})
        if record.exc_info:
            entry["exception"] = covered(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False, default=str)
