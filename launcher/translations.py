"""Compiles locale/*/LC_MESSAGES/*.po to the .mo files that gettext reads, when the .po is newer."""

import os
from pathlib import Path

import polib

from launcher.project import this_project


def compile_translations(root: Path) -> int:
    """Compiles what is out of date below `root`/locale; returns how many files that were."""
    compiled = 0
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = target.with_suffix(f".{os.getpid()}")  # two commands may compile at once
        polib.pofile(str(source)).save_as_mofile(str(fresh))
        fresh.replace(target)
        compiled += 1
    return compiled


if __name__ == "__main__":
    compile_translations(this_project().root)
