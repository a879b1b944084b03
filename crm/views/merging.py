"""Merging on pages: the records side by side with a choice per field, and taking it back."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.access.policy import Access, access_to
from crm.access.rows import Ref, Row
from crm.forms.fields import field_context
from crm.forms.page import error_list
from crm.lib.whole import whole_number
from crm.lists.columns import cell, record_url, renderer_for
from crm.lists.show import in_a_row
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.records.errors import DuplicateFound, Invalid, NotVisible, StaleRecord
from crm.records.merge_values import OWNER
from crm.records.merging import MOST, merge_records, require_mergeable
from crm.records.unmerging import place_of, undo_merge
from crm.views.bulk import dialog, picked, question
from crm.views.lists import title_of
from crm.views.shell import sent_to, toast

UNITED = "all"


@require_http_methods(["GET", "POST"])
def merge_page(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/merge/?pk=…&pk=…: choose what the one record keeps, then make it."""
    access = access_to(request.user, module_named(module))
    require_mergeable(access)
    ids = picked(request, access, most=MOST)
    other = whole_number(request.POST.get("with", ""))
    if other is not None:
        ids = sorted({*ids, other})
    if request.method == "POST" and not request.POST.get("merged"):
        return sent_to(request, f"/{module}/merge/?{urlencode({'pk': ids}, doseq=True)}")
    if access.rows().filter(pk__in=ids).count() != len(ids):
        raise NotVisible
    if len(ids) == 1:
        return dialog(request, _question(request, access, ids))
    errors: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        try:
            return _merged(request, access, ids)
        except (Invalid, DuplicateFound) as refusal:
            errors, status = refusal.fields or {"": [refusal.message]}, refusal.status
        except StaleRecord as refusal:
            text = _("Somebody changed one of them in the meantime: look at them again.")
            errors, status = {"": [text]}, refusal.status
    return render(
        request, "crm/merge/page.html", _context(request, access, ids, errors), status=status
    )


def _question(request: HttpRequest, access: Access, ids: list[int]) -> dict[str, Any]:
    """Which other record it is the same as."""
    one = Field(name="with", kind="relation", label=access.module.label, target=access.module.name)
    return {
        **question(request, access, ids),
        "title": _("Merge with…"),
        "action_url": f"/{access.module.name}/merge/",
        "fields": [field_context(access, one.with_changes(required=True), "")],
        "errors": [],
        "submit_label": _("Compare"),
    }


def _merged(request: HttpRequest, access: Access, ids: list[int]) -> HttpResponse:
    """Merge as it was posted; the page of the survivor, with a way back."""
    name, post = access.module.name, request.POST
    survivor = whole_number(post.get("survivor", ""))
    if survivor not in ids:
        raise Invalid(_("Say which of the records stays."))
    choices = {}
    for field in access.module.fields:
        chosen = whole_number(post.get(f"take-{field}", ""))
        if chosen is not None:
            choices[field] = chosen
    versions = {pk: whole_number(post.get(f"version-{pk}", "")) or 0 for pk in ids}
    losers = [pk for pk in ids if pk != survivor]
    done = merge_records(
        actor=request.user, module=name, survivor=survivor, losers=losers, choices=choices,
        versions=versions,
    )  # fmt: skip
    count = len(ids)
    text = ngettext("%d record became one.", "%d records became one.", count) % count
    toast(request, text, undo_url=f"/merges/{done.pk}/undo/")
    return HttpResponseRedirect(record_url(name, survivor))


def _context(
    request: HttpRequest, access: Access, ids: list[int], errors: dict[str, Any]
) -> dict[str, Any]:
    module, post = access.module, request.POST
    rows = access.rows_of(ids)
    survivor = whole_number(post.get("survivor", "")) or ids[0]
    titles = [title_of(access, row) for row in rows]
    return {
        "title": _("Merge %s") % in_a_row(titles),
        "crumbs": [
            {"label": module.group, "url": ""},
            {"label": module.label_plural, "url": f"/{module.name}/"},
            {"label": _("Merge"), "url": ""},
        ],
        "action_url": f"/{module.name}/merge/",
        "cancel_url": f"/{module.name}/",
        "records": [
            {
                "pk": row.pk, "title": title, "url": record_url(module.name, row.pk),
                "number": row.get("number") or "", "version": row.version,
                "is_on": row.pk == survivor,
            }
            for row, title in zip(rows, titles, strict=True)
        ],
        "lines": _lines(access, rows, post, survivor),
        "has_hidden": len(access.visible) < len(module.right_names()),
        "errors": error_list(access, errors),
    }  # fmt: skip


def _lines(access: Access, rows: Sequence[Row], post: Any, survivor: int) -> list[dict[str, Any]]:
    """The fields in which the records differ, as far as the person sees them."""
    found = []
    for name, field in access.module.fields.items():
        if name not in access.visible or (field.is_read_only and name != OWNER):
            continue
        if field.is_computed:
            continue
        renderer = renderer_for(field, access.module)
        cells = [cell(row, field, renderer) if _counts(row, name, rows) else "" for row in rows]
        if len({str(one) for one in cells}) > 1:
            found.append(_line(access, field, rows, cells, post, survivor))
    return found


def _counts(row: Row, name: str, rows: Sequence[Row]) -> bool:
    """Whether a record holds something there; one that points to another of them does not."""
    value = row.get(name)
    if isinstance(value, Ref) and value.module == row.module:
        return value.pk not in {one.pk for one in rows}
    return value not in (None, "", ())


def _line(
    access: Access, field: Field, rows: Sequence[Row], cells: Sequence[Any], post: Any,
    survivor: int,
) -> dict[str, Any]:  # fmt: skip
    """One field: what each record holds, which is chosen, and whether the person may choose."""
    name = field.name
    may = name in access.editable
    if name == OWNER:
        may = bool(access.grants.scope("assign"))
    filled = [row.pk for row, text in zip(rows, cells, strict=True) if text != ""]
    default = str(survivor if survivor in filled else filled[0])
    chosen = post.get(f"take-{name}", UNITED if field.is_collection else default)
    return {
        "name": name,
        "label": field.label,
        "may_choose": may,
        "united": field.is_collection,
        "is_united": chosen == UNITED or (field.is_collection and not may),
        "cells": [
            {"pk": row.pk, "html": text, "is_on": chosen == str(row.pk)}
            for row, text in zip(rows, cells, strict=True)
        ],
    }


@require_POST
def merge_undone(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /merges/<id>/undo/: what the toast and the history offer."""
    try:
        left = undo_merge(actor=request.user, pk=pk)
    except (Invalid, DuplicateFound) as refusal:
        said = [str(word) for found in refusal.fields.values() for word in found]
        toast(request, " ".join(said) or str(refusal.message), is_alert=True)
        return HttpResponseRedirect(record_url(*place_of(pk)))
    access = access_to(request.user, left.module)
    text = _("The merge was taken back.")
    shown = [access.module.fields[one].label for one in left.fields if one in access.visible]
    if shown:
        text += " " + _("Changed since and left as it is: %s.") % in_a_row(shown)
    if left.links or len(shown) < len(left.fields):
        text += " " + _("Some of what moved was changed since and stays here.")
    toast(request, text, is_alert=bool(left.links or left.fields))
    return HttpResponseRedirect(record_url(left.module, left.survivor))
