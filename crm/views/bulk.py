"""Acts on picked rows: give to another owner, delete. Asked in a dialog, undone from a toast."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.access.policy import Access, access_to
from crm.forms.people import people_options
from crm.forms.sharing import share_fields, terms_from
from crm.lib.whole import whole_number, whole_numbers
from crm.lists.query import query_from
from crm.lists.show import in_a_row
from crm.modules.registry import module_named
from crm.records.errors import Invalid, NotVisible, Refusal
from crm.records.lifecycle import assign_records, delete_records, restore_records
from crm.records.sharing import share_records
from crm.views.lists import title_of
from crm.views.shell import toast

MOST_AT_ONCE = 300


def picked(request: HttpRequest, access: Access, most: int = MOST_AT_ONCE) -> list[int]:
    """The ids that were picked: ticked ones, or all that the list's query finds; `most` at most."""
    data = request.POST if request.method == "POST" else request.GET
    if data.get("everything"):
        from_address = _query(data.get("query", ""))
        query = query_from(from_address, access)
        rows = access.rows().filter(query.where).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[: most + 1])
    else:
        ids = whole_numbers(data.getlist("pk"))
    if len(ids) > most:
        raise Invalid(_("At most %d records at once. Narrow the filter first.") % most)
    if not ids:
        raise Invalid(_("Select at least one record."))
    return sorted(set(ids))


def _query(text: str) -> QueryDict:
    """What the list showed; not which part of it a request asked for."""
    query = QueryDict(text, mutable=True)
    for name in ("view", "part", "peek"):
        query.pop(name, None)
    return query


def list_query(post: QueryDict) -> str:
    """What the list showed when the act was asked for, as in its address."""
    return _query(post.get("query", "")).urlencode()


def dialog(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The question in the page's dialog, or as a page of its own."""
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/bulk/dialog.html" if is_part else "crm/bulk/page.html"
    return render(request, name, context, status=status)


def question(request: HttpRequest, access: Access, ids: list[int]) -> dict[str, Any]:
    """What every dialog says of the picked records."""
    rows = access.rows_of(ids[:3], [access.module.title, "number"])
    titles = in_a_row(title_of(access, row) for row in rows)
    text = (
        titles
        if len(ids) <= 3
        else _("%(titles)s and %(count)d more") % {"titles": titles, "count": len(ids) - 3}
    )
    return {
        "text": text,
        "pks": ids,
        "query": list_query(request.POST),
        "everything": "",
        "key": uuid.uuid4().hex,
        "cancel_url": f"/{access.module.name}/",
        "crumbs": [{"label": access.module.label_plural, "url": f"/{access.module.name}/"}],
    }


def must_be_visible(access: Access, ids: list[int]) -> None:
    """All of them, or the same answer as for a record that was never there."""
    if access.rows().filter(pk__in=ids).count() != len(ids):
        raise NotVisible


@require_http_methods(["GET", "POST"])
def bulk_assign(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/assign/: choose the new owner, then do it."""
    access = access_to(request.user, module_named(module))
    access.require("assign")
    ids = picked(request, access)
    must_be_visible(access, ids)
    errors: list[dict[str, Any]] = []
    owner = request.POST.get("owner", "")
    chosen = whole_number(owner)
    if request.POST.get("confirmed") and chosen is not None:
        try:
            assign_records(actor=request.user, module=module, pks=ids, owner=chosen)
        except Refusal as refusal:
            errors = [{"label": "", "messages": [str(refusal.message)], "anchor": "id-owner"}]
        else:
            text = ngettext("%d record has a new owner.", "%d records have a new owner.", len(ids))
            toast(request, text % len(ids))
            return back_to_list(request, module)
    field = {
        "name": "owner", "html_name": "owner", "id": "id-owner",
        "label": access.module.fields["owner"].label,
        "kind": "user", "value": owner, "required": True, "errors": [],
        "options": [{**one, "is_on": one["value"] == owner} for one in people_options()],
    }  # fmt: skip
    title = ngettext(
        "Give %d record to another owner", "Give %d records to another owner", len(ids)
    )
    context = {
        **question(request, access, ids),
        "title": title % len(ids),
        "action_url": f"/{module}/bulk/assign/",
        "fields": [field],
        "errors": errors,
        "submit_label": _("Assign"),
    }
    return dialog(request, context, status=400 if errors else 200)


@require_http_methods(["GET", "POST"])
def bulk_delete(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/delete/: into the recycle bin, with everything that belongs to the records."""
    access = access_to(request.user, module_named(module))
    access.require("delete")
    ids = picked(request, access)
    must_be_visible(access, ids)
    if request.POST.get("confirmed"):
        delete_records(actor=request.user, module=module, pks=ids)
        undo = f"/{module}/bulk/undelete/?" + "&".join(f"pk={pk}" for pk in ids[:50])
        text = ngettext(
            "%d record went to the recycle bin.", "%d records went to the recycle bin.", len(ids)
        )
        toast(request, text % len(ids), undo_url=undo)
        return back_to_list(request, module)
    context = {
        **question(request, access, ids),
        "title": ngettext("Delete %d record?", "Delete %d records?", len(ids)) % len(ids),
        "warning": _(
            "They go to the recycle bin with what belongs to them and can be brought back."
        ),
        "action_url": f"/{module}/bulk/delete/",
        "fields": [],
        "submit_label": _("Delete"),
        "is_danger": True,
    }
    return dialog(request, context)


@require_POST
def bulk_undelete(request: HttpRequest, module: str) -> HttpResponse:
    """POST /<module>/bulk/undelete/?pk=…: takes back what the toast told of."""
    found = module_named(module)
    ids = whole_numbers(request.GET.getlist("pk"))
    restore_records(actor=request.user, module=found.name, pks=ids[:50])
    toast(request, ngettext("%d record is back.", "%d records are back.", len(ids)) % len(ids))
    return HttpResponseRedirect(f"/{module}/")


@require_http_methods(["GET", "POST"])
def bulk_share(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/share/: with whom, how and until when, for all picked records."""
    access = access_to(request.user, module_named(module))
    access.require("share")
    ids = picked(request, access)
    must_be_visible(access, ids)
    errors: dict[str, list[Any]] = {}
    if request.POST.get("confirmed"):
        try:
            holders, terms = terms_from(request.POST)
            share_records(actor=request.user, module=module, pks=ids, to=holders, terms=terms)
        except Invalid as refusal:
            errors = refusal.fields or {"": [refusal.message]}
        else:
            toast(request, ngettext("%d record shared.", "%d records shared.", len(ids)) % len(ids))
            return back_to_list(request, module)
    context = {
        **question(request, access, ids),
        "title": ngettext("Share %d record", "Share %d records", len(ids)) % len(ids),
        "action_url": f"/{module}/bulk/share/",
        "fields": share_fields(access.user.pk, request.POST, access.may("edit"), errors),
        "errors": [
            {"label": "", "messages": texts, "anchor": f"id-{name}"}
            for name, texts in errors.items()
        ],
        "submit_label": pgettext("verb", "Share"),
    }
    return dialog(request, context, status=400 if errors else 200)


def back_to_list(request: HttpRequest, module: str, url: str = "") -> HttpResponse:
    """The list as it was asked for before, or another page."""
    query = list_query(request.POST)
    url = url or f"/{module}/" + (f"?{query}" if query else "")
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)
