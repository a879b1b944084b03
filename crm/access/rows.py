"""What leaves the door: permitted plain values and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Ref:
    """A related record, person or department: its id and what to call it.

    `pk` is None where the reader may not know the related record: then the label says so.
    """

    pk: int | None
    label: str
    module: str = ""

    def __str__(self) -> str:
        return str(self.label)


@dataclass(frozen=True)
class FileRef:
    """A file that a field holds."""

    pk: int
    name: str
    size: int

    @property
    def url(self) -> str:
        """Where it is downloaded, by those who may read the field."""
        return f"/files/fields/{self.pk}/"

    @property
    def preview_url(self) -> str:
        """Where it is shown."""
        return f"{self.url}preview/"

    def __str__(self) -> str:
        return self.name


def hidden_ref(module: str) -> Ref:
    """The reference to a record that the reader may not see."""
    return Ref(None, str(_("(no access)")), module)


class Row(Mapping[str, Any]):
    """One record as one person may see it.

    Maps field names to plain values, `Ref` and tuples of dicts (collections). `masked` names
    the fields, members dotted, whose values are masked; `version` is what a change must quote.
    """

    __slots__ = ("_values", "masked", "module", "pk", "version")

    def __init__(
        self,
        module: str,
        pk: int,
        version: int,
        values: Mapping[str, Any],
        masked: frozenset[str] = frozenset(),
    ) -> None:
        self.module = module
        self.pk = pk
        self.version = version
        self.masked = masked
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<{self.module} {self.pk}>"


@dataclass(frozen=True)
class Decision:
    """Whether, and if not, why not, in words for the person."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Decision(True)
