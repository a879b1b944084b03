"""How many of the planted bugs the rig finds: `make rig-power`.

Each is applied to a scratch copy of the tree, where the rig runs as the tests run it until its
first finding. Ends with 1 where fewer than FEWEST_FOUND are found, or where the rig finds
something in the tree as it is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rig.planted import BUGS, FEWEST_FOUND, Bug

TREE = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "media", "__pycache__", ".*_cache", "pictures"
)
FOUND = re.compile(r"^E\s+(?:AssertionError: )?(.+)$", re.MULTILINE)
PARTS = ("exact", "sweep", "writes", "machine")
OPTIONS = ("-x", "-q", "--reuse-db", "--show-capture=no", "-p", "no:cacheprovider")
MOST_SECONDS = 900


@dataclass(frozen=True)
class Outcome:
    """What came of one bug."""

    is_found: bool
    seconds: float
    said: str


def copy_of(tree: Path, folder: Path) -> Path:
    """A scratch copy; the environment is linked, not copied."""
    copy = folder / "tree"
    shutil.copytree(tree, copy, ignore=LEFT_OUT, symlinks=True)
    for name in (".venv", "node_modules"):
        if (tree / name).exists():
            (copy / name).symlink_to((tree / name).resolve())
    return copy


def run_rig(copy: Path, first: str, options: Sequence[str] = ()) -> Outcome:
    """The rig in a copy of the tree, as far as its first finding; one part before the others."""
    parts = [f"tests/rig/test_{one}.py" for one in dict.fromkeys([first, *PARTS])]
    start = time.monotonic()
    command = [sys.executable, "-m", "pytest", *parts, *OPTIONS, *options]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=MOST_SECONDS)
    said = FOUND.search(done.stdout)
    if done.returncode > 1:
        raise RuntimeError(f"The rig did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return Outcome(done.returncode == 1, time.monotonic() - start, said[1] if said else "")


def try_bug(bug: Bug, options: Sequence[str] = ()) -> Outcome:
    """Plant one bug in a scratch copy and let the rig look for it."""
    with tempfile.TemporaryDirectory(prefix="rig-power-") as folder:
        copy = copy_of(TREE, Path(folder))
        bug.plant(copy)
        return run_rig(copy, bug.part, options)


def main(arguments: Sequence[str]) -> int:
    """Every bug, or those whose names hold a word; pytest's own options after `--`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the name")
    parser.add_argument("--plain", action="store_true", help="first without any bug")
    parser.add_argument("options", nargs="*", help="for pytest")
    asked = parser.parse_args(arguments)
    chosen = [bug for bug in BUGS if asked.only in bug.name]
    if asked.plain:
        with tempfile.TemporaryDirectory(prefix="rig-power-") as folder:
            clean = run_rig(copy_of(TREE, Path(folder)), PARTS[0], asked.options)
        print(f"{'found' if clean.is_found else 'clean':9} {clean.seconds:5.0f} s  without a bug")
        if clean.is_found:
            print(clean.said)
            return 1
    found = 0
    for bug in chosen:
        outcome = try_bug(bug, asked.options)
        found += outcome.is_found
        word = "found" if outcome.is_found else "NOT FOUND"
        print(f"{word:9} {outcome.seconds:5.0f} s  {bug.name}: {outcome.said[:110]}", flush=True)
    print(f"{found} of {len(chosen)} found")
    return 0 if asked.only or found >= FEWEST_FOUND else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
