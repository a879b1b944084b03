"""Logs as one JSON object a line; line breaks in what people send cannot forge lines."""

import json
import logging

from crm.records.act import current_origin


def _id_of(request: object) -> str:
    """The id of the request that an entry is about: Django logs its answers after the request."""
    return str(getattr(request, "request_id", ""))


class JsonFormatter(logging.Formatter):
    """One line per entry: time, level, logger, text, request id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as JSON."""
        entry = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "text": record.getMessage(),
            "request": current_origin().request_id or _id_of(getattr(record, "request", None)),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)
