"""Why something was refused: raised by the door and by services, answered by views and API."""

from collections.abc import Mapping
from typing import Any

from django.db import OperationalError
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """What was asked for is not done. `status` is the HTTP answer, `fields` the errors by field."""

    status = 400
    message: Any = _("That is not possible.")

    def __init__(self, message: Any = None, fields: Mapping[str, list[Any]] | None = None) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.fields = dict(fields or {})


class NotVisible(Refusal):
    """Not found, or not to be known: one and the same answer."""

    status = 404
    message = _("There is no such page.")


class NotAllowed(Refusal):
    """Visible, but not allowed."""

    status = 403
    message = _("Your roles do not allow that.")


class TookTooLong(Refusal):
    """The database stopped a statement at its time limit."""

    status = 503
    message = _(
        "This took too long and was stopped. Ask for less: add conditions (an owner,"
        " a department, a level, a period), sort by name or by date of change, and search for"
        " words instead of using “contains”. For a field that your company has added, an"
        " administrator can make filter and sort fast."
    )


class NoRoom(Refusal):
    """A disk of the server is full: the files', the temporary one, or the database's."""

    status = 507
    message = _(
        "The server's disk is full, so this could not be done. Tell your administrator;"
        " once there is room again, do it once more."
    )


class Busy(Refusal):
    """Somebody else holds the same records; the same call may succeed in a moment."""

    status = 503
    message = _("Somebody is changing the same records right now. Try again in a moment.")


TOO_LONG = "57014"
DISK_FULL = "53100"
HELD = frozenset({"40001", "40P01", "55P03"})  # conflict, deadlock, lock


def refusal_of(error: OperationalError) -> Refusal | None:
    """What to say about a statement that PostgreSQL gave up; None for other troubles."""
    code = getattr(error.__cause__, "pgcode", None)
    if code == TOO_LONG:
        return TookTooLong()
    if code == DISK_FULL:
        return NoRoom()
    return Busy() if code in HELD else None
