"""What a person may do in one module: the kernel's own types, answered by `user.grants(module)`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ACTIONS = ("view", "create", "edit", "delete", "assign", "share", "import", "export", "print")
ACTION_LABELS = {
    "view": _("View"),
    "create": _("Create"),
    "edit": _("Edit"),
    "delete": _("Delete"),
    "assign": _("Assign"),
    "share": _("Share"),
    "import": _("Import"),
    "export": _("Export"),
    "print": _("Print"),
}
CREATING = frozenset({"create", "import"})  # nothing exists yet: the scope says only yes or no


class ScopeName(StrEnum):
    """How far a right reaches, from nothing to everything."""

    NONE = "none"
    OWN = "own"
    TEAM = "team"
    DEPARTMENT = "department"
    SUBTREE = "subtree"
    ALL = "all"


SCOPE_LABELS = {
    ScopeName.NONE: pgettext_lazy("scope", "None"),
    ScopeName.OWN: pgettext_lazy("scope", "Own"),
    ScopeName.TEAM: pgettext_lazy("scope", "Team"),
    ScopeName.DEPARTMENT: pgettext_lazy("scope", "Department"),
    ScopeName.SUBTREE: pgettext_lazy("scope", "Department and below"),
    ScopeName.ALL: pgettext_lazy("scope", "All"),
}


class State(IntEnum):
    """What a person may do with one field."""

    HIDDEN = 0
    MASKED = 1
    READ = 2
    EDIT = 3

    @classmethod
    def parse(cls, name: str) -> "State":
        """The state called `name` (hidden, masked, read, edit). Raises ValueError."""
        try:
            return cls[name.upper()]
        except KeyError:
            known = ", ".join(cls.names())
            raise ValueError(f"{name!r} is no field state; there are {known}.") from None

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The states as they are written in commands and addresses, weakest first."""
        return tuple(state.name.lower() for state in cls)


STATE_LABELS = {
    State.HIDDEN: pgettext_lazy("field state", "Hidden"),
    State.MASKED: pgettext_lazy("field state", "Masked"),
    State.READ: pgettext_lazy("field state", "Read"),
    State.EDIT: pgettext_lazy("field state", "Edit"),
}


@dataclass(frozen=True)
class Scope:
    """Which rows: everything, or those of some owners or departments."""

    everything: bool = False
    owners: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            self.everything or other.everything,
            self.owners | other.owners,
            self.departments | other.departments,
        )

    def __bool__(self) -> bool:
        return self.everything or bool(self.owners) or bool(self.departments)


NOTHING = Scope()
EVERYTHING = Scope(everything=True)


@dataclass(frozen=True)
class Grants:
    """One person's rights in one module, all roles united.

    `states` holds field names and dotted member names of collections (`phones.number`).
    `groups` are the ids of the hidden groups (departments, teams) through which shares reach him,
    `roles` those of his roles, `ranked` the same in the order that administrators gave them.
    `reasons` names, per action, the roles that grant it and how far.
    """

    user_id: int
    module: str
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    only_when_empty: frozenset[str] = frozenset()
    view_all: bool = False
    edit_all: bool = False
    administer: bool = False
    groups: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    ranked: tuple[int, ...] = ()
    reasons: Mapping[str, tuple[tuple[str, ScopeName], ...]] = field(default_factory=dict)

    def scope(self, action: str) -> Scope:
        """The rows that `action` reaches, shares not counted."""
        if self.edit_all and action not in {"export", "import"}:
            return EVERYTHING
        if self.view_all and action == "view":
            return EVERYTHING
        return self.scopes.get(action, NOTHING)

    def state(self, name: str) -> State:
        """The state of a field; a member takes its collection's unless its own is lower."""
        collection, _dot, member = name.partition(".")
        whole = self.states.get(collection, State.HIDDEN)
        if not member:
            return whole
        return min(whole, self.states.get(name, whole))


def no_grants(user_id: int, module: str) -> Grants:
    """The rights of somebody who has none."""
    return Grants(user_id=user_id, module=module)
