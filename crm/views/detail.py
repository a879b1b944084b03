"""The page of one record."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.access.rows import Decision, Row
from crm.access.sharing import is_shareable
from crm.customfields.dictionaries import options_of
from crm.documents.places import has_documents
from crm.lists.columns import cell, record_url, renderer_for, stage_shares
from crm.modules.module import Part
from crm.modules.registry import module_named
from crm.records.merging import leads_on, may_merge
from crm.views.documents import DOCUMENTS, documents_context
from crm.views.doubles import doubles_notice
from crm.views.fields import group_contexts
from crm.views.lists import title_of
from crm.views.related import related_context
from crm.views.timeline import composer_context, timeline_context


@require_safe
def record_page(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """GET /<module>/<id>/: head, timeline or one tab, fields."""
    access = access_to(request.user, module_named(module))
    try:
        row = access.get(pk)
    except NotVisible:
        onward = leads_on(access, pk)
        if onward is None:
            raise
        return HttpResponseRedirect(record_url(module, onward))
    tab = request.GET.get("tab", "")
    context = page_context(access, row, request, tab)
    if request.headers.get("HX-Target") == "documents" and "documents" in context:
        return render(request, "crm/documents/panel.html", context)
    if request.headers.get("HX-Target") == "timeline":
        return render(request, "crm/detail/timeline.html", context)
    return render(request, "crm/detail/page.html", context)


def page_context(access: Access, row: Row, request: HttpRequest, tab: str) -> dict[str, Any]:
    """Everything that crm/detail/page.html shows."""
    module = access.module
    url = record_url(module.name, row.pk)
    title = title_of(access, row)
    may = access.decisions(row.pk, ("edit", "assign", "delete"))
    may_edit = bool(may["edit"])
    parts = [part for part in module.all_parts if _may_view(access, part)]
    context: dict[str, Any] = {
        "module": {
            "name": module.name, "label": module.label,
            "label_plural": module.label_plural, "icon": module.icon,
        },
        "crumbs": [
            {"label": module.group, "url": ""},
            {"label": module.label_plural, "url": f"/{module.name}/"},
            {"label": title, "url": ""},
        ],
        "record": {"pk": row.pk, "url": url, "version": row.version},
        "edit_url": f"{url}edit/" if may_edit else "",
        "head": _head(access, row, title, url, may),
        "create": _create(access, row, parts),
        "steps": _steps(access, row),
        "tabs": _tabs(access, row, parts, url, tab),
        "groups": group_contexts(access, row, may_edit),
        "notices": doubles_notice(access, row),
    }  # fmt: skip
    _add_extras(context, module.on_page(access, row))
    part = next((one for one in parts if one.module == tab), None)
    if part is not None:
        return {**context, "panel": "related", "related": related_context(access, row, part)}
    if tab == DOCUMENTS and has_documents(access.module):
        panel = documents_context(access, row.pk, may_edit)
        return {**context, "panel": "documents", "documents": panel}
    return {
        **context,
        "panel": "timeline",
        "composer": composer_context(access, row, request),
        **timeline_context(access, row, request),
    }


def _add_extras(context: dict[str, Any], extras: Mapping[str, Any]) -> None:
    """What the module itself adds to the page of a record: see Module.on_page."""
    context["groups"][1:1] = extras.get("groups", [])
    context["notices"] += extras.get("notices", [])
    context["head"]["actions"] += extras.get("actions", [])
    watch = extras.get("watch")
    if watch:
        context["head"].update(watch_url=watch["url"], is_watched=watch["is_on"])
    for step in context["steps"]:
        if step["state"] == "now":
            step["note"] = extras.get("stage_note", "")


def _may_view(access: Access, part: Part) -> bool:
    other = access_to(access.user, part.module)
    return bool(other.grants.scope("view")) and part.relation in other.readable


def _head(
    access: Access, row: Row, title: str, url: str, may: Mapping[str, Decision]
) -> dict[str, Any]:
    module = access.module
    level = module.fields.get(module.level)
    facts = []
    for name in module.facts:
        field = module.fields[name]
        if name in access.visible and row.get(name) not in (None, "", ()):
            facts.append(
                {"label": field.label, "html": cell(row, field, renderer_for(field, module))}
            )
    return {
        "title": title,
        "level": cell(row, level, renderer_for(level, module)) if level else "",
        "facts": facts,
        "call_url": _call_url(row),
        "actions": _actions(access, row, url, may),
    }


def actions_on(access: Access, row: Row) -> list[dict[str, Any]]:
    """What may be done with a record: editing, the actions of its page, those of its module."""
    url = record_url(access.module.name, row.pk)
    may = access.decisions(row.pk, ("edit", "assign", "delete"))
    found: list[dict[str, Any]] = []
    if may["edit"]:
        found.append({"label": _("Edit"), "icon": "pen", "url": f"{url}edit/"})
    if access.module.has_follow_ups:
        found.append({"label": _("Record a follow-up"), "icon": "pen", "url": f"{url}#composer"})
    extras = access.module.on_page(access, row)
    return [*found, *_actions(access, row, url, may), *extras.get("actions", [])]


def _call_url(row: Row) -> str:
    if "phones.number" in row.masked:
        return ""
    for phone in row.get("phones") or ():
        if phone.get("number"):
            return "tel:" + "".join(s for s in phone["number"] if s.isdigit() or s == "+")
    return ""


def _actions(
    access: Access, row: Row, url: str, may: Mapping[str, Decision]
) -> list[dict[str, Any]]:
    name = access.module.name
    found: list[dict[str, Any]] = [
        {"label": _("History"), "icon": "history", "url": f"{url}history/"}
    ]
    if access.grants.administer:
        why = f"/setup/inspector/?what={name}/{row.pk}"
        found.append({"label": _("Who may see this"), "icon": "eye", "url": why})
    if is_shareable(access.module.model):
        found.append(
            {
                "label": pgettext("verb", "Share"),
                "icon": "share",
                "is_dialog": True,
                "url": f"{url}shares/",
                "reason": "",
            }
        )
    if access.grants.scope("assign"):
        found.append(
            {
                "label": _("Assign"), "icon": "swap", "is_dialog": True,
                "url": f"/{name}/bulk/assign/?pk={row.pk}",
                "reason": may["assign"].reason,
            }
        )  # fmt: skip
    found += _merge_action(access, row, may)
    if access.grants.scope("delete"):
        found.append(
            {
                "label": _("Delete"), "icon": "trash", "is_dialog": True, "is_danger": True,
                "url": f"/{name}/bulk/delete/?pk={row.pk}",
                "reason": may["delete"].reason,
            }
        )  # fmt: skip
    return found


def _merge_action(access: Access, row: Row, may: Mapping[str, Decision]) -> list[dict[str, Any]]:
    if not may_merge(access):
        return []
    url = f"/{access.module.name}/merge/?pk={row.pk}"
    reason = may["edit"].reason or may["delete"].reason
    label = _("Merge with…")
    return [{"label": label, "icon": "copy", "is_dialog": True, "url": url, "reason": reason}]


def _create(access: Access, row: Row, parts: list[Part]) -> list[dict[str, Any]]:
    made = []
    for part in parts:
        other = access_to(access.user, part.module)
        if other.grants.scope("create") and part.relation in other.editable:
            made.append(
                {
                    "label": other.module.label,
                    "icon": other.module.icon,
                    "url": f"/{part.module}/new/?{part.relation}={row.pk}",
                    "quick_url": f"/{part.module}/new/quick/?{part.relation}={row.pk}",
                    "is_child": other.module.parent == part.relation,
                }
            )
    return made


def _steps(access: Access, row: Row) -> list[dict[str, Any]]:
    module = access.module
    if not module.stage or module.stage not in access.readable:
        return []
    field = module.fields[module.stage]
    shares = stage_shares(field)
    values = [value for value, _label in options_of(field)]
    now = values.index(row[module.stage]) if row[module.stage] in values else -1
    return [
        {
            "label": label,
            "share": shares[value],
            "state": "now" if index == now else ("past" if index < now else "next"),
            "note": "",
        }
        for index, (value, label) in enumerate(options_of(field))
    ]


def _tabs(access: Access, row: Row, parts: list[Part], url: str, tab: str) -> list[dict[str, Any]]:
    names = {part.module for part in parts}
    if has_documents(access.module):
        names.add(DOCUMENTS)
    tabs = [{"label": _("Timeline"), "count": None, "url": url, "is_current": tab not in names}]
    for part in parts:
        label = part.label or module_named(part.module).label_plural
        tabs.append(
            {
                "label": label,
                "count": None,
                "url": f"{url}?tab={part.module}",
                "is_current": tab == part.module,
            }
        )
    if DOCUMENTS in names:
        here = f"{url}?tab={DOCUMENTS}"
        is_current = tab == DOCUMENTS
        tabs.append({"label": _("Documents"), "count": None, "url": here, "is_current": is_current})
    tabs.append(
        {"label": _("History"), "count": None, "url": f"{url}history/", "is_current": False}
    )
    return tabs


@require_safe
def peek(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """GET /<module>/<id>/peek/: the record at a glance, beside the list."""
    access = access_to(request.user, module_named(module))
    row = access.get(pk)
    url = record_url(module, pk)
    may = access.decisions(pk, ("edit", "assign", "delete"))
    may_edit = bool(may["edit"])
    head = _head(access, row, title_of(access, row), url, may)
    line = format_html_join(" · ", "{}", ((fact["html"],) for fact in head["facts"]))
    actions = [{"label": _("Edit"), "icon": "pen", "url": f"{url}edit/"}] if may_edit else []
    if head["call_url"]:
        actions.insert(0, {"label": _("Call"), "icon": "phone", "url": head["call_url"]})
    timeline = timeline_context(access, row, request, most=5)
    context = {
        "peek": {
            "title": head["title"],
            "url": url,
            "edit_url": f"{url}edit/" if may_edit else "",
            "level": head["level"],
            "line": line,
            "actions": actions,
            "groups": [
                group
                for group in group_contexts(access, row, may_edit)
                if group["fields"] or group["more"]
            ][:2],
            "events": timeline["events"],
            "events_url": url,
            "events_count": "",
        }
    }
    return render(request, "crm/list/peek.html", context)
