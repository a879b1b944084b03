"""The list of rules as administrators keep it: made, changed, ordered, switched, deleted.

Each change raises the version of definitions, so the next write of any process obeys it.
"""

from collections import Counter
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible, Refusal
from crm.access.policy import access_to
from crm.customfields.dictionaries import options_of
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.errors import Invalid
from sales.life.models import StageRule
from sales.life.rules import MODULE, UNSAVED, check_condition, compiled

MOST_RULES = 40
MOST_COUNTED = 10_000


def stage_options(*, with_retired: bool = False) -> list[tuple[str, str]]:
    """The stages, as (value, label)."""
    return options_of(module_named(MODULE).fields["stage"], with_retired=with_retired)


def _require(actor: Any) -> None:
    if not access_to(actor, MODULE).grants.administer:
        raise NotAllowed(_("Only administrators change the rules."))


def rule_of(pk: int, *, locked: bool = False) -> StageRule:
    """One rule. Raises NotVisible."""
    rows = StageRule.objects.select_for_update() if locked else StageRule.objects.all()
    rule = rows.filter(pk=pk).first()
    if rule is None:
        raise NotVisible
    return rule


def _tell(actor: Any, rule: StageRule, what: str) -> None:
    raise_definitions_version()
    detail = {
        "name": what, "rule": rule.pk, "stage": rule.stage, "condition": rule.condition,
        "overrules": rule.overrules, "is_on": rule.is_on,
    }  # fmt: skip
    record_audit(actor=actor, action="stage_rule", module=MODULE, detail=detail)


@transaction.atomic
def save_rule(
    *, actor: Any, pk: int | None, stage: str, condition: Any, overrules: bool
) -> StageRule:
    """Make a rule, switched off and last, or change one. Raises NotAllowed, NotVisible, Invalid."""
    _require(actor)
    if stage not in dict(stage_options()):
        raise Invalid(fields={"stage": [_("Choose a stage.")]})
    try:
        check_condition(condition)
    except Refusal as refusal:
        raise Invalid(fields={"condition": [refusal.message]}) from refusal
    if pk is None:
        count = StageRule.objects.count()
        if count >= MOST_RULES:
            raise Invalid(_("At most %d rules.") % MOST_RULES)
        rule = StageRule(position=count)
    else:
        rule = rule_of(pk, locked=True)
    rule.stage, rule.condition, rule.overrules = stage, condition, overrules
    rule.save()
    _tell(actor, rule, "saved")
    return rule


@transaction.atomic
def switch_rule(*, actor: Any, pk: int, is_on: bool) -> None:
    """Switch a rule on or off; one that cannot be read stays off."""
    _require(actor)
    rule = rule_of(pk, locked=True)
    if is_on:
        check_condition(rule.condition)
    rule.is_on = is_on
    rule.save(update_fields=["is_on"])
    _tell(actor, rule, "on" if is_on else "off")


@transaction.atomic
def raise_rule(*, actor: Any, pk: int) -> None:
    """Put a rule one place further up."""
    _require(actor)
    rules = list(StageRule.objects.select_for_update())
    place = next((n for n, one in enumerate(rules) if one.pk == pk), None)
    if place is None:
        raise NotVisible
    if place:
        rules[place - 1], rules[place] = rules[place], rules[place - 1]
    for position, rule in enumerate(rules):
        rule.position = position
    StageRule.objects.bulk_update(rules, ["position"])
    _tell(actor, rules[max(place - 1, 0)], "moved up")


@transaction.atomic
def delete_rule(*, actor: Any, pk: int) -> None:
    """Take a rule away; the moves that it made stay counted."""
    _require(actor)
    rule = rule_of(pk, locked=True)
    _tell(actor, rule, "deleted")
    rule.delete()


def would_move(rule: StageRule) -> Counter[str]:
    """How many customers this rule would move if it were on, by the stage they stand at.

    The other rules that are on are asked as well, in order: what one above takes is not counted.
    Counts up to MOST_COUNTED customers. Raises Refusal for a condition that cannot be read.
    """
    check_condition(rule.condition)
    rules = [one for one in StageRule.objects.filter(is_on=True) if one.pk != rule.pk]
    place = len([one for one in rules if rule.pk is None or _key(one) < _key(rule)])
    rules.insert(place, rule)
    asked = compiled(rules)
    if asked.broken:
        raise Refusal(_("Another rule cannot be read; put it right first."))
    found = asked.verdicts(asked.door.rows(), MOST_COUNTED)
    return Counter(one.before for one in found if one.rule == (rule.pk or UNSAVED))


def _key(rule: StageRule) -> tuple[int, int]:
    return rule.position, rule.pk or 0
