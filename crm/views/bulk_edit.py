"""The same change for picked rows: fields are chosen in a dialog, each with what becomes of it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.forms.fields import field_context
from crm.forms.page import error_list
from crm.forms.posted import posted_raw
from crm.jobs import editing
from crm.jobs.models import Job
from crm.jobs.services import may_undo, own_job
from crm.lib.whole import whole_number
from crm.lists.columns import record_url
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.edits import ADD, CLEAR, REMOVE, SET, TAGS, Edit, edit_many, editable_fields, ways
from crm.records.errors import Invalid, Refusal
from crm.views.bulk import back_to_list, list_query, must_be_visible, picked, question
from crm.views.jobs import card, put_away
from crm.views.lists import title_of
from crm.views.shell import toast

MOST_FIELDS = 10
MOST_TOLD = 500
WAYS = {
    SET: gettext_lazy("set to"),
    ADD: pgettext_lazy("to a list", "add"),
    REMOVE: pgettext_lazy("from a list", "take away"),
    CLEAR: gettext_lazy("empty"),
}


@require_http_methods(["GET", "POST"])
def bulk_edit(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/edit/: choose fields and values, then change the records."""
    access = access_to(request.user, module_named(module))
    access.require("edit")
    ids = picked(request, access, editing.MOST)
    must_be_visible(access, ids)
    fields = _chosen(request.POST, access)
    errors: dict[str, list[Any]] = {}
    notice = _grown(request.POST, ids)
    if request.POST.get("confirmed") and not _is_choosing(request.POST) and not notice:
        try:
            edits = _edits(request.POST, fields)
            _try_one(access, ids, edits)
            job = editing.ask_for_edit(owner=request.user, module=module, pks=ids, edits=edits)
        except Refusal as refusal:
            errors = refusal.fields or {"": [refusal.message]}
        else:
            return _answer(request, module, editing.run_soon(job))
    context = {
        **question(request, access, ids),
        **_frame(request, ids),
        "title": ngettext("Edit %d record", "Edit %d records", len(ids)) % len(ids),
        "action_url": f"/{module}/bulk/edit/",
        "rows": [_row(access, field, request.POST, errors) for field in fields],
        "others": [one for one in editable_fields(access) if one not in fields],
        "errors": error_list(access, errors),
        "notice": notice,
    }
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/bulk/edit.html" if is_part else "crm/bulk/edit_page.html"
    return render(request, name, context, status=400 if errors else 200)


def _frame(request: HttpRequest, ids: Sequence[int]) -> dict[str, Any]:
    """Few records go along by their ids; of many the question goes along, and how many it found."""
    if len(ids) <= editing.AT_ONCE:
        return {}
    return {"pks": [], "everything": "1", "expected": len(ids), "is_long": True}


def _grown(post: QueryDict, ids: Sequence[int]) -> str:
    """A sentence, when the list finds another number of records than the person was told."""
    expected = whole_number(post.get("expected", ""))
    if expected is None or expected == len(ids):
        return ""
    return _("Meanwhile the list finds %d records. Look again before you go on.") % len(ids)


def _is_choosing(post: QueryDict) -> bool:
    """Another field was asked for, or one left out."""
    return bool(post.get("more") or post.get("less"))


def _chosen(post: QueryDict, access: Access) -> list[Field]:
    known = {field.name: field for field in editable_fields(access)}
    names = [*post.getlist("field"), post.get("more", "")]
    wanted = [name for name in dict.fromkeys(names) if name and name != post.get("less")]
    if any(name not in known for name in wanted):
        raise NotVisible
    return [known[name] for name in wanted[:MOST_FIELDS]]


def _how(post: QueryDict, field: Field) -> str:
    asked = post.get(f"how-{field.name}", "")
    return asked if asked in ways(field) else ways(field)[0]


def _edits(post: QueryDict, fields: Sequence[Field]) -> list[Edit]:
    found = []
    for field in fields:
        how = _how(post, field)
        value = post.get(TAGS, "") if field.name == TAGS else posted_raw(field, post)
        if field.kind == "boolean":
            value = value == "true"
        found.append(Edit(field.name, how, None if how == CLEAR else value))
    return found


def _try_one(access: Access, ids: Sequence[int], edits: Sequence[Edit]) -> None:
    """Try the change on one record, so that a value that fits none is told beside its field."""
    outcomes, _after = edit_many(
        actor=access.user, module=access.module.name, pks=ids[:1], edits=edits,
        act=Act(access.user, "bulk"), write=False,
    )  # fmt: skip
    asked = {edit.field for edit in edits}
    errors = {name: texts for name, texts in outcomes[0].errors.items() if name in asked}
    if errors and len(ids) > 1:
        raise Invalid(fields=errors)


def _row(
    access: Access, field: Field, post: QueryDict, errors: dict[str, list[Any]]
) -> dict[str, Any]:
    """One chosen field: its ways and its control."""
    how = _how(post, field)
    raw = post.get(TAGS, "") if field.name == TAGS else posted_raw(field, post)
    context = field_context(
        access, field, raw, errors=errors.get(field.name, ()),
        label_of_value=post.get(f"{field.name}__text", ""), is_unlabelled=True,
    )  # fmt: skip
    if field.name == TAGS:
        context |= {"kind": "text", "help": _("Several with commas between them.")}
    return {
        "name": field.name,
        "label": field.label,
        "ways": [{"value": one, "label": WAYS[one], "is_on": one == how} for one in ways(field)],
        "field": {**context, "required": False, "checks_duplicates": False},
    }


def _answer(request: HttpRequest, module: str, job: Job) -> HttpResponse:
    """Say what became of it: at once, or in the card that follows the person."""
    if job.ended_at is None:
        toast(request, _("The change runs in the background."))
        return back_to_list(request, module)
    put_away(job)  # the message tells it
    changed = editing.count(job, editing.UPDATED)
    text = ngettext("%d record changed.", "%d records changed.", changed) % changed
    undo = f"/jobs/{job.pk}/undo/?{list_query(request.POST)}" if changed else ""
    if not job.errors:
        toast(request, text, undo_url=undo)
        return back_to_list(request, module)
    refused = ngettext("%d was refused.", "%d were refused.", job.errors) % job.errors
    toast(request, f"{text} {refused}", undo_url=undo, is_alert=True)
    return back_to_list(request, module, f"/jobs/{job.pk}/")


@require_safe
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """/jobs/<id>/: what a change of many records did, and which ones it left."""
    job = _own_edit(request, pk)
    access = access_to(request.user, module_named(job.module))
    told = editing.told_rows(job, (editing.REFUSED, editing.LEFT), MOST_TOLD)
    titles = {
        row.pk: title_of(access, row)
        for row in access.rows_of(
            [one.record_id or 0 for one in told], [access.module.title, "number"]
        )
    }
    context = {
        "crumbs": [
            {"label": _("Background work"), "url": "/jobs/"},
            {"label": job.title, "url": ""},
        ],
        "job": card(job, is_flat=True),
        "may_undo": may_undo(job) and bool(editing.count(job, editing.UPDATED)),
        "undo_url": f"/jobs/{job.pk}/undo/",
        "rows": [_told(access, one, titles.get(one.record_id or 0, "")) for one in told],
    }
    return render(request, "crm/jobs/edit.html", context)


def _told(access: Access, row: Any, title: str) -> dict[str, Any]:
    """One record that was left as it was, as far as it may be named."""
    labels = {name: field.label for name, field in access.module.fields.items()}
    reasons = [
        f"{labels[name]}: {text}"
        if name in access.visible and name != access.module.title
        else text
        for name, texts in (row.reasons or {}).items()
        for text in texts
    ]
    return {
        "title": title or _("A record that you cannot see"),
        "url": record_url(access.module.name, row.record_id) if title else "",
        "reasons": reasons or [_("Somebody has changed it since.")],
    }


@require_POST
def job_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /jobs/<id>/undo/: give the records their old values, where nobody changed them since."""
    job = _own_edit(request, pk)
    job = editing.run_soon(editing.ask_back(actor=request.user, job_id=job.pk))
    if job.state != Job.State.UNDONE:
        toast(request, _("The records get their old values in the background."))
    elif job.errors:
        toast(request, str(job.detail.get("message", "")), is_alert=True)
        return HttpResponseRedirect(f"/jobs/{job.pk}/")
    else:
        text = ngettext("%d record is as before.", "%d records are as before.", job.done)
        toast(request, text % job.done)
    put_away(job)
    return HttpResponseRedirect(f"/{job.module}/?{request.GET.urlencode()}")


def _own_edit(request: HttpRequest, pk: int) -> Job:
    job = own_job(request.user, pk)
    if job.kind != editing.KIND:
        raise NotVisible
    return job
