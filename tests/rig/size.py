"""How long the rig looks: RIG_SIZE=1 in the tests, more in `make rig`."""

from __future__ import annotations

import os

SIZE = max(1, int(os.environ.get("RIG_SIZE", "1")))


def one_in(times: int) -> int:
    """Of so many things one is looked at by the tests; of fewer by a longer look."""
    return max(1, times // SIZE)
