"""Small signs beside words: an icon, a person's initial."""

from functools import cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString


@cache  # a list draws some two hundred
def icon(name: str, size: str = "") -> SafeString:
    """One sign of static/icons/sprite.svg, 16 px, or 12 px with size "small"."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        size,
        static("icons/sprite.svg"),
        name,
    )


def initial(name: str) -> str:
    """What stands in a person's round face: the surname's sign, or the first letter."""
    return str(name).strip()[:1].upper()
