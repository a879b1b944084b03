"""Version numbers that tell every process when rights or definitions have changed.

One row; raising a version happens in the transaction of the change itself, so the first
request after the commit already reads the new number.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

from django.db import connection, models

T = TypeVar("T")


class Stamp(models.Model):
    """The one row of versions."""

    rights = models.BigIntegerField(default=1)
    definitions = models.BigIntegerField(default=1)

    class Meta:
        app_label = "crm"
        db_table = "crm_stamp"

    def __str__(self) -> str:
        return f"rights {self.rights}, definitions {self.definitions}"


_held: ContextVar[tuple[int, int] | None] = ContextVar("held_versions", default=None)
_to_forget: list[Callable[[], object]] = []


def make_stamp() -> None:
    """Write the one row where it is missing: after the tests have emptied the tables."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO crm_stamp VALUES (1, 1, 1) ON CONFLICT DO NOTHING")


def _read() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights, definitions FROM crm_stamp WHERE id = 1")
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("The row of crm_stamp is missing; run migrate.")
    return row[0], row[1]


@contextmanager
def held_versions() -> Iterator[None]:
    """Read the versions once and keep them for the block: one request or one batch of a task."""
    token = _held.set(_read())
    try:
        yield
    finally:
        _held.reset(token)


def versions() -> tuple[int, int]:
    """The versions of rights and of definitions, by one read."""
    return _held.get() or _read()


def rights_version() -> int:
    """The number that changes with every change of role, department, team or share."""
    held = _held.get()
    return (held or _read())[0]


def definitions_version() -> int:
    """The number that changes with every change of dictionaries, custom fields or modules."""
    held = _held.get()
    return (held or _read())[1]


def held_definitions() -> int | None:
    """The version of definitions that the block holds; None where nothing is held."""
    held = _held.get()
    return held[1] if held else None


def _raise(column: str) -> None:
    # The clock, not "+ 1": a number from a transaction that rolls back must never come again,
    # since this process may have compiled under it what was never committed.
    microseconds = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE crm_stamp SET {column} = greatest({column} + 1, {microseconds}) WHERE id = 1"  # noqa: S608  column is one of our two
        )
    if _held.get() is not None:
        _held.set(_read())


def raise_rights_version() -> None:
    """Make every process compile rights anew; call in the transaction of the change."""
    _raise("rights")


def raise_definitions_version() -> None:
    """Make every process read definitions anew; call in the transaction of the change."""
    _raise("definitions")


class KeptUnder(Generic[T]):
    """What this process keeps under a version; who asks first after a change makes it anew."""

    def __init__(self, version: Callable[[], Hashable], make: Callable[[], T]) -> None:
        self._version = version
        self._make = make
        self._kept: tuple[Hashable, T] | None = None
        forget_too(self.forget)

    def get(self) -> T:
        """What belongs to the version of now."""
        version = self._version()
        kept = self._kept  # read and set in one step each: other threads do the same
        if kept is None or kept[0] != version:
            kept = self._kept = (version, self._make())
        return kept[1]

    def forget(self) -> None:
        """Drop it; the next question makes it anew."""
        self._kept = None


def forget_too(forget: Callable[[], object]) -> None:
    """Have `forget` called when everything kept under a version is dropped."""
    _to_forget.append(forget)


def forget_everything() -> None:
    """Drop all that this process keeps under versions: tests roll them back, so they come again."""
    for forget in _to_forget:
        forget()
