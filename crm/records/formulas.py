"""Formulas that administrators write: checked by their own rights, changed with all that use them.

The language is crm/lib/formula, its fields crm/customfields/formulas.py.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.customfields.formulas import closure, finder
from crm.customfields.models import FieldDefinition
from crm.lib.formula.checking import Checked, check
from crm.lib.formula.nodes import FIELD_OF_KIND, FormulaError, Kind
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.errors import Invalid

MONEY_PLACES = 2
MOST_PLACES = 6


@dataclass(frozen=True)
class Reading:
    """What a formula comes to: the kind of field, and from which fields it reads in the end."""

    checked: Checked
    result: str
    inputs: list[str]


def read_formula(access: Access, text: str, row: FieldDefinition | None = None) -> Reading:
    """What a formula of the person's comes to; `row` is the field that it stands in.

    Raises FormulaError, also for fields that the person may not read.
    """
    users = set() if row is None or row.pk is None else _names_above(row) | {f"cf_{row.pk}"}
    checked = check(text, finder(access.module, access.readable, users))
    return _reading(access.module, checked)


def _reading(module: Module, checked: Checked) -> Reading:
    return Reading(checked, FIELD_OF_KIND[checked.kind], closure(module, checked.names))


def _rows(module: str) -> list[FieldDefinition]:
    return list(FieldDefinition.objects.filter(module=module, kind=FieldDefinition.FORMULA))


def users_of(module: str, name: str) -> list[FieldDefinition]:
    """The formulas that read a field, by way of others too."""
    return [row for row in _rows(module) if name in row.inputs]


def _names_above(row: FieldDefinition) -> set[str]:
    return {f"cf_{one.pk}" for one in users_of(row.module, f"cf_{row.pk}")}


def refuse_used(module: str, name: str) -> None:
    """Raise Invalid where formulas read the field: without it they would come to nothing."""
    found = users_of(module, name)
    if found:
        labels = ", ".join(
            f"“{module_named(module).fields[f'cf_{row.pk}'].label}”" for row in found
        )
        raise Invalid(_("It stands in the formula of %s. Change that first.") % labels)


def set_formula(*, actor: Any, row: FieldDefinition, text: str, places: int) -> None:
    """Give a field its formula, saved or not yet; formulas that use it are checked anew.

    Call in a transaction; the row is saved. Raises Invalid at `formula` and `places`.
    """
    raise_definitions_version()  # its row lets one such change run at a time
    if not 0 <= places <= MOST_PLACES:
        raise Invalid(fields={"places": [_("0 to %d decimals.") % MOST_PLACES]})
    access = access_to(actor, row.module)
    is_new = row.pk is None
    try:
        found = read_formula(access, text, row)
    except FormulaError as error:
        raise Invalid(fields={"formula": [told(text, error)]}) from error
    row.formula, row.result, row.inputs = found.checked.stable, found.result, found.inputs
    row.places = MONEY_PLACES if found.checked.kind is Kind.MONEY else places
    row.save()
    raise_definitions_version()
    if not is_new:
        _follow(row)


def _follow(row: FieldDefinition) -> None:
    """Check the formulas that stand on a changed one; the next ones first."""
    for user in sorted(users_of(row.module, f"cf_{row.pk}"), key=lambda one: len(one.inputs)):
        module = module_named(user.module)
        try:
            found = _reading(module, check(user.formula, finder(module)))
        except FormulaError as error:
            raise Invalid(fields={"formula": [_used(module, user, error)]}) from error
        if found.result != user.result:
            raise Invalid(fields={"formula": [_used(module, user, None)]})
        if found.inputs != user.inputs:
            user.inputs = found.inputs
            user.save(update_fields=["inputs"])
            raise_definitions_version()


def refuse_broken(row: FieldDefinition) -> None:
    """Raise Invalid where a formula that comes back would come to nothing or something else."""
    module = module_named(row.module)
    try:
        is_same = _reading(module, check(row.formula, finder(module))).result == row.result
    except FormulaError:
        is_same = False
    if not is_same:
        raise Invalid(
            _("Its formula reads fields that are gone or were changed. Restore them first.")
        )


def _used(module: Module, user: FieldDefinition, error: FormulaError | None) -> str:
    label = module.fields[f"cf_{user.pk}"].label
    if error is None:
        return _("“%s” uses it and would come to something else. Change that first.") % label
    return _("“%(label)s” uses it and would not work any more: %(why)s") % {
        "label": label, "why": error.message,
    }  # fmt: skip


def told(text: str, error: FormulaError) -> str:
    """What is wrong, and where in the text."""
    if not error.end:
        return str(error.message)
    part = text[error.start : error.end]
    if len(part) > 40:
        part = f"{part[:39]}…"
    return _("Character %(place)d (%(part)s): %(message)s") % {
        "place": error.start + 1, "part": part or "…", "message": error.message,
    }  # fmt: skip
