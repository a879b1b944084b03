"""The page that asks what to export; the file is made in the background."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.access.policy import Access, access_to
from crm.exchange.services import FORMATS, export_query, start_export
from crm.lists.paths import Place, column_at
from crm.modules.registry import module_named

NOT_OURS = ("view", "page", "peek", "density", "widths", "csrfmiddlewaretoken", "format", "query")


def _params(text: str) -> QueryDict:
    params = QueryDict(text, mutable=True)
    for name in NOT_OURS:
        params.pop(name, None)
    return params


@require_http_methods(["GET", "POST"])
def export_page(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/export/: the list's own query, columns and format to choose."""
    access = access_to(request.user, module_named(module))
    access.require("export")
    if request.method == "POST":
        start_export(
            actor=request.user,
            module=module,
            query=_params(request.POST.get("query", "")),
            columns=request.POST.getlist("columns"),
            format=request.POST.get("format", "xlsx"),
        )
        return HttpResponseRedirect("/jobs/")
    params = _params(request.META.get("QUERY_STRING", ""))
    context = _context(access, params)
    context["cancel_url"] = (
        f"/{module}/?{request.META.get('QUERY_STRING', '')}"  # view and page too
    )
    return render(request, "crm/export/page.html", context)


def _context(access: Access, params: QueryDict) -> dict[str, Any]:
    module = access.module
    query = export_query(access, params)
    rows = access.rows("export").filter(query.where)
    counted = rows.order_by().values("pk")[:10_001].count()
    places = [column_at(access, name) for name in query.columns]
    is_masked = any(one.field.name in one.door.masked for one in places)
    labels = {"xlsx": _("Excel workbook"), "csv": _("CSV, UTF-8")}
    about = {
        "xlsx": _("Dates and numbers stay dates and numbers."),
        "csv": _("For other programs."),
    }
    return {
        "module": module,
        "crumbs": [
            {"label": module.group, "url": ""},
            {"label": module.label_plural, "url": f"/{module.name}/"},
            {"label": _("Export"), "url": ""},
        ],
        "action_url": f"/{module.name}/export/",
        "count": {"value": min(counted, 10_000), "exact": counted <= 10_000},
        "query_string": params.urlencode(),
        "conditions": "",
        "all_columns": _all_columns(access, places),
        "formats": [
            {"value": one, "label": labels[one], "about": about[one], "is_on": one == "xlsx"}
            for one in FORMATS
        ],
        "note": _("Masked values stay masked.") if is_masked or access.masked else "",
        "limit_note": _("The file carries your name and the time, and is kept for seven days."),
    }


def _all_columns(access: Access, places: list[Place]) -> list[dict[str, Any]]:
    """The module's own columns, then those of related records that the list shows."""
    shown = {one.path for one in places}
    own = [
        {"name": name, "label": field.label, "is_on": name in shown}
        for name, field in access.module.fields.items()
        if name in access.visible
    ]
    related = [one for one in places if "." in one.path]
    return own + [{"name": one.path, "label": one.label, "is_on": True} for one in related]
