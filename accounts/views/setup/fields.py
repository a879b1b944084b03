"""Fields that administrators add: the list of each module, the form, taking one away."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services import fields
from accounts.views.asking import Asking
from accounts.views.setup.field_history import history_of
from accounts.views.setup.field_life import bin_items
from accounts.views.setup.formulas import asks_to_check, formula_page, formula_sections
from accounts.views.setup.parts import (
    administrators_only,
    control,
    crumbs,
    form_page,
    options,
    typed,
)
from crm.access.errors import NotVisible, Refusal
from crm.customfields.choice_rules import rule_of
from crm.customfields.dictionaries import options_of
from crm.customfields.models import FieldDefinition
from crm.jobs.converting import running_for
from crm.lib.whole import whole_number
from crm.modules.module import Module
from crm.modules.registry import all_modules, module_named
from crm.records import definitions
from crm.records.choice_rules import may_depend
from crm.records.declared import field_of
from crm.records.field_bin import holders
from crm.records.uniqueness import UNIQUE_KINDS
from crm.views.shell import LANGUAGE_NAMES

LANGUAGES = [code for code, _name in settings.LANGUAGES]


def _modules() -> list[Module]:
    return [one for one in all_modules() if not one.is_only_inside]


@require_safe
@administrators_only
def index(request: Asking) -> HttpResponse:
    """/setup/fields/ leads to the first module."""
    return HttpResponseRedirect(reverse("setup-fields", args=[_modules()[0].name]))


@require_safe
@administrators_only
def field_list(request: Asking, module: str) -> HttpResponse:
    """GET /setup/fields/<module>/: its added fields in their order."""
    chosen = _module(module)
    rows = FieldDefinition.objects.filter(module=module)
    counts = {one.name: 0 for one in _modules()}
    for name in FieldDefinition.objects.values_list("module", flat=True):
        if name in counts:
            counts[name] += 1
    context = {
        "crumbs": _way(chosen),
        "title": _("Fields of %s") % chosen.label_plural,
        "menu": [
            {
                "label": one.label_plural, "url": reverse("setup-fields", args=[one.name]),
                "count": counts[one.name], "is_current": one.name == module,
            }
            for one in _modules()
        ],
        "kinds": list(definitions.KINDS.items()),
        "new_url": reverse("setup-field-new", args=[module]),
        "items": [_item(row) for row in rows],
        "deleted": bin_items(module),
    }  # fmt: skip
    return render(request, "setup/fields.html", context)


def _item(row: FieldDefinition) -> dict[str, Any]:
    field = field_of(row)
    return {
        "label": field.label,
        "url": reverse("setup-field", args=[row.module, row.pk]),
        "kind": definitions.KINDS.get(row.kind, row.kind),
        "about": _about(row),
        "required": row.required,
        "unique": row.unique,
        "key": field.name,
        "choices_url": reverse("dictionary", args=[row.dictionary]) if row.dictionary else "",
    }


def _about(row: FieldDefinition) -> str:
    if row.kind == definitions.FORMULA:
        return str(definitions.KINDS[row.result])
    if row.dictionary:
        return " / ".join(label for _value, label in options_of(field_of(row)))[:80]
    return str(module_named(row.target).label_plural) if row.target else ""


@require_http_methods(["GET", "POST"])
@administrators_only
def field_new(request: Asking, module: str) -> HttpResponse:
    """/setup/fields/<module>/new/?kind=: a new field of one kind."""
    chosen = _module(module)
    kind = request.GET.get("kind", "text")
    if kind not in definitions.KINDS:
        raise NotVisible
    refusal = None
    if request.method == "POST" and not asks_to_check(request):
        try:
            row = fields.add_field(
                actor=request.user,
                audience=typed(request, "audience", 20),
                module=module,
                kind=kind,
                **_posted(request),
                choices=typed(request, "choices", 50_000).splitlines(),
                target=typed(request, "target", 40),
            )
            messages.info(request, _("The field is there, in every list and form of its readers."))
            return HttpResponseRedirect(reverse("setup-fields", args=[row.module]))
        except Refusal as error:
            refusal = error
    blank = FieldDefinition(module=module, kind=kind)
    data = request.POST if refusal or asks_to_check(request) else None
    return form_page(
        request,
        title=_("New field: %s") % definitions.KINDS[kind],
        way=_way(chosen, _("New field")),
        sections=[
            (_("Field"), _field_controls(blank, data)),
            (_("Rights"), [_audience_control(data)]),
            *formula_sections(blank, data),
        ],
        cancel_url=reverse("setup-fields", args=[module]),
        refusal=refusal,
        action_url=request.get_full_path(),
        **(formula_page(request, chosen, blank) if kind == definitions.FORMULA else {}),
    )


@require_http_methods(["GET", "POST"])
@administrators_only
def field_edit(request: Asking, module: str, pk: int) -> HttpResponse:
    """/setup/fields/<module>/<pk>/: names, help, default, order."""
    chosen = _module(module)
    row = get_object_or_404(FieldDefinition, module=module, pk=pk)
    refusal = None
    if request.method == "POST" and not asks_to_check(request):
        try:
            fields.change_field(
                actor=request.user,
                row=row,
                **_posted(request),
                position=_number(request, "position", row.position),
            )
            messages.info(request, _("Saved"))
            if running_for(row):  # now unique, and being checked
                return HttpResponseRedirect(reverse("setup-field-life", args=[module, row.pk]))
            return HttpResponseRedirect(reverse("setup-fields", args=[module]))
        except Refusal as error:
            refusal = error
            row.refresh_from_db()
    return _edit_page(request, chosen, row, refusal)


def _edit_page(
    request: Asking, module: Module, row: FieldDefinition, refusal: Refusal | None
) -> HttpResponse:
    label = str(field_of(row).label)
    data = request.POST if refusal or asks_to_check(request) else None
    position = data.get("position", "") if data else row.position
    order = control("position", _("Order"), "integer", position, required=True)
    kind = str(definitions.KINDS.get(row.kind, row.kind))
    return form_page(
        request,
        title=label,
        way=_way(module, label),
        sections=[(kind, [*_field_controls(row, data), order]), *formula_sections(row, data)],
        cancel_url=reverse("setup-fields", args=[module.name]),
        refusal=refusal,
        history=history_of(row),
        depends_url=_depends_url(row),
        depends_on=_parent_label(module, row),
        life_url=reverse("setup-field-life", args=[module.name, row.pk]),
        delete_page=reverse("setup-field-delete", args=[module.name, row.pk]),
        **(
            formula_page(request, module, row)
            if row.kind == definitions.FORMULA
            else {"template": "setup/field.html"}
        ),
    )


def _depends_url(row: FieldDefinition) -> str:
    return reverse("setup-choice-rule", args=[row.module, row.pk]) if may_depend(row) else ""


def _parent_label(module: Module, row: FieldDefinition) -> str:
    rule = rule_of(module, definitions.key_of(row))
    return str(module.fields[rule.parent].label) if rule else ""


@require_http_methods(["GET", "POST"])
@administrators_only
def field_delete(request: Asking, module: str, pk: int) -> HttpResponse:
    """/setup/fields/<module>/<pk>/delete/: says what goes, and does it when told so."""
    chosen = _module(module)
    row = get_object_or_404(FieldDefinition, module=module, pk=pk)
    label = str(field_of(row).label)
    refusal = None
    if request.method == "POST":
        try:
            fields.remove_field(actor=request.user, row=row)
            text = _("“%s” is in the bin; it can be restored for 30 days.")
            messages.info(request, text % label)
            return HttpResponseRedirect(reverse("setup-fields", args=[module]))
        except Refusal as error:
            refusal = error
    count, is_exact = holders(row)
    context = {
        "refusal": refusal.message if refusal else "",
        "crumbs": _way(chosen, label),
        "title": _("Delete the field “%s”?") % label,
        "holders": count,
        "holders_more": not is_exact,
        "action_url": request.path,
        "cancel_url": reverse("setup-field", args=[module, pk]),
    }
    status = refusal.status if refusal else 200
    return render(request, "setup/field_delete.html", context, status=status)


def _module(name: str) -> Module:
    found = next((one for one in _modules() if one.name == name), None)
    if found is None:
        raise NotVisible
    return found


def _way(module: Module, *last: str) -> list[dict[str, str]]:
    here = (str(module.label_plural), reverse("setup-fields", args=[module.name]))
    return crumbs((_("Fields"), reverse("setup-fields-index")), here, *((one, "") for one in last))


def _posted(request: Asking) -> dict[str, Any]:
    """What the forms of a new and of a known field have in common."""
    return {
        "labels": _texts(request, "label"),
        "help_texts": _texts(request, "help"),
        "required": "required" in request.POST,
        "unique": "unique" in request.POST,
        "default": typed(request, "default", 500),
        "formula": typed(request, "formula", 4000),
        "places": _number(request, "places", 2),
        "files": (_number(request, "most_files", 1), typed(request, "endings", 200)),
    }


def _texts(request: Asking, start: str) -> dict[str, str]:
    return {code: typed(request, f"{start}_{code}", 500) for code in LANGUAGES}


def _number(request: Asking, name: str, otherwise: int) -> int:
    text = request.POST.get(name)
    if text is None:
        return otherwise
    number = whole_number(text.strip())
    return -1 if number is None else number


def _field_controls(row: FieldDefinition, data: Any) -> list[dict]:
    """The controls of a field of this kind; those of a new one say more."""

    def value(name: str, stored: Any) -> Any:
        return data.get(name, "") if data else stored

    found = [
        control(
            f"label_{code}", _("Name in %s") % LANGUAGE_NAMES[code],
            value=value(f"label_{code}", row.labels.get(code, "")),
            max_length=definitions.LONGEST_LABEL,
        )
        for code in LANGUAGES
    ]  # fmt: skip
    if row.pk is None:
        found += _kind_controls(row, value)
    found += [
        control(
            f"help_{code}", _("Help in %s") % LANGUAGE_NAMES[code],
            value=value(f"help_{code}", row.help.get(code, "")),
            max_length=definitions.LONGEST_HELP,
        )
        for code in LANGUAGES
    ]  # fmt: skip
    if row.kind == definitions.FORMULA:
        return found
    if row.kind == definitions.FILE:
        found += _file_controls(row, value)
    is_required = "required" in data if data else row.required
    found.append(
        control("required", _("Must be filled in"), "boolean", "true" if is_required else "")
    )
    if row.kind in UNIQUE_KINDS:
        is_unique = "unique" in data if data else row.unique
        found.append(
            control("unique", _("No two records may have the same value"), "boolean",
                    "true" if is_unique else "")
        )  # fmt: skip
    default = _default_control(row, value("default", row.default))
    return [*found, default] if default else found


def _kind_controls(row: FieldDefinition, value: Any) -> list[dict]:
    if row.kind in definitions.CHOICES:
        return [
            control("choices", _("Choices"), "long_text", value("choices", ""), required=True,
                    help=_("One in each line; names in other languages go into the dictionary."))
        ]  # fmt: skip
    if row.kind == "relation":
        known = [(one.name, one.label_plural) for one in all_modules()]
        chosen = value("target", "")
        return [
            control("target", _("Module"), "choice", chosen, required=True,
                    options=options(known, [chosen]))
        ]  # fmt: skip
    if row.kind in definitions.WITH_PLACES:
        return [control("places", _("Decimals"), "integer", value("places", 2), required=True)]
    return []


def _file_controls(row: FieldDefinition, value: Any) -> list[dict]:
    """How many files the field holds, and which."""
    return [
        control("most_files", _("Files at most"), "integer", value("most_files", row.most_files),
                required=True),
        control("endings", _("Allowed endings"), "text", value("endings", ", ".join(row.endings)),
                help=_("For example pdf, jpg; nothing allows every file.")),
    ]  # fmt: skip


def _default_control(row: FieldDefinition, stored: Any) -> dict[str, Any] | None:
    if row.kind not in definitions.WITH_DEFAULT or (row.kind == "choice" and row.pk is None):
        return None
    text = "" if stored in (None, False) else ("true" if stored is True else str(stored))
    found = control("default", _("Default"), row.kind, text)
    if row.kind == "boolean":
        found["label"] = _("Yes by default")
    if row.kind == "choice":
        found["options"] = options(options_of(field_of(row)), [text])
    return found


def _audience_control(data: Any) -> dict[str, Any]:
    chosen = data.get("audience", fields.EVERYBODY) if data else fields.EVERYBODY
    known = [
        (fields.EVERYBODY, _("Whoever sees the records; who edits them edits it")),
        (fields.ADMINISTRATORS, _("Administrators alone, until the roles say otherwise")),
    ]
    return control("audience", _("Open to"), "choice", chosen, required=True,
                   options=options(known, [chosen]), is_wide=True)  # fmt: skip
