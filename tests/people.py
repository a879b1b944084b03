"""The cast: one small company whose people's rights are exactly known.

    group ── centre ── east ── (owner, teammate, stranger, clerk, inactive)
          │        └── west ── (outsider, leader)
          └─ office ── (director, administrator)

`manager` sits in the centre, above east and west. owner and teammate share a project team.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.db import connection

from accounts.models import Department, Role, RoleField, RoleHolder, RoleRight, Team, User
from accounts.services.act import COMMAND_LINE
from accounts.services.groups import place
from accounts.services.roles import set_field_state, set_right
from accounts.services.teams import create_team
from crm.access.grants import ACTIONS, CREATING, ScopeName, State
from crm.access.sharing import GroupShare, UserShare
from crm.modules.registry import all_modules, module_named
from crm.modules.stamp import raise_rights_version

PASSWORD = "a quiet morning 7"
MASKED = {
    "customers": ("phones.number", "mails.address", "credit_code", "bank_account", "wechat"),
    "contacts": ("phones.number", "mails.address", "wechat"),
}
DEPARTMENTS = {
    "group": None,
    "centre": "group",
    "east": "centre",
    "west": "centre",
    "office": "group",
}
# name: (department, scope of every action)
PEOPLE = {
    "owner": ("east", "own"),
    "teammate": ("east", "team"),
    "stranger": ("east", "own"),
    "clerk": ("east", "department"),
    "outsider": ("west", "own"),
    "leader": ("west", "department"),
    "manager": ("centre", "subtree"),
    "director": ("office", "all"),
    "administrator": ("office", "all"),
    "inactive": ("east", "own"),
}


@dataclass
class Cast:
    """Everybody by name; `roles` holds the one role of each person under his name."""

    people: dict[str, User] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    team: Team | None = None

    def __getattr__(self, name: str) -> User:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def right(self, person: str, module: str, **scopes: str) -> None:
        """Change how far a person's role reaches: right("owner", "customers", view="all")."""
        for action, scope in scopes.items():
            set_right(
                actor=COMMAND_LINE, role=self.roles[person], module=module,
                action=action.rstrip("_"), scope=scope,
            )  # fmt: skip

    def state(self, person: str, module: str, name: str, state: str, **more: Any) -> None:
        """Change what a person may do with one field."""
        set_field_state(
            actor=COMMAND_LINE,
            role=self.roles[person],
            module=module,
            field=name,
            state=state,
            **more,
        )


def make_role(
    name: str,
    scopes: Mapping[str, str],
    states: Mapping[str, Mapping[str, str]] | None = None,
    modules: Iterable[str] | None = None,
    **flags: bool,
) -> Role:
    """A role with these scopes in all modules; every field may be edited but those in `states`.

    Read-only fields are readable. Modules and fields come from the registry of the moment.
    """
    role = Role.objects.create(name=name, labels={"en": name}, **flags)
    for module in [one.name for one in all_modules()] if modules is None else modules:
        fill_role(role, module, scopes, (states or {}).get(module, {}))
    return role


def fill_role(
    role: Role, module: str, scopes: Mapping[str, str], states: Mapping[str, str] | None = None
) -> None:
    """Give a role rights on one module: `scopes` by action, EDIT on all fields but `states`."""
    RoleRight.objects.bulk_create(_rights(role, module, scopes))
    RoleField.objects.bulk_create(_fields(role, module, states or {}))
    raise_rights_version()


def _rights(role: Role, module: str, scopes: Mapping[str, str]) -> list[RoleRight]:
    return [
        RoleRight(role=role, module=module, action=action, scope=ScopeName(scope))
        for action, scope in scopes.items()
    ]


def _fields(role: Role, module: str, states: Mapping[str, str]) -> list[RoleField]:
    found, rows = module_named(module), []
    for name in found.right_names():
        one, whole = found.field_at(name), found.fields[name.partition(".")[0]]
        fixed = one is None or one.is_read_only or one.is_computed or whole.is_read_only
        state = State.parse(states.get(name, "read" if fixed else "edit"))
        rows.append(RoleField(role=role, module=module, field=name, state=state))
    return rows


def everywhere(scope: str) -> dict[str, str]:
    """One scope for every action; creating knows only yes and no."""
    return {
        action: "all" if action in CREATING and scope != "none" else scope for action in ACTIONS
    }


def make_person(name: str, department: Department | None = None, role: Role | None = None) -> User:
    """Somebody who may sign in with PASSWORD."""
    user = User(
        username=name, password=make_password(PASSWORD, "kitchen salt"), display_name=name.title(),
        department=department, email=f"{name}@people.example", language="en",
    )  # fmt: skip
    User.objects.bulk_create([user])
    if role is not None:
        RoleHolder.objects.bulk_create([RoleHolder(role=role, user=user)])
    raise_rights_version()
    return user


def make_department(name: str, parent: Department | None = None) -> Department:
    """A department in its place of the tree."""
    made = Department(name=name, parent=parent)
    Department.objects.bulk_create([made])
    place(made)
    raise_rights_version()
    return made


def make_cast() -> Cast:
    """The company of the picture above."""
    cast = Cast()
    for name, parent in DEPARTMENTS.items():
        above = cast.departments[parent] if parent else None
        cast.departments[name] = make_department(name, above)
    _make_roles(cast)
    for name, (department, _scope) in PEOPLE.items():
        cast.people[name] = make_person(name, cast.departments[department], cast.roles[name])
    User.objects.filter(pk=cast.inactive.pk).update(is_active=False)
    cast.inactive.refresh_from_db()
    members = [cast.owner, cast.teammate]
    cast.team = create_team(actor=COMMAND_LINE, name="Pioneers", members=members)
    raise_rights_version()
    return cast


def _make_roles(cast: Cast) -> None:
    """One role per person; most differ by scope only, so their fields are copied in SQL."""
    cast.roles = {
        name: Role(
            name=name, labels={"en": name}, administer=name == "administrator",
            view_all=name == "administrator", edit_all=name == "administrator",
        )
        for name in PEOPLE
    }  # fmt: skip
    Role.objects.bulk_create(cast.roles.values())
    modules = [module.name for module in all_modules()]
    RoleRight.objects.bulk_create(
        right
        for name, (_department, scope) in PEOPLE.items()
        for module in modules
        for right in _rights(cast.roles[name], module, everywhere(scope))
    )
    first = cast.roles["owner"]
    RoleField.objects.bulk_create(row for one in modules for row in _fields(first, one, {}))
    others = [role.pk for name, role in cast.roles.items() if name != "owner"]
    table = RoleField._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (role_id, module, field, state, only_when_empty)"
            f" SELECT r, module, field, state, only_when_empty FROM {table}, unnest(%s) AS r"
            " WHERE role_id = %s",
            [others, first.pk],
        )
    for module, names in MASKED.items():
        rows = RoleField.objects.filter(role=cast.roles["clerk"], module=module, field__in=names)
        rows.update(state=State.MASKED)


def share(
    module: str, pk: int, holder: Any, *, edit: bool = False, until: datetime | None = None
) -> Any:
    """Share one record with a person, department or team."""
    model = module_named(module).model
    level = "change" if edit else "view"
    permission = Permission.objects.get(
        content_type__app_label=model._meta.app_label, codename=f"{level}_{model._meta.model_name}"
    )
    base = UserShare if isinstance(holder, User) else GroupShare
    table = next(
        one.related_model
        for one in model._meta.related_objects
        if issubclass(one.related_model, base)
    )
    to = {"user": holder} if isinstance(holder, User) else {"group": holder.group}
    made = table._default_manager.create(
        content_object_id=pk, permission=permission, until=until, **to
    )
    raise_rights_version()
    return made
