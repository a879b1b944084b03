"""How much is done: FAULTS=whole measures what the promises name, else it is a short check."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """The figures of one run."""

    clients: int  # that write side by side
    writes: int  # acknowledged, in all
    restarts: int  # of the database meanwhile, as many kills of a web process
    calls: int  # in each state of the broker
    kills: int  # of the worker
    rows: int  # of each import, export and change of many
    threads: int
    rounds: int
    sweep: dict[str, str]  # the times of sweepers and leases


SHORT = Size(
    clients=4, writes=120, restarts=1, calls=1, kills=1, rows=1200, threads=12, rounds=3,
    sweep={"SWEEP_SECONDS": "1", "JOB_LEASE_SECONDS": "5"},
)  # fmt: skip
WHOLE = Size(
    clients=8, writes=10_000, restarts=12, calls=60, kills=20, rows=4000, threads=50,
    rounds=100, sweep={"JOB_LEASE_SECONDS": "15"},
)  # fmt: skip
IS_WHOLE = os.environ.get("FAULTS") == "whole"
SIZE = WHOLE if IS_WHOLE else SHORT
