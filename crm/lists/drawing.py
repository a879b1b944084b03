"""Rows of a list as HTML: a page has some hundred cells, so no template joins them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

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
        f"{start}{_html(cell)}</td>" if start else name
        for start, cell in zip(opened, row["cells"], strict=True)
    ]
    parts.append(
        f'{rest}<td class="card-mark">{_html(row["mark"])}</td>'
        f'<td class="card-figure num">{_html(row["figure"])}</td>'
        f'<td class="card-sub clip">{escape(row["sub"])}</td>'
        f'<td class="card-note">{_html(row["note"])}</td></tr>'
    )
    return "".join(parts)


def _html(value: Any) -> str:
    """The value as it stands where it is safe already, escaped where it is not."""
    return value if isinstance(value, SafeString) else escape(str(value))
