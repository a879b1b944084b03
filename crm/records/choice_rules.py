"""Choices that depend on another: refused where they do not fit, set by administrators.

What stood together before a rule was made stays readable and stays, until one of the two changes.
"""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.customfields.choice_rules import Rule, rule_of, rules_of
from crm.customfields.dictionaries import option_label, options_of
from crm.customfields.models import ChoiceRule, FieldDefinition
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.errors import Invalid

MOST_LEVELS = 3
Errors = dict[str, list[Any]]


def wrong_choices(
    access: Access, values: Mapping[str, Any], changed: Container[str] | None = None
) -> Errors:
    """Errors by field of choices that do not go with their parent's value.

    Only rules are asked of which a side is in `changed` (None: a new record). The sentence names
    the fields to whoever may read both; to others it says no more than that something does not fit.
    """
    errors: Errors = {}
    for rule in rules_of(access.module):
        if changed is not None and rule.child not in changed and rule.parent not in changed:
            continue
        if not rule.fits(values.get(rule.parent), values.get(rule.child)):
            is_child_known = changed is None or rule.child in changed
            place = rule.child if is_child_known or rule.child in access.readable else rule.parent
            errors.setdefault(place, []).append(_sentence(access, rule, values))
    return errors


def _sentence(access: Access, rule: Rule, values: Mapping[str, Any]) -> str:
    if not {rule.child, rule.parent} <= access.readable:
        return _("This choice does not go with the other values of the record.")
    child, parent = access.module.fields[rule.child], access.module.fields[rule.parent]
    if not values.get(rule.parent):
        return _("“%(choice)s” needs a value of %(parent)s that it goes with.") % {
            "choice": option_label(child, values[rule.child]), "parent": parent.label,
        }  # fmt: skip
    return _("“%(choice)s” of %(child)s does not go with “%(value)s” of %(parent)s.") % {
        "choice": option_label(child, values[rule.child]),
        "child": child.label,
        "value": option_label(parent, values[rule.parent]),
        "parent": parent.label,
    }


def drop_unfit_defaults(module: Module, values: dict[str, Any], given: Container[str]) -> None:
    """Leave out of a new record what nobody chose and does not go with what somebody chose."""
    for rule in rules_of(module):
        if rule.child in given or rule.fits(values.get(rule.parent), values.get(rule.child)):
            continue
        values.pop(rule.child)


# Set by administrators ------------------------------------------------------------------------


def may_depend(row: FieldDefinition) -> bool:
    """Whether the field's choices may depend on another's: one choice out of a list of its own."""
    return row.kind == "choice" and row.dictionary == f"field_{row.pk}"


def possible_parents(module: Module, child: str) -> list[Field]:
    """The choices that others may depend on, without those that depend on this one."""
    below = {child} | set(_below(module, child))
    return [
        one for name, one in module.fields.items() if one.kind == "choice" and name not in below
    ]


def _below(module: Module, name: str) -> list[str]:
    found: list[str] = []
    for rule in rules_of(module):
        if rule.parent == name and rule.child not in found:
            found += [rule.child, *_below(module, rule.child)]
    return found


def _height(module: Module, name: str) -> int:
    """How many rules stand below a field, one on the other."""
    children = [rule.child for rule in rules_of(module) if rule.parent == name]
    return max((1 + _height(module, child) for child in children), default=0)


def _depth(module: Module, name: str) -> int:
    """How many rules a field stands on."""
    rule = rule_of(module, name)
    return 1 + _depth(module, rule.parent) if rule else 0


@transaction.atomic
def set_rule(
    *, actor: Any, row: FieldDefinition, parent: str, allowed: Mapping[str, Iterable[str]]
) -> None:
    """Let a field's choices depend on another field; "" as parent: on none any more.

    Values of the parent and choices that are not there are left out. Raises Invalid.
    """
    raise_definitions_version()  # its row lets one such change run at a time
    module, child = module_named(row.module), f"cf_{row.pk}"
    before = rule_of(module, child)
    ChoiceRule.objects.filter(module=row.module, child=child).delete()
    raise_definitions_version()
    if parent:
        module = module_named(row.module)
        _check(module, row, parent)
        known = {value for value, _label in options_of(module.fields[child], with_retired=True)}
        kept = {
            value: sorted(known.intersection(allowed.get(value, ())))
            for value in parent_values(module.fields[parent])
        }
        ChoiceRule.objects.create(module=row.module, child=child, parent=parent, allowed=kept)
        raise_definitions_version()
    after = rule_of(module_named(row.module), child)
    if after != before:
        record_audit(
            actor=actor, action="field.change", module=row.module,
            detail={
                "name": next(iter(row.labels.values()), child), "key": child,
                "before": {"depends": _told(before)}, "after": {"depends": _told(after)},
            },
        )  # fmt: skip


def parent_values(parent: Field) -> list[str]:
    """The values of a parent, nothing first."""
    return ["", *(value for value, _label in options_of(parent, with_retired=True) if value)]


def _told(rule: Rule | None) -> str:
    return f"{rule.parent} ({sum(map(len, rule.allowed.values()))})" if rule else ""


def _check(module: Module, row: FieldDefinition, parent: str) -> None:
    child = f"cf_{row.pk}"
    field = module.fields.get(parent)
    if not may_depend(row) or field is None or field.kind != "choice":
        raise Invalid(fields={"parent": [_("Only one choice of several can depend on another.")]})
    if parent == child or parent in _below(module, child):
        raise Invalid(fields={"parent": [_("That field depends on this one: it would never end.")]})
    if _depth(module, parent) + 1 + _height(module, child) > MOST_LEVELS:
        raise Invalid(
            fields={"parent": [_("Choices may depend on one another %d deep.") % MOST_LEVELS]}
        )


def forget_rule(row: FieldDefinition) -> None:
    """Take the rule of a field along that goes. Raises Invalid while others depend on it."""
    module, name = module_named(row.module), f"cf_{row.pk}"
    children = [rule.child for rule in rules_of(module) if rule.parent == name]
    if children:
        labels = ", ".join(f"“{module.fields[child].label}”" for child in children)
        raise Invalid(_("The choices of %s depend on it. Change that first.") % labels)
    ChoiceRule.objects.filter(module=row.module, child=name).delete()
