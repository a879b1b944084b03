"""The fields of a record page, and editing or uncovering one of them in place."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access import names
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.customfields.files import FILE
from crm.customfields.layouts import layout_for
from crm.forms.fields import narrow
from crm.forms.page import one_field
from crm.forms.posted import posted_values
from crm.lib.whole import whole_number
from crm.lists.columns import cell, masked_cell, plain_text, record_url, renderer_for
from crm.lists.show import show_time
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.records.errors import DuplicateFound, Invalid, NotAllowed, NotVisible, StaleRecord
from crm.records.limits import counted
from crm.records.services import update_record
from crm.records.uncovering import uncover
from crm.views.field_files import file_lines, take_uploads

SHOWN_FOR = 30


def group_contexts(access: Access, row: Row, may_edit: bool) -> list[dict[str, Any]]:
    """The sections as crm/detail/groups.html takes them; later empty ones are folded."""
    module = access.module
    writable = access.writable(row) if may_edit else frozenset()
    groups = []
    for place, section in enumerate(layout_for(module, access.grants.ranked).sections):
        shown = {
            name: field_view(access, row, module.fields[name], name in writable)
            for name in section.names
            if name in access.visible
        }
        if shown:
            is_empty = all(not one["html"] for one in shown.values())
            groups.append(
                {
                    "title": section.title,
                    "fields": [one for name, one in shown.items() if name not in section.more],
                    "more": [one for name, one in shown.items() if name in section.more],
                    "is_folded": is_empty and place > 1,
                }
            )
    return groups


def field_view(access: Access, row: Row, field: Field, is_editable: bool) -> dict[str, Any]:
    """One value as crm/detail/field.html takes it."""
    url = f"{record_url(access.module.name, row.pk)}fields/{field.name}/"
    masked = field.name in row.masked or any(
        name.startswith(f"{field.name}.") for name in row.masked
    )
    html = _all_rows(access, row, field) if field.is_collection else _value(access, row, field)
    return {
        "name": field.name,
        "label": field.label,
        "html": html,
        "kind": field.kind,
        "is_wide": field.is_collection or field.is_from_shares or field.kind == "long_text",
        "is_editable": is_editable,
        "edit_url": f"{url}edit/",
        "is_masked": masked,
        "show_url": f"{url}show/" if masked else "",
        "is_locked": not is_editable and not field.is_read_only and field.name not in ("number",),
        "reason": _("Your roles let you read this, not change it."),
        "dialog_url": f"{record_url(access.module.name, row.pk)}shares/"
        if field.is_from_shares and access.grants.scope("share")
        else "",
    }


def _value(access: Access, row: Row, field: Field) -> Any:
    if field.kind == "long_text" and field.name not in row.masked:
        return row.get(field.name) or ""
    if field.kind == FILE:
        return file_lines(row.get(field.name) or ())
    return cell(row, field, renderer_for(field, access.module))


def _all_rows(access: Access, row: Row, field: Field) -> Any:
    """All rows of a collection; tags as words, others one below the other."""
    rows = row.get(field.name) or ()
    if field.name == "tags":
        return format_html_join(
            " ", '<span class="tag">{}</span>', ((one["name"],) for one in rows if "name" in one)
        )
    lines = []
    for one in rows:
        parts = []
        for name, member in field.members.items():
            value = one.get(name)
            if value in (None, ""):
                continue
            if f"{field.name}.{name}" in row.masked:
                parts.append(masked_cell(value))
            elif name == next(iter(field.members)):
                parts.append(renderer_for(member)(value))
            else:
                parts.append(
                    format_html('<span class="dim">{}</span>', renderer_for(member)(value))
                )
        lines.append(format_html_join(" ", "{}", ((part,) for part in parts)))
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


def _one(request: HttpRequest, module: str, pk: int, name: str) -> tuple[Access, Row, Field]:
    access = access_to(request.user, module_named(module))
    if name not in access.visible or "." in name:
        raise NotVisible
    return access, access.get(pk), access.module.fields[name]


@require_safe
def field_shown(request: HttpRequest, module: str, pk: int, name: str) -> HttpResponse:
    """GET …/fields/<name>/: one value."""
    access, row, field = _one(request, module, pk, name)
    is_editable = name in access.writable(row) and bool(access.decide("edit", pk))
    context = {"field": field_view(access, row, field, is_editable)}
    return render(request, "crm/detail/field.html", context)


@require_http_methods(["GET", "POST"])
def field_edited(request: HttpRequest, module: str, pk: int, name: str) -> HttpResponse:
    """…/fields/<name>/edit/: one value edited in place; saving needs the version that was read.

    A browser that asks for a page instead of a part gets the form, after a save the record. Of the
    fields that the page says it shows, those that changed with this one come along.
    """
    access, row, field = _one(request, module, pk, name)
    is_page = "HX-Request" not in request.headers
    access.require("edit", pk)
    if name not in access.writable(row):
        raise NotAllowed
    if request.method == "GET" and is_page:
        return redirect("edit", module, pk)
    if request.method == "GET":
        return render(request, "crm/detail/field_edit.html", _editing(access, row, field))
    try:
        take_uploads(access, request)
        values = posted_values(access, request.POST, row)
        save_part(access, pk, values, whole_number(request.POST.get("version", "")), "inline")
    except StaleRecord as refusal:
        context = _editing(access, row, field, request.POST)
        context.update(version=refusal.version, conflict=_conflict(access, row, field, refusal))
        return render(request, "crm/detail/field_edit.html", context, status=409)
    except (Invalid, DuplicateFound) as error:
        told = counted(access, error, "change")
        messages = [message for found in told.fields.values() for message in found]
        context = _editing(access, row, field, request.POST, messages or [told.message])
        return render(request, "crm/detail/field_edit.html", context, status=400)
    if is_page:
        return redirect("record", module, pk)
    after = access.get(pk)
    shown = {**field_view(access, after, field, is_editable=True), "just_saved": True}
    others = _changed_beside(access, row, after, request.POST.get("shown-beside", ""))
    return HttpResponse(
        "".join(
            render_to_string("crm/detail/field.html", {"field": one}, request)
            for one in (shown, *others)
        )
    )


def _changed_beside(access: Access, before: Row, after: Row, beside: str) -> list[dict[str, Any]]:
    """Fields on the same page that nobody edits and that changed with this one, as formulas do."""
    asked = {name for name in beside.split(",") if name in access.module.fields}
    still = asked & set(access.visible) - set(access.writable(after))
    return [
        {**field_view(access, after, access.module.fields[name], False), "is_beside": True}
        for name in sorted(still)
        if before.get(name) != after.get(name)
    ]


def save_part(
    access: Access, pk: int, values: dict[str, Any], version: int | None, source: str
) -> int:
    """Save a few values; that somebody changed other fields meanwhile is no conflict here."""

    def save(read: int | None) -> int:
        return update_record(
            actor=access.user,
            module=access.module.name,
            pk=pk,
            values=values,
            version=read,
            source=source,
        )

    try:
        return save(version)
    except StaleRecord as refusal:
        if any(conflict.theirs != conflict.before for conflict in refusal.conflicts):
            raise
        return save(refusal.version)


def _editing(
    access: Access, row: Row, field: Field, post: Any = None, errors: Any = ()
) -> dict[str, Any]:
    url = f"{record_url(access.module.name, row.pk)}fields/{field.name}/"
    control = one_field(access, field, row, post, errors)
    narrow(access, control, row)
    return {
        "field": {**control, "save_url": f"{url}edit/", "view_url": url},
        "version": row.version,
        "conflict": None,
    }


def _conflict(access: Access, row: Row, field: Field, refusal: StaleRecord) -> dict[str, Any]:
    by = names.people([refusal.changed_by]).get(refusal.changed_by or 0)
    return {
        "theirs": plain_text(field, row.get(field.name)),
        "by": by.label if by else _("Somebody"),
        "when": show_time(row["changed_at"]) if "changed_at" in row else "",
    }


@require_POST
def field_uncovered(request: HttpRequest, module: str, pk: int, name: str) -> HttpResponse:
    """POST …/fields/<name>/show/: a masked value in full for half a minute; logged."""
    access, _row, field = _one(request, module, pk, name)
    open_row = uncover(access, pk, name)
    url = f"{record_url(module, pk)}fields/{name}/"
    shown = field_view(access, open_row, field, is_editable=False)
    shown.update(hides_in=SHOWN_FOR, hide_url=url, is_masked=False, show_url="")
    return render(request, "crm/detail/field.html", {"field": shown})
