"""`python -m tests.rig`: the rig at length, and what it came to."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

FEWEST_PROBES = 200_000
COMMAND = ("-m", "pytest", "tests/rig", "-q", "--reuse-db", "-p", "no:cacheprovider")


def main(arguments: Sequence[str]) -> int:
    """Run it and print its parts; 1 where something was found, or too little was looked at."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rig-") as folder:
        report = Path(folder) / "report"
        environment = {**os.environ, "RIG_REPORT": str(report)}
        done = subprocess.run([sys.executable, *COMMAND, *arguments], env=environment)
        parts = [line.split("\t") for line in report.read_text().splitlines()] if (
            report.exists()
        ) else []  # fmt: skip
    for name, read, judged in parts:
        print(f"{name:32} {int(read):>8,} answers {int(judged):>12,} probes")
    probes = sum(int(one[2]) for one in parts)
    print(f"{'together':32} {sum(int(one[1]) for one in parts):>8,} answers {probes:>12,} probes")
    print(f"{time.monotonic() - start:.0f} s; nothing found in n: below {3 / max(probes, 1):.1e}")
    return done.returncode or int(probes < FEWEST_PROBES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
