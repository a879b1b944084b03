"""Who does what, from where: one act may write many rows, and they all carry its id."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Origin:
    """The request that is served, or the job that runs; `cause` is the request behind a job."""

    request_id: str = ""
    address: str | None = None
    cause: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current_origin() -> Origin:
    """Where the running code was called from."""
    return _origin.get()


@contextmanager
def origin(request_id: str, address: str | None = None, cause: str = "") -> Iterator[None]:
    """Everything written in the block says that it came from this request or job."""
    token = _origin.set(Origin(request_id, address, cause))
    try:
        yield
    finally:
        _origin.reset(token)


@dataclass(frozen=True)
class Act:
    """One act of one person. `actor` is None for the system's own rules."""

    actor: Any
    source: str = "form"
    reason: str = ""
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def actor_id(self) -> int | None:
        """The id of the person, if there is one."""
        return self.actor.pk if self.actor is not None else None
