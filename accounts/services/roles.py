"""Changes to roles: who holds them and what they allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Position, Role, RoleField, RoleHolder, RoleRight, Team, User
from accounts.models.roles import is_network
from accounts.services.act import (
    Actor,
    change_of_rights,
    delete_as,
    note,
    require_other_administrators,
    save_as,
)
from accounts.services.departments import create_position, require_valid, update_position
from crm.access.grants import ACTIONS, ScopeName, State
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named, module_names
from crm.records.errors import Invalid
from crm.records.layouts import forget_role

Holder = User | Position | Team


@dataclass(frozen=True)
class RightChange:
    """How far a role shall do one thing in one module."""

    module: str
    action: str
    scope: ScopeName


@dataclass(frozen=True)
class FieldChange:
    """What a role shall do with one field."""

    module: str
    field: str
    state: State
    only_when_empty: bool = False


def create_role(
    *, actor: Actor, name: str, labels: Mapping[str, str], copy_of: Role | None = None
) -> Role:
    """Make a role without any right, or with those of another."""
    if name.strip() == "new":
        raise Invalid(fields={"name": [_("This word means something else here.")]})
    with change_of_rights(actor):
        role = Role(name=name.strip(), labels=dict(labels))
        require_valid(role)
        save_as(actor, role)
        if copy_of is not None:
            rows: list[RoleRight | RoleField] = [*copy_of.rights.all(), *copy_of.fields.all()]
            for row in rows:
                row.pk, row.role = None, role
                row._state.adding = True
                save_as(actor, row)
        note(actor, "role.create", role=role.name, copy_of=copy_of.name if copy_of else "")
    return role


def update_role(*, actor: Actor, role: Role, **fields: Any) -> Role:
    """Change labels, description, networks or the rights over all modules."""
    allowed = {"labels", "description", "networks", "rank", "view_all", "edit_all", "administer"}
    if unknown := set(fields) - allowed:
        raise TypeError(f"update_role does not change {sorted(unknown)}")
    if wrong := [text for text in fields.get("networks", []) if not is_network(text)]:
        message = _("%(text)s is no network; write it as 10.0.0.0/8.") % {"text": wrong[0]}
        raise Invalid(fields={"networks": [message]})
    with change_of_rights(actor):
        before = {name: getattr(role, name) for name in fields}
        for name, value in fields.items():
            setattr(role, name, value)
        require_valid(role)
        save_as(actor, role, *fields)
        require_other_administrators()
        note(actor, "role.change", role=role.name, before=before, after=fields)
    return role


def delete_role(*, actor: Actor, role: Role) -> None:
    """Delete a role that nobody holds; shipped ones stay."""
    with change_of_rights(actor):
        if role.is_shipped:
            raise Invalid(_("This role came with the product; take its rights away instead."))
        if role.holders.exists():
            raise Invalid(_("Somebody holds this role; take it away first."))
        name = role.name
        forget_role(role.pk)
        delete_as(actor, role)
        note(actor, "role.delete", role=name)


def _holder_field(holder: Holder) -> str:
    return {User: "user", Position: "position", Team: "team"}[type(holder)]


def give_role(*, actor: Actor, role: Role, holder: Holder) -> RoleHolder:
    """Give a role to a person, position or team; once more does nothing."""
    with change_of_rights(actor):
        kind = _holder_field(holder)
        held = RoleHolder.objects.filter(role=role, **{kind: holder}).first()
        if held is None:
            held = RoleHolder(role=role, **{kind: holder})
            save_as(actor, held)
            note(actor, "role.give", role=role.name, kind=kind, to=holder.pk, name=str(holder))
    return held


def take_role(*, actor: Actor, role: Role, holder: Holder) -> None:
    """Take a role away; somebody must go on administering."""
    with change_of_rights(actor):
        kind = _holder_field(holder)
        held = RoleHolder.objects.filter(role=role, **{kind: holder}).first()
        if held is not None:
            delete_as(actor, held)
            require_other_administrators()
            note(actor, "role.take", role=role.name, kind=kind, of=holder.pk, name=str(holder))


def set_holders_roles(*, actor: Actor, holder: Holder, roles: Iterable[Role]) -> None:
    """Make exactly these the roles of a person, position or team."""
    wanted = {role.pk: role for role in roles}
    with change_of_rights(actor):
        held = {row.role_id: row.role for row in holder.held_roles.select_related("role")}
        for key, role in wanted.items():
            if key not in held:
                give_role(actor=actor, role=role, holder=holder)
        for key, role in held.items():
            if key not in wanted:
                take_role(actor=actor, role=role, holder=holder)


def save_position(
    *, actor: Actor, position: Position | None, name: str, roles: Iterable[Role]
) -> Position:
    """Make or rename a position together with its roles; all or nothing."""
    with change_of_rights(actor):
        if position is None:
            saved = create_position(actor=actor, name=name)
        else:
            saved = update_position(actor=actor, position=position, name=name)
        set_holders_roles(actor=actor, holder=saved, roles=roles)
    return saved


def set_right(*, actor: Actor, role: Role, module: str, action: str, scope: str) -> None:
    """Say how far a role may do one thing in one module."""
    change = RightChange(module, action, parse_scope(scope))
    apply_rights(actor=actor, role=role, rights=[change])


def set_field_state(
    *,
    actor: Actor,
    role: Role,
    module: str,
    field: str,
    state: str,
    only_when_empty: bool = False,
) -> None:
    """Say what a role may do with one field, or one member of a collection (phones.number)."""
    change = FieldChange(module, field, parse_state(state), only_when_empty)
    apply_rights(actor=actor, role=role, fields=[change])


def set_section(*, actor: Actor, role: Role, module: str, section: str, state: str) -> None:
    """Give every field of one section the same state; an empty section means all fields.

    What cannot be masked keeps its state where the others are masked.
    """
    found = _module(module)
    wanted = parse_state(state)
    names: Sequence[str] = found.right_names()
    if section:
        inside = next((v for k, v in found.sections.items() if str(k) == section), None)
        if inside is None:
            raise Invalid(_unknown(section, [str(name) for name in found.sections]))
        names = [name for name in names if name.partition(".")[0] in inside]
    if wanted is State.MASKED:
        names = [name for name in names if may_mask(found, name)]
    changes = [FieldChange(module, name, wanted) for name in names]
    apply_rights(actor=actor, role=role, fields=changes)


def may_mask(module: Module, name: str) -> bool:
    """Whether a role may see this field, or member of a collection, covered."""
    field = module.field_at(name)
    return field is not None and field.may_mask


def apply_rights(
    *,
    actor: Actor,
    role: Role,
    rights: Iterable[RightChange] = (),
    fields: Iterable[FieldChange] = (),
) -> int:
    """Make several changes of one role together; answers how many there were really."""
    rights, fields = list(rights), list(fields)
    for right in rights:
        known = (*ACTIONS, *_module(right.module).extra_actions)
        if right.action not in known:
            raise Invalid(_unknown(right.action, known))
    for change in fields:
        names = _module(change.module).right_names()
        if change.field not in names:
            raise Invalid(_unknown(change.field, names))
        if change.only_when_empty and change.state is not State.EDIT:
            raise Invalid(_("Only a field that may be edited can be editable when empty only."))
        _require_maskable(_module(change.module), change)
    with change_of_rights(actor):
        done = [*_apply_scopes(actor, role, rights), *_apply_states(actor, role, fields)]
        if done:
            note(actor, "rights.change", role=role.name, changes=done)
    return len(done)


def _require_maskable(module: Module, change: FieldChange) -> None:
    if change.state is State.MASKED and not may_mask(module, change.field):
        field = module.field_at(change.field)
        text = _("“%s” can be hidden or read, but not masked.")
        raise Invalid(text % (field.label if field else change.field))


def _apply_scopes(actor: Actor, role: Role, rights: list[RightChange]) -> Iterable[dict[str, Any]]:
    kept = {(row.module, row.action): row for row in role.rights.all()}
    for right in rights:
        row = kept.get((right.module, right.action))
        if row is None:
            row = RoleRight(role=role, module=right.module, action=right.action)
        before, row.scope = row.scope, right.scope.value
        if before != row.scope:
            save_as(actor, row)
            kept[right.module, right.action] = row
            yield {
                "module": right.module,
                "action": right.action,
                "before": before or ScopeName.NONE.value,
                "after": row.scope,
            }


def _apply_states(actor: Actor, role: Role, fields: list[FieldChange]) -> Iterable[dict[str, Any]]:
    kept = {(row.module, row.field): row for row in role.fields.all()}
    for change in fields:
        row = kept.get((change.module, change.field))
        before = _state_text(row.state, row.only_when_empty) if row else ""
        after = _state_text(change.state, change.only_when_empty)
        if before != after:
            row = row or RoleField(role=role, module=change.module, field=change.field)
            row.state, row.only_when_empty = change.state.value, change.only_when_empty
            save_as(actor, row)
            kept[change.module, change.field] = row
            yield {
                "module": change.module,
                "field": change.field,
                "before": before or "hidden",
                "after": after,
            }


def _state_text(state: int, only_when_empty: bool) -> str:
    return State(state).name.lower() + (" when empty" if only_when_empty else "")


def role_named(name: str) -> Role:
    """The role of this short name. Raises Invalid with suggestions."""
    role = Role.objects.filter(name=name).first()
    if role is None:
        raise Invalid(_unknown(name, Role.objects.values_list("name", flat=True)))
    return role


def parse_scope(text: str) -> ScopeName:
    """The scope of this name. Raises Invalid with what there is."""
    try:
        return ScopeName(text)
    except ValueError:
        raise Invalid(_unknown(text, [name.value for name in ScopeName])) from None


def parse_state(text: str) -> State:
    """The field state of this name. Raises Invalid with what there is."""
    try:
        return State.parse(text)
    except ValueError:
        raise Invalid(_unknown(text, State.names())) from None


def _module(name: str) -> Module:
    try:
        return module_named(name)
    except UnknownModule:
        raise Invalid(_unknown(name, module_names())) from None


def _unknown(text: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(text, names, n=3) or names[:12]
    return _("%(text)s is not known. Perhaps: %(near)s.") % {
        "text": text,
        "near": ", ".join(near),
    }
