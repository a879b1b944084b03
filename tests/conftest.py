"""What all tests share: the cast, clean caches, a closed network, a clock that can be stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from crm.modules import registry, stamp
from crm.modules.stamp import forget_everything
from crm.records.numbers import make_sequence
from crm.start import after_migrate
from tests.database import empty_events
from tests.people import Cast, make_cast

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


class NetworkBlocked(RuntimeError):
    """A test wanted to leave this machine."""


@pytest.fixture(autouse=True, scope="session")
def _closed_network() -> Iterator[None]:
    """Connections reach this machine only; the test that tries another says so."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        is_local = self.family == socket.AF_UNIX or str(address[0]).startswith(LOOPBACK)
        if not is_local:
            raise NetworkBlocked(f"A test wanted to connect to {address}.")
        real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Versions rolled back with a test may come again; nothing kept under them may."""
    forget_everything()
    token = stamp._held.set(None)
    yield
    stamp._held.reset(token)
    forget_everything()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Sentences are read in English, as the cast does."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _no_event_stays(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """A test that commits takes its events along."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = marker is not None and marker.kwargs.get("transaction")
    if commits or "transactional_db" in request.fixturenames:
        with django_db_blocker.unblock():
            empty_events()


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, gone after the test."""
    return make_cast()


@pytest.fixture
def lasting_cast(transactional_db: None) -> Cast:
    """The cast in committed rows, for tests with several connections."""
    after_migrate()
    return make_cast()


@pytest.fixture
def freeze() -> Callable[[str], Any]:
    """Stop the clock: `with freeze("2026-11-23T10:00+08:00"): …`; the database's goes on."""
    return lambda moment: time_machine.travel(moment, tick=False)


@pytest.fixture
def queries() -> Callable[[], Any]:
    """Count statements: `with queries() as seen: …; len(seen)`."""

    @contextmanager
    def captured() -> Iterator[CaptureQueriesContext]:
        with CaptureQueriesContext(connection) as context:
            yield context

    return captured


@pytest.fixture
def declared(db: None) -> Iterator[Callable[[Any], None]]:
    """Declare modules for one test: `declared(Projects)`; they are withdrawn after it."""
    added: list[Any] = []

    def declare(cls: Any) -> None:
        registry.declare(cls)
        added.append(cls)
        make_sequence(cls.name)

    yield declare
    for cls in added:
        registry.withdraw(cls)
