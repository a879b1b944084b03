"""Compiles what people may do, for all modules together, and keeps it until rights change.

What is kept belongs to one rights version; every process asks for the version at most once per
request (`crm.modules.stamp.held_versions`), so the first request after a commit obeys it.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from django.contrib.auth import get_user_model
from django.db.models import Q

from accounts.models.roles import Role, RoleField, RoleHolder, RoleRight
from accounts.models.structure import Department, Membership, TeamMember
from crm.access.grants import EVERYTHING, NOTHING, Grants, Scope, ScopeName, State, no_grants
from crm.modules.stamp import forget_too, rights_version

MOST_PEOPLE_KEPT = 2000

FieldStates = tuple[Mapping[str, State], frozenset[str]]  # states, editable only when empty


@dataclass
class RoleRights:
    """One role with all its rows. `fields` has (state, only when empty) by module and field."""

    role: Role
    scopes: dict[str, dict[str, ScopeName]] = field(default_factory=lambda: defaultdict(dict))
    fields: dict[str, dict[str, tuple[State, bool]]] = field(
        default_factory=lambda: defaultdict(dict)
    )


class Company:
    """What all people share at one rights version: the department tree and the roles."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.departments = {
            pk: ([int(part) for part in path.split("/") if part], group)
            for pk, path, group in Department.objects.values_list("pk", "path", "group")
        }
        self.roles = {role.pk: RoleRights(role) for role in Role.objects.all()}
        for role, module, action, scope in RoleRight.objects.values_list(
            "role", "module", "action", "scope"
        ):
            self.roles[role].scopes[module][action] = ScopeName(scope)
        for role, module, name, state, only_empty in RoleField.objects.values_list(
            "role", "module", "field", "state", "only_when_empty"
        ):
            self.roles[role].fields[module][name] = (State(state), only_empty)
        self._united: dict[tuple[frozenset[int], str], FieldStates] = {}

    def below(self, ids: Iterable[int]) -> frozenset[int]:
        """The departments and everything under them."""
        tops = set(ids)
        return frozenset(
            pk for pk, (path, _group) in self.departments.items() if not tops.isdisjoint(path)
        )

    def groups_above(self, ids: Iterable[int]) -> set[int]:
        """The hidden groups of the departments and of all above: a share to one reaches below."""
        above = {part for pk in ids if pk in self.departments for part in self.departments[pk][0]}
        found = (self.departments[pk][1] for pk in above if pk in self.departments)
        return {group for group in found if group is not None}

    def states(self, roles: frozenset[int], module: str) -> FieldStates:
        """Field states of some roles united: the strongest wins, and among edits the free one."""
        known = self._united.get((roles, module))
        if known is None:
            best: dict[str, tuple[State, bool]] = {}
            for pk in roles:
                for name, (state, only_empty) in self.roles[pk].fields.get(module, {}).items():
                    rank = (state, not only_empty)
                    if name not in best or rank > best[name]:
                        best[name] = rank
            states = {name: state for name, (state, _free) in best.items()}
            only = frozenset(name for name, (_state, free) in best.items() if not free)
            known = self._united[(roles, module)] = (states, only)
        return known


class Rights:
    """One person's rights in all modules, at one rights version."""

    def __init__(self, user_id: int, company: Company) -> None:
        self.user_id = user_id
        self.version = company.version
        self._company = company
        self._grants: dict[str, Grants] = {}
        self.roles: frozenset[int] = frozenset()
        self._scopes: dict[ScopeName, Scope] = {}
        self._groups: frozenset[int] = frozenset()
        person = (
            get_user_model()
            .objects.filter(pk=user_id, is_active=True)
            .values_list("department", "position")
            .first()
        )
        if person is not None:
            self._load(*person)
        elif -user_id in company.roles:
            self._try(-user_id)

    def _try(self, role: int) -> None:
        """Somebody made up who holds one role alone, to view as: his id is the role's, negative."""
        self.roles = frozenset({role})
        own = Scope(owners=frozenset({self.user_id}))
        self._scopes = dict.fromkeys(ScopeName, NOTHING)
        self._scopes.update({ScopeName.OWN: own, ScopeName.TEAM: own, ScopeName.ALL: EVERYTHING})

    def _load(self, department: int | None, position: int | None) -> None:
        further = Membership.objects.filter(user=self.user_id).values_list("department", flat=True)
        mine = frozenset(one for one in (department, *further) if one is not None)
        mates, teams, groups = self._teams()
        holders = RoleHolder.objects.filter(
            Q(user=self.user_id) | Q(position=position, position__isnull=False) | Q(team__in=teams)
        )
        self.roles = frozenset(holders.values_list("role", flat=True)) & set(self._company.roles)
        self._groups = frozenset(groups | self._company.groups_above(mine))
        self._scopes = {
            ScopeName.NONE: NOTHING,
            ScopeName.OWN: Scope(owners=frozenset({self.user_id})),
            ScopeName.TEAM: Scope(owners=mates | {self.user_id}),
            ScopeName.DEPARTMENT: Scope(departments=mine),
            ScopeName.SUBTREE: Scope(departments=self._company.below(mine)),
            ScopeName.ALL: EVERYTHING,
        }

    def _teams(self) -> tuple[frozenset[int], set[int], set[int]]:
        """My team mates, teams and the teams' hidden groups."""
        rows = TeamMember.objects.filter(
            team__is_active=True, team__members__user=self.user_id
        ).values_list("user", "team", "team__group")
        mates, teams, groups = zip(*rows, strict=True) if rows else ((), (), ())
        return frozenset(mates), set(teams), set(groups) - {None}

    @property
    def teammates(self) -> frozenset[int]:
        """The members of this person's teams, himself included."""
        return self._scopes[ScopeName.TEAM].owners if self._scopes else frozenset()

    @property
    def departments(self) -> frozenset[int]:
        """The departments that this person is in."""
        return self._scopes[ScopeName.DEPARTMENT].departments if self._scopes else frozenset()

    @property
    def _held(self) -> list[RoleRights]:
        held = [self._company.roles[pk] for pk in self.roles]
        return sorted(held, key=lambda one: (one.role.rank, one.role.pk))

    @property
    def administer(self) -> bool:
        """Whether any role of this person administers."""
        return any(held.role.administer for held in self._held)

    @property
    def networks(self) -> list[list[str]]:
        """The allowed networks of each role that has any."""
        return [held.role.networks for held in self._held if held.role.networks]

    def grants(self, module: str) -> Grants:
        """The rights in one module."""
        if module not in self._grants:
            self._grants[module] = self._compile(module)
        return self._grants[module]

    def each_role(self, module: str) -> list[tuple[Role, Grants]]:
        """Every role of this person with the rights that it gives by itself."""
        return [(one.role, self._compile(module, [one])) for one in self._held]

    def _compile(self, module: str, held: list[RoleRights] | None = None) -> Grants:
        held = self._held if held is None else held
        if not held:
            return no_grants(self.user_id, module)
        scopes: dict[str, Scope] = {}
        reasons: dict[str, list[tuple[str, ScopeName]]] = defaultdict(list)
        for one in held:
            for action, name in one.scopes.get(module, {}).items():
                scopes[action] = scopes.get(action, NOTHING) | self._scopes[name]
                if name is not ScopeName.NONE:
                    reasons[action].append((one.role.lazy_label, name))
            if one.role.view_all or one.role.edit_all:
                reasons["view"].append((one.role.lazy_label, ScopeName.ALL))
            if one.role.edit_all:
                reasons["edit"].append((one.role.lazy_label, ScopeName.ALL))
        roles = frozenset(one.role.pk for one in held)
        states, only_when_empty = self._company.states(roles, module)
        return Grants(
            user_id=self.user_id,
            module=module,
            scopes=scopes,
            states=states,
            only_when_empty=only_when_empty,
            view_all=any(one.role.view_all for one in held),
            edit_all=any(one.role.edit_all for one in held),
            administer=any(one.role.administer for one in held),
            groups=self._groups,
            roles=roles,
            ranked=tuple(one.role.pk for one in held),
            reasons={action: tuple(found) for action, found in reasons.items()},
        )


class Keeper:
    """The compiled rights of the people seen last by this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._company: Company | None = None
        self._people: OrderedDict[int, Rights] = OrderedDict()

    def rights_of(self, user_id: int) -> Rights:
        """The person's rights at the version of now, compiled when they aren't kept."""
        version = rights_version()
        with self._lock:
            kept, company = self._people.get(user_id), self._company
        if kept is not None and kept.version == version:
            return kept
        if company is None or company.version != version:
            company = Company(version)
        rights = Rights(user_id, company)
        with self._lock:
            self._company = company
            self._people[user_id] = rights
            self._people.move_to_end(user_id)
            while len(self._people) > MOST_PEOPLE_KEPT:
                self._people.popitem(last=False)
        return rights

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._company = None
            self._people.clear()


_keeper = Keeper()
rights_of = _keeper.rights_of


def role_grants(role: int, module: str) -> Grants:
    """What one role gives by itself in a module, to somebody made up who holds it alone."""
    return rights_of(-role).grants(module)


forget_too(_keeper.clear)
