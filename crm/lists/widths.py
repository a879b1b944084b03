"""How wide the columns of a list are and how high its rows: what an address says of its shape."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.lists.errors import BadQuery
from crm.lists.paths import column_at

NARROWEST, WIDEST = 40, 800  # px
DENSITIES = ("compact", "normal", "cosy")


def widths_from(access: Access, text: str) -> dict[str, int]:
    """`name:200,customer.level:64` as px by column. Raises BadQuery."""
    found: dict[str, int] = {}
    for one in text.split(","):
        if not one:
            continue
        path, _colon, number = one.rpartition(":")
        column_at(access, path)
        if not number.isascii() or not number.isdigit() or len(number) > 4:
            raise BadQuery(_("A width is a number of pixels: “name:200”."))
        found[path] = min(max(int(number), NARROWEST), WIDEST)
    return found


def widths_text(widths: Mapping[str, int]) -> str:
    """Widths as the address says them."""
    return ",".join(f"{path}:{width}" for path, width in widths.items())


def density_from(text: str) -> str:
    """The height of rows that an address names, "" where it leaves it to the person."""
    if text and text not in DENSITIES:
        raise BadQuery(_("“density” is one of: %s.") % ", ".join(DENSITIES))
    return text
