"""Which kinds of long work there are; the rooms that do them register here at start-up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm.jobs.models import Job

if TYPE_CHECKING:
    from crm.jobs.running import Held


@dataclass(frozen=True)
class Kind:
    """How one kind of job is done.

    `work` does it, batch by batch, until nothing is left. `take_back` undoes it likewise.
    `may_fetch` asks again whether the person may have the made file; None: he may.
    `broken_off` puts right what a job leaves that was stopped or failed, even before it began.
    """

    work: "Callable[[Held], None]"
    take_back: "Callable[[Held], None] | None" = None
    may_fetch: Callable[[Any, Job], bool] | None = None
    broken_off: Callable[[Job], None] | None = None


_kinds: dict[str, Kind] = {}


def register_kind(name: str, kind: Kind) -> None:
    """Say how jobs of this name are done."""
    _kinds[name] = kind


def kind_of(job: Job) -> Kind:
    """How this job is done. Raises LookupError for a name that nobody registered."""
    return _kinds[job.kind]
