"""Whatever is done in whatever order, everybody sees what the rules of that moment give."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.rig.machine import Life
from tests.rig.size import SIZE
from tests.rig.stage import Rig

pytestmark = pytest.mark.django_db

EXAMPLES, STEPS = 6, 16
bounded = settings(
    max_examples=EXAMPLES * SIZE, stateful_step_count=STEPS, deadline=None, derandomize=True,
    database=None, phases=[Phase.explicit, Phase.generate], report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def test_life_in_any_order(rig: Rig) -> None:
    run_state_machine_as_test(type("LifeHere", (Life,), {"rig": rig}), settings=bounded)
    rig.require_nothing_found()
    rig.tell("machine")
