"""The door without a person: rules of the company that look at all records by themselves.

What such a rule reads never reaches a page as rows; what it writes says in its events and history
that no person did it, and why.
"""

from typing import Any

from crm.access.grants import ACTIONS, EVERYTHING, Grants, State
from crm.access.policy import Access
from crm.modules.module import Module
from crm.modules.registry import module_named

NOBODY = 0  # the id that no person has


class _System:
    """Stands where a person would: sees every record and field, belongs to no team."""

    pk = NOBODY

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def grants(self, module: str) -> Grants:
        """Every action on every record, every field to read."""
        names = module_named(module).right_names()
        return Grants(
            user_id=NOBODY,
            module=module,
            scopes=dict.fromkeys(ACTIONS, EVERYTHING),
            states=dict.fromkeys(names, State.READ),
        )

    def teammates(self) -> frozenset[int]:
        """Nobody."""
        return frozenset()

    def department_ids(self) -> frozenset[int]:
        """None."""
        return frozenset()


def access_as_system(module: Module | str, reason: str) -> Access:
    """The door of a rule that no person runs; `reason` says which. Raises UnknownModule."""
    found = module_named(module) if isinstance(module, str) else module
    system: Any = _System(reason)
    return Access(system, found, system.grants(found.name))
