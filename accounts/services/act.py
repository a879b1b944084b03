"""What every change of people and rights does: one at a time, allowed, audited, obeyed at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.grants import rights_of
from accounts.models import User
from crm.access.errors import NotAllowed
from crm.modules.stamp import raise_rights_version
from crm.records.audit import record_audit


class CommandLine:
    """Somebody at the machine's own command line, who may do anything."""

    pk = None
    display_name = "manage.py"


COMMAND_LINE = CommandLine()
Actor = User | CommandLine


@contextmanager
def change_of_rights(actor: Actor) -> Iterator[None]:
    """One change of people or rights, in one transaction; refuses what would lock everybody out.

    The version is raised first, because its row then lets one such change run at a time, and
    last, because rights may be compiled in between. Raises NotAllowed.
    """
    with transaction.atomic():
        raise_rights_version()
        require_administrator(actor)
        yield
        raise_rights_version()
        _require_somebody_left(actor)


def require_administrator(actor: Actor) -> None:
    """Raises NotAllowed unless the actor administers."""
    if not isinstance(actor, CommandLine) and not rights_of(actor.pk).administer:
        raise NotAllowed


def administrators() -> QuerySet[User]:
    """The people who may sign in and administer."""
    return User.objects.filter(
        Q(held_roles__role__administer=True)
        | Q(position__held_roles__role__administer=True)
        | Q(teams__is_active=True, teams__held_roles__role__administer=True),
        is_active=True,
    ).distinct()


def _require_somebody_left(actor: Actor) -> None:
    if isinstance(actor, CommandLine):
        return  # whoever is at the machine can give the role back
    if not rights_of(actor.pk).administer:
        raise NotAllowed(_("You can't take the administrator's right away from yourself."))


def require_other_administrators() -> None:
    """Raises NotAllowed when nobody would administer any more."""
    if not administrators().exists():
        raise NotAllowed(_("Somebody must administer; this is the last one."))


def note(actor: Actor, action: str, **detail: Any) -> None:
    """Write the audit entry of a change."""
    record_audit(actor=actor if isinstance(actor, User) else None, action=action, detail=detail)


def save_as(actor: Actor, row: models.Model, *names: str) -> None:
    """Save a row (only the named columns, if any are named) with the actor in its history."""
    row._history_user = actor if isinstance(actor, User) else None  # type: ignore[attr-defined]
    row.save(update_fields=names or None)


def delete_as(actor: Actor, row: models.Model) -> None:
    """Delete a row with the actor in its history."""
    row._history_user = actor if isinstance(actor, User) else None  # type: ignore[attr-defined]
    row.delete()
