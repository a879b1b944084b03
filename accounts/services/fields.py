"""New fields and who may use them; fields in the bin keep their rights until they are purged."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Role, RoleField, User
from accounts.services.act import COMMAND_LINE, change_of_rights, delete_as
from accounts.services.roles import FieldChange, apply_rights
from crm.access.grants import ScopeName, State
from crm.customfields.models import FieldDefinition
from crm.jobs.checking import ask_for_check
from crm.jobs.indexing import drop_soon, start_again
from crm.records import definitions, field_bin

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


def change_field(*, actor: User, row: FieldDefinition, unique: bool, **given: Any) -> None:
    """Change a field; one that becomes unique is checked in the background. Raises Invalid."""
    with transaction.atomic():
        was = row.unique
        definitions.change_field(actor=actor, row=row, unique=unique, **given)
        if unique and not was:
            ask_for_check(actor=actor, row=row)


def remove_field(*, actor: User, row: FieldDefinition) -> None:
    """Put a field into the bin; rights in it wait there too, and reach nothing meanwhile."""
    with change_of_rights(actor):
        field_bin.remove_field(actor=actor, row=row)
        transaction.on_commit(drop_soon)


def restore_field(*, actor: User, module: str, pk: int) -> FieldDefinition:
    """Take a field out of the bin, with the values and the rights that it had. Raises Invalid."""
    with change_of_rights(actor):
        row = field_bin.restore_field(
            actor=actor, module=module, pk=pk, most=definitions.MOST_FIELDS
        )
        if row.is_fast:
            start_again(actor=actor, row=row)
        return row


def purge_fields() -> int:
    """Remove for good what nobody can restore any more, rights included; answers how many."""
    count = 0
    for row in field_bin.purge_due():
        with change_of_rights(COMMAND_LINE):
            for right in RoleField.objects.filter(module=row.module, field=row.name):
                delete_as(COMMAND_LINE, right)
        count += 1
    return count
