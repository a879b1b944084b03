"""What a reader may not read leaves by no surface: all fields closed, one beside another, by share.

The matrix of roles and states is in test_matrix.py; here stand the cases at its edges.
"""

from __future__ import annotations

import pytest

from crm.access.grants import ScopeName, State
from crm.modules.registry import module_named
from tests.contract.canaries import twins_of
from tests.contract.demo_roles import ROLES
from tests.contract.excuses import GUARD, OF_ALL_DAYS, is_told_anyhow
from tests.contract.surfaces import (
    ADMINISTRATION,
    LONG,
    SURFACES,
    THOROUGH,
    TWIN_SHOWS,
)
from tests.contract.test_matrix import MODULES
from tests.contract.visitor import Visitor

# A read share gives no right to export or edit.
FOR_RIGHT_HOLDERS = {"export xlsx", "export csv", "edit", "fields", "edit, refused"}


def leaks(planted, closed_but):
    """(surface, paths) wherever a closed value stands, and the surfaces that hide the open one."""
    planted.close_copies()
    visitor = Visitor.of(planted)
    found, missing = [], []
    for name, visit in SURFACES.items():
        if name in THOROUGH | ADMINISTRATION:
            continue
        planted.settle()
        data = visit(visitor)
        shown = planted.shown(data, name, but=closed_but)
        if shown:
            found.append((name, sorted(shown)))
        if name in TWIN_SHOWS and not any(
            mark in data for one in closed_but for mark in planted.marks[one]
        ):
            missing.append(name)
    return found, missing


@pytest.mark.parametrize(("state", "reader"), [("hidden", "owner"), ("masked", "receiver")])
@pytest.mark.parametrize("module", MODULES)
def test_closed_fields_leave_by_no_surface(planted, module, state, reader):
    record = planted(module, reader)
    twin = twins_of(record.module)[0]
    record.only(state, but=[twin])
    found, missing = leaks(record, {twin})
    assert found == []
    if reader == "receiver" and not record.has_shares:
        return  # he sees it on its parent's page alone: test_what_hangs_on_a_shared_record
    allowed = FOR_RIGHT_HOLDERS if reader == "receiver" else set()
    assert set(missing) - allowed == set()


def test_what_hangs_on_a_shared_record_shows_on_its_page_and_nowhere_else(planted):
    record = planted("follow-ups", "receiver")
    record.only("read")
    visitor = Visitor.of(record)
    said = record.marks["text"][0]
    shown = {
        name
        for name, visit in SURFACES.items()
        if name not in THOROUGH | ADMINISTRATION and said in visit(visitor)
    }
    assert shown == {"parent"}
    record.only("hidden")
    assert said not in SURFACES["parent"](Visitor.of(record))


def separating(paths):
    """Sets of paths so that of any two, in one set or another, the first is in and the other not.

    Each path has a number; a set holds those whose number has, or has not, a certain bit.
    """
    for bit in range(len(paths).bit_length()):
        for value in (0, 1):
            yield {path for number, path in enumerate(paths) if number >> bit & 1 == value}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_beside_a_hidden_field_tells_it(planted, module):
    """Whichever other field is open: of every two, one was hidden while the other was open."""
    record = planted(module, "owner")
    surfaces = ("record", "edit", "list, all columns", "history", "api record", "api history",
                "api list", "peek", "door", "follow-up logged")  # fmt: skip
    names, found = record.module.right_names(), []
    for hidden in separating(names):
        record.set_states({name: State.HIDDEN if name in hidden else State.EDIT for name in names})
        closed = {path for path in record.marks if {path, path.partition(".")[0]} & hidden}
        visitor = Visitor.of(record)
        for surface in surfaces:
            record.settle()
            data = SURFACES[surface](visitor)
            shown = record.shown(data, surface, but=set(record.marks) - closed)
            found += [(surface, path) for path in shown]
    assert found == []


def out_of_reach(record):
    """Where a value of the record stands though nobody may see the record."""
    visitor = Visitor.of(record)
    offered = {  # what a form or filter offers to choose from, whoever's record has it
        path
        for path in record.marks
        if record.module.field_at(path).kind in {"choice", "multi_choice", "department"}
    }
    found = {}
    for name, visit in SURFACES.items():
        if name in ADMINISTRATION or (name in THOROUGH | LONG and not record.is_thorough):
            continue
        record.settle()
        held = {"owner"} if name in GUARD else set()
        if name in OF_ALL_DAYS:
            held |= {path for path in record.marks if is_told_anyhow(record.module, path, name)}
        shown = record.shown(visit(visitor), but=offered | held)
        if shown:
            found[name] = shown
    return visitor, found


BOUNDED = ("manager", "rep", "agent", "marketer")  # the other shipped roles see every customer


@pytest.mark.parametrize("role", BOUNDED)
@pytest.mark.parametrize("module", MODULES)
def test_a_record_out_of_reach_leaves_by_no_surface(demo_planted, role, module):
    """Every field open, the record invisible: nothing of it shows, and each address answers 404."""
    record = demo_planted(module, role, is_near=False)
    seen_whole = {"follow-ups": "customers"}.get(module, module)  # what hangs on it shows there
    if ROLES[role].scope(module_named(seen_whole), "view") == ScopeName.ALL:
        return  # nothing of this module is out of his reach
    record.is_thorough = role == "rep"
    record.only("edit")
    visitor, found = out_of_reach(record)
    assert found == {}
    never = 10**12
    for name in ("record", "peek", "edit", "history"):
        answers = []
        for address in (visitor.address(name), visitor.address(name, pk=never)):
            answer = visitor.client.get(address)
            answers.append((answer.status_code, answer.content.replace(address.encode(), b"")))
        assert answers[0] == answers[1], name
        assert answers[0][0] == 404, name
