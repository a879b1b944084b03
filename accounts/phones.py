"""Phones of people, as they are stored and compared."""

from crm.lib.phones import InvalidPhone, parse_phone


def shown_phone(text: str) -> str:
    """The number as people read it, 138 0013 8000; a text that is no phone stays as it is."""
    try:
        return parse_phone(text).display
    except InvalidPhone:
        return text


def normalise_phone(text: str) -> str:
    """The number as +8613800138000; what is no phone gives an empty text."""
    try:
        return parse_phone(text).e164
    except InvalidPhone:
        return ""
