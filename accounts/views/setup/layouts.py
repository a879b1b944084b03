"""Layouts: sections, order and folded fields of each module, for everybody or for one role."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role
from accounts.viewing import stand_in
from accounts.views.asking import Asking
from accounts.views.setup.layout_draft import Draft, DraftSection
from accounts.views.setup.parts import administrators_only, crumbs
from crm.access.errors import NotVisible
from crm.access.policy import access_to
from crm.customfields.layouts import Layout, arranged, is_on_forms, layout_for, shipped_layout
from crm.customfields.models import LayoutRow
from crm.forms.page import sections
from crm.lib.whole import whole_number
from crm.modules.module import Module
from crm.modules.registry import all_modules
from crm.records.definitions import KINDS
from crm.records.errors import Invalid, StaleRecord
from crm.records.layouts import is_needed, reset_layout, row_of, save_layout
from crm.views.shell import LANGUAGE_NAMES


def _modules() -> list[Module]:
    return [one for one in all_modules() if not one.is_only_inside]


@require_safe
@administrators_only
def index(request: Asking) -> HttpResponse:
    """/setup/layouts/ leads to the first module."""
    return HttpResponseRedirect(reverse("setup-layouts", args=[_modules()[0].name]))


@require_http_methods(["GET", "POST"])
@administrators_only
def layouts(request: Asking, module: str) -> HttpResponse:
    """/setup/layouts/<module>/?role=<name>: arrange, look, save, go back to what ships."""
    chosen = next((one for one in _modules() if one.name == module), None)
    name = request.GET.get("role", "")
    role = Role.objects.filter(name=name).first() if name else None
    if chosen is None or (name and role is None):
        raise NotVisible
    if request.method == "POST":
        return _Page(chosen, role, Draft.posted(chosen, request.POST)).posted(request)
    return _Page(chosen, role, Draft.of(_stands(chosen, role))).shown(request)


def _stands(module: Module, role: Role | None) -> Layout:
    """The layout that is in force for a role, or for everybody."""
    if role is not None:
        return layout_for(module, [role.pk])
    row = row_of(module.name, None)
    return arranged(module, row.body) if row is not None else shipped_layout(module)


class _Page:
    """One module's layout for one role, as it is being arranged."""

    def __init__(self, module: Module, role: Role | None, draft: Draft) -> None:
        self.module, self.role, self.draft = module, role, draft
        self.pk = role.pk if role is not None else None
        self.errors: dict[str, list[Any]] = {}
        self.is_stale = self.is_changed = False

    @property
    def url(self) -> str:
        """The address of this page."""
        base = reverse("setup-layouts", args=[self.module.name])
        return f"{base}?role={self.role.name}" if self.role is not None else base

    def posted(self, request: Asking) -> HttpResponse:
        """A button: save, reset, or one that only moves something."""
        version = whole_number(request.POST.get("version", ""))
        act = request.POST.get("act", "save")
        asked: dict[str, Any] = {
            "actor": request.user, "module": self.module.name, "role": self.pk, "version": version,
        }  # fmt: skip
        try:
            if act == "reset":
                reset_layout(**asked)
                messages.info(request, _("The layout is as it was shipped.") if self.role is None
                              else _("The role has the layout of everybody again."))  # fmt: skip
                return HttpResponseRedirect(self.url)
            if act == "save":
                save_layout(**asked, body=self.draft.body)
                messages.info(request, _("Saved: the next page that somebody opens obeys it."))
                return HttpResponseRedirect(self.url)
        except StaleRecord:
            self.is_stale = True
            return self.shown(request, 409)
        except Invalid as refusal:
            self.errors = refusal.fields or {"": [refusal.message]}
            return self.shown(request, 400)
        self.draft.do(act)
        self.is_changed = True
        return self.shown(request, version=version)

    def shown(self, request: Asking, status: int = 200, version: int | None = None) -> HttpResponse:
        """The page, holding what was arranged so far."""
        row = row_of(self.module.name, self.pk)
        known = version if version is not None else (row.version if row is not None else 0)
        context = {
            "crumbs": crumbs(
                (_("Layouts"), reverse("setup-layouts-index")), (str(self.module.label_plural), "")
            ),
            "menu": self._menu(),
            "roles": self._roles(),
            "role": self.role,
            "module": {"name": self.module.name, "label": self.module.label_plural},
            "action_url": self.url,
            "version": known,
            "may_reset": row is not None,
            "sections": [self._section(one, n) for n, one in enumerate(self.draft.sections)],
            "left_out": [self._field(name) for name in self.draft.left_out.fields],
            "preview": self._preview(request),
            "view_url": reverse("setup-view-role", args=[self.role.name])
            if self.role is not None and not self.role.administer
            else "",
            "is_stale": self.is_stale,
            "is_changed": self.is_changed or status != 200,
            "errors": [
                {"label": "", "messages": texts, "anchor": name or "layout"}
                for name, texts in self.errors.items()
            ],
        }
        return render(request, "setup/layouts.html", context, status=status)

    def _menu(self) -> list[dict[str, Any]]:
        counts: dict[str, int] = {}
        for name in LayoutRow.objects.values_list("module", flat=True):
            counts[name] = counts.get(name, 0) + 1
        return [
            {
                "label": one.label_plural, "url": reverse("setup-layouts", args=[one.name]),
                "count": counts.get(one.name, 0), "is_current": one is self.module,
            }
            for one in _modules()
        ]  # fmt: skip

    def _roles(self) -> list[dict[str, Any]]:
        """Everybody and each role, in the order in which the first of several decides."""
        rows = LayoutRow.objects.filter(module=self.module.name)
        own = set(rows.values_list("role", flat=True))
        base = reverse("setup-layouts", args=[self.module.name])
        found = [
            {"label": _("Everybody"), "url": base, "is_current": self.role is None,
             "has_own": None in own}
        ]  # fmt: skip
        return found + [
            {
                "label": one.label, "url": f"{base}?role={one.name}", "has_own": one.pk in own,
                "is_current": self.role is not None and one.pk == self.role.pk,
            }
            for one in Role.objects.all()
        ]  # fmt: skip

    def _section(self, section: DraftSection, number: int) -> dict[str, Any]:
        errors = self.errors.get(f"section-{section.key}", [])
        return {
            "key": section.key,
            "id": f"section-{section.key}",
            "number": number + 1,
            "titles": [
                {
                    "name": f"title-{section.key}-{code}",
                    "language": code,
                    "label": LANGUAGE_NAMES[code],
                    "text": section.labels.get(code, ""),
                }
                for code in LANGUAGE_NAMES
            ],
            "fields": [self._field(name) for name in section.fields],
            "errors": errors,
            "may_drop": len(self.draft.sections) > 1,
        }

    def _field(self, name: str) -> dict[str, Any]:
        field = self.module.fields[name]
        notes = [str(KINDS.get(field.kind, ""))] if field.is_custom else []
        if is_needed(self.module, name):
            notes.append(_("required"))
        if not is_on_forms(self.module, name):
            notes.append(_("page only"))
        return {
            "name": name,
            "label": field.label,
            "note": " · ".join(notes),
            "is_more": name in self.draft.more,
        }

    def _preview(self, request: Asking) -> list[dict[str, Any]]:
        """The form as somebody with this role alone gets it; without a role as oneself does."""
        person = stand_in(self.role) if self.role is not None else request.user
        try:
            layout = arranged(self.module, self.draft.body)
        except (KeyError, IndexError):
            layout = shipped_layout(self.module)
        return sections(access_to(person, self.module), None, layout=layout)
