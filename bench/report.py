"""Keeps the results: bench/results.json, and the table of docs/performance.md between its marks."""

import json
import os
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
HEAD = (
    "| scenario | reader | p50 ms | p95 ms | in server p95 | raw SQL | floor | ratio | queries | KB |"
    " over |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)
GROWTH = 3.0


def keep(rows: list[dict[str, Any]]) -> None:
    """Put these results in the place of older ones of the same scenario, size and person."""
    load = round(os.getloadavg()[1], 1)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    kept = {_key(row): row for row in known}
    kept.update({_key(row): {**row, "load": load} for row in rows})
    found = list(kept.values())
    RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if PAGE.exists():
        before, _begin, rest = PAGE.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{_tables(found)}\n{END}{after}")


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["size"], row["scenario"], row["persona"]


def _tables(rows: list[dict[str, Any]]) -> str:
    parts = []
    small = {(r["scenario"], r["persona"]): r["p50_ms"] for r in rows if r["size"] == 10_000}
    for size in sorted({row["size"] for row in rows}, reverse=True):
        mine = [row for row in rows if row["size"] == size]
        loads = sorted(row["load"] for row in mine if "load" in row) or ["not", "noted"]
        parts.append(
            f"### {size:,} customers\n\nLoad of the machine during the run (five minutes):"
            f" {loads[0]} to {loads[-1]}.\n\n{HEAD}"
        )
        parts += [_line(row, small if size > 10_000 else {}) for row in mine]
        parts.append("")
    return "\n".join(parts)


def _line(row: dict[str, Any], small: dict[Any, float]) -> str:
    over = list(row["over"])
    before = small.get((row["scenario"], row["persona"]))
    if before and row["p50_ms"] > GROWTH * before:
        over.append(f"growth × {row['p50_ms'] / before:.1f}")
    if row["status"] == 503:
        over.append("503, friendly")
    return (
        f"| {row['scenario']} | {row['persona']} | {row['p50_ms']} | {row['p95_ms']} |"
        f" {row['server_p95_ms']} | {row['raw_ms']} | {row['floor_ms']} | {row['ratio']} |"
        f" {row['queries']} | {row['bytes'] // 1024} | {', '.join(over)} |"
    )
