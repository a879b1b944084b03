"""Changes to the department tree and to positions."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, Position, User
from accounts.services.act import Actor, change_of_rights, delete_as, note, save_as
from accounts.services.groups import place
from crm.records.errors import Invalid

DEEPEST = 12


def require_valid(row: models.Model, exclude: tuple[str, ...] = ()) -> None:
    """Raises Invalid with the errors of each field, constraints included."""
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        fields = {name: list(texts) for name, texts in error.message_dict.items()}
        whole = fields.pop("__all__", [])
        raise Invalid(whole[0] if whole else None, fields) from None


def create_department(
    *, actor: Actor, name: str, parent: Department | None = None, **fields: Any
) -> Department:
    """Make a department below `parent`."""
    with change_of_rights(actor):
        department = Department(name=name.strip(), parent=parent, **fields)
        if parent is not None and parent.depth >= DEEPEST:
            raise Invalid(fields={"parent": [_("The tree would be too deep.")]})
        require_valid(department)
        save_as(actor, department)
        place(department)
        note(actor, "department.create", department=department.pk, name=department.name)
    return department


def update_department(*, actor: Actor, department: Department, **fields: Any) -> Department:
    """Change name, manager, order or whether it is active; `move_department` moves it."""
    if unknown := set(fields) - {"name", "manager", "order", "is_active"}:
        raise TypeError(f"update_department does not change {sorted(unknown)}")
    with change_of_rights(actor):
        before = {name: str(getattr(department, name) or "") for name in fields}
        for name, value in fields.items():
            setattr(department, name, value)
        require_valid(department)
        save_as(actor, department, *fields)
        after = {name: str(getattr(department, name) or "") for name in fields}
        note(
            actor, "department.change", department=department.pk, name=department.name,
            before=before, after=after,
        )  # fmt: skip
    return department


def move_department(
    *, actor: Actor, department: Department, parent: Department | None
) -> Department:
    """Hang a department with everything below it somewhere else. Refuses a circle."""
    with change_of_rights(actor):
        moved = Department.objects.select_for_update().get(pk=department.pk)
        above = Department.objects.get(pk=parent.pk) if parent else None
        if above and moved.pk in above.ancestor_ids:
            raise Invalid(fields={"parent": [_("A department can't belong to itself.")]})
        branch = Department.objects.filter(path__startswith=moved.path)
        deepest = max(one.depth for one in branch) - moved.depth + 1
        if above and above.depth + deepest > DEEPEST:
            raise Invalid(fields={"parent": [_("The tree would be too deep.")]})
        old, was_below = moved.path, str(moved.parent or "")
        moved.parent = above
        require_valid(moved)
        save_as(actor, moved, "parent")
        _rewrite_paths(old, f"{above.path if above else '/'}{moved.pk}/")
        moved.refresh_from_db()
        note(
            actor,
            "department.move",
            department=moved.pk,
            name=moved.name,
            before=was_below,
            after=str(above or ""),
            paths=[old, moved.path],
        )
    return moved


def _rewrite_paths(old: str, new: str) -> None:
    Department.objects.filter(path__startswith=old).update(
        path=Concat(Value(new), Substr(F("path"), len(old) + 1))
    )


def save_department(
    *, actor: Actor, department: Department | None, parent: Department | None, **fields: Any
) -> Department:
    """Make a department, or change and move one; all or nothing."""
    if department is None:
        return create_department(actor=actor, parent=parent, **fields)
    with change_of_rights(actor):
        changed = update_department(actor=actor, department=department, **fields)
        if changed.parent_id != (parent.pk if parent else None):
            changed = move_department(actor=actor, department=changed, parent=parent)
    return changed


def delete_department(*, actor: Actor, department: Department) -> None:
    """Delete a department that nobody and nothing belongs to any more."""
    with change_of_rights(actor):
        gone = Department.objects.select_for_update().get(pk=department.pk)
        people = User.objects.filter(department=gone).count() + gone.memberships.count()
        if people:
            raise Invalid(_("People belong to this department; move them first."))
        if gone.children.exists():
            raise Invalid(_("There are departments below this one; move them first."))
        key, name = gone.pk, gone.name
        group = gone.group
        try:
            delete_as(actor, gone)
        except models.ProtectedError:
            raise Invalid(_("Records belong to this department; hand them over first.")) from None
        if group is not None:
            group.delete()
        note(actor, "department.delete", department=key, name=name)


def create_position(*, actor: Actor, name: str, order: int = 0) -> Position:
    """Make a position."""
    with change_of_rights(actor):
        position = Position(name=name.strip(), order=order)
        require_valid(position)
        save_as(actor, position)
        note(actor, "position.create", position=position.pk, name=position.name)
    return position


def update_position(*, actor: Actor, position: Position, name: str) -> Position:
    """Rename a position."""
    with change_of_rights(actor):
        before, position.name = position.name, name.strip()
        require_valid(position)
        save_as(actor, position, "name")
        note(actor, "position.change", position=position.pk, before=before, after=position.name)
    return position


def delete_position(*, actor: Actor, position: Position) -> None:
    """Delete a position that nobody holds."""
    with change_of_rights(actor):
        if position.people.exists():
            raise Invalid(_("People hold this position; give them another first."))
        key, name = position.pk, position.name
        delete_as(actor, position)
        note(actor, "position.delete", position=key, name=name)
