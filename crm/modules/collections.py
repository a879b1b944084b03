"""Child rows that are written, versioned, historised and undone with their parent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.text import capfirst

from crm.modules.fields import Field, field_from_column


@dataclass(frozen=True)
class Collection:
    """A list of child rows on a module's records: phones, mails, addresses, tags, lines.

    `model` is a child model keyed by (module, record_id). `fields` names its columns that
    people see; the first one is what a single value stands for. `changes` overrides
    attributes of a member: {"number": {"kind": "phone", "mask": mask_phone}}.
    `derive` gives a row's background columns from its members (E.164 of a number).
    `stored` names further columns that services fill in; `is_read_only` rows come from services.
    `identity` names the members that make two rows the same: sets are merged by it.
    `forget` is told the ids of rows that are about to be removed for good.
    """

    name: str
    label: Any
    model: type[models.Model]
    fields: tuple[str, ...]
    changes: Mapping[str, Mapping[str, Any]]
    identity: tuple[str, ...]
    derive: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    stored: tuple[str, ...] = ()
    forget: Callable[[Sequence[int]], None] | None = None
    is_read_only: bool = False
    limit: int = 50
    help: Any = ""

    @property
    def main(self) -> str:
        """The member that stands for the row where there is place for one value."""
        return self.fields[0]

    def as_field(self) -> Field:
        """The collection as a field of its module, its members inside."""
        members = {
            name: field_from_column(self.model, name).with_changes(**self.changes.get(name, {}))
            for name in self.fields
        }
        return Field(
            name=self.name,
            kind="collection",
            label=capfirst(self.label),
            help=self.help,
            members=members,
            is_read_only=self.is_read_only,
        )
