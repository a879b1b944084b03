"""Choices that depend on another choice: which go with which value of the parent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm.customfields.models import ChoiceRule
from crm.modules.module import Module
from crm.modules.stamp import KeptUnder, definitions_version


@dataclass(frozen=True)
class Rule:
    """Which choices of `child` go with a value of `parent`; "" is a parent without a value."""

    child: str
    parent: str
    allowed: Mapping[str, frozenset[str]]

    def fits(self, parent: Any, child: Any) -> bool:
        """Whether the two may stand in one record; nothing fits to everything."""
        if child in (None, ""):
            return True
        known = self.allowed.get(parent or "")
        return known is None or child in known


def _read() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for row in ChoiceRule.objects.order_by("module", "pk"):
        allowed = {value: frozenset(choices) for value, choices in row.allowed.items()}
        found.setdefault(row.module, []).append(Rule(row.child, row.parent, allowed))
    return found


_rules = KeptUnder(definitions_version, _read)


def rules_of(module: Module) -> list[Rule]:
    """The rules between choices of a module whose fields are still there."""
    rules = _rules.get().get(module.name, [])
    return [one for one in rules if one.child in module.fields and one.parent in module.fields]


def rule_of(module: Module, child: str) -> Rule | None:
    """What a choice depends on; None for most."""
    return next((one for one in rules_of(module) if one.child == child), None)
