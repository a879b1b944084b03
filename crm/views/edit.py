"""Entering and changing one record by a form; what two people changed at once."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import names
from crm.access.policy import Access, access_to
from crm.forms.page import error_list, sections
from crm.forms.posted import posted_values
from crm.forms.quick import with_labels
from crm.lib.whole import whole_number
from crm.lists.columns import record_url
from crm.lists.show import in_sentence, show_moment
from crm.modules.registry import module_named
from crm.records.cleaning import Cleaner
from crm.records.drafts import draft_of
from crm.records.duplicates import Match, matches_of
from crm.records.errors import Conflict, DuplicateFound, Invalid, Refusal, StaleRecord
from crm.records.limits import TooMany, counted, note_check
from crm.records.merging import may_merge
from crm.records.services import create_record, update_record
from crm.views.alike import why
from crm.views.field_files import take_uploads
from crm.views.history import said
from crm.views.lists import title_of
from crm.views.shell import toast


@require_http_methods(["GET", "POST"])
def new_record(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/new/: enter one record."""
    access = access_to(request.user, module_named(module))
    access.require("create")
    if request.method == "GET":
        return render(request, "crm/edit/page.html", new_context(access, request, {}))
    if "carried" in request.POST:  # from quick create: the whole form with what was typed there
        context = {**new_context(access, request, {}), "is_carried": True}
        return render(request, "crm/edit/page.html", context)
    try:
        pk = create_posted(access, request)
    except (Invalid, DuplicateFound) as error:
        context, status = refused_create(
            access, error, lambda errors: new_context(access, request, errors)
        )
        return render(request, "crm/edit/page.html", context, status=status)
    toast(request, _("%s was saved.") % access.module.label)
    if request.POST.get("again"):
        return HttpResponseRedirect(f"/{module}/new/")
    return HttpResponseRedirect(record_url(module, pk))


def create_posted(access: Access, request: HttpRequest) -> int:
    """Enter the record that a form posted; the id of the new one."""
    take_uploads(access, request)
    return create_record(
        actor=request.user,
        module=access.module.name,
        values=posted_values(access, request.POST, None),
        key=request.POST.get("key") or None,
        near_is_fine=bool(request.POST.get("duplicates_seen")),
    )


def refused_create(
    access: Access, error: Invalid | DuplicateFound, context_of: Callable[[Any], dict[str, Any]]
) -> tuple[dict[str, Any], int]:
    """The form once more with what was wrong, and the status of the answer."""
    refusal = counted(access, error, "create")
    context = context_of(refusal.fields)
    _say_limit(context, refusal)
    if isinstance(refusal, DuplicateFound):
        context.update(duplicates_context(access, refusal.matches))
        if not any(match.is_exact for match in refusal.matches):
            context["errors"] = []
    return context, refusal.status


def new_context(
    access: Access, request: HttpRequest, errors: dict[str, Any], post: Any = None
) -> dict[str, Any]:
    """What crm/edit/page.html shows for a new record, filled with what was posted."""
    module = access.module
    if post is None:
        is_sent = request.method == "POST"
        post = request.POST if is_sent else with_labels(access, request.GET)
    title = _("New %s") % in_sentence(module.label)
    return {
        "title": title,
        "crumbs": _crumbs(access, title),
        "action_url": f"/{module.name}/new/",
        "cancel_url": f"/{module.name}/",
        "module": {"name": module.name, "label": module.label},
        "version": None,
        "key": request.POST.get("key") or uuid.uuid4().hex,
        "sections": sections(access, None, post, errors),
        "errors": error_list(access, errors),
        "duplicates_url": f"/{module.name}/duplicates/" if module.key_fields else "",
        "paste_url": f"/{module.name}/propose/" if module.pasted_note else "",
        "is_pasting": "paste" in request.GET,
        "submit_label": _("Save"),
        "again_label": _("Save and enter another"),
    }


def _say_limit(context: dict[str, Any], refusal: Refusal) -> None:
    """Why nothing is said of a duplicate, where the person has no answers left."""
    if isinstance(refusal, TooMany):
        context["errors"] = [{"label": "", "messages": [refusal.message], "anchor": ""}]


def _crumbs(access: Access, *labels: Any) -> list[dict[str, Any]]:
    module = access.module
    crumbs = [
        {"label": module.group, "url": ""},
        {"label": module.label_plural, "url": f"/{module.name}/"},
    ]
    return crumbs + [{"label": label, "url": ""} for label in labels]


@require_http_methods(["GET", "POST"])
def edit_record(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """/<module>/<id>/edit/: change one record."""
    access = access_to(request.user, module_named(module))
    row = access.get(pk)
    access.require("edit", pk)
    if request.method == "GET":
        context = _edit_context(access, row, request, {}, row.version)
        return render(request, "crm/edit/page.html", context)
    version = whole_number(request.POST.get("version", ""))
    try:
        take_uploads(access, request)
        values = posted_values(access, request.POST, row)
        update_record(actor=request.user, module=module, pk=pk, values=values, version=version)
    except (Invalid, DuplicateFound) as error:
        refusal = counted(access, error, "change")
        context = _edit_context(access, row, request, refusal.fields, version)
        if isinstance(refusal, DuplicateFound):
            context |= duplicates_context(access, refusal.matches, beside=pk)
        _say_limit(context, refusal)
        return render(request, "crm/edit/page.html", context, status=refusal.status)
    except StaleRecord as refusal:
        if not refusal.conflicts:
            toast(request, _("There was nothing of yours to save."))
            return HttpResponseRedirect(record_url(module, pk))
        context = conflict_context(access, row, request, refusal)
        return render(request, "crm/edit/conflict.html", context, status=refusal.status)
    toast(request, _("%s was saved.") % access.module.label)
    return HttpResponseRedirect(record_url(module, pk))


def _edit_context(
    access: Access, row: Any, request: HttpRequest, errors: dict[str, Any], version: int | None
) -> dict[str, Any]:
    module = access.module
    title = title_of(access, row)
    post = request.POST if request.method == "POST" else None
    crumbs = _crumbs(access, title, _("Edit"))
    crumbs[2]["url"] = record_url(module.name, row.pk)
    return {
        "title": _("Edit %s") % title,
        "crumbs": crumbs,
        "action_url": f"{record_url(module.name, row.pk)}edit/",
        "cancel_url": record_url(module.name, row.pk),
        "draft_of": row.pk,
        "module": {"name": module.name, "label": module.label},
        "version": version,
        "sections": sections(access, row, post, errors),
        "errors": error_list(access, errors),
        "duplicates_url": "",
        "submit_label": _("Save"),
        "again_label": "",
    }


def conflict_context(
    access: Access, row: Any, request: HttpRequest, refusal: StaleRecord
) -> dict[str, Any]:
    """Both values side by side; everything else that was posted comes along."""
    by = names.people([refusal.changed_by]).get(refusal.changed_by or 0)
    shown = {conflict.field for conflict in refusal.conflicts}
    skipped = {"csrfmiddlewaretoken", "version"}
    keep = [
        {"name": name, "value": value}
        for name, values in request.POST.lists()
        if name not in skipped and not name.startswith("take-")
        for value in values
        if _is_kept(access, name, shown)
    ]
    return {
        "title": title_of(access, row),
        "crumbs": _crumbs(access, title_of(access, row)),
        "action_url": f"{record_url(access.module.name, row.pk)}edit/",
        "cancel_url": record_url(access.module.name, row.pk),
        "record_url": record_url(access.module.name, row.pk),
        "version": refusal.version,
        "by": by.label if by else _("somebody"),
        "when": show_moment(row["changed_at"]) if "changed_at" in row else "",
        "conflicts": [_conflict(access, conflict) for conflict in refusal.conflicts],
        "keep": keep,
        "files_lost": [],
    }


def _conflict(access: Access, conflict: Conflict) -> dict[str, Any]:
    """One disputed field with its three values in words."""
    field = access.module.fields[conflict.field]
    return {
        "name": conflict.field,
        "label": field.label,
        "html_name": conflict.field,
        "before": said(access, field, conflict.before),
        "theirs": said(access, field, conflict.theirs),
        "mine": said(access, field, conflict.mine),
        "is_same_field": conflict.before != conflict.theirs,
        "is_merged": False,
    }


def _is_kept(access: Access, name: str, shown: set[str]) -> bool:
    """Only what is in dispute goes along: an old value of an untouched field must not win."""
    return name.partition("-")[0] in shown or name.removesuffix("__text") in shown


@require_POST
def check_duplicates(request: HttpRequest, module: str) -> HttpResponse:
    """While typing: known records that may be the same. Tells whose, never their fields."""
    access = access_to(request.user, module_named(module))
    access.require("create")
    values = posted_values(access, request.POST, None)
    draft = draft_of(Cleaner(access), values, access.writable())
    keys = access.module.all_keys(draft.all)
    if keys.exact or keys.near:  # who has typed nothing yet asks nothing
        note_check(access, "form")
    context = duplicates_context(access, matches_of(access, draft.all))
    return render(request, "crm/edit/duplicates.html", context)


def duplicates_context(
    access: Access, matches: Sequence[Match], beside: int | None = None
) -> dict[str, Any]:
    """What crm/edit/duplicates.html shows; `beside` is the record that is being changed.

    Where that may be merged with the known one, this is offered.
    """
    url = f"/{access.module.name}/merge/"
    known = [match.pk for match in matches if match.pk]
    mine = _mergeable(access, [beside, *known]) if beside and known and may_merge(access) else set()
    return {
        "duplicates": [
            {
                "title": match.label or access.module.label,
                "url": record_url(access.module.name, match.pk) if match.pk else "",
                "why": why(access, match.rule),
                "owner": match.word,
                "ask_url": "",
                "merge_url": f"{url}?{urlencode({'pk': [beside, match.pk]}, doseq=True)}"
                if {beside, match.pk} <= mine
                else "",
            }
            for match in matches
        ],
        "may_create_anyway": bool(matches) and not any(match.is_exact for match in matches),
    }


def _mergeable(access: Access, ids: Sequence[int | None]) -> set[int | None]:
    return set(access.rows("edit").filter(pk__in=ids).values_list("pk", flat=True))
