"""What names a choice besides records: rules, defaults, formulas; rewritten, or a reason against.

A change is kept as {what, pk, before, after}, so that it can be taken back where nobody has
changed it since.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.customfields.labels import label_in
from crm.customfields.models import ChoiceRule, FieldDefinition
from crm.modules.fields import PARTS
from crm.modules.registry import all_modules
from crm.records.choice_merging import Spot, spots_of

RULE, DEFAULT = "rule", "default"
Change = dict[str, Any]


def reasons_against(dictionary: str, lost: str) -> list[str]:
    """Why a choice cannot be merged into another; none where it can."""
    if dictionary == PARTS:
        return [_("These choices stand in shares, not in fields; they are not merged.")]
    spots = spots_of(dictionary)
    return [
        *(reason for spot in spots for reason in _of_spot(spot)),
        *_of_formulas(spots, lost),
        *(text for module in all_modules() for text in module.uses_of_choice(dictionary, lost)),
    ]


def _of_spot(spot: Spot) -> list[str]:
    module, field = spot.module, spot.field
    if spot.path in module.key_fields or spot.path == module.stage:
        return [_("The product itself reads the choices of “%s”.") % spot.label]
    if field.is_unique:
        return [_("“%s” is unique.") % spot.label]
    if spot.collection is not None and field.name in spot.collection.identity:
        return [_("“%s” tells entries of a list apart.") % spot.label]
    return []


def _of_formulas(spots: Sequence[Spot], lost: str) -> list[str]:
    names = {(spot.module.name, spot.path) for spot in spots}
    quoted = '"' + lost.replace('"', '""') + '"'
    rows = FieldDefinition.objects.filter(kind=FieldDefinition.FORMULA, formula__contains=quoted)
    return [
        _("The formula “%s” compares with it.") % label_in(row.labels, row.name)
        for row in rows
        if any((row.module, one) in names for one in row.inputs)
    ]


def rewrite_uses(dictionary: str, lost: str, kept: str) -> list[Change]:
    """Put one choice in place of another in rules and defaults; what was changed.

    In a transaction that raises the version of definitions.
    """
    spots = {(spot.module.name, spot.path) for spot in spots_of(dictionary)}
    return [*_rewrite_rules(spots, lost, kept), *_rewrite_defaults(dictionary, lost, kept)]


def _rewrite_rules(spots: set[tuple[str, str]], lost: str, kept: str) -> list[Change]:
    changes = []
    for row in ChoiceRule.objects.select_for_update().order_by("pk"):
        before = row.allowed
        after = dict(before)
        if (row.module, row.child) in spots:
            after = {key: _replaced(values, lost, kept) for key, values in after.items()}
        if (row.module, row.parent) in spots and lost in after:
            gone = after.pop(lost)
            if kept in after:  # what went with either goes with the one that stays
                after[kept] = sorted({*after[kept], *gone})
        if after != before:
            row.allowed = after
            row.save(update_fields=["allowed"])
            changes.append({"what": RULE, "pk": row.pk, "before": before, "after": after})
    return changes


def _replaced(values: Sequence[str], lost: str, kept: str) -> list[str]:
    return sorted({kept if one == lost else one for one in values})


def _rewrite_defaults(dictionary: str, lost: str, kept: str) -> list[Change]:
    changes = []
    rows = FieldDefinition.objects.select_for_update().filter(dictionary=dictionary)
    for row in rows.order_by("pk"):
        before = row.default
        if before == lost:
            row.default = kept
        elif isinstance(before, list) and lost in before:
            row.default = list(dict.fromkeys(kept if one == lost else one for one in before))
        if row.default != before:
            row.save(update_fields=["default"])
            changes.append({"what": DEFAULT, "pk": row.pk, "before": before, "after": row.default})
    return changes


def restore_uses(changes: Sequence[Change]) -> None:
    """Give rules and defaults back what they said, where nobody has changed them since."""
    tables: dict[str, tuple[Any, str]] = {
        RULE: (ChoiceRule, "allowed"), DEFAULT: (FieldDefinition, "default"),
    }  # fmt: skip
    for one in changes:
        if one["what"] not in tables:
            continue
        model, column = tables[one["what"]]
        row = model.objects.select_for_update().filter(pk=one["pk"]).first()
        if row is not None and getattr(row, column) == one["after"]:
            setattr(row, column, one["before"])
            row.save(update_fields=[column])


def rule_labels(dictionary: str, lost: str) -> list[str]:
    """The fields whose dependent choices name a choice, for the page that asks."""
    spots = {(spot.module.name, spot.path): spot for spot in spots_of(dictionary)}
    found = []
    for row in ChoiceRule.objects.order_by("pk"):
        in_child = any(lost in values for values in row.allowed.values())
        if ((row.module, row.child) in spots and in_child) or (
            (row.module, row.parent) in spots and lost in row.allowed
        ):
            module = next((one for one in all_modules() if one.name == row.module), None)
            field = module.fields.get(row.child) if module else None
            if module is not None and field is not None:
                found.append(f"{module.label} · {field.label}")
    return found
