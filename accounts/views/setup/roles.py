"""A role itself: its names, networks and the rights over all modules."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role
from accounts.services import roles
from accounts.views.asking import Asking
from accounts.views.setup.parts import (
    administrators_only,
    control,
    crumbs,
    form_page,
    numbers,
    options,
    typed,
)
from crm.access.errors import Refusal
from crm.lib.whole import whole_number
from crm.records.errors import Invalid

FLAGS = ("view_all", "edit_all", "administer")


@require_http_methods(["GET", "POST"])
@administrators_only
def role_new(request: Asking) -> HttpResponse:
    """A new role, empty or as a copy."""
    refusal = None
    if request.method == "POST":
        copied = Role.objects.filter(pk__in=numbers([request.POST.get("copy_of", "")])).first()
        try:
            role = roles.create_role(
                actor=request.user,
                name=typed(request, "name", 100),
                labels=_labels(request),
                copy_of=copied,
            )
            return HttpResponseRedirect(reverse("setup-role", args=[role.name]))
        except Refusal as error:
            refusal = error
    data = request.POST if refusal else None
    known = [(role.pk, role.label) for role in Role.objects.all()]
    chosen = data.get("copy_of", "") if data else ""
    controls = [
        control("name", _("Short name"), value=data.get("name", "") if data else "", required=True,
                help=_("Small letters, digits and hyphens; for the command line.")),
        *_label_controls({}, data),
        control("copy_of", _("With the rights of"), "choice", chosen,
                options=options(known, [chosen])),
    ]  # fmt: skip
    return form_page(
        request,
        title=_("New role"),
        way=_way(_("New role")),
        sections=[(_("Role"), controls)],
        cancel_url=reverse("setup-roles"),
        refusal=refusal,
    )


@require_http_methods(["GET", "POST"])
@administrators_only
def role_edit(request: Asking, name: str) -> HttpResponse:
    """Names, allowed networks and the rights over all modules."""
    role = get_object_or_404(Role, name=name)
    refusal = None
    if request.method == "POST":
        try:
            roles.update_role(
                actor=request.user,
                role=role,
                labels=_labels(request),
                description=typed(request, "description", 200),
                networks=typed(request, "networks", 4000).replace(",", " ").split(),
                rank=_rank(request, role),
                **{flag: flag in request.POST for flag in FLAGS},
            )
            messages.info(request, _("Saved"))
            return HttpResponseRedirect(reverse("setup-role", args=[role.name]))
        except Refusal as error:
            refusal = error
            role.refresh_from_db()
    return form_page(
        request,
        title=role.label,
        way=_way(role.label),
        sections=_sections(role, request.POST if refusal else None),
        cancel_url=reverse("setup-role", args=[role.name]),
        refusal=refusal,
        template="setup/form.html",
        delete_url="" if role.is_shipped else reverse("setup-role-delete", args=[role.name]),
    )


def _sections(role: Role, data: Any) -> list[tuple[str, list[dict]]]:
    networks = data.get("networks", "") if data else "\n".join(role.networks)
    description = data.get("description", "") if data else role.description
    names = [
        *_label_controls(role.labels, data),
        control("description", _("Description"), value=description),
        control("rank", _("Order"), "integer", data.get("rank", "") if data else role.rank,
                help=_("Whoever has several roles gets the layouts of the first in this order.")),
    ]  # fmt: skip
    labels = {
        "view_all": _("May view all records"),
        "edit_all": _("May edit all records"),
        "administer": _("Administers"),
    }
    over_all = [
        control(flag, labels[flag], "boolean", flag in data if data else getattr(role, flag))
        for flag in FLAGS
    ]
    help_text = _("One per line, as 10.0.0.0/8. Empty means everywhere.")
    safety = [control("networks", _("Allowed networks"), "long_text", networks, help=help_text)]
    return [(_("Role"), names), (_("Over all modules"), over_all), (_("Sign-in"), safety)]


def _rank(request: Asking, role: Role) -> int:
    """The place in the order of roles; 32767 at most, as its column holds."""
    typed_rank = request.POST.get("rank")
    if typed_rank is None:
        return role.rank
    number = whole_number(typed_rank.strip())
    if number is None or number > 32_767:
        raise Invalid(fields={"rank": [_("The order is a number from 0 to %d.") % 32_767]})
    return number


def _label_controls(stored: dict[str, str], data: Any) -> list[dict]:
    return [
        control(
            f"label-{code}",
            _("Name") + f" · {language}",
            value=data.get(f"label-{code}", "") if data else stored.get(code, ""),
        )
        for code, language in settings.LANGUAGES
    ]


def _labels(request: Asking) -> dict[str, str]:
    given = {code: typed(request, f"label-{code}", 100) for code, _name in settings.LANGUAGES}
    return {code: text for code, text in given.items() if text}


def _way(label: str) -> list[dict[str, str]]:
    return crumbs((_("Roles and rights"), reverse("setup-roles")), (label, ""))


@require_POST
@administrators_only
def role_delete(request: Asking, name: str) -> HttpResponse:
    """Delete a role that nobody holds."""
    role = get_object_or_404(Role, name=name)
    try:
        roles.delete_role(actor=request.user, role=role)
    except Refusal as error:
        messages.warning(request, str(error.message))
        return HttpResponseRedirect(reverse("setup-role-edit", args=[name]))
    return HttpResponseRedirect(reverse("setup-roles"))
