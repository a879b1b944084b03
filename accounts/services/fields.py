"""New fields and who may use them; fields that go take their rights along."""

from __future__ import annotations

from typing import Any

from accounts.models import Role, RoleField, User
from accounts.services.act import change_of_rights, delete_as
from accounts.services.roles import FieldChange, apply_rights
from crm.access.grants import ScopeName, State
from crm.customfields.models import FieldDefinition
from crm.records import definitions

EVERYBODY, ADMINISTRATORS = "everybody", "administrators"
WRITING = ("create", "edit")


def add_field(*, actor: User, audience: str = EVERYBODY, **given: Any) -> FieldDefinition:
    """Make a field and open it: to roles that see the module's records, or to administrators.

    Roles that create or edit records may edit it, the others read it. Raises Invalid.
    """
    with change_of_rights(actor):
        row = definitions.add_field(actor=actor, **given)
        name = definitions.key_of(row)
        for role in Role.objects.prefetch_related("rights", "fields"):
            state = _first_state(role, row.module)
            if audience == ADMINISTRATORS and not role.administer:
                state = State.HIDDEN
            if row.kind == FieldDefinition.FORMULA:
                state = min(state, State.READ)
            if state is not State.HIDDEN:
                apply_rights(actor=actor, role=role, fields=[FieldChange(row.module, name, state)])
    return row


def _first_state(role: Role, module: str) -> State:
    scopes = {
        right.action
        for right in role.rights.all()
        if right.module == module and right.scope != ScopeName.NONE.value
    }
    if role.edit_all or scopes.intersection(WRITING):
        return State.EDIT
    return State.READ if role.view_all or "view" in scopes else State.HIDDEN


def remove_field(*, actor: User, row: FieldDefinition) -> None:
    """Take a field away, with the rights of every role in it."""
    with change_of_rights(actor):
        name = definitions.key_of(row)
        for right in RoleField.objects.filter(module=row.module, field=name):
            delete_as(actor, right)
        definitions.remove_field(actor=actor, row=row)
