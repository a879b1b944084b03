"""The arrows of the house, and no import that dodges them."""

from __future__ import annotations

import ast
import subprocess
import sys

from tests.house.source import ROOMS, ROOT, code, name_of, tree_of

FORBIDDEN_ROOMS = frozenset(
    {"utils", "util", "helpers", "common", "base", "extras", "misc", "tools"}
)
# Django's settings modules are made to be layered; Django calls ready() when imports may begin.
STARS = {f"crm/settings/{name}.py" for name in ("development", "production", "test")}
LATE = {"crm/apps.py::ready"}


def test_the_contracts_hold():
    command = "from importlinter.cli import lint_imports_command as run; run()"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_no_import_hides_in_a_function():
    found = set()
    for path in code(*ROOMS):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                above = getattr(node, "parent", None)
                while above is not None and not isinstance(above, ast.FunctionDef):
                    above = getattr(above, "parent", None)
                module = getattr(node, "module", None) or node.names[0].name
                if above is not None and module.startswith(ROOMS):
                    found.add(f"{name_of(path)}::{above.name}")
    assert found == LATE


def test_no_star_imports():
    found = {
        name_of(path)
        for path in code()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names)
    }
    assert found == STARS


def test_no_room_is_a_catch_all():
    found = {
        name_of(path)
        for path in code(*ROOMS)
        if FORBIDDEN_ROOMS & {*path.relative_to(ROOT).parent.parts, path.stem}
    }
    assert found == {"crm/settings/base.py"}  # the layer under the other settings
