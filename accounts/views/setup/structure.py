"""Departments, teams and positions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Department, Position, Role, Team, User
from accounts.services import departments as tree
from accounts.services import roles, teams
from accounts.views.asking import Asking
from accounts.views.setup.parts import (
    administrators_only,
    control,
    crumbs,
    department_choices,
    department_tree,
    form_page,
    numbers,
    options,
    typed,
)
from crm.access.errors import Refusal


def _people_choices() -> list[tuple[int, str]]:
    found = User.objects.filter(is_active=True).select_related("department")
    return [(user.pk, f"{user.display_name} · {user.department or ''}") for user in found]


@require_safe
@administrators_only
def departments(request: Asking) -> HttpResponse:
    """The tree, one department of it, and the teams."""
    chosen = next(iter(numbers([request.GET.get("department", "")])), None)
    found = Department.objects.select_related("parent", "manager")
    current = found.filter(pk=chosen).first() if chosen else None
    counts = dict(
        User.objects.filter(is_active=True)
        .values_list("department")
        .annotate(n=Count("pk"))
        .order_by()
    )
    base = reverse("setup-departments")
    counted = Team.objects.annotate(n=Count("members")).order_by("name", "pk")
    context = {
        "crumbs": crumbs((_("Departments and teams"), "")),
        "departments": department_tree(lambda one: f"{base}?department={one.pk}", chosen, counts),
        "new_url": reverse("setup-department-new") + (f"?parent={current.pk}" if current else ""),
        "department": _shown(current) if current else None,
        "members": _members(current) if current else [],
        "add_url": reverse("setup-person-new") if current else "",
        "teams": [
            {
                "name": team.name,
                "url": reverse("setup-team", args=[team.pk]),
                "count": team.n,
                "until": "" if team.is_active else _("Closed"),
            }
            for team in counted
        ],
        "team_new_url": reverse("setup-team-new"),
    }
    return render(request, "setup/departments.html", context)


def _shown(department: Department) -> dict[str, Any]:
    is_used = department.people.exists() or department.memberships.exists()
    has_children = department.children.exists()
    reason = _("People belong to it") if is_used else _("Departments are below it")
    return {
        "name": department.name,
        "parent": str(department.parent or ""),
        "head": str(department.manager or ""),
        "path": dict(department_choices()).get(department.pk, ""),
        "edit_url": reverse("setup-department", args=[department.pk]),
        "delete_url": ""
        if is_used or has_children
        else reverse("setup-department-delete", args=[department.pk]),
        "reason": reason if is_used or has_children else "",
    }


def _members(department: Department) -> list[dict[str, Any]]:
    belongs = Q(department=department) | Q(memberships__department=department)
    found = User.objects.filter(belongs, is_active=True).select_related("position").distinct()
    return [
        {
            "name": user.display_name,
            "url": reverse("setup-person", args=[user.pk]),
            "position": str(user.position or ""),
            "is_main": user.department_id == department.pk,
        }
        for user in found
    ]


def _value(data: Any, name: str, stored: Any) -> Any:
    """What was typed, if anything was sent, else what is stored."""
    return data.get(name, "") if data else stored


def _department_sections(department: Department | None, request: Asking) -> list:
    data = request.POST if request.method == "POST" else None
    old = department or Department(order=0)
    above = old.parent_id if department else request.GET.get("parent", "")
    parent = _value(data, "parent", above or "")
    manager = _value(data, "manager", old.manager_id or "")
    name = _value(data, "name", old.name)
    order = _value(data, "order", old.order)
    places = [
        (pk, label)
        for pk, label in department_choices()
        if department is None or pk != department.pk
    ]
    return [
        (
            _("Department"),
            [
                control("name", _("Name"), value=name, required=True),
                control("parent", _("Above"), "choice", parent, options=options(places, [parent])),
                control("manager", _("Head"), "choice", manager,
                        options=options(_people_choices(), [manager])),
                control("order", _("Order"), "integer", order),
            ],
        )
    ]  # fmt: skip


def _department_typed(request: Asking) -> tuple[Department | None, dict[str, Any]]:
    above = Department.objects.filter(pk__in=numbers([request.POST.get("parent", "")])).first()
    head = User.objects.filter(pk__in=numbers([request.POST.get("manager", "")])).first()
    order = next(iter(numbers([typed(request, "order", 4)])), 0)
    return above, {"name": typed(request, "name", 200), "manager": head, "order": order}


@require_http_methods(["GET", "POST"])
@administrators_only
def department_form(request: Asking, pk: int | None = None) -> HttpResponse:
    """Make or change a department."""
    department = get_object_or_404(Department, pk=pk) if pk else None
    base = reverse("setup-departments")
    refusal = None
    if request.method == "POST":
        above, fields = _department_typed(request)
        try:
            done = tree.save_department(
                actor=request.user, department=department, parent=above, **fields
            )
            return HttpResponseRedirect(f"{base}?department={done.pk}")
        except Refusal as error:
            refusal = error
            if department:
                department.refresh_from_db()
    title = department.name if department else _("New department")
    return form_page(
        request,
        title=title,
        way=crumbs((_("Departments and teams"), base), (title, "")),
        sections=_department_sections(department, request),
        cancel_url=base,
        refusal=refusal,
    )


@require_http_methods(["GET", "POST"])
@administrators_only
def department_delete(request: Asking, pk: int) -> HttpResponse:
    """Ask, then delete a department that nobody belongs to."""
    department = get_object_or_404(Department, pk=pk)
    return _ask_and_delete(
        request,
        name=department.name,
        back=reverse("setup-departments"),
        delete=lambda: tree.delete_department(actor=request.user, department=department),
    )


def _ask_and_delete(request: Asking, *, name: str, back: str, delete: Any) -> HttpResponse:
    if request.method == "POST":
        try:
            delete()
        except Refusal as error:
            messages.warning(request, str(error.message))
        return HttpResponseRedirect(back)
    is_part = "HX-Request" in request.headers
    context = {
        "title": _("Delete %(name)s?") % {"name": name},
        "text": _("Its history stays."),
        "action_url": request.path,
        "cancel_url": back,
        "fields": [],
        "submit_label": _("Delete"),
        "is_danger": True,
        "is_page": not is_part,
    }
    return render(request, "crm/bulk/dialog.html" if is_part else "crm/bulk/page.html", context)


@require_http_methods(["GET", "POST"])
@administrators_only
def team_form(request: Asking, pk: int | None = None) -> HttpResponse:
    """Make or change a team."""
    team = get_object_or_404(Team, pk=pk) if pk else None
    base = reverse("setup-departments")
    refusal = None
    if request.method == "POST":
        try:
            _save_team(request, team)
            return HttpResponseRedirect(base)
        except Refusal as error:
            refusal = error
            if team:
                team.refresh_from_db()
    title = team.name if team else _("New team")
    return form_page(
        request,
        title=title,
        way=crumbs((_("Departments and teams"), base), (title, "")),
        sections=_team_sections(team, request),
        cancel_url=base,
        refusal=refusal,
    )


def _save_team(request: Asking, team: Team | None) -> None:
    ids = numbers(request.POST.getlist("members"))
    leader = numbers([request.POST.get("leader", "")])
    teams.save_team(
        actor=request.user,
        team=team,
        name=typed(request, "name", 200),
        purpose=typed(request, "purpose", 200),
        is_active="is_active" in request.POST,
        members=list(User.objects.filter(pk__in={*ids, *leader})),
        leaders=list(User.objects.filter(pk__in=leader)),
    )


def _team_sections(team: Team | None, request: Asking) -> list:
    data = request.POST if request.method == "POST" else None
    old = team or Team()
    rows = list(team.members.all()) if team else []
    members = data.getlist("members") if data else [row.user_id for row in rows]
    leads = [row.user_id for row in rows if row.is_leader]
    leader = _value(data, "leader", next(iter(leads), ""))
    known = _people_choices()
    name = _value(data, "name", old.name)
    purpose = _value(data, "purpose", old.purpose)
    is_active = "is_active" in data if data else old.is_active
    controls = [
        control("name", _("Name"), value=name, required=True),
        control("purpose", _("Purpose"), value=purpose),
        control("leader", _("Leader"), "choice", leader, options=options(known, [leader])),
        control("is_active", _("Active"), "boolean", is_active),
        control("members", _("Members"), "multi_choice", options=options(known, members)),
    ]
    return [(_("Team"), controls)]


@require_http_methods(["GET", "POST"])
@administrators_only
def positions(request: Asking, pk: int | None = None) -> HttpResponse:
    """All positions; one of them in the form, or a new one."""
    position = get_object_or_404(Position, pk=pk) if pk else None
    refusal = None
    if request.method == "POST":
        try:
            held = Role.objects.filter(pk__in=numbers(request.POST.getlist("roles")))
            roles.save_position(
                actor=request.user,
                position=position,
                name=typed(request, "name", 200),
                roles=list(held),
            )
            return HttpResponseRedirect(reverse("setup-positions"))
        except Refusal as error:
            refusal = error
            if position:
                position.refresh_from_db()
    data = request.POST if refusal else None
    given = position.held_roles.values_list("role", flat=True) if position else []
    known = [(role.pk, role.label) for role in Role.objects.all()]
    name = data.get("name", "") if data else position.name if position else ""
    chosen = data.getlist("roles") if data else given
    controls = [
        control("name", _("Name"), value=name, required=True),
        control("roles", _("Roles"), "multi_choice", options=options(known, chosen)),
    ]
    return form_page(
        request,
        title=_("Positions"),
        way=crumbs((_("Positions"), "")),
        sections=[(position.name if position else _("New position"), controls)],
        cancel_url=reverse("setup"),
        refusal=refusal,
        template="setup/positions.html",
        positions=_all_positions(position),
        delete_url=reverse("setup-position-delete", args=[position.pk]) if position else "",
        new_url=reverse("setup-positions"),
    )


def _all_positions(current: Position | None) -> list[dict[str, Any]]:
    working = Count("people", filter=Q(people__is_active=True))
    found = Position.objects.annotate(n=working).order_by("order", "pk")
    return [
        {
            "label": one.name,
            "url": reverse("setup-position", args=[one.pk]),
            "count": one.n,
            "is_current": current is not None and one.pk == current.pk,
            "children": [],
        }
        for one in found
    ]


@require_POST
@administrators_only
def position_delete(request: Asking, pk: int) -> HttpResponse:
    """Delete a position that nobody holds."""
    position = get_object_or_404(Position, pk=pk)
    try:
        tree.delete_position(actor=request.user, position=position)
    except Refusal as error:
        messages.warning(request, str(error.message))
    return HttpResponseRedirect(reverse("setup-positions"))
