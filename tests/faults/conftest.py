"""One ground for all faults of this folder, and the figures told at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from launcher.project import this_project
from launcher.services import throw_away_folder
from tests.database import empty_events
from tests.faults.ground import Ground, standing
from tests.faults.sizes import SIZE

_told: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-django makes the test database only when a test says that it needs one."""
    for item in items:
        if "ground" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(autouse=True)
def _django_db_helper(request: pytest.FixtureRequest) -> None:
    """No transaction and no sweeping where the tests' own database is only copied."""
    if "ground" not in request.fixturenames:
        request.getfixturevalue("transactional_db")


@pytest.fixture(autouse=True)
def _no_event_stays(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Nor is the event table swept there."""
    yield
    if "ground" not in request.fixturenames:
        with django_db_blocker.unblock():
            empty_events()


@pytest.fixture(scope="session")
def ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    """The product as processes of its own; what one test kills stands again for the next."""
    with (
        throw_away_folder(this_project()) as folder,
        django_db_blocker.unblock(),
        standing(folder, **SIZE.sweep) as made,
    ):
        yield made


@pytest.fixture
def tell() -> Callable[[str], None]:
    """A figure for the last lines of the run."""
    return _told.append


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was measured."""
    for line in _told:
        terminalreporter.write_line(line)
