"""People: the list, one person's card, and what is done to an account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Department, Position, Role, User
from accounts.phones import shown_phone
from accounts.services import people
from accounts.services.passwords import set_temporary_password
from accounts.signin.second_factor import has_second_factor
from accounts.views.asking import Asking
from accounts.views.setup.parts import (
    PAGE,
    administrators_only,
    control,
    crumbs,
    department_choices,
    department_tree,
    form_page,
    numbers,
    options,
    page_number,
    pager,
    typed,
    when,
)
from crm.access.errors import Refusal
from crm.lists.show import in_a_row
from crm.modules.registry import module_named
from crm.records.owners import count_owned


@require_safe
@administrators_only
def people_list(request: Asking) -> HttpResponse:
    """Everybody who signs in, by department or by name."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    chosen = next(iter(numbers([request.GET.get("department", "")])), None)
    department = Department.objects.filter(pk=chosen).first() if chosen else None
    found = _search(text, department)
    page = page_number(request)
    total = found.count()
    rows = found.select_related("department", "position").prefetch_related(
        "held_roles__role", "position__held_roles__role"
    )[(page - 1) * PAGE : page * PAGE]
    shown = [_row(user) for user in rows]
    base = reverse("setup-people")
    counts = dict(
        User.objects.filter(is_active=True)
        .values_list("department")
        .annotate(n=Count("pk"))
        .order_by()
    )
    keep = [{"name": "department", "value": department.pk}] if department else []
    chips = (
        [{"label": _("Department"), "text": department.name, "remove_url": base}]
        if department
        else []
    )
    context = {
        "crumbs": crumbs((_("People"), "")),
        "departments": department_tree(
            lambda one: f"{base}?{urlencode({'department': one.pk})}", chosen, counts
        ),
        "people": shown,
        "count": {"value": total, "exact": True},
        "search": {"value": text, "url": base, "keep": keep},
        "new_url": reverse("setup-person-new"),
        "import_url": reverse("setup-people-import"),
        "chips": chips,
        "clear_url": base,
        "pager": pager(request, page, len(shown), total),
    }
    return render(request, "setup/people.html", context)


def _search(text: str, department: Department | None) -> QuerySet[User]:
    found = User.objects.order_by("-is_active", "display_name", "pk")
    if department is not None:
        below = Q(department__path__startswith=department.path)
        further = Q(pk__in=department.memberships.values("user"))
        found = found.filter(below | further)
    if text:
        found = found.filter(
            Q(display_name__icontains=text)
            | Q(username__icontains=text)
            | Q(email__icontains=text)
            | Q(phone__contains=text)
            | Q(employee_number__iexact=text)
        )
    return found


def _row(user: User) -> dict[str, Any]:
    held = [one.role.label for one in user.held_roles.all()]
    if user.position:
        held += [one.role.label for one in user.position.held_roles.all()]
    return {
        "name": user.display_name,
        "username": user.username,
        "url": reverse("setup-person", args=[user.pk]),
        "department": str(user.department or ""),
        "position": str(user.position or ""),
        "roles": in_a_row(held),
        "state": "active" if user.is_active else "left",
        "state_label": _("Active") if user.is_active else _("Closed"),
        "last_seen": when(user.signed_in_at),
    }


def _sections(user: User | None, data: Any = None) -> list[tuple[str, list[dict]]]:
    """The form's controls: with what is stored, or with what was typed."""
    return [
        (_("Person"), _person_controls(user, data)),
        (_("Place in the company"), _place_controls(user, data)),
    ]


def _person_controls(user: User | None, data: Any) -> list[dict]:
    def text(name: str) -> str:
        stored = str(getattr(user, name) or "") if user else ""
        return str(data.get(name, "")) if data is not None else stored

    username = control("username", _("Account"), value=text("username"), required=True)
    if user:
        username.update(readonly=True, text_value=user.username)
    language = text("language") or settings.LANGUAGE_CODE
    return [
        control("display_name", pgettext("person", "Name"), value=text("display_name"),
                required=True),
        username,
        control("email", _("Mail"), "email", text("email")),
        control("phone", _("Phone"), "phone", shown_phone(text("phone"))),
        control("employee_number", _("Employee number"), value=text("employee_number")),
        control("language", _("Language"), "choice", language, required=True,
                options=options(settings.LANGUAGES, [language])),
    ]  # fmt: skip


def _place_controls(user: User | None, data: Any) -> list[dict]:
    def chosen(name: str, stored: Iterable[int | None]) -> list[str]:
        return data.getlist(name) if data is not None else [str(pk) for pk in stored if pk]

    places = department_choices()
    posts = [(post.pk, post.name) for post in Position.objects.filter(is_active=True)]
    known = [(role.pk, role.label) for role in Role.objects.all()]
    main = chosen("department", [user.department_id] if user else [])
    post = chosen("position", [user.position_id] if user else [])
    further = chosen(
        "departments", user.memberships.values_list("department", flat=True) if user else []
    )
    held = chosen("roles", user.held_roles.values_list("role", flat=True) if user else [])
    return [
        control("department", _("Main department"), "choice", "".join(main),
                options=options(places, main)),
        control("position", _("Position"), "choice", "".join(post), options=options(posts, post)),
        control("departments", _("Further departments"), "multi_choice",
                options=options(places, further)),
        control("roles", _("Roles"), "multi_choice", options=options(known, held)),
    ]  # fmt: skip


def _placed(request: Asking) -> tuple[dict[str, Any], Department | None, list, list]:
    """What was posted: card, main department, further departments, roles."""
    card: dict[str, Any] = {
        name: typed(request, name)
        for name in ("display_name", "email", "phone", "employee_number", "language")
    }
    post = numbers([request.POST.get("position", "")])
    card["position"] = Position.objects.filter(pk__in=post).first()
    main = Department.objects.filter(pk__in=numbers([request.POST.get("department", "")])).first()
    further = Department.objects.filter(pk__in=numbers(request.POST.getlist("departments")))
    held = Role.objects.filter(pk__in=numbers(request.POST.getlist("roles")))
    return card, main, list(further), list(held)


@require_http_methods(["GET", "POST"])
@administrators_only
@sensitive_variables("password")
def person_new(request: Asking) -> HttpResponse:
    """A new person; the first password is shown once."""
    refusal = None
    if request.method == "POST":
        card, main, further, held = _placed(request)
        try:
            user = people.add_person(
                actor=request.user,
                username=typed(request, "username"),
                department=main,
                further=further,
                roles=held,
                **card,
            )
            password = set_temporary_password(actor=request.user, user=user)
            return person(request, user.pk, shown_password=password)
        except Refusal as error:
            refusal = error
    way = crumbs((_("People"), reverse("setup-people")), (_("New person"), ""))
    return form_page(
        request,
        title=_("New person"),
        way=way,
        sections=_sections(None, request.POST if refusal else None),
        cancel_url=reverse("setup-people"),
        refusal=refusal,
    )


@require_http_methods(["GET", "POST"])
@administrators_only
def person(request: Asking, pk: int, shown_password: str = "") -> HttpResponse:
    """One person's card, and what may be done to the account."""
    user = get_object_or_404(User, pk=pk)
    refusal = None
    if request.method == "POST" and not shown_password:
        card, main, further, held = _placed(request)
        try:
            people.change_person(
                actor=request.user,
                user=user,
                department=main,
                further=further,
                roles=held,
                **card,
            )
            messages.info(request, _("Saved"))
            return HttpResponseRedirect(reverse("setup-people"))
        except Refusal as error:
            refusal = error
            user.refresh_from_db()
    return form_page(
        request,
        title=user.display_name,
        way=crumbs((_("People"), reverse("setup-people")), (user.display_name, "")),
        sections=_sections(user, request.POST if refusal else None),
        cancel_url=reverse("setup-people"),
        refusal=refusal,
        template="setup/person.html",
        action_url=reverse("setup-person", args=[user.pk]),
        **_account(user, shown_password),
    )


def _account(user: User, shown_password: str) -> dict[str, Any]:
    acts = []
    if user.is_active:
        if not user.may_administer:
            acts.append(("view", _("View as this person"), False))
        acts.append(("password", _("Give a temporary password"), False))
        if has_second_factor(user):
            acts.append(("second-factor", _("Switch the second factor off"), False))
        acts.append(("close", _("Close the account"), True))
    else:
        acts.append(("reopen", _("Open the account again"), False))
    owned = count_owned(user.pk)
    return {
        "shown_password": shown_password,
        "username": user.username,
        "state_label": _("Active") if user.is_active else _("Closed"),
        "last_sign_in": when(user.signed_in_at),
        "owned": [
            {"label": module_named(name).label_plural, "count": count}
            for name, count in owned.items()
        ],
        "acts": [
            {
                "label": label,
                "url": reverse("setup-person-act", args=[user.pk, act]),
                "is_danger": is_danger,
            }
            for act, label, is_danger in acts
        ],
    }


@require_POST
@administrators_only
@sensitive_variables("password")
def person_act(request: Asking, pk: int, act: str) -> HttpResponse:
    """Do one thing to an account."""
    user = get_object_or_404(User, pk=pk)
    actor = request.user
    if act == "password":
        password = set_temporary_password(actor=actor, user=user)
        return person(request, pk, shown_password=password)
    if act == "close":
        owned = sum(people.deactivate_user(actor=actor, user=user).values())
        text = ngettext(
            "The account is closed. It still owns %(count)d record.",
            "The account is closed. It still owns %(count)d records.",
            owned,
        )
        messages.info(request, text % {"count": owned})
    elif act == "reopen":
        people.reactivate_user(actor=actor, user=user)
    elif act == "second-factor":
        people.remove_second_factor(actor=actor, user=user)
    return HttpResponseRedirect(reverse("setup-person", args=[pk]))
