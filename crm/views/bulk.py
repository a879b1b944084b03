"""Acts on picked rows: give to another owner, delete, share. Asked in a dialog, done by a job."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods

from crm.access.policy import Access, access_to
from crm.forms.people import people_options
from crm.forms.sharing import share_fields, terms_from
from crm.jobs import acting, deeds
from crm.lib.whole import whole_number, whole_numbers
from crm.lists.query import query_from
from crm.lists.show import in_a_row
from crm.modules.registry import module_named
from crm.records.errors import Invalid, NotVisible, Refusal
from crm.views.bulk_jobs import answer, list_query, plain_query
from crm.views.lists import title_of


def picked(request: HttpRequest, access: Access, most: int = deeds.MOST) -> list[int]:
    """The ids that were picked: ticked ones, or all that the list's query finds; `most` at most."""
    data = request.POST if request.method == "POST" else request.GET
    if data.get("everything"):
        from_address = plain_query(data.get("query", ""))
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
        "query": list_query(request.POST),
        "key": uuid.uuid4().hex,
        **frame(request.POST, ids),
        "notice": grown(request.POST, ids),
        "cancel_url": f"/{access.module.name}/",
        "crumbs": [{"label": access.module.label_plural, "url": f"/{access.module.name}/"}],
    }


def must_be_visible(access: Access, ids: list[int]) -> None:
    """All of them, or the same answer as for a record that was never there."""
    if access.rows().filter(pk__in=ids).count() != len(ids):
        raise NotVisible


def frame(post: QueryDict, ids: Sequence[int]) -> dict[str, Any]:
    """Few records go along by their ids; of many the question goes along, and how many it found."""
    is_long = len(ids) > deeds.AT_ONCE
    if not is_long or not post.get("everything"):
        return {"pks": ids, "everything": "", "is_long": is_long}
    return {"pks": [], "everything": "1", "expected": len(ids), "is_long": True}


def grown(post: QueryDict, ids: Sequence[int]) -> str:
    """A sentence, when the list finds another number of records than the person was told."""
    expected = whole_number(post.get("expected", ""))
    if expected is None or expected == len(ids):
        return ""
    return _("Meanwhile the list finds %d records. Look again before you go on.") % len(ids)


def is_confirmed(post: QueryDict, ids: Sequence[int]) -> bool:
    """Whether the person said yes, to as many records as there are."""
    return bool(post.get("confirmed")) and not grown(post, ids)


def _asked(request: HttpRequest, module: str, action: str) -> tuple[Access, list[int]]:
    """The door and the picked records, all of which the person sees."""
    access = access_to(request.user, module_named(module))
    access.require(action)
    ids = picked(request, access)
    must_be_visible(access, ids)
    return access, ids


@require_http_methods(["GET", "POST"])
def bulk_assign(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/assign/: choose the new owner, then do it."""
    access, ids = _asked(request, module, "assign")
    errors: list[dict[str, Any]] = []
    owner = request.POST.get("owner", "")
    chosen = whole_number(owner)
    if is_confirmed(request.POST, ids) and chosen is not None:
        try:
            job = acting.ask_to_assign(owner=request.user, module=module, pks=ids, to=chosen)
        except Refusal as refusal:
            errors = [{"label": "", "messages": [str(refusal.message)], "anchor": "id-owner"}]
        else:
            return answer(request, deeds.run_soon(job))
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
    access, ids = _asked(request, module, "delete")
    if is_confirmed(request.POST, ids):
        job = acting.ask_to_delete(owner=request.user, module=module, pks=ids)
        return answer(request, deeds.run_soon(job))
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


@require_http_methods(["GET", "POST"])
def bulk_share(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/share/: with whom, how and until when, for all picked records."""
    access, ids = _asked(request, module, "share")
    errors: dict[str, list[Any]] = {}
    if is_confirmed(request.POST, ids):
        try:
            holders, terms = terms_from(request.POST)
            job = acting.ask_to_share(
                owner=request.user, module=module, pks=ids, to=holders, terms=terms
            )
        except Invalid as refusal:
            errors = refusal.fields or {"": [refusal.message]}
        else:
            return answer(request, deeds.run_soon(job))
    context = {
        **question(request, access, ids),
        "title": ngettext("Share %d record", "Share %d records", len(ids)) % len(ids),
        "action_url": f"/{module}/bulk/share/",
        "fields": share_fields(access, request.POST, access.may("edit"), errors),
        "errors": [
            {"label": "", "messages": texts, "anchor": f"id-{name}"}
            for name, texts in errors.items()
        ],
        "submit_label": pgettext("verb", "Share"),
    }
    return dialog(request, context, status=400 if errors else 200)
