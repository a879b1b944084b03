"""`make check`: every rule that a machine can judge without running the product; `make fmt`."""

import os
import subprocess
import time
from collections.abc import Sequence

from launcher.advisories import failed_audits
from launcher.project import Project
from launcher.stops import say

PACKAGES = ("crm", "accounts", "sales", "service", "marketing", "reports", "launcher")
# Nobody listens there: what needs a database is no check of this kind.
NO_DATABASE = "postgres://crm@127.0.0.1:1/crm"


def check(project: Project) -> int:
    """Runs all checks, prints the findings of those that fail; 1 when one does."""
    migrations = ["manage.py", "makemigrations", "--check", "--dry-run"]
    checks: dict[str, list[str]] = {
        "ruff check": ["-m", "ruff", "check", "--output-format", "concise", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "."],
        "mypy": ["-m", "mypy", *PACKAGES, "manage.py"],
        "import-linter": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
        "templates": ["-m", "djlint", "templates", "--lint", "--quiet"],
        "migrations": ["-W", "ignore::RuntimeWarning", *migrations],
    }
    failed = [name for name, command in checks.items() if not _passes(project, name, command)]
    failed += failed_audits(project, os.environ)
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def fmt(project: Project) -> int:
    """Formats the Python code and sorts its imports."""
    ruff = ["-m", "ruff"]
    sort = _run(project, [*ruff, "check", "--select", "I", "--fix", "--quiet", "."])
    form = _run(project, [*ruff, "format", "."])
    print(sort.stdout + form.stdout, end="")
    return sort.returncode or form.returncode


def _run(project: Project, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {"DJANGO_SETTINGS_MODULE": "crm.settings.development", **os.environ}
    environment.setdefault("DATABASE_URL", NO_DATABASE)
    return subprocess.run(
        [str(project.python), *command],
        cwd=project.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _passes(project: Project, name: str, command: Sequence[str]) -> bool:
    began = time.monotonic()
    done = _run(project, command)
    if done.returncode:
        print(done.stdout, end="", flush=True)
    verdict = "passed" if done.returncode == 0 else "FAILED"
    say(f"{name}: {verdict} ({time.monotonic() - began:.0f} s)")
    return done.returncode == 0
