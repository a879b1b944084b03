"""Brings the database up to date: migrations when they are due, the demo the first time.

A program of its own, `python -m launcher.database`, so that Django is loaded once for all of it
and the supervisor stays small.
"""

import hashlib
import sys
import time

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from launcher.checks import PACKAGES
from launcher.project import Project, this_project
from launcher.stops import say


def has_pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def code_fingerprint(project: Project) -> str:
    """Changes whenever a Python file of the product does; cheap, as it looks at names and times."""
    seen = hashlib.sha256()
    for package in PACKAGES:
        for file in sorted((project.root / package).rglob("*.py")):
            facts = file.stat()
            seen.update(f"{file} {facts.st_mtime_ns} {facts.st_size}\n".encode())
    return seen.hexdigest()


def migrate_when_due(project: Project) -> None:
    """Migrates when migrations are pending, and after every change of the code.

    For what is made after each migrate (sequences and choices of new declarations) may have
    changed without a migration.
    """
    stamp = project.var / "migrated"
    code = code_fingerprint(project)
    is_known = stamp.exists() and stamp.read_text() == code
    if is_known and not has_pending_migrations():
        return
    timed("Database tables", "migrate", interactive=False, verbosity=0)
    stamp.write_text(code)


def timed(step: str, command: str, **options: object) -> None:
    began = time.monotonic()
    call_command(command, **options)
    say(f"{step}: {time.monotonic() - began:.0f} s")


def load_demo_once(project: Project) -> None:
    """Loads the demo into a database without people, or goes on with one that was cut short."""
    unfinished = project.var / "demo-unfinished"
    if get_user_model()._default_manager.exists() and not unfinished.exists():
        return
    if "demo" not in get_commands():
        say("There is no demo data in this version.")
        return
    unfinished.write_text("The demo is loaded again at the next start.\n")
    timed("Demo data", "demo")
    unfinished.unlink()


def main() -> int:
    django.setup()
    project = this_project()
    migrate_when_due(project)
    if str(settings.CACHES["default"]["BACKEND"]).endswith("DatabaseCache"):
        call_command("createcachetable", verbosity=0)
    load_demo_once(project)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
