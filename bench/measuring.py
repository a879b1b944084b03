"""Ours, the bare page and the raw SQL in turns, so that the machine's noise meets all three."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.client import Answer, Client

LONGEST = 12.0  # seconds that one scenario may take, at least five rounds aside
WARM = 4


def percentile(times: list[float], share: float) -> float:
    """The value below which a share of the times lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


@dataclass(frozen=True)
class Scenario:
    """One thing that a person does: asked for, and what it comes down to.

    `shape` are rows and columns of the bare page, `budget` the ratio, `good` the statuses.
    """

    name: str
    ask: Callable[[], Answer]
    raw: Callable[[], Any] | None = None
    shape: tuple[int, int] = (50, 8)
    budget: float = 2.5
    good: tuple[int, ...] = (200,)
    most_queries: int = 0
    server_p95: float = 0


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds on the clock."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def measured(one: Scenario, bare: Client, runs: int) -> dict[str, Any]:
    """The figures of a scenario, in milliseconds."""
    answer = one.ask()
    if answer.status not in one.good:
        raise RuntimeError(f"{one.name}: {answer.status} {answer.body[:300]!r}")
    rows, columns = one.shape
    size = len(answer.body)
    for _ in range(WARM if answer.ms < 1000 else 0):
        one.ask()
        bare.bare(rows, columns, size)
        if one.raw:
            one.raw()
    ours: list[Answer] = []
    bares: list[float] = []
    raws: list[float] = []
    begun = time.perf_counter()
    while len(ours) < runs and (len(ours) < 5 or time.perf_counter() - begun < LONGEST):
        ours.append(one.ask())
        bares.append(bare.bare(rows, columns, size))
        if one.raw:
            raws.append(timed(one.raw))
        if ours[-1].ms > 4000 and len(ours) >= 2:
            break
    return _figures(one, ours, bares, raws)


def _figures(
    one: Scenario, ours: list[Answer], bares: list[float], raws: list[float]
) -> dict[str, Any]:
    floor = statistics.median(bares) + (statistics.median(raws) if raws else 0)
    clock, inside = [a.ms for a in ours], [a.server_ms for a in ours]
    p50, p95 = statistics.median(clock), percentile(clock, 0.95)
    queries, size = max(a.queries for a in ours), max(len(a.body) for a in ours)
    server_p95 = percentile(inside, 0.95)
    over = []
    if p50 > floor * one.budget:
        over.append("ratio")
    if p95 > 2 * p50 + 20:
        over.append("p95")
    if one.most_queries and queries > one.most_queries:
        over.append("queries")
    if one.server_p95 and server_p95 > one.server_p95:
        over.append("server p95")
    return {
        "scenario": one.name, "p50_ms": round(p50, 1), "p95_ms": round(p95, 1),
        "floor_ms": round(floor, 1), "raw_ms": round(statistics.median(raws), 1) if raws else 0.0,
        "ratio": round(p50 / floor, 2), "budget": one.budget, "server_p50_ms": round(
            statistics.median(inside), 1), "server_p95_ms": round(server_p95, 1),
        "queries": queries, "bytes": size, "status": ours[-1].status, "runs": len(ours),
        "over": over,
    }  # fmt: skip
