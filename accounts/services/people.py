"""Changes to people: made, changed, moved, closed and reopened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Department, Membership, Role, RoleHolder, User
from accounts.models.people import new_stamp
from accounts.phones import normalise_phone
from accounts.services.act import (
    Actor,
    change_of_rights,
    delete_as,
    note,
    require_other_administrators,
    save_as,
)
from accounts.services.departments import require_valid
from accounts.services.passwords import end_everything, require_good_password
from accounts.services.roles import set_holders_roles
from accounts.signin.second_factor import remove_totp
from crm.records.errors import Invalid
from crm.records.lifecycle import move_owner_department
from crm.records.owners import count_owned

CHANGEABLE = frozenset(
    {"display_name", "email", "phone", "employee_number", "position", "language", "time_zone"}
)


def create_user(
    *,
    actor: Actor,
    username: str,
    display_name: str,
    password: str | None = None,
    department: Department | None = None,
    roles: Iterable[Role] = (),
    must_change_password: bool = True,
    **fields: Any,
) -> User:
    """Make a person. Without a password he asks for one by mail. Raises Invalid."""
    _require_known(fields)
    with change_of_rights(actor):
        user = User(
            username=username.strip(),
            display_name=display_name.strip(),
            department=department,
            **_cleaned(fields),
        )
        if password is not None:
            require_good_password(user, password)
            user.must_change_password = must_change_password
        user.password = make_password(password)
        _require_distinct_names(user)
        require_valid(user, exclude=("password",))
        save_as(actor, user)
        for role in roles:
            save_as(actor, RoleHolder(role=role, user=user))
        note(actor, "user.create", user=user.pk, username=user.username)
    return user


def update_user(*, actor: Actor, user: User, **fields: Any) -> User:
    """Change what stands on a person's card; `move_user` changes the department."""
    _require_known(fields)
    with change_of_rights(actor):
        locked = User.objects.select_for_update().get(pk=user.pk)
        cleaned = _cleaned(fields)
        fields = {name: new for name, new in cleaned.items() if new != getattr(locked, name)}
        if not fields:
            return locked
        before = {name: str(getattr(locked, name) or "") for name in fields}
        mail = locked.email
        for name, value in fields.items():
            setattr(locked, name, value)
        _require_distinct_names(locked)
        require_valid(locked, exclude=("password",))
        save_as(actor, locked, *fields)
        if locked.email != mail:
            locked.password_resets.filter(used_at=None).update(used_at=timezone.now())
        require_other_administrators()
        after = {name: str(getattr(locked, name) or "") for name in fields}
        note(actor, "user.change", user=locked.pk, before=before, after=after)
    return locked


def move_user(*, actor: Actor, user: User, department: Department | None) -> User:
    """Give a person another main department; his records move with him."""
    with change_of_rights(actor):
        locked = User.objects.select_for_update().get(pk=user.pk)
        before = str(locked.department or "")
        locked.department = department
        save_as(actor, locked, "department")
        if department is not None:
            for row in locked.memberships.filter(department=department):
                delete_as(actor, row)
        moved = move_owner_department(locked.pk, department.pk if department else None)
        note(
            actor,
            "user.move",
            user=locked.pk,
            before=before,
            after=str(department or ""),
            records=moved,
        )
    return locked


def _listed(departments: Iterable[Department]) -> str:
    return ", ".join(sorted(one.name for one in departments))


def set_memberships(*, actor: Actor, user: User, departments: Iterable[Department]) -> None:
    """Make exactly these the person's further departments."""
    with change_of_rights(actor):
        wanted = {one.pk: one for one in departments if one.pk != user.department_id}
        kept = {row.department_id: row for row in user.memberships.select_related("department")}
        if set(wanted) == set(kept):
            return
        for key, row in kept.items():
            if key not in wanted:
                delete_as(actor, row)
        for key, department in wanted.items():
            if key not in kept:
                save_as(actor, Membership(user=user, department=department))
        note(
            actor, "user.departments", user=user.pk,
            before=_listed(row.department for row in kept.values()), after=_listed(wanted.values()),
            ids=[sorted(kept), sorted(wanted)],
        )  # fmt: skip


@transaction.atomic
def add_person(
    *, actor: Actor, username: str, further: Iterable[Department] = (), **fields: Any
) -> User:
    """Make a person with main and further departments and roles; all or nothing."""
    user = create_user(actor=actor, username=username, **fields)
    set_memberships(actor=actor, user=user, departments=further)
    return user


@transaction.atomic
def change_person(
    *,
    actor: Actor,
    user: User,
    department: Department | None,
    further: Iterable[Department],
    roles: Iterable[Role],
    **fields: Any,
) -> User:
    """Change a person's card, departments and roles together; all or nothing."""
    changed = update_user(actor=actor, user=user, **fields)
    if changed.department != department:
        changed = move_user(actor=actor, user=changed, department=department)
    set_memberships(actor=actor, user=changed, departments=further)
    set_holders_roles(actor=actor, holder=changed, roles=roles)
    return changed


def deactivate_user(*, actor: Actor, user: User) -> dict[str, int]:
    """Close an account: from the next request on nothing of his opens any door.

    Answers with what he still owns: records by module name.
    """
    with change_of_rights(actor):
        locked = User.objects.select_for_update().get(pk=user.pk)
        if isinstance(actor, User) and actor.pk == locked.pk:
            raise Invalid(_("You can't close your own account."))
        locked.is_active = False
        locked.deactivated_at = timezone.now()
        locked.security_stamp = new_stamp()
        save_as(actor, locked)
        end_everything(locked)
        remove_totp(locked)
        require_other_administrators()
        owned = count_owned(locked.pk)
        note(actor, "user.deactivate", user=locked.pk, username=locked.username, owned=owned)
    user.refresh_from_db()
    return owned


def reactivate_user(*, actor: Actor, user: User) -> None:
    """Open a closed account again; he needs a new password."""
    with change_of_rights(actor):
        locked = User.objects.select_for_update().get(pk=user.pk)
        locked.is_active = True
        locked.deactivated_at = None
        locked.security_stamp = new_stamp()
        locked.password = make_password(None)
        save_as(actor, locked)
        note(actor, "user.reactivate", user=locked.pk, username=locked.username)
    user.refresh_from_db()


def remove_second_factor(*, actor: Actor, user: User) -> None:
    """Switch a person's second factor off: the phone is lost."""
    with change_of_rights(actor):
        had = TOTPDevice.objects.filter(user=user).exists()
        remove_totp(user)
        note(actor, "totp.remove", user=user.pk, had=had)


def _require_known(fields: dict[str, Any]) -> None:
    if unknown := set(fields) - CHANGEABLE:
        raise TypeError(f"a person has no changeable {sorted(unknown)}")


def _cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    cleaned = {
        name: value.strip() if isinstance(value, str) else value for name, value in fields.items()
    }
    if cleaned.get("phone"):
        cleaned["phone"] = normalise_phone(cleaned["phone"])
        if not cleaned["phone"]:
            raise Invalid(fields={"phone": [_("This is not a phone number.")]})
    if "email" in cleaned:
        cleaned["email"] = User.objects.normalize_email(cleaned["email"])
    return cleaned


def _require_distinct_names(user: User) -> None:
    """One person's user name must not be another one's phone, or both could sign in by it."""
    others = User.objects.exclude(pk=user.pk)
    as_phone = normalise_phone(user.username)
    if as_phone and others.filter(phone=as_phone).exists():
        raise Invalid(fields={"username": [_("Somebody else uses this as phone.")]})
    digits = user.phone.removeprefix("+86")
    if user.phone and others.filter(username__in=[user.phone.lstrip("+"), digits]).exists():
        raise Invalid(fields={"phone": [_("Somebody else uses this as user name.")]})
