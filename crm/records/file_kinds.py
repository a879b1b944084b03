"""How many files a field of files holds, and which: what an administrator may say."""

import re
from typing import Any

from django.utils.translation import gettext as _

from crm.customfields.files import FILE, MOST_IN_A_FIELD
from crm.customfields.models import FieldDefinition

FileLimits = tuple[int, str]  # how many files at most, of which endings
ONE_FILE: FileLimits = (1, "")
LIMITS = ("most_files", "endings")  # of a definition
MOST_ENDINGS = 20
_ENDING = re.compile(r"[a-z0-9]{1,10}")
_BETWEEN = re.compile(r"[\s,，;；、]+")


def wrong_limits(kind: str, files: FileLimits) -> dict[str, list[Any]]:
    """Errors of the two settings; none for fields of another kind."""
    if kind != FILE:
        return {}
    most, endings = files
    errors: dict[str, list[Any]] = {}
    if not 1 <= most <= MOST_IN_A_FIELD:
        errors["most_files"] = [_("A number of files from 1 to %d.") % MOST_IN_A_FIELD]
    words = _words(endings)
    if len(words) > MOST_ENDINGS or not all(_ENDING.fullmatch(word) for word in words):
        errors["endings"] = [_("Write endings such as pdf, jpg with commas between them.")]
    return errors


def limits(kind: str, files: FileLimits) -> dict[str, Any]:
    """The two settings as a definition keeps them."""
    if kind != FILE:
        return {}
    most, endings = files
    return {"most_files": most, "endings": _words(endings)}


def set_limits(row: FieldDefinition, files: FileLimits) -> None:
    """Give a definition the two settings."""
    for name, value in limits(row.kind, files).items():
        setattr(row, name, value)


def _words(endings: str) -> list[str]:
    found = (word.lstrip(".").lower() for word in _BETWEEN.split(endings))
    return list(dict.fromkeys(word for word in found if word))
