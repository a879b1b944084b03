"""Everybody before every answer that the rules foretell whole: lists, counts, sums, files."""

from __future__ import annotations

import pytest

from tests.rig.company import MODULES, READERS
from tests.rig.exact import CHECKS
from tests.rig.size import one_in
from tests.rig.stage import Rig

pytestmark = pytest.mark.django_db


def test_answers_that_the_rules_foretell_whole(rig: Rig) -> None:
    every = one_in(3)
    with rig.scene():
        for first, name in enumerate(READERS):
            for second, module in enumerate(MODULES):
                for place, check in enumerate(CHECKS.values()):
                    if (first + second + place) % every == 0:
                        check(rig, name, module)
                rig.require_nothing_found()
    rig.tell("exact answers")
