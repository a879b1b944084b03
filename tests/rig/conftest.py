"""One company for all tests of this folder: what each of them does is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.stage import Rig, open_stage


@pytest.fixture(scope="package")
def rig(django_db_setup: None, django_db_blocker: Any) -> Iterator[Rig]:
    """Everybody signed in before records of everybody."""
    with open_stage(django_db_blocker) as made:
        yield made
