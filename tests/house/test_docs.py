"""Documentation that is under test: names that exist, variables that are explained."""
# ruff: noqa: E501  (tables)

from __future__ import annotations

import re
from pathlib import Path

from tests.house.source import ROOMS, ROOT, code, files, name_of

EXAMPLE = "sales/samples/"  # the module that docs/add-a-module.md makes
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`([a-z][\w.-]*(?:/[\w.<>{}*-]+)+/?)`")
MADE = re.compile(r"^# ([a-z][\w.-]*(?:/[\w.-]+)+)", re.M)  # over code: a file the reader makes
LINK = re.compile(r"\]\(([^)#\s]+)\)")
READ = re.compile(
    r"""env\.(?:text|switch|number|names)\(\s*["']([A-Z_]+)["']|["']([A-Z_]{4,})["'] *(?:in|,)? *.*os\.environ"""
)
SETTINGS = re.compile(
    r"""\benv\.(?:text|switch|number|names|database)\(\s*["']([A-Z][A-Z_]+)["']"""
)


def exists(name: str, beside: Path) -> bool:
    """Whether a named file is there, from the root or beside the page."""
    clean = name.rstrip("/")
    return any((start / clean).exists() for start in (ROOT, beside.parent))


def test_named_files_exist():
    gone = []
    for page in DOCS:
        text = page.read_text(encoding="utf-8")
        for name in set(PATH.findall(text)) - set(MADE.findall(text)):
            is_ours = name.partition("/")[0] in {
                *ROOMS,
                "docs",
                "templates",
                "tests",
                "static",
                "launcher",
                "locale",
                "deploy",
                "bench",
            }
            if (
                is_ours
                and not name.startswith(EXAMPLE)
                and not set("<>{}*") & set(name)
                and not exists(name, page)
            ):
                gone.append(f"{name_of(page)}: {name}")
        for name in LINK.findall(text):
            if "://" not in name and not name.startswith("mailto:") and not exists(name, page):
                gone.append(f"{name_of(page)}: {name}")
    assert gone == []


def test_every_setting_stands_in_the_readme():
    wanted = {
        name
        for path in code("crm/settings")
        for name in SETTINGS.findall(path.read_text(encoding="utf-8"))
    } | {"DATABASE_URL", "PORT"}
    assert len(wanted) > 10
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert sorted(name for name in wanted if f"`{name}`" not in readme) == []


def test_every_room_stands_on_the_map():
    text = (ROOT / "docs/map.md").read_text(encoding="utf-8")
    rooms = {
        f"crm/{path.parent.name}/"
        for path in files("__init__.py", "crm")
        if path.parent.parent == ROOT / "crm" and any(path.parent.glob("[a-z]*.py"))
    } | {f"{name}/" for name in ROOMS}
    assert sorted(room for room in rooms if f"`{room}`" not in text) == []


def test_decisions_are_numbered_and_titled():
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [page.name[:3] for page in pages]
    assert len(numbers) == len(set(numbers))
    for page in pages:
        assert re.match(r"\d{3}-[a-z0-9-]+\.md$", page.name), page.name
        assert page.read_text(encoding="utf-8").startswith("# ")
