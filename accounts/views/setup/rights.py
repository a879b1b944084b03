"""Roles and rights: module × action × scope, module × field × state, all changes at once."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from accounts.services.roles import FieldChange, RightChange, apply_rights, may_mask
from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, crumbs
from crm.access.grants import (
    ACTION_LABELS,
    ACTIONS,
    CREATING,
    SCOPE_LABELS,
    STATE_LABELS,
    ScopeName,
    State,
)
from crm.modules.module import Module
from crm.modules.registry import all_modules
from crm.records.errors import Invalid, StaleRecord

BARS = {name: number for number, name in enumerate(ScopeName)}
PHONE_EXAMPLE = "13800138000"
Stored = tuple[dict[tuple[str, str], ScopeName], dict[tuple[str, str], tuple[State, bool]]]


@require_http_methods(["GET", "POST"])
@administrators_only
def rights(request: Asking, name: str = "") -> HttpResponse:
    """One role's rights; POST applies all changes of the page together."""
    roles = list(Role.objects.annotate(n=Count("holders")).order_by("pk"))
    role = get_object_or_404(Role, name=name) if name else roles[0] if roles else None
    if role is None:
        return HttpResponseRedirect(reverse("setup-role-new"))
    modules = all_modules()
    asked = request.POST.get("module") or request.GET.get("module")
    current = next((one for one in modules if one.name == asked), modules[0])
    stored = _stored(role)
    error, status = "", 200
    if request.method == "POST":
        if request.POST.get("version") == _version(stored):
            return _apply(request, role, current, modules, stored)
        error, status = str(StaleRecord.message), 409
    page = Page(role, modules, current, stored, request.POST if status == 409 else None)
    context = {**page.context(), **_frame(role, roles), "saved": "", "stale": error}
    return render(request, "setup/rights.html", context, status=status)


def _stored(role: Role) -> Stored:
    rights = {(row.module, row.action): ScopeName(row.scope) for row in role.rights.all()}
    fields = {
        (row.module, row.field): (State(row.state), row.only_when_empty)
        for row in role.fields.all()
    }
    return rights, fields


def _version(stored: Stored) -> str:
    """Changes with every right of the role: two administrators never undo each other unseen."""
    rights, fields = stored
    text = repr((sorted(rights.items()), sorted(fields.items())))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _apply(
    request: Asking, role: Role, current: Module, modules: list[Module], stored: Stored
) -> HttpResponse:
    page = Page(role, modules, current, stored, request.POST)
    rights, fields = page.changes()
    count = apply_rights(actor=request.user, role=role, rights=rights, fields=fields)
    messages.info(request, _("Changes in force: %(count)d") % {"count": count})
    address = reverse("setup-role", args=[role.name])
    return HttpResponseRedirect(f"{address}?module={current.name}")


def _frame(role: Role, roles: list[Any]) -> dict[str, Any]:
    return {
        "crumbs": crumbs((_("Roles and rights"), reverse("setup-roles")), (role.label, "")),
        "roles": [
            {
                "name": one.name,
                "label": one.label,
                "count": one.n,
                "url": reverse("setup-role", args=[one.name]),
                "is_current": one.pk == role.pk,
            }
            for one in roles
        ],
        "role": {"name": role.name, "label": role.label, "is_shipped": role.is_shipped},
        "new_role_url": reverse("setup-role-new"),
        "edit_role_url": reverse("setup-role-edit", args=[role.name]),
        "view_url": "" if role.administer else reverse("setup-view-role", args=[role.name]),
        "delete_role_url": "",
        "action_url": reverse("setup-role", args=[role.name]),
    }


class Page:
    """The matrix of one role: what is stored, overlaid by what was typed."""

    def __init__(
        self, role: Role, modules: list[Module], current: Module, stored: Stored, data: Any
    ) -> None:
        self.role, self.modules, self.current = role, modules, current
        self.rights, self.fields = stored
        self.data = data
        own = [action for module in modules for action in module.extra_actions]
        self.actions = [*ACTIONS, *dict.fromkeys(own)]

    def context(self) -> dict[str, Any]:
        """What setup/rights.html shows."""
        return {
            "version": _version((self.rights, self.fields)),
            "actions": [{"name": one, "label": _action_label(one)} for one in self.actions],
            "modules": [self._module(one) for one in self.modules],
            "scopes": [
                {"value": one.value, "label": SCOPE_LABELS[one], "bars": BARS[one]}
                for one in (ScopeName.OWN, ScopeName.DEPARTMENT, ScopeName.ALL)
            ],
            "current": {"name": self.current.name, "label": self.current.label_plural},
            "field_count": len(self.current.right_names()),
            "states": _choices(STATE_LABELS),
            "field_sections": [
                {"title": title, "name": str(number), "fields": [self._field(n) for n in names]}
                for number, (title, names) in enumerate(_sections(self.current))
            ],
        }

    def changes(self) -> tuple[list[RightChange], list[FieldChange]]:
        """What was typed and differs from what is stored. Raises Invalid on nonsense."""
        rights = [
            RightChange(module.name, action, scope)
            for module in self.modules
            for action in (*ACTIONS, *module.extra_actions)
            if (scope := self._scope(module, action)) != self._old_scope(module, action)
        ]
        fields = []
        for number, (_title, names) in enumerate(_sections(self.current)):
            for name in names:
                state, only_empty = self._state(name, number)
                if (state, only_empty) != self._old_state(name):
                    fields.append(FieldChange(self.current.name, name, state, only_empty))
        return rights, fields

    def _old_scope(self, module: Module, action: str) -> ScopeName:
        return self.rights.get((module.name, action), ScopeName.NONE)

    def _old_state(self, name: str) -> tuple[State, bool]:
        return self.fields.get((self.current.name, name), (State.HIDDEN, False))

    def _scope(self, module: Module, action: str) -> ScopeName:
        old = self._old_scope(module, action)
        typed = self.data.get(f"scope-{module.name}-{action}") if self.data else None
        if typed is None:
            return old
        try:
            return ScopeName(typed)
        except ValueError:
            raise Invalid(_("There is no such scope.")) from None

    def _state(self, name: str, section: int) -> tuple[State, bool]:
        old = self._old_state(name)
        if not self.data:
            return old
        key = f"{self.current.name}-{name}"
        typed = self.data.get(f"state-{key}")
        whole, _colon, state = self.data.get("set_all", "").partition(":")
        if whole == str(section) and (state != "masked" or may_mask(self.current, name)):
            typed = state
        if typed is None:
            return old
        try:
            wanted = State.parse(typed)
        except ValueError:
            raise Invalid(_("There is no such field state.")) from None
        return wanted, wanted is State.EDIT and f"empty-{key}" in self.data

    def _module(self, module: Module) -> dict[str, Any]:
        known = {*ACTIONS, *module.extra_actions}
        return {
            "name": module.name,
            "label": module.label_plural,
            "url": f"{reverse('setup-role', args=[self.role.name])}?module={module.name}",
            "is_current": module.name == self.current.name,
            "cells": [
                self._cell(module, action) if action in known else None for action in self.actions
            ],
        }

    def _cell(self, module: Module, action: str) -> dict[str, Any]:
        scope = self._scope(module, action)
        offered: dict[ScopeName, Any] = {one: SCOPE_LABELS[one] for one in ScopeName}
        if action in CREATING:  # nothing is there yet: yes or no
            may = ScopeName.ALL if scope is ScopeName.NONE else scope
            offered = {ScopeName.NONE: SCOPE_LABELS[ScopeName.NONE], may: _("Allowed")}
        return {
            "html_name": f"scope-{module.name}-{action}",
            "label": f"{module.label_plural}, {_action_label(action)}",
            "bars": BARS[scope],
            "text": SCOPE_LABELS[scope],
            "readonly": False,
            "is_yes_no": action in CREATING,
            "options": [
                {"value": one.value, "label": label, "bars": BARS[one], "is_on": one is scope}
                for one, label in offered.items()
            ],
        }

    def _field(self, name: str) -> dict[str, Any]:
        field = self.current.field_at(name)
        collection, dot, _member = name.partition(".")
        number = next(n for n, (_t, names) in enumerate(_sections(self.current)) if name in names)
        state, only_empty = self._state(name, number)
        notes = {
            State.HIDDEN: _("Not in lists, search, export or print"),
            State.MASKED: _("Shown on request, which is logged; no filter, no sort"),
        }
        mask = field.mask if field and field.kind == "phone" and state is State.MASKED else None
        return {
            "html_name": f"state-{self.current.name}-{name}",
            "empty_name": f"empty-{self.current.name}-{name}",
            "label": field.label if field else name,
            "state": state.name.lower(),
            "example": mask(PHONE_EXAMPLE) if mask else "",
            "note": notes.get(state, ""),
            "may_mask": state is State.MASKED or may_mask(self.current, name),
            "may_edit": not (field and (field.is_read_only or field.is_computed)),
            "only_when_empty": only_empty,
            "parent": self.current.fields[collection].label if dot else "",
        }


def _action_label(action: str) -> Any:
    return ACTION_LABELS.get(action, action.replace("_", " ").capitalize())


def _choices(labels: dict[State, Any]) -> list[dict[str, Any]]:
    return [{"value": state.name.lower(), "label": label} for state, label in labels.items()]


def _sections(module: Module) -> list[tuple[str, list[str]]]:
    """Every name that a right can be given on, in sections: the module's own, then the rest."""
    left = dict.fromkeys(module.right_names())
    found: list[tuple[str, list[str]]] = []
    for title, names in module.sections.items():
        inside = [name for name in left if name.partition(".")[0] in names]
        found.append((str(title), inside))
        for name in inside:
            del left[name]
    rest = [name for name in left if module.fields[name.partition(".")[0]].is_collection]
    found.append((_("Contact and tags"), rest))
    found.append((_("Record"), [name for name in left if name not in rest]))
    return [(title, names) for title, names in found if names]
