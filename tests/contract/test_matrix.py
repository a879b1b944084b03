"""Every surface × module × shipped role × field state: what is closed leaves by none (P1, P25).

Visits of each pair of module and role: one with the rights as they are shipped, and more with every
field in another state: all four for the reader of own records, one for each other role, another
for the next, so that every field meets every state in a few of them. One answer is searched for all
values at once. Long work is done in one of the four turns.
"""

from __future__ import annotations

import pytest

from crm.access.grants import State
from crm.modules.registry import declared_modules
from tests.contract.demo_roles import (
    ROLES,
    ROUNDS,
    effective,
    may,
    rotated_states,
    shipped_states,
)
from tests.contract.equipment import NAME
from tests.contract.surfaces import (
    ADMINISTRATION,
    FINDS,
    LONG,
    SURFACES,
    THOROUGH,
    UNCOVERS,
)
from tests.contract.visitor import Visitor

MODULES = [*(cls.name for cls in declared_modules()), NAME]
# A request per field: the reader of own records and the one of all have every kind of answer.
THOROUGHLY = {"rep"}
# Those who may export and import first, so that four of them share the four turns.
LONG_WORKERS = ("administrator", "director", "manager", "rep", "finance", "marketer", "agent")
# Where all that may be read must show, and the action that opens the place.
SHOWS = {
    "record": "view", "list, all columns": "view", "api record": "view", "api list": "view",
    "door": "view", "export csv": "export", "export xlsx": "export", "edit": "edit",
}  # fmt: skip
ONE_LINE = {"list, all columns", "export csv", "export xlsx"}  # a cell for a whole collection


def surfaces_for(planted, role, turn):
    is_long_turn = turn > 0 and turn - 1 == LONG_WORKERS.index(role.name) % ROUNDS
    for name, visit in SURFACES.items():
        if name in LONG and not is_long_turn:
            continue
        if name in THOROUGH and not (turn and planted.is_thorough):
            continue
        if name in ADMINISTRATION and not role.administer:
            continue
        yield name, visit


def is_shown(module, name, path, now):
    """Whether a place that shows fields shows this one, in its state of now."""
    field, state = module.field_at(path), now[path]
    if name == "record" and path == "changed_by":
        return False  # the timeline beside tells it
    if field.target == module.name and now[module.title] < State.READ:
        return False  # its label is a name that may not be read
    whole, _dot, member = path.partition(".")
    if name == "edit":
        fixed = field.is_read_only or module.fields[whole].is_read_only
        return state == State.EDIT and not fixed
    is_left_out = name in ONE_LINE and member and module.collections_by_name[whole].main != member
    return state >= State.READ and not is_left_out


def visit_all(planted, role, states, turn):
    """(closed values that showed, open values that did not), by surface."""
    module, visitor = planted.module, Visitor.of(planted)
    now = {path: effective(module, states, path) for path in planted.marks}
    hidden = {path for path, state in now.items() if state == State.HIDDEN}
    closed = hidden | {path for path, state in now.items() if state == State.MASKED}
    is_own = planted.is_own
    leaks, lost = {}, {}
    for name, visit in surfaces_for(planted, role, turn):
        planted.settle()
        data = visit(visitor)
        shown = planted.shown(data, name, but=set(now) - (hidden if name in UNCOVERS else closed))
        if shown:
            leaks[name] = sorted(shown)
        if name in SHOWS and may(role, module, SHOWS[name], is_own):
            wanted = {path for path in now if is_shown(module, name, path, now)}
            missing = wanted - planted.shown(data)
            if missing:
                lost[name] = sorted(missing)
        title = module.title
        is_found = now[title] >= State.READ and may(role, module, "view", is_own)
        if name in FINDS and is_found and title not in planted.shown(data):
            lost[name] = [title]
    return leaks, lost


def visit_as_shipped(planted, role):
    planted.close_copies()
    return visit_all(planted, role, shipped_states(role, planted.module), 0)


def turns_of(role):
    """The turns that this role takes, from 1; that of its long work is among them."""
    first = LONG_WORKERS.index(role) % ROUNDS
    places = range(ROUNDS) if role in THOROUGHLY else {first}
    return [place + 1 for place in places]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("module", MODULES)
def test_what_is_closed_leaves_by_no_surface_and_what_is_open_shows(demo_planted, module, role):
    planted = demo_planted(module, role)
    planted.is_thorough = role in THOROUGHLY
    table = ROLES[role]
    found = {0: visit_as_shipped(planted, table)}
    for turn in turns_of(role):
        states = rotated_states(planted.module, turn - 1)
        planted.set_states(states)
        found[turn] = visit_all(planted, table, states, turn)
    assert found == {turn: ({}, {}) for turn in found}
