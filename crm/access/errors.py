"""Why something was refused: raised by the door and by services, answered by views and API."""

from collections.abc import Mapping
from typing import Any

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
