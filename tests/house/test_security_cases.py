"""Every known attack has a test that carries its number, or a true reason why it cannot yet.

The numbers are those of the catalogue of attacks that the product must stand; each is quoted here
by its subject. A test for one is called `test_security_<number>_…`, wherever it stands.
"""

from __future__ import annotations

import ast
from collections import Counter

from tests.house.source import code, tree_of

TESTED = {
    1: "every address with an id, by somebody who may not",
    2: "every route as nobody",
    4: "bulk acts with one visible and one invisible record",
    5: "bulk acts on all that match a filter, forged in between",
    6: "relations to invisible records",
    7: "fields assigned by the way",
    8: "read-only fields forged",
    11: "a read-only share, and its end",
    12: "a shared record below an invisible one",
    13: "a scope changed under a warm session",
    16: "a view that somebody else saved",
    20: "history of unreadable fields",
    21: "attachments by their address",
    22: "search, pickers, duplicate check, caller look-up",
    23: "the duplicate check's minimum",
    27: "a closed account",
    28: "the tree of departments",
    29: "two roles that say different things of one field",
    30: "viewing as somebody else",
    31: "the recycle bin",
    32: "filter by a hidden field",
    33: "sort by a hidden field",
    34: "group or sum of a hidden field",
    35: "search in a hidden field",
    36: "two worlds that differ in closed values",
    43: "forged columns, and what hides in a workbook",
    44: "an export is what the screen shows",
    45: "an import used to ask questions",
    46: "labels of invisible linked records",
    48: "what a refusal tells of a hidden field",
    49: "traces of changes of hidden fields",
    50: "shared caches",
    52: "names of the ORM",
    53: "words that become SQL",
    54: "labels and options of custom fields",
    56: "template code in texts",
    60: "stored scripts",
    62: "one value in several contexts",
    63: "formulas in cells",
    65: "line breaks in headers and logs",
    66: "redirects elsewhere",
    67: "long hostile text",
    69: "pickled data",
    70: "files that a browser would run",
    71: "names of files",
    72: "workbooks that unpack to gigabytes",
    74: "declarations in XML",
    76: "CSV without end",
    77: "pictures that are huge, or none",
    78: "rights of an import",
    80: "a download after the right is lost",
    81: "limits per file and per person",
    85: "one form sent many times",
    86: "two editors of one record",
    89: "numbers of parallel creates",
    90: "locks in opposite order",
    91: "delete against edit, attach and child",
    93: "one job run twice",
    94: "the database restarted under load",
    95: "Redis gone, hung, emptied",
    97: "a worker killed midway",
    101: "a full disk",
    114: "password reset",
    115: "guessing passwords",
    116: "the second factor",
    117: "forgery, framing, cookies, state changes by opening",
    118: "tokens of the API",
    119: "parameters and bodies of the API",
    123: "the look-up of callers",
    125: "unsafe settings",
    126: "the last administrator, fields nobody decided on",
    130: "options changed while they are used",
    131: "every change in the audit, no secret in it",
}
ABSENT = {
    3: "the public pool: no module of it",
    15: "reports sent by mail: no reports",
    18: "prints: no printing",
    19: "notifications and calendar feeds: none are sent",
    25: "approvals: no module of them",
    41: "joins in reports: no reports",
    57: "paths in print templates: no printing",
    59: "what a PDF fetches: no printing",
    61: "rich text: every text is plain",
    82: "two who claim one customer: no public pool",
    84: "two who approve: no approvals",
    110: "public links of surveys and quotes: no public pages besides sign-in",
    113: "floods of public forms: no public forms",
    121: "targets of webhooks: no webhooks",
    122: "bodies of webhooks: no webhooks",
    129: "loops of automation: no automation",
}
# A room that comes brings its cases along: its reason above is then no longer true.
ROOMS_TO_COME = {
    "crm/printing": {18, 57, 59}, "crm/approvals": {25, 84}, "crm/automation": {129},
    "crm/notifications": {19}, "sales/pool": {3, 82},
}  # fmt: skip


def count_by_number() -> Counter[int]:
    """How many tests carry each number."""
    found: Counter[int] = Counter()
    for path in code("tests"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_security_"):
                found[int(node.name.split("_")[2])] += 1
    return found


def test_every_case_has_a_test_or_a_reason():
    found = count_by_number()
    assert sorted(number for number in TESTED if not found[number]) == []
    assert set(TESTED) & set(ABSENT) == set()


def test_every_number_is_a_case():
    others = {107}  # of load
    assert sorted(set(count_by_number()) - set(TESTED) - others) == []


def test_no_reason_outlives_the_room_that_it_waits_for():
    rooms = {str(path) for path in code("crm", "sales")}
    for room, cases in ROOMS_TO_COME.items():
        is_there = any(f"/{room}/" in path for path in rooms)
        assert not (is_there and cases & set(ABSENT)), f"{room} is there: test {sorted(cases)}"
