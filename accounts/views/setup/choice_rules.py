"""Which choices of a field go with which value of another: as a table to tick, or as a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, crumbs, options, typed
from crm.access.errors import NotVisible, Refusal
from crm.customfields.choice_rules import Rule, rule_of
from crm.customfields.dictionaries import options_of, spellings_of
from crm.customfields.models import FieldDefinition
from crm.lib.text import spelled
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.records.choice_rules import may_depend, possible_parents, set_rule
from crm.records.errors import Invalid

MOST_BOXES = 600  # a form may have a thousand inputs; a list takes any number
LONGEST_LIST = 200_000
BETWEEN = re.compile(r"\t+| *(?:→|->| > ) *")
Allowed = dict[str, list[str]]


@require_http_methods(["GET", "POST"])
@administrators_only
def choice_rule(request: Asking, module: str, pk: int) -> HttpResponse:
    """/setup/fields/<module>/<pk>/choices/?parent=: what the field's choices depend on."""
    row = get_object_or_404(FieldDefinition, module=module, pk=pk)
    if not may_depend(row):
        raise NotVisible
    found = module_named(module)
    refusal = None
    if request.method == "POST":
        try:
            _save(request, found, row)
            messages.info(request, _("Saved"))
            return HttpResponseRedirect(reverse("setup-field", args=[module, pk]))
        except Refusal as error:
            refusal = error
    context = _page(request, found, row, refusal)
    status = refusal.status if refusal else 200
    return render(request, "setup/choice_rule.html", context, status=status)


def _save(request: Asking, module: Module, row: FieldDefinition) -> None:
    parent = typed(request, "parent", 40)
    allowed: Allowed = {}
    if parent and request.POST.get("as") == "list":
        allowed = _listed(module, f"cf_{row.pk}", parent, typed(request, "pairs", LONGEST_LIST))
    elif parent:
        start = "allow-"
        allowed = {
            name.removeprefix(start): request.POST.getlist(name)
            for name in request.POST
            if name.startswith(start)
        }
    set_rule(actor=request.user, row=row, parent=parent, allowed=allowed)


def _listed(module: Module, child: str, parent: str, text: str) -> Allowed:
    """Pairs written as lines. Raises Invalid, with the number of the line."""
    if parent not in module.fields:
        raise Invalid(fields={"pairs": [_("There is no such field.")]})
    values, choices = (spellings_of(module.fields[name]) for name in (parent, child))
    values[spelled(nothing())] = ""
    allowed: Allowed = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [spelled(one) for one in BETWEEN.split(line.strip())]
        if len(parts) != 2 or parts[0] not in values or parts[1] not in choices:
            raise Invalid(fields={"pairs": [_wrong_line(number, line, parts, values, choices)]})
        allowed.setdefault(values[parts[0]], []).append(choices[parts[1]])
    return allowed


def _wrong_line(
    number: int,
    line: str,
    parts: list[str],
    values: Mapping[str, str],
    choices: Mapping[str, str],
) -> str:
    if len(parts) != 2:
        why = _("two words with a tab between them are wanted")
    elif parts[0] not in values:
        why = _("the first is no value of the other field")
    else:
        why = _("the second is none of the choices")
    return _("Line %(number)d (%(line)s): %(why)s.") % {
        "number": number, "line": line.strip()[:60], "why": why,
    }  # fmt: skip


def nothing() -> str:
    """What a parent without a value is called."""
    return _("(empty)")


def _page(
    request: Asking, module: Module, row: FieldDefinition, refusal: Refusal | None
) -> dict[str, Any]:
    child = module.fields[f"cf_{row.pk}"]
    known = {one.name: one for one in possible_parents(module, child.name)}
    rule = rule_of(module, child.name)
    source = request.POST if refusal else request.GET
    chosen = source.get("parent", rule.parent if rule else "")
    parent = known.get(chosen)
    field_url = reverse("setup-field", args=[module.name, row.pk])
    here = (str(module.label_plural), reverse("setup-fields", args=[module.name]))
    context: dict[str, Any] = {
        "title": _("%s: what its choices depend on") % child.label,
        "crumbs": crumbs(
            (_("Fields"), reverse("setup-fields-index")), here, (str(child.label), field_url),
            (_("Dependent choices"), ""),
        ),
        "field_url": field_url,
        "field_label": child.label,
        "action_url": request.path,
        "parents": options([(name, one.label) for name, one in known.items()], [chosen]),
        "parent": None if parent is None else {"name": parent.name, "label": parent.label},
        "errors": _errors(refusal),
    }  # fmt: skip
    if parent is not None:
        rule = rule if rule is not None and rule.parent == parent.name else None
        context.update(_pairs(request, child, parent, rule, refusal))
    return context


def _errors(refusal: Refusal | None) -> list[dict[str, Any]]:
    if refusal is None:
        return []
    texts = [str(text) for found in refusal.fields.values() for text in found]
    return [{"label": "", "anchor": "", "messages": texts or [str(refusal.message)]}]


def _pairs(
    request: Asking, child: Field, parent: Field, rule: Rule | None, refusal: Refusal | None
) -> dict[str, Any]:
    """The table or the list; before there is a rule, all goes with a parent that is empty."""
    values = [("", nothing()), *((v, label) for v, label in options_of(parent) if v)]
    choices = options_of(child)
    is_table_possible = len(values) * len(choices) <= MOST_BOXES
    url = f"{request.path}?parent={parent.name}"

    def is_on(value: str, choice: str) -> bool:
        if rule is None:
            return not value
        return rule.fits(value, choice)

    is_list = not is_table_possible or "list" in (request.GET.get("as"), request.POST.get("as"))
    found: dict[str, Any] = {
        "is_list": is_list,
        "list_url": f"{url}&as=list",
        "table_url": url if is_table_possible else "",
    }
    if is_list:
        lines = (
            f"{label}\t{text}"
            for value, label in values
            for choice, text in choices
            if is_on(value, choice)
        )
        found["text"] = request.POST.get("pairs", "") if refusal else "\n".join(lines)
        return found
    names = [{"name": f"allow-{value}", "label": label, "value": value} for value, label in values]
    found["columns"] = names
    found["rows"] = list(_rows(names, choices, is_on))
    return found


def _rows(names: list[dict[str, str]], choices: list[tuple[str, str]], is_on: Any) -> Iterator[Any]:
    for choice, text in choices:
        cells = [{**one, "is_on": is_on(one["value"], choice)} for one in names]
        yield {"value": choice, "label": text, "cells": cells}
