"""The written rules of who may see, read, write and do what, said a second time.

Written from the text of docs/decisions/001-the-door.md, docs/sharing.md, docs/formulas.md and
docs/permission-rig.md, in plain Python over plain facts. It imports nothing of the product: where
the product and this page disagree, one of the two is wrong. It is slow, and meant to be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

HIDDEN, MASKED, READ, EDIT = range(4)
NOT_BY_FLAG = {"export", "import"}  # “may edit all” gives every action but these two
NEW = {"create", "import"}  # nothing exists yet: any scope says yes
Key = tuple[str, int]  # module and id


@dataclass
class Role:
    """One bundle of rights. `scopes` by (module, action), `states` by (module, path)."""

    view_all: bool = False
    edit_all: bool = False
    administer: bool = False
    scopes: dict[tuple[str, str], str] = field(default_factory=dict)
    states: dict[tuple[str, str], int] = field(default_factory=dict)
    only_empty: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Person:
    """Somebody who signs in; the main department and the further ones are `departments`."""

    is_active: bool = True
    departments: set[int] = field(default_factory=set)
    position: int | None = None


@dataclass
class Team:
    """People who see each other's records while the team is not closed."""

    members: set[int] = field(default_factory=set)
    is_active: bool = True


@dataclass
class Record:
    """What decides about a record; `above` is what it hangs on."""

    owner: int | None
    department: int | None
    is_deleted: bool = False
    above: Key | None = None


@dataclass
class Share:
    """A record opened to a person, department or team, to read or to edit, perhaps to an end."""

    record: Key
    kind: str
    holder: int
    is_edit: bool = False
    until: dt.datetime | None = None
    part: str = ""


@dataclass
class Field:
    """What decides about a field besides roles."""

    kind: str
    inputs: tuple[str, ...] = ()
    is_computed: bool = False
    is_fixed: bool = False  # services write it, nobody else
    target: str = ""


@dataclass
class Module:
    """A module's fields by path (`phones.number` is a member), and which one is the name."""

    title: str
    fields: dict[str, Field]


@dataclass
class World:
    """Everything that the rules look at."""

    now: dt.datetime
    people: dict[int, Person] = field(default_factory=dict)
    above: dict[int, int | None] = field(default_factory=dict)  # department → the one above
    teams: dict[int, Team] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    holders: set[tuple[int, str, int]] = field(default_factory=set)  # role, kind, id
    modules: dict[str, Module] = field(default_factory=dict)
    records: dict[Key, Record] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)

    # Who somebody is ----------------------------------------------------------------------------

    def teams_of(self, person: int) -> set[int]:
        """The open teams that he is in."""
        return {pk for pk, team in self.teams.items() if team.is_active and person in team.members}

    def roles_of(self, person: int) -> list[Role]:
        """His own roles, those of his position and of his teams; none once he has left."""
        who = self.people.get(person)
        if who is None or not who.is_active:
            return []
        mine = {("person", person), ("position", who.position)}
        mine |= {("team", pk) for pk in self.teams_of(person)}
        held = {role for role, kind, pk in self.holders if (kind, pk) in mine}
        return [self.roles[pk] for pk in sorted(held)]

    def _with_all_above(self, department: int | None) -> Iterator[int]:
        while department is not None:
            yield department
            department = self.above.get(department)

    # Rows ---------------------------------------------------------------------------------------

    def _is_within(self, person: int, scope: str, record: Record) -> bool:
        """Whether one scope of a right holds the record."""
        mine = self.people[person].departments
        if scope == "own":
            return record.owner == person
        if scope == "team":
            mates = {one for pk in self.teams_of(person) for one in self.teams[pk].members}
            return record.owner == person or record.owner in mates
        if scope == "department":
            return record.department in mine
        if scope == "subtree":
            return not mine.isdisjoint(self._with_all_above(record.department))
        return scope == "all"

    def scopes(self, person: int, module: str, action: str) -> set[str]:
        """How far his roles carry an action: they add up."""
        found = set()
        for role in self.roles_of(person):
            found.add(role.scopes.get((module, action), "none"))
            is_by_flag = role.edit_all and action not in NOT_BY_FLAG
            if is_by_flag or (role.view_all and action == "view"):
                found.add("all")
        return found - {"none"}

    def by_roles(self, person: int, action: str, key: Key) -> bool:
        """Whether his roles carry the action to this record."""
        record = self.records[key]
        return any(
            self._is_within(person, one, record) for one in self.scopes(person, key[0], action)
        )

    def reaches(self, share: Share, person: int) -> bool:
        """Whether a share is for him: his own, his team's, his department's or of one above it."""
        if share.until is not None and share.until <= self.now:
            return False
        if share.kind == "person":
            return share.holder == person
        if share.kind == "team":
            return share.holder in self.teams_of(person)
        mine = self.people[person].departments
        return any(share.holder in self._with_all_above(one) for one in mine)

    def by_share(self, person: int, action: str, key: Key) -> bool:
        """A share gives reading, or reading and editing, and nothing else.

        It opens nothing to whoever has no right at all in the module.
        """
        if action not in {"view", "edit"} or not self._has_any_right(person, key[0]):
            return False
        return any(
            (share.is_edit or action == "view") and self.reaches(share, person)
            for share in self.shares
            if share.record == key
        )

    def _has_any_right(self, person: int, module: str) -> bool:
        roles = self.roles_of(person)
        has_fields = any(name == module for role in roles for name, _path in role.states)
        return has_fields or bool(self.scopes(person, module, "view"))

    def can_see(self, person: int, key: Key) -> bool:
        """Whether he may know that the record is there, at its own address and in every list."""
        record = self.records.get(key)
        if record is None or record.is_deleted:
            return False
        return self.by_roles(person, "view", key) or self.by_share(person, "view", key)

    def can_see_below(self, person: int, key: Key) -> bool:
        """Whether it shows on the page of what it hangs on: to whoever sees that, and may view
        some records of its module.
        """
        record = self.records.get(key)
        if record is None or record.is_deleted or record.above is None:
            return False
        return bool(self.scopes(person, key[0], "view")) and self.can_see(person, record.above)

    def can_see_in_bin(self, person: int, key: Key) -> bool:
        """Deleted records are seen, in the bin, by those who might delete them."""
        record = self.records.get(key)
        return bool(record and record.is_deleted) and self.by_roles(person, "delete", key)

    def can_act(self, person: int, action: str, key: Key) -> bool:
        """Whether he may do this to the record: roles decide, and for editing shares too."""
        if action in NEW:
            return bool(self.scopes(person, key[0], action))
        record = self.records.get(key)
        if record is None or record.is_deleted:
            return False
        return self.by_roles(person, action, key) or self.by_share(person, action, key)

    # Fields -------------------------------------------------------------------------------------

    def state(self, person: int, module: str, path: str) -> int:
        """The strongest state that a role gives; a member never more than its collection; what
        is computed is readable if all that it is made of is; a file cannot be half covered.
        """
        whole, _dot, member = path.partition(".")
        roles = self.roles_of(person)
        state = max((role.states.get((module, whole), HIDDEN) for role in roles), default=HIDDEN)
        if member:
            own = [role.states[module, path] for role in roles if (module, path) in role.states]
            state = min(state, max(own, default=state))
        field = self.modules[module].fields[path]
        if any(self.state(person, module, one) < READ for one in field.inputs):
            return HIDDEN
        if field.kind == "file" and state == MASKED:
            return HIDDEN
        return min(state, READ) if field.is_computed else state

    def can_read(self, person: int, key: Key, path: str) -> bool:
        """Whether he may know the value; masked is not known, and using counts as reading."""
        return self.can_see(person, key) and self.state(person, key[0], path) >= READ

    def can_name(self, person: int, key: Key) -> bool:
        """Whether the record's name shows to him where another one points to it."""
        return self.can_read(person, key, self.modules[key[0]].title)

    def can_write(self, person: int, key: Key, path: str, is_filled: bool = True) -> bool:
        """Whether he may change the value on this record as it is now."""
        module = key[0]
        if not self.can_act(person, "edit", key):
            return False
        field = self.modules[module].fields[path]
        if field.is_fixed or field.is_computed or self.state(person, module, path) < EDIT:
            return False
        editing = [
            role
            for role in self.roles_of(person)
            if role.states.get((module, path), HIDDEN) == EDIT
        ]
        is_free = not editing or any((module, path) not in role.only_empty for role in editing)
        return is_free or not is_filled
