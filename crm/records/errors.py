"""What the write path refuses, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.errors import NoRoom, NotAllowed, NotVisible, Refusal

__all__ = [
    "Conflict", "DefinitionsMoved", "DuplicateFound", "Invalid", "KeyReused", "MergedAway",
    "NoRoom", "NoRoomForFiles", "NotAllowed",
    "NotVisible", "Refusal", "StaleRecord", "VersionMissing",
]  # fmt: skip


class Invalid(Refusal):
    """Some values are not right; `fields` says which and why."""

    message = _("Please check the marked fields.")


class NoRoomForFiles(NoRoom, Invalid):
    """The same, told where the files were chosen."""

    def __init__(self) -> None:
        super().__init__(fields={"files": [NoRoom.message]})


class DefinitionsMoved(Invalid):
    """Fields or their rules changed between the reading and the writing; again, it succeeds."""

    status = 409
    message = _("An administrator changed fields at this very moment. Save again.")


class VersionMissing(Refusal):
    """A change must say which version it is made on."""

    status = 428
    message = _("Say which version you read: `version` in the body, or If-Match.")


@dataclass(frozen=True)
class Conflict:
    """One field that two people changed: as it was read, as it is now, as it was to become."""

    field: str
    before: Any
    theirs: Any
    mine: Any


class StaleRecord(Refusal):
    """Somebody changed the record since it was read; nothing typed is lost."""

    status = 409
    message = _("Somebody else changed this record while you were editing it.")

    def __init__(self, version: int, conflicts: Sequence[Conflict], changed_by: int | None) -> None:
        super().__init__()
        self.version = version
        self.conflicts = list(conflicts)
        self.changed_by = changed_by


class DuplicateFound(Refusal):
    """The record exists already; `matches` tells as much of it as the person may know."""

    status = 409
    message = _("This one is known already.")

    def __init__(self, fields: Mapping[str, list[Any]], matches: Sequence[Any]) -> None:
        super().__init__(None, fields)
        self.matches = list(matches)


class MergedAway(Refusal):
    """The record became one with another, which the person sees; nothing was written."""

    status = 409
    message = _("This record was merged into another one.")

    def __init__(self, survivor: int) -> None:
        super().__init__()
        self.survivor = survivor


class KeyReused(Refusal):
    """The same idempotency key came with another body."""

    status = 409
    message = _("This key was used for something else.")
