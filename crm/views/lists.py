"""The list of any module."""

from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from crm.access.errors import TookTooLong, refusal_of
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.lists.columns import cell, plain_text, record_url, renderer_for
from crm.lists.query import Query, query_from
from crm.lists.shapes import TABLE
from crm.lists.turning import Page, read_page
from crm.modules.registry import module_named
from crm.operation.replica import from_replica
from crm.views.address import Address, path_of
from crm.views.alike import doubles_url
from crm.views.column_menus import column_menus
from crm.views.empties import empty_context
from crm.views.field_menu import field_menu_context
from crm.views.list_parts import (
    bulk_actions,
    chips,
    column_heads,
    empty_state,
    head_at,
    pager,
    sort_menu,
)  # fmt: skip
from crm.views.new_condition import filter_part, merged_address
from crm.views.totals import summable, totals_of
from crm.views.view_menu import Views, opening_url, views_menu


@require_safe
@from_replica
def record_list(request: HttpRequest, module: str) -> HttpResponse:
    """GET /<module>/: the rows that the person may see, as the address asks for them."""
    access = access_to(request.user, module_named(module))
    params = request.GET.copy()
    view = params.pop("view", [""])[-1]
    kept = view if view.isdecimal() else ""
    if params.getlist("columns"):
        params["columns"] = ",".join(params.getlist("columns"))
    part = params.pop("part", [""])[-1]
    if part == "filter":
        return filter_part(request, access, params, kept)
    if "add_field" in params:
        return HttpResponseRedirect(merged_address(request, access, params, kept))
    views = Views(access, view)
    opening = opening_url(request.GET, views)
    if opening:
        return HttpResponseRedirect(opening)
    query = query_from(params, access)
    address = Address(request.path, query, params.get("columns", ""), views.current)
    if part == "count":
        return render(request, "crm/list/count.html", count_context(access, query, address))
    if part == "totals":
        return render(request, "crm/list/totals.html", _totals_context(access, address))
    context = list_context(access, query, address, views)
    is_part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    if is_part and not request.headers.get("HX-History-Restore-Request"):
        response = render(request, "crm/list/body.html", {**context, "is_fragment": True})
    else:
        response = render(request, "crm/list/page.html", context)
    response["Vary"] = "HX-Request"
    return response


def count_context(access: Access, query: Query, address: Address) -> dict[str, Any]:
    """How many there are, as crm/list/count.html takes it; nothing where that took too long."""
    try:
        value, exact = access.count(query.where, exact=query.exact_count)
    except OperationalError as error:
        if not isinstance(refusal_of(error), TookTooLong):
            raise
        return {"count": None, "count_url": "", "is_uncounted": True}
    return {
        "count": {"value": value, "exact": exact},
        "count_url": address.with_(part="count", count="exact"),
    }


def _totals_context(access: Access, address: Address) -> dict[str, Any]:
    shown = _with_title(access.module.title, address.query.columns)
    return {
        "columns": column_heads(access, shown, address),
        "bulk": bulk_actions(access),
        "is_sized": bool(address.query.widths),
        "totals": totals_of(access, address, shown),
    }


def list_context(access: Access, query: Query, address: Address, views: Views) -> dict[str, Any]:
    """Everything that crm/list/page.html shows."""
    module = access.module
    columns = query.columns
    shown = _with_title(module.title, columns)
    wanted = set(shown) | set(module.phone_columns) | {module.level} - {""}
    may_view = bool(access.grants.scope("view")) or access.may("view")
    page = read_page(query, wanted) if may_view else Page([], 0, {}, {})
    frame = frame_context(access, query, address, views, shown)
    return {
        **frame,
        "columns": column_heads(access, shown, address),
        "is_sized": bool(query.widths),
        "density": query.density,
        "rows": row_contexts(access, page.rows, shown),
        "totals_url": address.with_(part="totals") if summable(access, shown) else "",
        "pager": pager(page, address),
        "bulk": bulk_actions(access),
        **empty_context(access, empty_state(access, query, page.rows, may_view), frame["chips"]),
    }


def frame_context(
    access: Access, query: Query, address: Address, views: Views, shown: list[str]
) -> dict[str, Any]:
    """What stands round the records in every form: verbs, views, conditions, order."""
    module = access.module
    base = path_of(module.name, TABLE)
    may_create = access.may("create") and not module.is_only_inside
    return {
        "module": _module_context(access),
        "crumbs": [{"label": module.group, "url": ""}, {"label": module.label_plural, "url": ""}],
        "list_url": address.path,
        "new_url": f"{base}new/" if may_create else "",
        "import_url": f"{base}import/" if access.may("import") else "",
        "export_url": _export_url(access, address) if access.may("export") else "",
        "bin_url": f"/bin/?module={module.name}" if access.grants.scope("delete") else "",
        "doubles_url": doubles_url(access),
        **_filter_context(access, address),
        "query_fields": address.fields,
        "query_string": address.query_text,
        "count": None,
        "count_url": address.with_(part="count"),
        **sort_menu(access, address),
        **column_menus(access, address, shown),
        **views_menu(address, views),
    }


def _filter_context(access: Access, address: Address) -> dict[str, Any]:
    """The chips, the panel and the builder."""
    return {
        "chips": chips(access, address),
        "clear_url": address.with_(filter="", q="", scope=""),
        "search": {
            "value": address.query.text, "url": address.path, "keep": _without(address, "q"),
        },
        **field_menu_context(access),
        "filter_part_url": f"{address.path}?part=filter",
        "builder_url": f"{path_of(access.module.name, TABLE)}filter/?{address.query_text}",
    }  # fmt: skip


def _with_title(title: str, columns: tuple[str, ...]) -> list[str]:
    return [title, *(name for name in columns if name != title)]


def _without(address: Address, name: str) -> list[dict[str, str]]:
    return [one for one in address.fields if one["name"] != name]


def _export_url(access: Access, address: Address) -> str:
    text = address.in_form(TABLE).partition("?")[2]
    return f"/{access.module.name}/export/" + (f"?{text}" if text else "")


def _module_context(access: Access) -> dict[str, Any]:
    module = access.module
    return {
        "name": module.name,
        "label": module.label,
        "label_plural": module.label_plural,
        "icon": module.icon,
    }


def row_contexts(access: Access, rows: list[Row], shown: list[str]) -> list[dict[str, Any]]:
    """The rows as crm/lists/drawing.py draws them: cells are prebuilt HTML."""
    module = access.module
    places = [head_at(access, name) for name in shown]
    renderers = [(one.column, renderer_for(one.field, one.door.module)) for one in places]
    level = module.fields.get(module.level)
    render_level = renderer_for(level, module) if level is not None else None
    subs = [module.fields[name] for name in module.phone_columns if name in access.visible]
    notes = [field for field in subs if field.is_due]
    subs = [field for field in subs if not field.is_due]
    may_edit = access.may("edit")
    found = []
    for row in rows:
        url = record_url(module.name, row.pk)
        note = next((cell(row, field, renderer_for(field, module)) for field in notes), "")
        found.append(
            {
                "pk": row.pk,
                "url": url,
                "peek_url": f"{url}peek/",
                "edit_url": f"{url}edit/" if may_edit else "",
                "title": title_of(access, row),
                "cells": [cell(row, field, render) for field, render in renderers],
                "mark": cell(row, level, render_level) if level and render_level else "",
                "sub": " · ".join(filter(None, (plain_text(f, row.get(f.name)) for f in subs))),
                "figure": "",
                "note": note,
            }
        )
    return found


def title_of(access: Access, row: Row) -> str:
    """What a record is called for this person; its number where the name is not his to read."""
    value = row.get(access.module.title)
    if value in (None, ""):
        value = row.get("number") or format_html("#{}", row.pk)
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
