"""Every surface is known: one without an adapter or a reason fails the build (promise P3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import get_commands
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from crm.celery import app
from crm.jobs.kinds import _kinds
from crm.modules.registry import declared_modules, module_named
from tests.contract import excuses
from tests.contract.canaries import TWINS
from tests.contract.known import (
    COMMANDS,
    COVERS,
    COVERS_STARTS,
    EXEMPT,
    EXEMPT_STARTS,
    JOBS,
    TASKS,
)
from tests.contract.surfaces import (
    ADMINISTRATION,
    ALL_SHOWS,
    FINDS,
    LONG,
    SURFACES,
    THOROUGH,
    TWIN_SHOWS,
    UNCOVERS,
)

OURS = ("crm", "accounts", "sales", "service", "marketing", "reports")


def addresses(patterns: Any = None, above: str = "") -> Iterator[tuple[str, str]]:
    """(name, path) of every address."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = above + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, path)
        elif isinstance(one, URLPattern):
            yield one.name or "", path


def test_every_address_has_an_adapter_or_a_reason():
    starts = (*COVERS_STARTS, *EXEMPT_STARTS)
    unknown = [
        (name, path)
        for name, path in addresses()
        if name not in COVERS and name not in EXEMPT and not name.startswith(starts)
    ]
    assert unknown == [], "Add an adapter to tests/contract/surfaces.py"


def test_nothing_is_listed_that_is_gone():
    names = {name for name, _path in addresses()}
    assert set(COVERS) | set(EXEMPT) <= names
    for start in (*COVERS_STARTS, *EXEMPT_STARTS):
        assert any(name.startswith(start) for name in names), start
    assert {*COVERS.values(), *COVERS_STARTS.values(), *JOBS.values()} <= set(SURFACES)
    for some in (TWIN_SHOWS, ALL_SHOWS, FINDS, LONG, THOROUGH, ADMINISTRATION, UNCOVERS):
        assert some <= set(SURFACES)
    for name, some in vars(excuses).items():
        assert not name.isupper() or some <= set(SURFACES), name


def test_every_kind_of_job_command_and_task_is_known():
    assert set(_kinds) == set(JOBS)
    ours = {name for name, where in get_commands().items() if str(where).partition(".")[0] in OURS}
    assert ours == set(COMMANDS)
    app.loader.import_default_modules()
    tasks = {name.rpartition(".")[0] for name in app.tasks if name.startswith(OURS)}
    assert tasks == set(TASKS)


@pytest.mark.django_db
def test_every_module_has_twins():
    assert {cls.name for cls in declared_modules()} == set(TWINS)
    for name, twins in TWINS.items():
        assert set(twins) <= set(module_named(name).fields)
