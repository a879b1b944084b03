"""Phones of people, as they are stored and compared."""

from crm.lib.phones import InvalidPhone, parse_phone


def normalise_phone(text: str) -> str:
    """The number as +8613800138000; what is no phone gives an empty text."""
    try:
        return parse_phone(text).e164
    except InvalidPhone:
        return ""
