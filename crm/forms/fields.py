"""One field of a form: what crm/edit/field.html shows, from the declaration and a value."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.access.rows import Ref
from crm.customfields.choice_rules import Rule, rule_of
from crm.customfields.dictionaries import options_of
from crm.customfields.files import FILE
from crm.forms.files import file_control
from crm.forms.people import department_options, people_options
from crm.lib.codes import InvalidCode, compact_code, expected_check_character
from crm.lists.columns import plain_text
from crm.modules.fields import LISTS, Field

LOOKUPS = frozenset({"relation", "any_relation"})


def raw_text(field: Field, value: Any) -> Any:
    """A stored value as a form holds it: text, or a list of texts."""
    if value is None:
        return [] if field.kind in LISTS else ""
    if isinstance(value, Ref):
        if value.pk is None:
            return ""
        return f"{value.module}/{value.pk}" if field.kind == "any_relation" else str(value.pk)
    if field.kind == FILE:
        return [str(one.pk) for one in value]
    if field.kind == "multi_choice":
        return [str(one) for one in value]
    if field.kind == "boolean":
        return "true" if value else ""
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def field_context(
    access: Access,
    field: Field,
    raw: Any,
    *,
    errors: Sequence[Any] = (),
    label_of_value: str = "",
    html_name: str = "",
    is_unlabelled: bool = False,
) -> dict[str, Any]:
    """The control of one plain field with the text `raw` in it."""
    name = html_name or field.name
    context = {
        "name": field.name,
        "html_name": name,
        "id": f"id-{name.replace('.', '-')}",
        "label": field.label,
        "kind": field.kind,
        "value": raw,
        "required": field.required,
        "help": field.help,
        "errors": list(errors),
        "max_length": field.max_length,
        "unit": field.unit,
        "options": _options(access, field, raw),
        "is_unlabelled": is_unlabelled,
        "checks_duplicates": field.name in access.module.key_fields,
        "readonly": False,
        "fix": _repair(field, raw) if errors else None,
    }
    rule = rule_of(access.module, field.name) if field.kind == "choice" else None
    if rule is not None and rule.parent in access.readable:
        context.update(depends_on=rule.parent, allowed=allowed_json(rule))
    if field.kind == FILE:
        context.update(file_control(access, field, raw))
    if field.kind in LOOKUPS:
        target = field.target or "any"
        context.update(lookup_url=f"/lookup/{target}/", text=label_of_value)
    return context


def _options(access: Access, field: Field, raw: Any) -> list[dict[str, Any]] | None:
    if field.kind in {"choice", "multi_choice"}:
        chosen = raw if isinstance(raw, list) else [raw]
        known = options_of(field)
        values = {value for value, _label in known}
        retired = [
            (value, label)
            for value, label in options_of(field, with_retired=True)
            if value in chosen and value not in values
        ]
        return [
            {"value": value, "label": label, "is_on": value in chosen}
            for value, label in [*known, *retired]
        ]
    if field.kind == "user":
        return [{**one, "is_on": one["value"] == raw} for one in people_options(holding=raw)]
    if field.kind == "department":
        return [{**one, "is_on": one["value"] == raw} for one in department_options()]
    return None


def allowed_json(rule: Rule) -> str:
    """For each value of the parent the choices that go with it, as a page's script reads them."""
    return json.dumps({value: sorted(one) for value, one in rule.allowed.items()})


def narrow(access: Access, context: dict[str, Any], row: Mapping[str, Any]) -> None:
    """Leave in a control that stands alone the choices that go with the record's parent value."""
    rule = rule_of(access.module, context["name"])
    if rule is None or rule.parent not in access.readable or context.get("options") is None:
        return
    parent = row.get(rule.parent)
    context["options"] = [
        one for one in context["options"] if one["is_on"] or rule.fits(parent, one["value"])
    ]


def _repair(field: Field, raw: Any) -> dict[str, str] | None:
    """A repair that the form can offer: the credit code with the right last character."""
    if field.kind != "credit_code" or not isinstance(raw, str):
        return None
    code = compact_code(raw)
    if len(code) != 18:
        return None
    try:
        right = expected_check_character(code)
    except InvalidCode:
        return None
    if right == code[-1]:
        return None
    return {"label": _("Change to %s") % right, "value": code[:-1] + right}


def readonly_context(field: Field, value: Any, reason: str) -> dict[str, Any]:
    """A field that shows in the form and cannot be changed there."""
    return {
        "name": field.name,
        "html_name": field.name,
        "id": f"id-{field.name}",
        "label": field.label,
        "kind": "text" if field.is_collection else field.kind,
        "readonly": True,
        "text_value": plain_text(field, value),
        "reason": reason,
        "errors": [],
    }


def label_of(value: Any) -> str:
    """The label of a reference, for a picker."""
    return value.label if isinstance(value, Ref) and value.pk is not None else ""


def member_raw(member: Field, row: Mapping[str, Any]) -> Any:
    """A member's value as a form holds it."""
    return raw_text(member, row.get(member.name))
