"""Compiles locale/*/LC_MESSAGES/*.po to the .mo files that gettext reads, when the .po is newer.

Traditional Chinese is made from the simplified catalogue, so it has no .po of its own.
"""

import os
from collections.abc import Callable
from pathlib import Path

import polib

from crm.lib import traditional
from launcher.project import this_project

SIMPLIFIED, TRADITIONAL = "zh_Hans", "zh_Hant"


def compile_translations(root: Path) -> int:
    """Compiles what is out of date below `root`/locale; returns how many files that were."""
    compiled = 0
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        compiled += _compile(source, source.with_suffix(".mo"), source.stat().st_mtime)
        if SIMPLIFIED in source.parts:
            other = root / "locale" / TRADITIONAL / "LC_MESSAGES" / f"{source.stem}.mo"
            words = Path(traditional.__file__).stat().st_mtime
            newest = max(source.stat().st_mtime, words)
            compiled += _compile(source, other, newest, traditional.to_traditional)
    return compiled


def _compile(
    source: Path, target: Path, newest: float, turned: Callable[[str], str] | None = None
) -> bool:
    if target.exists() and target.stat().st_mtime >= newest:
        return False
    catalogue = polib.pofile(str(source))
    if turned:
        for entry in catalogue:
            entry.msgstr = turned(entry.msgstr)
            entry.msgstr_plural = {at: turned(one) for at, one in entry.msgstr_plural.items()}
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(f".{os.getpid()}")  # two commands may compile at once
    catalogue.save_as_mofile(str(fresh))
    fresh.replace(target)
    return True


if __name__ == "__main__":
    compile_translations(this_project().root)
