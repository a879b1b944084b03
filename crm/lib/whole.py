"""Whole numbers that come in as text: ids, versions, counts."""

from collections.abc import Iterable

MOST_DIGITS = 18  # fits a bigint


def whole_number(text: str) -> int | None:
    """The number that plain digits say; None for everything else and what no id can be."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None


def whole_numbers(texts: Iterable[str]) -> list[int]:
    """Those that are whole numbers."""
    return [number for number in map(whole_number, texts) if number is not None]
