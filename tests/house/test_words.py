"""Names, docstrings and words of the tree."""

from __future__ import annotations

import ast
import re

from tests.house.source import ROOMS, ROOT, code, files, name_of, tree_of

# A client is a Customer; these words would say it twice or are another product's.
WRONG_WORDS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
# Nothing in the tree speaks of the desk it was written at, or of places on one machine.
WORKPLACE = re.compile(
    r"/work/|/tmp/ky|/root/|\bsession of the project\b|\bassistant\b|\bLLM\b|\bprompt injection\b"
    r"|\bissues? (?:show|list|\d+)\b",
    re.IGNORECASE,
)
TEXTS = (".py", ".html", ".md", ".toml", ".css", ".js", ".yml", ".txt", ".json")
SELF = "tests/house/test_words.py"


def test_nothing_speaks_of_the_workplace():
    found = [
        f"{name_of(path)}: {match[0]}"
        for ending in TEXTS
        for path in files(ending)
        if name_of(path) not in {SELF, "package-lock.json"}
        for match in WORKPLACE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nothing_is_left_to_do_in_a_comment():
    found = [
        f"{name_of(path)}: {match[0]}"
        for path in code()
        if name_of(path) != SELF
        for match in WRONG_WORDS.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_every_module_and_public_function_of_the_kernel_says_what_it_is():
    silent = []
    for path in code("crm"):
        tree = tree_of(path)
        if tree.body and not ast.get_docstring(tree) and path.stem not in {"apps", "__init__"}:
            silent.append(name_of(path))
        for node in ast.iter_child_nodes(tree):
            is_public = isinstance(
                node, ast.FunctionDef | ast.ClassDef
            ) and not node.name.startswith("_")
            if is_public and not ast.get_docstring(node) and not is_small_class(node):
                silent.append(f"{name_of(path)}::{node.name}")
    allowed = {
        "crm/asgi.py",
        "crm/wsgi.py",
        "crm/celery.py",
        "crm/settings/development.py",
        "crm/apps.py::CrmConfig",
    }
    assert [one for one in silent if one not in allowed] == []


def is_small_class(node: ast.AST) -> bool:
    """A Meta or a list of choices inside another class needs no sentence."""
    return isinstance(node, ast.ClassDef) and node.name in {"Meta", "Migration"}


def test_booleans_of_declarations_are_named_as_such():
    """Attributes typed bool begin with is_, has_, may_ or say a flag of an outer format."""
    allowed = re.compile(
        r"^(is|has|may|can|needs|keeps)_|_(all|only)$|^(required|nulls_first|administer|only_when_empty"
        r"|everything|allowed|ok)$"
    )
    found = []
    for path in code("crm/modules", "crm/access"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "bool":
                name = ast.unparse(node.target)
                if not allowed.search(name):
                    found.append(f"{name_of(path)}: {name}")
    assert found == []


def test_no_file_is_empty_but_package_marks():
    found = [
        name_of(path)
        for path in code(*ROOMS)
        if path.name != "__init__.py" and not path.read_text(encoding="utf-8").strip()
    ]
    assert found == []
    assert (ROOT / "README.md").exists()
