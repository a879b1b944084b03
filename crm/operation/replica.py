"""Reading from a replica (REPLICA_URL): what may go there, and when it is fit to be asked.

Lists, search and exports read records there, and only records: rights, definitions, sessions and
everything that is locked or written stay with the primary. Before it is asked, three things must
be true of the replica, each by what it has replayed and not by a clock of its own:

- it has the versions of rights and definitions that this request holds, so whatever took a right
  away is there too;
- it has everything that the primary had written at some moment in the last REPLICA_SECONDS;
- the person's own last write is older than that, so it is there too.

Otherwise, and whenever it does not answer, the primary is asked.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from threading import Lock
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error, connection, connections, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter

from crm.lost import is_lost
from crm.modules.stamp import versions

REPLICA = "replica"
REST = 10.0  # seconds that a replica is left alone after it failed
TOO_LONG = "57014"  # a statement's time limit: no fault of the replica
T = TypeVar("T")
log = logging.getLogger(__name__)
READS = Counter("keyuan_replica_reads", "Requests that might read from the replica.", ("where",))

_is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)


class Marks:
    """Places in the primary's log of the last seconds, as this process has seen them."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, str]] = deque()
        self._lock = Lock()
        self.rest_until = 0.0

    def floor(self, place: str) -> str:
        """The oldest place that a replica must have reached; `place` is the one of now."""
        now = time.monotonic()
        with self._lock:
            while self._kept and self._kept[0][0] < now - settings.REPLICA_SECONDS:
                self._kept.popleft()
            if not self._kept or self._kept[-1][0] < now - settings.REPLICA_SECONDS / 10:
                self._kept.append((now, place))
            return self._kept[0][1]


marks = Marks()


class ReplicaRouter:
    """Sends reads of records to the replica inside `read_on_replica`, everything else nowhere."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        """The replica, for what may lag."""
        return REPLICA if _is_reading.get() and getattr(model, "may_lag", False) else None

    def db_for_write(self, model: type[Model], **_hints: Any) -> str:
        """Never the replica."""
        return "default"

    def allow_relation(self, *_objects: Model, **_hints: Any) -> bool:
        """Both hold the same rows."""
        return True

    def allow_migrate(self, db: str, _app: str, **_hints: Any) -> bool:
        """Tables come to the replica by themselves."""
        return db != REPLICA


def record_connection() -> Any:
    """The connection that records are read by now."""
    return connections[REPLICA] if _is_reading.get() else connection


def read_on_replica(person: Any, ask: Callable[[], T]) -> T:
    """Ask a question that only reads: of the replica where it is fit, else of the primary."""
    if not settings.REPLICA_URL or not is_fit(person):
        return ask()
    token = _is_reading.set(True)
    try:
        return ask()
    except Error as error:
        if not is_lost(error) or getattr(error.__cause__, "pgcode", None) == TOO_LONG:
            raise
        _let_rest(error)
    finally:
        _is_reading.reset(token)
    return ask()


def from_replica(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that only reads."""

    @wraps(view)
    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return read_on_replica(request.user, partial(view, request, *args, **kwargs))

    return read


def is_fit(person: Any) -> bool:
    """Whether the replica may answer this person now."""
    if time.monotonic() < marks.rest_until:
        READS.labels("primary: resting").inc()
        return False
    place, has_just_written = _ask_primary(person)
    floor = marks.floor(place)
    if has_just_written:
        READS.labels("primary: own write").inc()
        return False
    try:
        has_reached = _ask_replica(floor)
    except Error as error:
        _let_rest(error)
        return False
    READS.labels("replica" if has_reached else "primary: behind").inc()
    return has_reached


def note_write(person_id: int) -> None:
    """Remember, after the commit, that this person has just written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_written (person_id, at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (person_id) DO UPDATE SET at = excluded.at",
            [person_id],
        )


def note_write_on_commit(person_id: int | None) -> None:
    """Have a write remembered, where there is a replica that may not know it yet."""
    if settings.REPLICA_URL and person_id is not None:
        transaction.on_commit(partial(note_write, person_id))


def _ask_primary(person: Any) -> tuple[str, bool]:
    """The place that the primary's log has reached, and whether the person has just written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_wal_lsn()::text, EXISTS (SELECT FROM crm_written"
            " WHERE person_id = %s AND at > clock_timestamp() - make_interval(secs => %s))",
            [person.pk, settings.REPLICA_SECONDS],
        )
        return cursor.fetchone()


def _ask_replica(floor: str) -> bool:
    """Whether it is a replica, has reached the place, and knows the rights of this request."""
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= %s::pg_lsn,"
            " rights, definitions FROM crm_stamp WHERE id = 1",
            [floor],
        )
        row = cursor.fetchone()
    return row is not None and bool(row[0]) and (row[1], row[2]) == versions()


def _let_rest(error: BaseException) -> None:
    marks.rest_until = time.monotonic() + REST
    READS.labels("primary: no answer").inc()
    log.warning("The replica does not answer; the primary is asked.", exc_info=error)
