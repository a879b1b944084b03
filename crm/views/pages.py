"""Long tables in pages: the number that is asked for, and the links to the pages around."""

from collections.abc import Callable
from typing import Any


def page_number(raw: str, deepest: int) -> int:
    """The page that is asked for; 1 when it is nonsense or deeper than is shown."""
    is_number = raw.isascii() and raw.isdigit() and len(raw) <= len(str(deepest))
    return int(raw) if is_number and 1 <= int(raw) <= deepest else 1


def page_links(
    page: int, size: int, shown: int, has_next: bool, url: Callable[[int], str], pages: int = 0
) -> dict[str, Any]:
    """What crm/list/pager.html shows; `shown` rows are on this page, 0 `pages` are not counted."""
    first = (page - 1) * size
    return {
        "first": first + 1 if shown else 0,
        "last": first + shown,
        "page": page,
        "pages": pages,
        "prev_url": url(page - 1) if page > 1 else "",
        "next_url": url(page + 1) if has_next else "",
    }
