"""The project's own files, as the house tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("crm", "accounts", "sales", "service", "marketing", "reports")
OTHERS = frozenset(
    {".venv", "node_modules", "static-built", "var", ".git", "__pycache__", ".mypy_cache",
     ".ruff_cache", ".pytest_cache"}
)  # fmt: skip


def files(ending: str, *below: str) -> Iterator[Path]:
    """All files of ours with this ending, in the named folders or everywhere."""
    for start in [ROOT / name for name in below] or [ROOT]:
        for path in sorted(start.rglob(f"*{ending}")):
            if not OTHERS & set(path.relative_to(ROOT).parts):
                yield path


def name_of(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


def code(*below: str) -> Iterator[Path]:
    """Our Python files without migrations."""
    for path in files(".py", *below):
        if "migrations" not in path.parts:
            yield path


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax tree, with each node's parent in `parent`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    return tree


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function."""
    return (node.end_lineno or node.lineno) - node.lineno + 1
