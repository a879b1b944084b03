"""Tags and filters of the pages: an icon, a grouped number, an initial. Nothing decides here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from weakref import WeakSet

from django import template
from django.template.base import FilterExpression, Parser, Token
from django.utils.translation import get_language

from crm.lib.recent import Recent
from crm.lists.drawing import draw_cards, draw_rows
from crm.lists.show import in_sentence, show_date, show_moment
from crm.lists.signs import icon, initial
from crm.modules.stamp import forget_too

DEVICES = (  # the first sign found names it: Edge also says Chrome, Chrome also says Safari
    (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ),
    (
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ),
)

MOST_DRAWN = 500  # of one part of a template

register = template.Library()
register.filter("in_sentence", in_sentence)
register.filter("initial", initial)
for draw in (icon, draw_rows, draw_cards):
    register.simple_tag(draw)


class KeptNode(template.Node):
    """What stands between `kept` and `endkept`, drawn once for each key and language."""

    known: WeakSet[KeptNode] = WeakSet()

    def __init__(self, nodelist: template.NodeList, keys: Sequence[FilterExpression]) -> None:
        self.nodelist = nodelist
        self._keys = keys
        self.drawn: Recent[str] = Recent(MOST_DRAWN)
        self.known.add(self)

    def render(self, context: template.Context) -> str:
        keys = tuple(one.resolve(context) for one in self._keys)
        if not keys[0]:
            return self.nodelist.render(context)
        return self.drawn.get((get_language(), keys), lambda: self.nodelist.render(context))


@forget_too
def forget_drawn() -> None:
    """Draw all of it anew."""
    for node in list(KeptNode.known):
        node.drawn.clear()


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """{% kept key … %} … {% endkept %}: drawn again only for other keys; each time without one.

    The keys name all that the part depends on; what it shows may be callables, which a part
    that is drawn already doesn't call.
    """
    _name, *keys = token.split_contents()
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, [parser.compile_filter(key) for key in keys])


@register.filter
def grouped(value: int | Decimal | None) -> str:
    """The number with a comma after every three digits; nothing for None."""
    return "" if value is None or value == "" else f"{value:,}"


@register.filter
def percent_of(done: int, total: int) -> int:
    """How far `done` of `total` is, 0-100; 0 when nothing is to be done."""
    return min(100, int(done * 100 / total)) if total else 0


@register.filter
def at(items: list | None, index: int) -> object:
    """The item at `index`; nothing when there is none."""
    return items[index] if items and index < len(items) else ""


@register.filter
def moment(value: datetime | date | None) -> str:
    """Day and clock as a person reads them, in the reader's zone; nothing for None."""
    if value is None or value == "":
        return ""
    return show_moment(value) if isinstance(value, datetime) else show_date(value)


@register.filter
def device(agent: str) -> str:
    """A browser's long name as people call it: "Windows · Chrome"; the start of it when unknown."""
    found = [next((name for sign, name in names if sign in agent), "") for names in DEVICES]
    return " · ".join(name for name in found if name) or agent[:40]
