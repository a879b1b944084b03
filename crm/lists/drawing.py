"""Rows and cards as HTML: a page has some hundred of their parts, so no template joins them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from crm.lists.signs import icon, initial

Context = Mapping[str, Any]


def draw_rows(
    rows: Sequence[Context], columns: Sequence[Context], can_pick: bool, is_sized: bool
) -> SafeString:
    """The rows of crm/list/body.html.

    columns [{is_title, align}]; rows [{pk, url, peek_url, edit_url, title, cells: [safe html, one
    per column; the title column's is ignored], is_picked, is_open (in the panel)}], and for the
    phone's card: mark (safe html: level badge or ""), sub (text), figure, note (safe html).
    """
    opened = ["" if one["is_title"] else _opened(one.get("align", "")) for one in columns]
    words = _("Select %(title)s") if can_pick else ""
    rest = '<td class="rest"></td>' if is_sized else ""
    return mark_safe("\n".join(_row(row, opened, words, rest) for row in rows))  # noqa: S308  escaped cell by cell


def _opened(align: str) -> str:
    return f'<td class="{align}">' if align else "<td>"


def _row(row: Context, opened: Sequence[str], words: str, rest: str) -> str:
    """One row; an opening "" stands for the title."""
    title, url = escape(row["title"]), escape(row["url"])
    peek, edit = row.get("peek_url"), row.get("edit_url")
    parts = [
        f'<tr data-pk="{row["pk"]}" data-url="{url}"',
        f' data-peek="{escape(peek)}"' if peek else "",
        f' data-edit="{escape(edit)}"' if edit else "",
        " data-open>" if row.get("is_open") else ">",
    ]
    if words:
        said = escape(words % {"title": row["title"]})
        parts.append(
            f'<td class="pick"><input class="check" type="checkbox" name="pk" value="{row["pk"]}"'
            f' form="bulk" aria-label="{said}"{" checked" if row.get("is_picked") else ""}></td>'
        )
    name = f'<th scope="row" class="title pin"><a href="{url}" title="{title}">{title}</a></th>'
    parts += [
        f"{start}{conditional_escape(cell)}</td>" if start else name
        for start, cell in zip(opened, row["cells"], strict=True)
    ]
    parts.append(
        f'{rest}<td class="card-mark">{conditional_escape(row["mark"])}</td>'
        f'<td class="card-figure num">{conditional_escape(row["figure"])}</td>'
        f'<td class="card-sub clip">{escape(row["sub"])}</td>'
        f'<td class="card-note">{conditional_escape(row["note"])}</td></tr>'
    )
    return "".join(parts)


def draw_cards(cards: Sequence[Context], on_day: bool = False) -> SafeString:
    """The cards of one column of a board, or of one day of a calendar.

    cards [{pk, url, peek_url, version, is_movable, title, lines [{label, html}]}], and on a board
    mark (safe html), face (the owner's name), due {tone, text, is_late} or None, figure (safe
    on a day tone (of its state, or ""), time (text).
    """
    said = _("Move %(title)s to…"), escape(_("Move to…")), icon("swap", "small")
    return mark_safe("".join(_card(card, said, on_day) for card in cards))  # noqa: S308  escaped part by part


def _card(card: Context, said: tuple[str, str, str], on_day: bool) -> str:
    title, url = escape(card["title"]), escape(card["url"])
    may_move = card["is_movable"]
    movable = f' data-movable data-edit="{url}edit/"' if may_move else ""
    return (
        f'<article class="card" data-pk="{card["pk"]}" data-url="{url}"'
        f' data-peek="{escape(card["peek_url"])}" data-move="{url}move/"'
        f' data-version="{card["version"]}"{movable}>\n'
        f'  <div class="name">{_hour(card) if on_day else conditional_escape(card["mark"])}'
        f'<a class="clip fill" href="{url}" title="{title}">{title}</a>'
        f"{_move_button(card['title'], said) if may_move else ''}</div>\n"
        f"  {_lines(card['lines'])}{'' if on_day else _foot(card)}\n</article>"
    )


def _hour(card: Context) -> str:
    """When on its day, and whether that is over."""
    state = f'<span class="state {card["tone"]}"></span>' if card["tone"] else ""
    return state + (f'<span class="fig dim">{escape(card["time"])}</span>' if card["time"] else "")


def _move_button(title: str, said: tuple[str, str, str]) -> str:
    label, short, sign = said
    return (
        '<button class="button quiet square tiny" type="button" data-move-menu'
        f' aria-label="{escape(label % {"title": title})}" title="{short} M">{sign}</button>'
    )


def _lines(lines: Sequence[Context]) -> str:
    shown = "".join(
        f'<span title="{escape(str(one["label"]))}">{conditional_escape(one["html"])}</span>'
        for one in lines
    )
    return f'<p class="said">{shown}</p>' if shown else ""


def _foot(card: Context) -> str:
    """Whose it is, when it is due, what it is worth."""
    parts, face, due = [], escape(card["face"]), card["due"]
    if face:
        parts.append(
            f'<span class="face" title="{face}"><span aria-hidden="true">'
            f'{escape(initial(card["face"]))}</span><span class="unseen">{face}</span></span>'
        )
    if due:
        late = " late" if due["is_late"] else ""
        parts.append(f'<span class="state {due["tone"]}{late}">{escape(due["text"])}</span>')
    if card["figure"]:
        parts.append(f'<span class="push num">{conditional_escape(card["figure"])}</span>')
    return f'<div class="foot">{"".join(parts)}</div>' if parts else ""
