"""The formula of an added field: its box, what may stand in it, what it comes to as one types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, control, typed
from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.customfields.formulas import as_people_write, label_names, value_in
from crm.customfields.models import FieldDefinition
from crm.lib.formula.functions import FUNCTIONS, shape_of
from crm.lib.formula.nodes import LONGEST, FormulaError, Kind
from crm.lib.whole import whole_number
from crm.lists.columns import plain_text
from crm.lists.query import query_of
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named
from crm.records.definitions import KINDS, MOST_PLACES
from crm.records.formulas import MONEY_PLACES, Reading, read_formula, told

SAMPLES = 3
OPERATORS = ["+", "-", "*", "/", "%", "&", "=", "!=", "<", "<=", ">", ">=", "and", "or", "not"]


def asks_to_check(request: Asking) -> bool:
    """Whether the form was sent to be looked at, not to be saved."""
    return "check" in request.POST


def formula_sections(row: FieldDefinition, data: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """Of a formula the section with its box and its decimals; the last of the form."""
    if row.kind != FieldDefinition.FORMULA:
        return []
    stored = row.formula
    if row.pk is not None:
        module = module_named(row.module)
        stored = as_people_write(module, stored, module.fields)
    text, places = stored, row.places
    if data:
        text, places = data.get("formula", ""), data.get("places", "")
    controls = [
        control("formula", _("Formula"), "long_text", text, required=True,
                help=_("Fields in braces, texts in quotes; a click below writes them.")),
        control("places", _("Decimals"), "integer", places, required=True,
                help=_("Of a number; amounts of money have two.")),
    ]  # fmt: skip
    return [(_("Formula"), controls)]


def formula_page(request: Asking, module: Module, row: FieldDefinition) -> dict[str, Any]:
    """What the page of a formula shows besides the form."""
    access = access_to(request.user, module)
    found: dict[str, Any] = {
        "template": "setup/formula.html",
        "check_url": reverse("setup-formula", args=[module.name]),
        "field_id": row.pk or "",
        "pickable": [
            {"text": f"{{{text}}}", "label": module.fields[name].label,
             "kind": KINDS.get(module.fields[name].kind, "")}
            for name, text in label_names(module, access.readable).items()
            if name != f"cf_{row.pk}"
        ],
        "operators": OPERATORS,
        "functions": [
            {"text": shape_of(name), "about": function.about}
            for name, function in FUNCTIONS.items()
        ],
    }  # fmt: skip
    text = row.formula
    if request.method == "POST":
        text = typed(request, "formula", LONGEST + 1)
    if text:
        found["found"] = _found(access, row, text, _places(request, row.places))
    return found


@require_POST
@administrators_only
def formula_check(request: Asking, module: str) -> HttpResponse:
    """POST /setup/fields/<module>/formula/: what the typed formula comes to, or what is wrong."""
    try:
        access = access_to(request.user, module_named(module))
    except UnknownModule:
        raise NotVisible from None
    pk = whole_number(request.POST.get("field", ""))
    row = FieldDefinition.objects.filter(module=module, pk=pk).first() if pk else None
    row = row or FieldDefinition(module=module, kind=FieldDefinition.FORMULA)
    text = typed(request, "formula", LONGEST + 1)
    context = {"found": _found(access, row, text, _places(request, row.places)) if text else None}
    return render(request, "setup/formula_check.html", context)


def _places(request: Asking, otherwise: int) -> int:
    number = whole_number(request.POST.get("places", "").strip())
    return otherwise if number is None else min(number, MOST_PLACES)


def _found(access: Access, row: FieldDefinition, text: str, places: int) -> dict[str, Any]:
    """The kind of the result and its value for a few records, or the error and its place."""
    try:
        reading = read_formula(access, text, row)
    except FormulaError as error:
        return {
            "error": told(text, error),
            "before": text[: error.start],
            "part": text[error.start : error.end],
            "after": text[error.end :],
        }
    if reading.checked.kind is Kind.MONEY:
        places = MONEY_PLACES
    return {"kind": KINDS[reading.result], "samples": _samples(access, reading, places)}


def _samples(access: Access, reading: Reading, places: int) -> list[dict[str, str]]:
    """What it comes to for the first records that the person sees."""
    module = access.module
    stored = [name for name in reading.inputs if module.fields[name].formula is None]
    title = module.title if module.title in access.readable else ""
    wanted = replace(query_of(access, None).slice, size=SAMPLES)
    field = Field(name="", kind=reading.result, label="", places=places)
    return [
        {
            "record": str(row.get(title) or row.pk),
            "value": plain_text(
                field,
                value_in(module, reading.checked, {one: row[one] for one in stored}, places),
            ),
        }
        for row in access.page(wanted, [*stored, *([title] if title else [])])
    ]
