"""Finding across modules: the palette behind Ctrl-K, the search page, pickers."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.loading import load_rows
from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.documents.folders import names_of
from crm.documents.library import Library
from crm.documents.shelves import find_in_library
from crm.lists.columns import plain_text, record_url
from crm.lists.query import order_from
from crm.lists.show import in_sentence
from crm.modules.registry import all_modules, module_named
from crm.operation.replica import from_replica
from crm.search.finding import Hits, find
from crm.search.reasons import is_in, marked, reason
from crm.views.detail import actions_on
from crm.views.lists import title_of

EACH = 8
RECENT = 6
A_PAGE = 30
OFFERED = 10
MOST_COMMANDS = 8
LONGEST = 60


def _text(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]


def _doors(request: HttpRequest) -> list[Access]:
    doors = [access_to(request.user, module) for module in all_modules() if module.search]
    return [door for door in doors if door.may("view")]


def _found(door: Access, text: str, hits: Hits) -> list[dict[str, Any]]:
    searched = {path.partition(".")[0] for path in door.module.search.values()}
    names = {door.module.title, "number", *door.module.phone_columns, *searched}
    return [_item(door, row, text) for row in door.rows_of(hits.ids, names)]


def _item(door: Access, row: Row, text: str = "") -> dict[str, Any]:
    """A record as crm/palette/results.html and the search page take it."""
    title = title_of(door, row)
    is_readable = door.module.title in door.readable
    return {
        "url": record_url(door.module.name, row.pk),
        "icon": door.module.icon,
        "title": marked(title, text) if text and is_readable else title,
        "about": _about(door, row),
        "why_html": reason(door, row, text) if text else "",
    }


def _about(door: Access, row: Row) -> str:
    fields = [door.module.fields[name] for name in door.module.phone_columns]
    words = (plain_text(field, row.get(field.name)) for field in fields if not field.is_due)
    return " · ".join(word for word in words if word)


def _in_library(request: HttpRequest, text: str, most: int) -> dict[str, Any] | None:
    """The folders and documents of the library that the word finds, as a group of results."""
    library = Library(request.user)
    folders, documents = find_in_library(library, text)
    found = [("folder", one.name, one, f"/library/{one.pk}/") for one in folders]
    for shelved in documents:
        node = library.seen(shelved.document.record_id)
        found.append(("file", shelved.document.name, node, f"/library/{node.pk}/"))
    if not found:
        return None
    items = []
    for icon, name, node, url in found[:most]:
        above = node.trail if icon == "file" else node.trail[:-1]
        item = {"url": url, "icon": icon, "title": marked(name, text), "about": names_of(above)}
        items.append({**item, "why_html": ""})
    more = f"/library/?{urlencode({'q': text})}" if len(found) > most else ""
    label, count = _("Library"), f"{len(found):,}"
    return {"label": label, "items": items, "count": count, "more_url": more}


@require_safe
@from_replica
def palette(request: HttpRequest) -> HttpResponse:
    """GET /palette/?q=&record=&recent=: what Ctrl-K shows.

    `record` is the record that is open, `recent` those opened last, both as customers/12.
    """
    text = _text(request)
    groups: list[dict[str, Any]] = []
    total, is_exact = 0, True
    for door in _doors(request) if text else ():
        hits = find(door, text, EACH)
        items = _found(door, text, hits)
        if items:
            more = f"/search/?{urlencode({'q': text, 'module': door.module.name})}"
            count = counted(hits)
            groups.append(
                {
                    "label": door.module.label_plural,
                    "items": items,
                    "count": count,
                    "more_url": more if hits.after else "",
                }
            )
        total, is_exact = total + hits.count, is_exact and hits.is_exact
    shelf = _in_library(request, text, EACH) if text else None
    if shelf is not None:
        groups.append(shelf)
        total += len(shelf["items"])
    if not text:
        groups += _recent(request)
    groups += [*_on_record(request, text), *_commands(request, text)]
    context = {
        "groups": groups,
        "total": total,
        "count": f"{total:,}" + ("" if is_exact else "+"),
        "question": text,
    }
    return render(request, "crm/palette/results.html", context)


def counted(hits: Hits) -> str:
    """How many, as it is shown: 37, or 40+ where more were not counted."""
    return f"{hits.count:,}" + ("" if hits.is_exact else "+")


def _named(request: HttpRequest, name: str) -> list[tuple[Access, int]]:
    """Records that an address names (customers/12,contacts/7), as doors and ids."""
    found = []
    doors = {door.module.name: door for door in _doors(request)}
    for one in request.GET.get(name, "").split(",")[:RECENT]:
        module, _slash, pk = one.strip("/").partition("/")
        if module in doors and pk.isdecimal() and len(pk) < 19:
            found.append((doors[module], int(pk)))
    return found


def _recent(request: HttpRequest) -> list[dict[str, Any]]:
    """The records that were opened last in this browser; without such, the latest changed."""
    items = []
    for door, pk in _named(request, "recent"):
        names = {door.module.title, "number", *door.module.phone_columns}
        rows = door.rows_of(door.rows().filter(pk=pk).values_list("pk", flat=True), names)
        items += [_item(door, row) for row in rows]
    if items:
        return [{"label": _("Recent"), "items": items}]
    for door in _doors(request)[:1]:
        names = {door.module.title, "number", *door.module.phone_columns}
        rows = door.page(Slice(order=order_from(door, ""), size=RECENT), names)
        if rows:
            return [{"label": _("Latest"), "items": [_item(door, row) for row in rows]}]
    return []


def _on_record(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    """What may be done with the record that is open."""
    for door, pk in _named(request, "record")[:1]:
        row = next(iter(load_rows(door, door.rows().filter(pk=pk), None)), None)
        if row is None:
            return []
        items = [
            {**one, "title": one["label"], "about": "", "why_html": "", "key": ""}
            for one in actions_on(door, row)
            if not one.get("reason") and not one.get("is_post")
        ]
        found = [one for one in items if is_in(str(one["title"]), text)] if text else items
        label = _("On %s") % title_of(door, row)
        return [{"label": label, "items": found}] if found else []
    return []


def _commands(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    """Places to go to and things to enter: what holds the typed word, in pinyin too."""
    places, made = [], []
    places.append((_("Go to %s") % in_sentence(_("Library")), "/library/", "folder"))
    for module in all_modules():
        access = access_to(request.user, module)
        name, many = module.name, in_sentence(module.label_plural)
        if access.grants.scope("view"):
            places.append((_("Go to %s") % many, f"/{name}/", module.icon))
        if access.grants.scope("create") and not module.is_only_inside:
            one = in_sentence(module.label)
            made.append((_("New %s") % one, f"/{name}/new/", "plus"))
            if module.pasted_note:
                made.append((_("New %s from a text") % one, f"/{name}/new/?paste=1", "copy"))
        if access.grants.scope("import"):
            made.append((_("Import %s") % many, f"/{name}/import/", "import"))
    groups = []
    for label, found in ((_("Go to"), places), (_("Create"), made)):
        items = [
            {"url": url, "icon": icon, "title": title, "about": "", "why_html": "", "key": ""}
            for title, url, icon in found
            if not text or is_in(title, text)
        ][:MOST_COMMANDS]
        if items:
            groups.append({"label": label, "items": items})
    return groups


@require_safe
@from_replica
def search_page(request: HttpRequest) -> HttpResponse:
    """GET /search/?q=&module=&after=: the same as a page with an address."""
    text, chosen = _text(request), request.GET.get("module", "")
    after = request.GET.get("after", "")[:400]
    groups, tabs, next_url = [], [], ""
    for door in _doors(request) if text else ():
        name, is_on = door.module.name, door.module.name == chosen
        hits = find(door, text, A_PAGE if is_on else EACH, after if is_on else "")
        url = f"/search/?{urlencode({'q': text, 'module': name})}"
        if hits.ids and (is_on or not chosen):
            items = _found(door, text, hits)
            label = door.module.label_plural
            more = url if hits.after and not is_on else ""
            groups.append(
                {"label": label, "items": items, "count": counted(hits), "more_url": more}
            )
        if is_on and hits.after:
            next_url = f"{url}&after={hits.after}"
        if hits.ids or is_on:
            count = "" if is_on and after else counted(hits)
            tabs.append(
                {"label": door.module.label_plural, "count": count, "url": url, "is_current": is_on}
            )
    shelf = _in_library(request, text, A_PAGE) if text else None
    if shelf is not None:
        url = f"/library/?{urlencode({'q': text})}"
        tabs.append({**shelf, "url": url, "is_current": False})
        groups += [] if chosen else [shelf]
    context = {
        "groups": groups,
        "question": text,
        "chosen": chosen,
        "tabs": tabs,
        "all_url": f"/search/?{urlencode({'q': text})}",
        "next_url": next_url,
        "crumbs": [{"label": _("Search"), "url": ""}],
    }
    return render(request, "crm/palette/page.html", context)


@require_safe
@from_replica
def lookup(request: HttpRequest, module: str) -> JsonResponse:
    """GET /lookup/<module>/?q=: records to choose from, those that the person may see and name."""
    text = _text(request)
    doors = _doors(request) if module == "any" else [access_to(request.user, module_named(module))]
    results = []
    for door in doors:
        if door.module.title not in door.readable or (
            module == "any" and not door.module.has_follow_ups
        ):
            continue
        names = {door.module.title, "number", *door.module.phone_columns}
        if text:
            rows = door.rows_of(find(door, text, OFFERED).ids, names)
        else:
            rows = door.page(Slice(order=order_from(door, ""), size=OFFERED), names)
        for row in rows:
            value = f"{door.module.name}/{row.pk}" if module == "any" else str(row.pk)
            results.append(
                {"value": value, "label": title_of(door, row), "note": _about(door, row)}
            )
    return JsonResponse({"results": results})
