"""Rows are reached through crm.access and written through crm.records, nowhere else."""

from __future__ import annotations

import ast
import re

from tests.house.source import ROOMS, code, name_of, tree_of

DOORS = ("crm/access/", "crm/records/")
# Beside the two rooms, who may touch a module's table, and why.
UNSCOPED = {
    "crm/modules/module.py": "defines `rows`, from `unscoped`",
    "crm/activities/touch.py": "background dates of the records that follow-ups hang on",
    "crm/operation/media.py": "names of stored files alone, all of them: a backup leaves none out",
}
ROWS = {
    "crm/exchange/undo.py": "asks whether an import's records still live; changes by services",
    "crm/customfields/usage.py": "counts how often a choice is used, for administrators",
    "crm/documents/collection.py": "the files of rows that are removed for good",
    "crm/documents/quota.py": "counts the files that one person added",
    "crm/documents/services.py": "whether a file's record lives, after its Access was asked",
    "crm/management/commands/reindex.py": "ids only; what is written nobody reads",
    "crm/api/phone_lookup.py": "child rows by number; the records then pass their Access",
    "sales/contacts/module.py": "child rows: where else a contact works",
}
# What a module or a child model is called where its rows are asked for.
HOLDERS = re.compile(r"(module|other|child)$|^[A-Z][a-z]\w+$")
WRITING = frozenset(
    {"update", "bulk_create", "bulk_update", "create", "delete", "get_or_create",
     "update_or_create", "_raw_delete"}
)  # fmt: skip


def attributes():
    """(file, attribute) of all our rooms outside the doors."""
    for path in code(*ROOMS):
        if not name_of(path).startswith(DOORS):
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.Attribute):
                    yield name_of(path), node


def is_row_manager(node: ast.Attribute) -> bool:
    """`module.rows` and `Phone.rows`, but not `access.rows()` or `self.rows`."""
    above = getattr(node, "parent", None)
    is_called = isinstance(above, ast.Call) and above.func is node
    return node.attr == "rows" and not is_called and bool(HOLDERS.search(ast.unparse(node.value)))


def test_plain_managers_stay_in_their_rooms():
    names = {"unscoped", "_base_manager"}
    found = {name for name, node in attributes() if node.attr in names}
    assert found == set(UNSCOPED)


def test_the_rows_of_modules_are_read_behind_the_door_only():
    found = {name for name, node in attributes() if is_row_manager(node)}
    assert found - set(UNSCOPED) == set(ROWS)


def test_rows_of_modules_are_written_in_records_only():
    """`queryset.update()` writes no history; crm.records does what belongs to a write."""
    found = set()
    for name, node in attributes():
        if node.attr in WRITING:
            chain = ast.unparse(node.value)
            if ".rows." in f"{chain}." or "unscoped" in chain or "access.rows(" in chain:
                found.add(f"{name}: {ast.unparse(node)[:80]}")
    assert found == set()


def test_models_are_saved_by_services_only():
    """Views, API, lists and forms save and delete no model."""
    speaking = ("crm/views/", "crm/api/", "crm/lists/", "crm/forms/")
    found = {
        f"{name}:{node.lineno}"
        for name, node in attributes()
        if name.startswith(speaking) and node.attr in {"save", "delete"}
        and isinstance(getattr(node, "parent", None), ast.Call)
    }  # fmt: skip
    assert found == {line for line in found if line.startswith("crm/views/dictionaries.py")}


def test_only_one_room_knows_each_file_format():
    owners = {"openpyxl": "crm/exchange/spreadsheet/", "weasyprint": "crm/printing/"}
    for path in code(*ROOMS):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None) or node.names[0].name
                room = owners.get(module.partition(".")[0])
                assert room is None or name_of(path).startswith(room), name_of(path)


def test_receivers_of_signals_are_few():
    """No signals between our rooms: only Django's own, where there is no other way."""
    allowed = {"crm/start.py"}  # post_migrate
    signals = ("_save", "_delete", "_migrate", "signal")
    found = {
        name
        for name, node in attributes()
        if node.attr == "connect" and ast.unparse(node.value).endswith(signals)
    }
    assert found <= allowed
