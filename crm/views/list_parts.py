"""The parts of a list page: heads, chips, menus, pager, and why it is empty."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from crm.access.policy import Access
from crm.access.sharing import is_shareable
from crm.lists.paths import Place, column_at
from crm.lists.query import MOST_SORT_KEYS, Query
from crm.lists.turning import Page
from crm.modules.fields import Field
from crm.records.edits import editable_fields, may_tag
from crm.records.merging import may_merge
from crm.views.address import Address
from crm.views.field_menu import spelled
from crm.views.words import condition_words


def column_heads(access: Access, shown: Sequence[str], address: Address) -> list[dict[str, Any]]:
    """The heads of the columns, each with the address that sorts by it."""
    keys = {key.field.name: (n, key) for n, key in enumerate(address.query.order, 1)}
    heads = []
    for name in shown:
        place = head_at(access, name)
        field = place.field
        kind = _column_kind(place.door, field)
        number, key = keys.get(name, (0, None))
        direction = "" if key is None else ("desc" if key.is_descending else "asc")
        may_sort = field.is_sortable and name in access.readable
        turned = f"-{name}" if direction == "asc" else name
        others = [_key_text(k) for k in address.query.order if k.field.name != name]
        heads.append(
            {
                "name": name,
                "label": place.label,
                "kind": "date" if "." in name and kind in NARROW else kind,
                "unit": field.unit,
                "align": "num" if field.traits.align == "end" else "",
                "sort": direction,
                "sort_number": number,
                "sort_url": address.sorted_by([turned]) if may_sort else "",
                "add_sort_url": address.sorted_by([*others, turned][:MOST_SORT_KEYS])
                if may_sort
                else "",
                "is_title": name == access.module.title,
                "width": address.query.widths.get(name, 0),
            }
        )
    return heads


# A related field's head is longer than its own: 客户 · 等级.
NARROW = frozenset({"level", "user", "boolean", "integer", "percent", "choice", "stage"})


def head_at(access: Access, name: str) -> Place:
    """The place of a column; the title stands in any case, without the name that is not seen."""
    if name in access.visible or "." in name:
        return column_at(access, name)
    return Place(name, access, access.module.fields[name], str(access.module.label))


def _column_kind(access: Access, field: Field) -> str:
    if field.name == access.module.level:
        return "level"
    if field.name == access.module.stage:
        return "stage"
    return "tags" if field.name == "tags" else field.kind


def _key_text(key: Any) -> str:
    return ("-" if key.is_descending else "") + key.field.name


def chips(access: Access, address: Address) -> list[dict[str, Any]]:
    """The conditions that hold, each with the address without it."""
    found: list[dict[str, Any]] = []
    if address.query.scope:
        url = address.with_(scope="", view=address.view if address.is_saved else "")
        text = _("shared with me")
        found.append({"label": _("Rows"), "text": text, "remove_url": url, "index": None})
    if address.query.text:
        found.append(
            {
                "label": _("Search"), "text": address.query.text, "remove_url": address.with_(q=""),
                "index": None,
            }
        )  # fmt: skip
    for index, condition in enumerate(address.query.conditions):
        label, text = condition_words(access, condition)
        url = address.without_condition(index)
        found.append({"label": label, "text": text, "remove_url": url, "index": index})
    return found


def filter_fields(access: Access, address: Address) -> dict[str, Any]:
    """The fields that may be filtered by, usual ones first."""
    module = access.module
    usual = [name for name in module.filters if name in access.readable]
    others = [
        name
        for name, field in module.fields.items()
        if name in access.readable and field.is_filterable and name not in usual
    ]
    return {
        "filter_fields": [
            {
                "name": name,
                "label": module.fields[name].label,
                "kind": module.fields[name].kind,
                "url": address.with_(part="filter", field=name),
            }
            for name in [*usual, *others]
            if not module.fields[name].is_collection or _main_is_readable(access, name)
        ]
    }


def _main_is_readable(access: Access, name: str) -> bool:
    main = next(iter(access.module.fields[name].members))
    return f"{name}.{main}" in access.readable


def sort_menu(access: Access, address: Address) -> dict[str, Any]:
    """The panel of up to four keys: their order, their direction, one more."""
    texts = [_key_text(key) for key in address.query.order]
    sorts = []
    for index, key in enumerate(address.query.order):
        name = key.field.name
        before, after = texts[:index], texts[index + 1 :]
        up = [*before[:-1], texts[index], *before[-1:], *after]
        asc_label, desc_label = DIRECTIONS.get(key.field.kind, USUAL_DIRECTIONS)
        sorts.append(
            {
                "key": texts[index],
                "label": key.field.label,
                "asc_label": asc_label,
                "desc_label": desc_label,
                "direction": "desc" if key.is_descending else "asc",
                "asc_url": address.sorted_by([*before, name, *after]),
                "desc_url": address.sorted_by([*before, f"-{name}", *after]),
                "up_url": address.sorted_by(up) if before else "",
                "remove_url": address.sorted_by([*before, *after]),
            }
        )
    used = {key.field.name for key in address.query.order}
    more = [
        {
            "label": field.label,
            "text": spelled(field.label),
            "url": address.sorted_by([*texts, name]),
        }
        for name, field in access.module.fields.items()
        if field.is_sortable and name in access.readable and name not in used
    ]
    return {"sorts": sorts, "sort_add": more if len(sorts) < MOST_SORT_KEYS else []}


USUAL_DIRECTIONS = (gettext_lazy("Ascending"), gettext_lazy("Descending"))
_BY_SIZE = (gettext_lazy("Low first"), gettext_lazy("High first"))
_BY_TIME = (gettext_lazy("Early first"), gettext_lazy("Late first"))
DIRECTIONS = {
    **dict.fromkeys(("integer", "decimal", "money", "percent"), _BY_SIZE),
    **dict.fromkeys(("date", "datetime"), _BY_TIME),
}


def pager(page: Page, address: Address) -> dict[str, Any]:
    """Which rows these are, and the addresses of the pages around."""
    shown = len(page.rows)
    return {
        "first": page.before + 1 if shown else 0,
        "last": page.before + shown,
        "page": 0,
        "pages": 0,
        "prev_url": address.with_(**page.previous) if page.previous else "",
        "next_url": address.with_(**page.next) if page.next else "",
    }


def bulk_actions(access: Access) -> list[dict[str, Any]]:
    """What may be done to picked rows."""
    base = f"/{access.module.name}/bulk"
    found = []
    if access.grants.scope("edit") and editable_fields(access):
        found.append(
            {"label": _("Edit"), "icon": "pen", "url": f"{base}/edit/", "is_danger": False}
        )
    if access.grants.scope("edit") and may_tag(access):
        label = pgettext("verb", "Tag")
        found.append({"label": label, "icon": "tag", "url": f"{base}/tag/", "is_danger": False})
    if access.grants.scope("assign"):
        found.append(
            {"label": _("Assign"), "icon": "swap", "url": f"{base}/assign/", "is_danger": False}
        )
    if access.grants.scope("share") and is_shareable(access.module.model):
        label = pgettext("verb", "Share")
        found.append({"label": label, "icon": "share", "url": f"{base}/share/", "is_danger": False})
    if may_merge(access):
        url = f"/{access.module.name}/merge/"
        found.append({"label": _("Merge"), "icon": "copy", "url": url, "is_danger": False})
    if access.grants.scope("delete"):
        found.append(
            {"label": _("Delete"), "icon": "trash", "url": f"{base}/delete/", "is_danger": True}
        )
    return found


def empty_state(access: Access, query: Query, rows: Sequence[Any], may_view: bool) -> str:
    """Which of the three empty pages stands where rows would."""
    if rows:
        return ""
    if not may_view:
        return "noright"
    return (
        "nomatch"
        if query.tree or query.text or query.scope or query.page > 1 or query.mark
        else "first"
    )
