"""The same change for picked rows: fields are chosen in a dialog, each with what becomes of it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.forms.fields import field_context
from crm.forms.page import error_list
from crm.forms.posted import posted_raw
from crm.jobs import deeds, editing
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.edits import (
    ADD,
    CLEAR,
    REMOVE,
    SET,
    TAGS,
    Edit,
    edit_many,
    editable_fields,
    may_tag,
    ways,
)  # fmt: skip
from crm.records.errors import Invalid, Refusal
from crm.views.bulk import is_confirmed, must_be_visible, picked, question
from crm.views.bulk_jobs import answer

MOST_FIELDS = 10
WAYS = {
    SET: gettext_lazy("set to"),
    ADD: pgettext_lazy("to a list", "add"),
    REMOVE: pgettext_lazy("from a list", "take away"),
    CLEAR: gettext_lazy("empty"),
}


@require_http_methods(["GET", "POST"])
def bulk_tag(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/tag/: the dialog of the same change, with the tags chosen already."""
    access = access_to(request.user, module_named(module))
    if not may_tag(access):
        raise NotVisible
    return _page(request, access, [TAGS])


@require_http_methods(["GET", "POST"])
def bulk_edit(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/bulk/edit/: choose fields and values, then change the records."""
    return _page(request, access_to(request.user, module_named(module)))


def _page(request: HttpRequest, access: Access, first: Sequence[str] = ()) -> HttpResponse:
    """The question, with the fields called `first` chosen already; or the change."""
    access.require("edit")
    ids = picked(request, access)
    must_be_visible(access, ids)
    fields, module = _chosen(request.POST, access, first), access.module.name
    errors: dict[str, list[Any]] = {}
    if is_confirmed(request.POST, ids) and not _is_choosing(request.POST):
        try:
            edits = _edits(request.POST, fields)
            _try_one(access, ids, edits)
            job = editing.ask_for_edit(owner=request.user, module=module, pks=ids, edits=edits)
        except Refusal as refusal:
            errors = refusal.fields or {"": [refusal.message]}
        else:
            return answer(request, deeds.run_soon(job))
    context = {
        **question(request, access, ids),
        "title": ngettext("Edit %d record", "Edit %d records", len(ids)) % len(ids),
        "action_url": f"/{module}/bulk/edit/",
        "rows": [_row(access, field, request.POST, errors) for field in fields],
        "others": [one for one in editable_fields(access) if one not in fields],
        "errors": error_list(access, errors),
    }
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/bulk/edit.html" if is_part else "crm/bulk/edit_page.html"
    return render(request, name, context, status=400 if errors else 200)


def _is_choosing(post: QueryDict) -> bool:
    """Another field was asked for, or one left out."""
    return bool(post.get("more") or post.get("less"))


def _chosen(post: QueryDict, access: Access, first: Sequence[str]) -> list[Field]:
    known = {field.name: field for field in editable_fields(access)}
    names = [*first, *post.getlist("field"), post.get("more", "")]
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
