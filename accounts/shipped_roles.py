"""The roles that come with the product: each a small table over whatever modules there are.

Only what nobody has decided yet is filled in, so an administrator's choices survive an update
and the fields of a new version are granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from accounts.models import Role, RoleField, RoleRight
from crm.access.grants import ACTIONS, ScopeName, State
from crm.modules.module import GROUPS, Module
from crm.modules.registry import all_modules
from crm.modules.stamp import raise_rights_version

Scopes = Mapping[str, ScopeName]
NONE, OWN, DEPARTMENT, SUBTREE, ALL = (
    ScopeName.NONE,
    ScopeName.OWN,
    ScopeName.DEPARTMENT,
    ScopeName.SUBTREE,
    ScopeName.ALL,
)


def everywhere(scope: ScopeName, **other: ScopeName) -> Scopes:
    """One scope for every action but those named."""
    return {**dict.fromkeys(ACTIONS, scope), **_actions(other)}


def only(**scopes: ScopeName) -> Scopes:
    """The named actions and nothing else."""
    return {**dict.fromkeys(ACTIONS, NONE), **_actions(scopes)}


def _actions(scopes: Mapping[str, ScopeName]) -> dict[str, ScopeName]:
    return {action.rstrip("_"): scope for action, scope in scopes.items()}  # import_ is a keyword


def group_of(module: Module) -> str:
    """The key of the module's group in the menu; empty for a group of its own."""
    return next((key for key, label in GROUPS.items() if label is module.group), "")


@dataclass(frozen=True)
class ShippedRole:
    """One role as a table. A group of modules that isn't named takes `scopes` and `state`.

    `closed_state` is for the fields that a module declares closed, `fields` for single ones:
    module → field → state, with "*" for any module; `only_when_empty` names fields likewise.
    """

    name: str
    labels: Mapping[str, str]
    scopes: Scopes
    state: State
    closed_state: State = State.HIDDEN
    scopes_by_group: Mapping[str, Scopes] = field(default_factory=dict)
    state_by_group: Mapping[str, State] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, State]] = field(default_factory=dict)
    only_when_empty: Mapping[str, frozenset[str]] = field(default_factory=dict)
    view_all: bool = False
    edit_all: bool = False
    administer: bool = False

    def scope(self, module: Module, action: str) -> ScopeName:
        """How far this role may do one thing; an action of the module's own goes as edit does."""
        table = self.scopes_by_group.get(group_of(module), self.scopes)
        return table.get(action, table.get("edit", NONE))

    def field_state(self, module: Module, name: str) -> tuple[State, bool]:
        """The state of one field, and whether it may be edited only when empty."""
        collection = name.partition(".")[0]
        named = {**self.fields.get("*", {}), **self.fields.get(module.name, {})}
        if name in named:
            state = named[name]
        elif name in module.closed or collection in module.closed:
            state = self.closed_state
        elif collection in named:
            state = named[collection]
        else:
            state = self.state_by_group.get(group_of(module), self.state)
        found = module.field_at(name)
        if state is State.EDIT and found is not None and found.is_read_only:
            state = State.READ
        empty = self.only_when_empty.get(module.name, frozenset())
        return state, state is State.EDIT and name in empty


OWN_WORK = everywhere(OWN, create=ALL, import_=ALL, assign=NONE)
SHIPPED = (
    ShippedRole(
        name="administrator",
        labels={"zh-hans": "系统管理员", "en": "Administrator"},
        scopes=everywhere(ALL),
        state=State.EDIT,
        closed_state=State.EDIT,
        view_all=True,
        edit_all=True,
        administer=True,
    ),
    ShippedRole(
        name="director",
        labels={"zh-hans": "销售总监", "en": "Sales director"},
        scopes=everywhere(SUBTREE, view=ALL, print=ALL, create=ALL, import_=ALL),
        state=State.EDIT,
        closed_state=State.READ,
    ),
    ShippedRole(
        name="manager",
        labels={"zh-hans": "销售经理", "en": "Sales manager"},
        scopes=everywhere(DEPARTMENT, create=ALL, import_=ALL),
        state=State.EDIT,
    ),
    ShippedRole(
        name="rep",
        labels={"zh-hans": "销售", "en": "Sales rep"},
        scopes=OWN_WORK,
        state=State.EDIT,
    ),
    ShippedRole(
        name="agent",
        labels={"zh-hans": "客服", "en": "Service agent"},
        # Any customer may call: all are seen, none is changed but where service may add.
        scopes=only(view=ALL, edit=OWN, print=OWN),
        state=State.READ,
        scopes_by_group={
            "service": everywhere(DEPARTMENT, edit=OWN, delete=NONE, create=ALL, import_=NONE),
            "activities": everywhere(OWN, view=DEPARTMENT, create=ALL, import_=NONE, export=NONE),
        },
        state_by_group={"service": State.EDIT, "activities": State.EDIT},
        fields={
            "*": {"phones.number": State.MASKED},
            "customers": {"addresses": State.EDIT, "remark": State.EDIT},
            "contacts": {"addresses": State.EDIT, "remark": State.EDIT},
        },
        only_when_empty={
            "customers": frozenset({"addresses"}),
            "contacts": frozenset({"addresses"}),
        },
    ),
    ShippedRole(
        name="marketer",
        labels={"zh-hans": "市场", "en": "Marketer"},
        scopes=only(view=ALL, create=ALL, edit=OWN, share=OWN),
        state=State.EDIT,
        scopes_by_group={
            "marketing": everywhere(DEPARTMENT, create=ALL, import_=ALL),
            "activities": everywhere(OWN, create=ALL, import_=NONE, export=NONE),
        },
        fields={"*": {"phones.number": State.MASKED, "mails.address": State.READ}},
    ),
    ShippedRole(
        name="finance",
        labels={"zh-hans": "财务", "en": "Finance"},
        scopes=only(view=ALL, edit=ALL, export=ALL, print=ALL),
        state=State.READ,
        closed_state=State.EDIT,
        scopes_by_group={
            "activities": everywhere(OWN, view=ALL, create=ALL, import_=NONE),
        },
        state_by_group={"activities": State.EDIT},
    ),
)


@transaction.atomic
def install_roles(modules: Iterable[Module] | None = None) -> dict[str, Role]:
    """Make the shipped roles and give them what is still undecided for them; safe to repeat."""
    wanted = list(all_modules() if modules is None else modules)
    roles = {}
    for shipped in SHIPPED:
        role, _made = Role.objects.get_or_create(
            name=shipped.name,
            defaults={
                "labels": dict(shipped.labels),
                "view_all": shipped.view_all,
                "edit_all": shipped.edit_all,
                "administer": shipped.administer,
                "is_shipped": True,
            },
        )
        roles[shipped.name] = role
        bulk_create_with_history(list(_missing_rights(role, shipped, wanted)), RoleRight)
        bulk_create_with_history(list(_missing_fields(role, shipped, wanted)), RoleField)
    raise_rights_version()
    return roles


def _missing_rights(
    role: Role, shipped: ShippedRole, modules: Iterable[Module]
) -> Iterator[RoleRight]:
    decided = set(role.rights.values_list("module", "action"))
    for module in modules:
        for action in (*ACTIONS, *module.extra_actions):
            if (module.name, action) not in decided:
                scope = shipped.scope(module, action)
                yield RoleRight(role=role, module=module.name, action=action, scope=scope)


def _missing_fields(
    role: Role, shipped: ShippedRole, modules: Iterable[Module]
) -> Iterator[RoleField]:
    decided = set(role.fields.values_list("module", "field"))
    for module in modules:
        for name in module.right_names():
            found = module.field_at(name)
            if (module.name, name) in decided or (found is not None and found.is_added):
                continue
            state, only_empty = shipped.field_state(module, name)
            yield RoleField(
                role=role,
                module=module.name,
                field=name,
                state=state,
                only_when_empty=only_empty,
            )
