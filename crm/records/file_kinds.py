"""How many files a field of files holds, and which: what an administrator may say."""

import re
from typing import Any

from django.utils.translation import gettext as _

from crm.customfields.files import FILE, MOST_IN_A_FIELD

LIMITS = ("most_files", "endings")  # of a definition
MOST_ENDINGS = 20
_ENDING = re.compile(r"[a-z0-9]{1,10}")
_BETWEEN = re.compile(r"[\s,，;；、]+")


def wrong_limits(kind: str, most: int, endings: str) -> dict[str, list[Any]]:
    """Errors of the two settings; none for fields of another kind."""
    if kind != FILE:
        return {}
    errors: dict[str, list[Any]] = {}
    if not 1 <= most <= MOST_IN_A_FIELD:
        errors["most_files"] = [_("A number of files from 1 to %d.") % MOST_IN_A_FIELD]
    words = _words(endings)
    if len(words) > MOST_ENDINGS or not all(_ENDING.fullmatch(word) for word in words):
        errors["endings"] = [_("Write endings such as pdf, jpg with commas between them.")]
    return errors


def limits(kind: str, most: int, endings: str) -> dict[str, Any]:
    """The two settings as a definition keeps them."""
    if kind != FILE:
        return {}
    return {"most_files": most, "endings": _words(endings)}


def _words(endings: str) -> list[str]:
    found = (word.lstrip(".").lower() for word in _BETWEEN.split(endings))
    return list(dict.fromkeys(word for word in found if word))
