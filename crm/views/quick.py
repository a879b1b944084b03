"""Quick create: the few fields of a new record, in a sheet over whatever page one is on."""

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.forms.page import error_list
from crm.forms.quick import quick_fields, with_labels
from crm.lists.columns import record_url
from crm.lists.show import in_sentence
from crm.modules.registry import module_named
from crm.records.errors import DuplicateFound, Invalid
from crm.views.edit import create_posted, refused_create
from crm.views.shell import toast

SHEET = "crm/quick/sheet.html"


@require_http_methods(["GET", "POST"])
def quick_record(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/new/quick/: the sheet; a browser that asks for a page gets the whole form."""
    access = access_to(request.user, module_named(module))
    access.require("create")
    if access.module.is_only_inside:
        raise NotVisible
    if request.method == "GET":
        if "HX-Request" not in request.headers:
            query = request.GET.urlencode()
            return HttpResponseRedirect(f"/{module}/new/" + (f"?{query}" if query else ""))
        return render(request, SHEET, empty_context(access, request))
    try:
        pk = create_posted(access, request)
    except (Invalid, DuplicateFound) as error:
        context, status = refused_create(
            access, error, lambda errors: quick_context(access, request, errors, request.POST)
        )
        return render(request, SHEET, context, status=status)
    return _saved(request, access, pk)


def empty_context(access: Access, request: HttpRequest) -> dict[str, Any]:
    """A sheet that holds nothing but what the address says: whose contact it becomes."""
    return quick_context(access, request, {}, with_labels(access, request.GET))


def _saved(request: HttpRequest, access: Access, pk: int) -> HttpResponse:
    """Close the sheet, go to the record, or hand out an empty one: as the button said."""
    name, url = access.module.name, record_url(access.module.name, pk)
    said = _("%s was saved.") % access.module.label
    then = request.POST.get("then", "")
    if "HX-Request" not in request.headers or then == "open":
        toast(request, said)
        if "HX-Request" not in request.headers:
            return HttpResponseRedirect(url)
        response = HttpResponse(status=204, headers={"HX-Redirect": url})
    elif then == "new":
        response = render(request, SHEET, empty_context(access, request))
    else:
        response = HttpResponse(status=204)
    told: dict[str, Any] = {"quick-saved": {"module": name, "then": then}}
    if then != "open":
        told["toast"] = {"text": said, "label": _("Open"), "url": url}
    response["HX-Trigger"] = json.dumps(told)
    return response


def quick_context(
    access: Access, request: HttpRequest, errors: Any, post: QueryDict
) -> dict[str, Any]:
    """What crm/quick/sheet.html shows, filled with `post`."""
    module = access.module
    kept = request.GET.copy()
    kept.pop("quick", None)
    query = f"?{kept.urlencode()}" if kept else ""
    return {
        "title": _("New %s") % in_sentence(module.label),
        "module": {"name": module.name, "label": module.label},
        "quick_url": f"/{module.name}/new/quick/{query}",
        "full_url": f"/{module.name}/new/",
        "draft_of": f"quick{query}",
        "key": request.POST["key"] if errors and request.POST.get("key") else uuid.uuid4().hex,
        "fields": quick_fields(access, post, errors),
        "errors": error_list(access, errors, "q"),
        "duplicates_url": f"/{module.name}/duplicates/" if module.key_fields else "",
        "paste_url": f"/{module.name}/propose/?{kept.urlencode()}&quick=1"
        if module.pasted_note
        else "",
    }
