"""Fields that are formulas over others of their module: what a formula may name, what it comes to.

The stored text names fields and choices by what never changes; people read and write their labels.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from crm.customfields.dictionaries import option_label, spellings_of
from crm.customfields.formula_sql import nothing, sql_of
from crm.lib.formula.checking import Checked, Find, check, respelled
from crm.lib.formula.computing import compute
from crm.lib.formula.nodes import (
    FIELD_OF_KIND,
    KIND_OF_FIELD,
    MOST_TEXT,
    NUMBERS,
    Apply,
    FormulaError,
    Kind,
    Known,
    Literal,
    Node,
)
from crm.lib.formula.reading import tokens_of
from crm.lib.text import spelled
from crm.modules.day import company_today, company_zone
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import module_named

KIND_OF_RESULT = {field: kind for kind, field in FIELD_OF_KIND.items()}


@dataclass(frozen=True)
class Formula:
    """The formula of one field, computed in SQL; made anew with the definitions."""

    module: str
    text: str
    result: str
    places: int

    @cached_property
    def checked(self) -> Checked | None:
        """The formula with its kinds; None where what it reads is gone or of another kind."""
        module = module_named(self.module)
        try:
            found = check(self.text, finder(module))
        except FormulaError:
            return None
        return found if FIELD_OF_KIND[found.kind] == self.result else None

    def expression(self) -> Combinable:
        """Its value in SQL, by the company's day of now."""
        if self.checked is None:
            return nothing(KIND_OF_RESULT[self.result])
        fields = module_named(self.module).fields
        return sql_of(self.checked.node, fields, company_today(), self.places)

    def as_part(self) -> Node | None:
        """What another formula takes of it: the value that people see, rounded as they see it."""
        if self.checked is None:
            return None
        node = self.checked.node
        if node.kind in NUMBERS:
            return Apply(node.kind, "round", (node, Literal(Kind.NUMBER, self.places)))
        if node.kind is Kind.TEXT:
            return Apply(node.kind, "left", (node, Literal(Kind.NUMBER, MOST_TEXT)))
        return node


def finder(
    module: Module, readable: Container[str] | None = None, but: Container[str] = ()
) -> Find:
    """What tells a formula of the module's fields, by name or label.

    `readable` names those that the person may use (None: all), `but` those that would make the
    formula stand on itself.
    """
    may_use = {
        name: one for name, one in module.fields.items() if readable is None or name in readable
    }

    def find(text: str) -> Known:
        name = text if text in may_use else _named(may_use, text)
        if name in but:
            raise LookupError(_("“%s” needs this formula itself: it would never end.") % text[:60])
        return _known(name, may_use[name])

    return find


def _named(fields: Mapping[str, Field], text: str) -> str:
    wanted = text.casefold()
    found = [name for name, one in fields.items() if str(one.label).casefold() == wanted]
    if not found:
        raise LookupError(_("There is no field “%s” that you may use here.") % text[:60])
    if len(found) > 1:
        raise LookupError(
            _("Several fields are called “%(label)s”: write %(names)s.")
            % {"label": text[:60], "names": ", ".join(f"{{{name}}}" for name in found)}
        )
    return found[0]


def _known(name: str, one: Field) -> Known:
    if isinstance(one.formula, Formula):
        checked, node = one.formula.checked, one.formula.as_part()
        if checked is None or node is None:
            raise LookupError(_("The formula “%s” cannot be computed any more.") % one.label)
        return Known(name, node.kind, node, checked.level)
    kind = KIND_OF_FIELD.get(one.kind)
    if kind is None or one.is_display:
        raise LookupError(
            _("“%s” cannot stand in a formula: numbers, texts, dates, yes or no and choices can.")
            % one.label
        )
    return Known(name, kind, choices=spellings_of(one) if kind is Kind.CHOICE else {})


def is_usable(one: Field) -> bool:
    """Whether a formula may read the field."""
    if one.formula is not None:
        return isinstance(one.formula, Formula) and one.formula.checked is not None
    return one.kind in KIND_OF_FIELD and not one.is_display


def label_names(module: Module, readable: Container[str]) -> dict[str, str]:
    """How people write each field that they may use: its label; its name where that is unclear."""
    usable = [n for n, one in module.fields.items() if n in readable and is_usable(one)]
    spelled: dict[str, list[str]] = {}
    for name in usable:
        spelled.setdefault(str(module.fields[name].label).casefold(), []).append(name)
    return {
        name: str(module.fields[name].label)
        if len(spelled[str(module.fields[name].label).casefold()]) == 1
        and str(module.fields[name].label).casefold() not in module.fields
        and not {"{", "}", "｛", "｝"} & set(str(module.fields[name].label))
        else name
        for name in usable
    }


def as_people_write(module: Module, text: str, readable: Container[str]) -> str:
    """A stored formula with the labels of fields and choices, in the reader's language."""
    names = label_names(module, readable)
    try:
        tokens = tokens_of(text)
    except FormulaError:
        return text
    parts = {}
    for place, token in enumerate(tokens):
        if token.what != "name" or token.value not in names:
            continue
        parts[token.start] = (token.start, token.end, f"{{{names[token.value]}}}")
        field = module.fields[token.value]
        if field.kind == "choice":
            for one in (*tokens[place + 2 : place + 3], *tokens[max(place - 2, 0) : place][:1]):
                if one.what == "text":
                    parts[one.start] = (one.start, one.end, _choice_written(field, one.value))
    return respelled(text, list(parts.values()))


def _choice_written(field: Field, value: str) -> str:
    """A choice as people call it, if that leads back to it."""
    label = option_label(field, value)
    leads_back = spellings_of(field).get(spelled(label)) == value
    return _quoted(label if leads_back else value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def closure(module: Module, names: list[str]) -> list[str]:
    """The fields named, with all that those which are formulas read themselves."""
    found = dict.fromkeys(names)
    for name in names:
        found.update(dict.fromkeys(module.fields[name].inputs))
    return list(found)


def input_value(one: Field, value: Any) -> Any:
    """A field's value of a row or record as formulas compute with it."""
    if value is None or value == "":
        return None
    kind = KIND_OF_FIELD[one.kind]
    if kind in NUMBERS:
        return Decimal(value)
    return value.astimezone(company_zone()).date() if one.kind == "datetime" else value


def value_in(module: Module, checked: Checked, values: Mapping[str, Any], places: int) -> Any:
    """The formula's value for these values of fields, in Python: previews."""
    inputs = {
        name: input_value(module.fields[name], value)
        for name, value in values.items()
        if module.fields[name].kind in KIND_OF_FIELD and module.fields[name].formula is None
    }
    return compute(checked.node, inputs, company_today(), places)
