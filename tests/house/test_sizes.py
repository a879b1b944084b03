"""File ≤ 400 lines, function ≤ 40, template ≤ 120. The lists of exceptions only shrink."""

from __future__ import annotations

from tests.house.source import code, files, functions, length, name_of

MOST_FILE, MOST_FUNCTION, MOST_TEMPLATE = 400, 40, 120
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
LONG_TEMPLATES: dict[str, int] = {}


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def compare(found: dict[str, int], known: dict[str, int], most: int) -> None:
    """What is too long must be known, no longer than it was known to be, and still too long."""
    grown = {name: size for name, size in found.items() if size > known.get(name, most)}
    assert grown == {}, f"longer than {most}"
    shrunk = {name for name, size in known.items() if found.get(name, 0) < size}
    assert shrunk == set(), (
        "shorter than the list of exceptions says: take the line out or lower it"
    )


def test_files():
    sizes = {name_of(path): lines_of(path) for path in code()}
    assert len(sizes) > 100
    compare({name: size for name, size in sizes.items() if size > MOST_FILE}, LONG_FILES, MOST_FILE)


def test_functions():
    sizes = {
        f"{name_of(path)}::{node.name}": length(node)
        for path in code()
        for node in functions(path)
        if length(node) > MOST_FUNCTION
    }
    compare(sizes, LONG_FUNCTIONS, MOST_FUNCTION)


def test_templates():
    sizes = {name_of(path): lines_of(path) for path in files(".html", "templates")}
    assert len(sizes) > 30
    long = {name: size for name, size in sizes.items() if size > MOST_TEMPLATE}
    compare(long, LONG_TEMPLATES, MOST_TEMPLATE)
