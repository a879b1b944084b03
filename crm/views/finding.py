"""Finding across modules: the palette behind Ctrl-K, the search page, pickers."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.lists.columns import plain_text, record_url
from crm.lists.query import order_from
from crm.lists.show import in_sentence
from crm.modules.registry import all_modules, module_named
from crm.search.asking import search_condition
from crm.search.entries import is_called
from crm.views.lists import title_of

EACH = 8
RECENT = 6


def _doors(request: HttpRequest) -> list[Access]:
    doors = [access_to(request.user, module) for module in all_modules() if module.search]
    return [door for door in doors if door.may("view")]


def _found(door: Access, text: str, most: int) -> list[dict[str, Any]]:
    where = search_condition(door, text)
    names = {door.module.title, "number", *door.module.phone_columns, *_searched(door)}
    rows = door.page(Slice(where, order_from(door, ""), 0, most), names)
    return [_item(door, row, _why(door, row, text)) for row in rows]


def _item(door: Access, row: Any, why: Any = "") -> dict[str, Any]:
    """A record as crm/palette/results.html and the search page take it."""
    return {
        "url": record_url(door.module.name, row.pk),
        "icon": door.module.icon,
        "title": title_of(door, row),
        "about": _about(door, row),
        "why_html": why,
    }


def _searched(door: Access) -> set[str]:
    return {path.partition(".")[0] for path in door.module.search.values()}


def _about(door: Access, row: Any) -> str:
    fields = [door.module.fields[name] for name in door.module.phone_columns]
    words = (plain_text(field, row.get(field.name)) for field in fields if not field.is_due)
    return " · ".join(word for word in words if word)


def _why(door: Access, row: Any, text: str) -> Any:
    """Which readable value matched, with the asked part marked; nothing where the title fits."""
    asked = text.strip().casefold()
    digits = "".join(sign for sign in asked if sign.isdigit())
    title = title_of(door, row)
    if asked in title.casefold() or is_called(door.module.fields[door.module.title], title, text):
        return ""
    for path in door.module.search.values():
        name, _dot, member = path.partition(".")
        if path not in door.readable:
            continue
        values = [one.get(member) for one in row.get(name) or ()] if member else [row.get(name)]
        for value in values:
            said = str(value or "")
            bare = "".join(sign for sign in said if sign.isdigit())
            is_hit = asked in said.casefold() or (len(digits) > 2 and digits in bare)
            if said and is_hit and name != door.module.title:
                return format_html("{} <mark>{}</mark>", door.module.fields[name].label, said[:60])
    return format_html("<mark>{}</mark>", text[:40])


def _groups(request: HttpRequest, text: str, most: int) -> list[dict[str, Any]]:
    groups = []
    for door in _doors(request):
        items = _found(door, text, most) if text else []
        if items:
            groups.append({"label": door.module.label_plural, "items": items})
    return groups


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """GET /palette/?q=: what Ctrl-K shows."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    groups = _groups(request, text, EACH) if text else _recent(request)
    commands = _commands(request, text)
    if commands:
        groups.append({"label": _("Commands"), "items": commands})
    total = sum(len(group["items"]) for group in groups) if text else 0
    context = {"groups": groups, "total": total, "question": text}
    return render(request, "crm/palette/results.html", context)


def _recent(request: HttpRequest) -> list[dict[str, Any]]:
    for door in _doors(request)[:1]:
        rows = door.page(
            Slice(order=order_from(door, ""), size=RECENT),
            {door.module.title, *door.module.phone_columns},
        )
        if rows:
            items = [_item(door, row) for row in rows]
            return [{"label": _("Latest"), "items": items}]
    return []


def _commands(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    found = []
    for module in all_modules():
        access = access_to(request.user, module)
        if access.grants.scope("view"):
            found.append(
                (_("Go to %s") % in_sentence(module.label_plural), f"/{module.name}/", module.icon)
            )
        if access.grants.scope("create") and not module.is_only_inside:
            found.append((_("New %s") % in_sentence(module.label), f"/{module.name}/new/", "plus"))
        if access.grants.scope("import"):
            found.append(
                (
                    _("Import %s") % in_sentence(module.label_plural),
                    f"/{module.name}/import/",
                    "import",
                )
            )
    asked = text.casefold()
    return [
        {"url": url, "icon": icon, "title": title, "about": "", "why_html": "", "key": ""}
        for title, url, icon in found
        if asked in title.casefold()
    ][:8]


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """GET /search/?q=: the same as a page with an address."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    groups = _groups(request, text, 30)
    context = {
        "groups": groups,
        "question": text,
        "total": sum(len(group["items"]) for group in groups),
        "crumbs": [{"label": _("Search"), "url": ""}],
    }
    return render(request, "crm/palette/page.html", context)


@require_safe
def lookup(request: HttpRequest, module: str) -> JsonResponse:
    """GET /lookup/<module>/?q=: records to choose from, those that the person may see and name."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    doors = _doors(request) if module == "any" else [access_to(request.user, module_named(module))]
    results = []
    for door in doors:
        if door.module.title not in door.readable or (
            module == "any" and not door.module.has_follow_ups
        ):
            continue
        where = search_condition(door, text) if text else door.everything
        rows = door.page(
            Slice(where, order_from(door, ""), 0, 10),
            {door.module.title, *door.module.phone_columns},
        )
        for row in rows:
            value = f"{door.module.name}/{row.pk}" if module == "any" else str(row.pk)
            results.append(
                {"value": value, "label": title_of(door, row), "note": _about(door, row)}
            )
    return JsonResponse({"results": results})
