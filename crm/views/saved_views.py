"""The views of a module's list: save, arrange, begin with, delete."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import names
from crm.access.errors import NotAllowed
from crm.access.holders import roles_named
from crm.access.policy import Access, access_to
from crm.forms.audience import audience_fields, audience_from, holders_of
from crm.lib.whole import whole_number
from crm.lists.models import SavedView
from crm.lists.show import in_a_row
from crm.lists.views import (
    arrange_view,
    choose_start,
    create_view,
    delete_view,
    may_manage,
    restore_view,
    start_of,
    update_view,
    view_of,
    views_of,
)  # fmt: skip
from crm.modules.registry import module_named
from crm.records.errors import Invalid
from crm.views.address import address_of
from crm.views.shell import toast


def _access(request: HttpRequest, module: str) -> Access:
    access = access_to(request.user, module_named(module))
    access.require("view")
    return access


def _state(request: HttpRequest, access: Access) -> dict[str, str]:
    """The list's address as a view keeps it."""
    params = QueryDict(request.POST.get("query", ""), mutable=True)
    for name in ("view", "page", "after", "before", "peek"):
        params.pop(name, None)
    return address_of(access, params).state


@require_http_methods(["GET", "POST"])
def saved_views(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/views/: all views of the list; POST saves what is seen under a name."""
    access = _access(request, module)
    if request.method == "POST":
        view = create_view(access, request.POST.get("name", ""), _state(request, access))
        toast(request, _("Saved as “%s”.") % view.name)
        return HttpResponseRedirect(f"/{module}/?view={view.pk}")
    found = list(views_of(access))
    start = start_of(access, found)
    people = names.people(one.owner_id for one in found)
    roles = roles_named() if any(one.starts_for for one in found) else {}
    context = {
        "module": access.module,
        "crumbs": _crumbs(access, _("Views")),
        "list_url": f"/{module}/",
        "views": [_line(access, one, start, people, roles) for one in found],
        "plain": {
            "is_start": start is None,
            "start_url": f"/{module}/views/start/",
            "label": access.module.label_plural,
        },
    }
    return render(request, "crm/views/page.html", context)


def _crumbs(access: Access, label: str) -> list[dict[str, str]]:
    path = f"/{access.module.name}/"
    return [
        {"label": access.module.label_plural, "url": path},
        {"label": _("Views"), "url": f"{path}views/" if label != _("Views") else ""},
        *([{"label": label, "url": ""}] if label != _("Views") else []),
    ]


def _line(
    access: Access,
    view: SavedView,
    start: SavedView | None,
    people: dict[int, Any],
    roles: dict[int, str],
) -> dict[str, Any]:
    base = f"/{access.module.name}/views/{view.pk}/"
    is_own = view.owner_id == access.user.pk
    for_whom = _("everyone") if view.is_for_everyone else ""
    if not for_whom and (view.people or view.groups):
        for_whom = in_a_row(label for _holder, label in holders_of(view)) if is_own else _("shared")
    return {
        "pk": view.pk,
        "name": view.name,
        "url": f"/{access.module.name}/?view={view.pk}",
        "owner": _("me") if is_own else people[view.owner_id].label,
        "for": for_whom or _("only me"),
        "roles": in_a_row(roles[pk] for pk in view.starts_for if pk in roles),
        "is_locked": view.is_locked,
        "is_start": start is not None and start.pk == view.pk,
        "start_url": f"{base}start/",
        "edit_url": base if may_manage(access, view) else "",
        "delete_url": f"{base}delete/" if may_manage(access, view) else "",
    }


@require_http_methods(["GET", "POST"])
def saved_view(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """/<module>/views/<id>/: name, who has it, lock, whose start it is."""
    access = _access(request, module)
    view = view_of(access, pk)
    if not may_manage(access, view):
        raise NotAllowed(_("Only who made this view changes who has it."))
    errors: dict[str, list[Any]] = {}
    if request.method == "POST":
        try:
            version = whole_number(request.POST.get("version", ""))
            name = request.POST.get("name", "")
            audience = audience_from(access, view, request.POST)
            arrange_view(access, pk, name, audience, version)
            toast(request, _("Saved."))
            return HttpResponseRedirect(f"/{module}/views/")
        except Invalid as refusal:
            errors = refusal.fields or {"": [refusal.message]}
    context = {
        "crumbs": _crumbs(access, view.name),
        "title": view.name,
        "action_url": request.path,
        "back_url": f"/{module}/views/",
        "version": view.version,
        "fields": audience_fields(access, view, request.POST if errors else None, errors),
        "errors": [
            {"label": "", "messages": texts, "anchor": f"id-{name}"}
            for name, texts in errors.items()
        ],
    }
    return render(request, "crm/views/edit.html", context, status=400 if errors else 200)


@require_POST
def view_saved(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/views/<id>/save/: the view becomes what is seen."""
    access = _access(request, module)
    view = update_view(access, pk, _state(request, access))
    toast(request, _("Saved in “%s”.") % view.name)
    return HttpResponseRedirect(f"/{module}/?view={view.pk}")


@require_POST
def view_deleted(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/views/<id>/delete/: nobody has it any more; the toast gives it back."""
    view = delete_view(_access(request, module), pk)
    text = _("“%s” is deleted.") % view.name
    toast(request, text, undo_url=f"/{module}/views/{pk}/restore/")
    return HttpResponseRedirect(f"/{module}/views/")


@require_POST
def view_restored(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/views/<id>/restore/."""
    restore_view(_access(request, module), pk)
    return HttpResponseRedirect(f"/{module}/views/")


@require_POST
def view_started(request: HttpRequest, module: str, pk: int = 0) -> HttpResponse:
    """POST /<module>/views/<id>/start/: my list begins with it; without an id, with all."""
    access = _access(request, module)
    choose_start(access, view_of(access, pk) if pk else None)
    return HttpResponseRedirect(f"/{module}/views/")
