"""Migrations: complete, named, append-only histories guarded."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.house.source import ROOMS, ROOT, files, name_of

NAMED = re.compile(r"^\d{4}_[a-z][a-z0-9_]+$")
MADE_UP = re.compile(r"_auto_|_alter_|_initial$|_and_more$")


def migrations():
    for path in files(".py", *ROOMS):
        if path.parent.name == "migrations" and path.stem != "__init__":
            yield path


def test_every_migration_is_named():
    names = [path.stem for path in migrations()]
    assert len(names) >= 5
    assert [name for name in names if not NAMED.match(name) or MADE_UP.search(name)] == []


def test_numbers_are_used_once_per_app():
    seen = [(path.parts[-3], path.stem[:4]) for path in migrations()]
    assert len(seen) == len(set(seen)), sorted(name_of(path) for path in migrations())


def test_the_models_have_no_unsaid_change():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "crm.settings.test", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1500:]
