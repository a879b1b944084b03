"""Showing a masked value in full: allowed where the field is masked, counted, logged."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed, NotVisible
from crm.access.grants import State
from crm.access.policy import Access
from crm.access.rows import Row


def opened(access: Access, name: str) -> Access:
    """The same door with one field and its members open to read."""
    states = dict(access.grants.states)
    for path in access.module.right_names():
        is_part = path == name or path.startswith(f"{name}.")
        if is_part and access.state(path) == State.MASKED:
            states[path] = State.READ
    changed = replace(access.grants, states=states)
    return Access(access.user, access.module, changed, access.through)


def masked_parts(access: Access, name: str) -> list[str]:
    """The field, or the members of the collection, that the person sees covered."""
    return [path for path in access.masked if path == name or path.startswith(f"{name}.")]


def require_uncoverable(access: Access, name: str, used: int) -> None:
    """Raise NotVisible where nothing is masked, NotAllowed when the hour's number is used up."""
    if not masked_parts(access, name):
        raise NotVisible
    if used >= settings.UNCOVERS_PER_HOUR:
        raise NotAllowed(_("You have uncovered many values in the last hour. Please try later."))


def hour_ago() -> Any:
    """Since when uncovering is counted."""
    return timezone.now() - timedelta(hours=1)


def open_row(access: Access, pk: int, name: str) -> Row:
    """The record with one masked field in full."""
    return opened(access, name).get(pk)
