"""People who hold one of the shipped roles each, as in the demo, and what they may by it."""

from __future__ import annotations

from accounts.models import User
from accounts.shipped_roles import SHIPPED, ShippedRole, install_roles
from crm.access.grants import ScopeName, State
from crm.modules.module import Module
from crm.modules.stamp import raise_rights_version
from tests.contract.canaries import Planted, plant
from tests.people import Cast, everywhere, make_department, make_person, make_role

ROLES = {one.name: one for one in SHIPPED}
REACHES_COLLEAGUES = {ScopeName.DEPARTMENT, ScopeName.SUBTREE, ScopeName.ALL}
ROUNDS = len(State)


class DemoCompany:
    """Two departments; in the first a reader per role, and a colleague who has left."""

    def __init__(self) -> None:
        self.near = make_department("zqneardepartment")
        self.far = make_department("Far")
        roles = install_roles()
        boss = make_role("boss", everywhere("all"))
        self.cast = Cast(roles={f"holder-{name}": role for name, role in roles.items()})
        for name, role in roles.items():
            self.cast.people[f"holder-{name}"] = make_person(f"holder-{name}", self.near, role)
        self.scribe, self.colleague, self.gone, self.maker, self.changer = (
            make_person(name, self.near, boss)
            for name in ("scribe", "colleague", "zqgone", "zqmaker", "zqchanger")
        )
        self.boss = make_person("boss", self.far, boss)

    def plant(self, module: str, role: str, is_near: bool) -> Planted:
        """A record that the role's holder reaches, or with `is_near` false does not."""
        holder = self.cast.people[f"holder-{role}"]
        is_own = role == "rep" and is_near
        owner, neighbour = (holder, holder) if is_own else (self.gone, self.colleague)
        self.cast.people["director"] = self.scribe
        planted = plant(self.cast, module, holder.username, owner, neighbour)
        self.cast.people["director"] = self.boss
        self._leave(planted)
        if not is_own:  # everybody's own name stands on every page of his
            planted.marks["owner"] = (owner.display_name.encode(),)
        if not is_near:
            User.objects.filter(pk=holder.pk).update(department=self.far)
            raise_rights_version()
        return planted

    def _leave(self, planted: Planted) -> None:
        """Whoever is named on the record has left; what names them is marked."""
        for path, person in (("created_by", self.maker), ("changed_by", self.changer)):
            planted.columns[f"{path}_id"] = person.pk
            planted.marks[path] = (person.display_name.encode(),)
        planted.marks["department"] = (self.near.name.encode(),)
        left = (self.gone, self.maker, self.changer)
        User.objects.filter(pk__in=[one.pk for one in left]).update(is_active=False)


def shipped_states(role: ShippedRole, module: Module) -> dict[str, State]:
    """What the role's table says of each field; nobody has decided on fields made later."""
    states = {}
    for name in module.right_names():
        field = module.field_at(name)
        is_added = field is not None and field.is_added
        states[name] = State.HIDDEN if is_added else role.field_state(module, name)[0]
    return states


def rotated_states(module: Module, turn: int) -> dict[str, State]:
    """Every field in another state each turn, beside neighbours in all other states."""
    states = {}
    for place, name in enumerate(module.fields):
        one = module.fields[name]
        states[name] = State((place + turn) % ROUNDS)
        for number, member in enumerate(one.members, 2):
            states[f"{name}.{member}"] = State((place + turn + number) % ROUNDS)
    return states


def effective(module: Module, states: dict[str, State], path: str) -> State:
    """The state of a path: a member is never more open than its collection, a formula readable
    only if all that it reads is.
    """
    name = path.partition(".")[0]
    state = min(states[name], states[path])
    if any(states[one] < State.READ for one in module.fields[name].inputs):
        return State.HIDDEN
    return min(state, State.READ) if module.fields[name].is_computed else state


def may(role: ShippedRole, module: Module, action: str, is_own: bool) -> bool:
    """Whether the role's table lets its holder do this to the planted record."""
    if role.edit_all and action not in {"export", "import"}:
        return True
    scope = role.scope(module, action)
    return scope in REACHES_COLLEAGUES or (is_own and scope == ScopeName.OWN)
