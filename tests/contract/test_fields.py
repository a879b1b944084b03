"""What a reader may not read leaves by no surface; what he may read shows (P1, P25)."""

from __future__ import annotations

import pytest

from crm.modules.registry import declared_modules
from tests.contract.canaries import UNMARKED, twins_of
from tests.contract.conftest import READERS
from tests.contract.equipment import NAME
from tests.contract.surfaces import ALL_SHOWS, SURFACES, THOROUGH, TWIN_SHOWS, Visitor

MODULES = [*(cls.name for cls in declared_modules()), NAME]
FOR_RIGHT_HOLDERS = {
    "export xlsx",
    "export csv",
    "edit",
    "fields",
    "edit, refused",
}  # a read share gives none
# Not in a form: set by services, or shown by their own page.
NOT_EDITED = {"number"}
# Labels of the related record, not the value: shown where the reader may see that record.
LABELS = ("relation", "any_relation")


def leaks(planted, closed_but):
    """(surface, paths) wherever a closed value stands, and the surfaces that hide the open one."""
    visitor = Visitor.of(planted)
    found, missing = [], []
    for name, visit in SURFACES.items():
        if name in THOROUGH and planted.reader != planted.cast.owner:
            continue
        data = visit(visitor)
        shown = planted.shown(data, name, but=closed_but)
        if shown:
            found.append((name, sorted(shown)))
        if name in TWIN_SHOWS and not any(
            mark in data for one in closed_but for mark in planted.marks[one]
        ):
            missing.append(name)
    return found, missing


CASES = [*(("hidden", reader) for reader in READERS), ("masked", "owner"), ("masked", "receiver")]


@pytest.mark.parametrize(("state", "reader"), CASES)
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
    shown = {name for name, visit in SURFACES.items() if said in visit(visitor)}
    asked_for = {
        "palette",
        "search",
        "lookup",
        "list, searched",
        "api search",
        "duplicates",
        "import",
    }
    assert shown - asked_for == {"parent"}
    record.only("hidden")
    assert said not in SURFACES["parent"](Visitor.of(record))


@pytest.mark.parametrize("state", ["hidden", "masked"])
@pytest.mark.parametrize("module", MODULES)
def test_a_closed_title_leaves_by_no_surface(planted, module, state):
    record = planted(module, "owner")
    title, other = twins_of(record.module)
    assert title == record.module.title
    record.only(state, but=[other])
    visitor = Visitor.of(record)
    asked_for = {
        "list, searched",
        "palette",
        "search",
        "lookup",
        "duplicates",
        "api search",
        "api writes",
        "import",
    }
    found = {
        name: record.shown(visit(visitor), name, but={other})
        for name, visit in SURFACES.items()
        if name not in asked_for | THOROUGH  # they repeat what was typed
    }
    assert {name: shown for name, shown in found.items() if shown} == {}


@pytest.mark.parametrize(("state", "reader"), [("read", "director"), ("edit", "owner")])
@pytest.mark.parametrize("module", MODULES)
def test_open_fields_show(planted, module, state, reader):
    record = planted(module, reader)
    record.only(state)
    visitor = Visitor.of(record)
    hidden = {}
    for name in ALL_SHOWS:
        expected = set(record.marks) - (NOT_EDITED if name == "edit" else set())
        if name == "edit":
            expected = {path for path in expected if is_in_form(record.module, path, state)}
        if name in ONE_LINE:
            expected = {path for path in expected if is_main(record.module, path)}
        missing = expected - record.shown(SURFACES[name](visitor))
        if missing:
            hidden[name] = sorted(missing)
    assert hidden == {}


ONE_LINE = {"list, all columns", "export csv", "export xlsx"}  # a cell for a whole collection


def is_main(module, path):
    """Whether a cell of one line shows the value: of a collection its main member."""
    name, _dot, member = path.partition(".")
    return not member or module.collections_by_name[name].main == member


def is_in_form(module, path, state):
    """Whether the form shows a field: those that the person may write."""
    field = module.field_at(path)
    return state == "edit" and not field.is_read_only


@pytest.mark.parametrize("module", MODULES)
def test_each_field_can_be_hidden_alone(planted, module):
    """All others open: nothing that stands beside a hidden field tells it."""
    record = planted(module, "owner")
    surfaces = ("record", "edit", "list, all columns", "history", "api record", "api history")
    found = []
    for name in record.module.right_names():
        own = {path for path in record.marks if path == name or path.startswith(f"{name}.")}
        if name in UNMARKED or not own:
            continue
        record.close(name)
        visitor = Visitor.of(record)
        for surface in surfaces:
            shown = record.shown(SURFACES[surface](visitor), surface) & own
            if shown:
                found.append((name, surface))
    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_a_record_out_of_reach_leaves_by_no_surface(planted, module):
    """Every field open, the record invisible: nothing of it shows, and each address answers 404."""
    record = planted(module, "leader")
    record.only("edit")
    visitor = Visitor.of(record)
    typed = {
        "duplicates",
        "api writes",
        "import",
    }  # the guard tells that it exists, and who holds it
    asked = {"list, searched", "palette", "search", "lookup", "api search"}
    title = record.module.title
    found = {}
    offered = {  # what a form or filter offers to choose from, whoever's record has it
        path
        for path in record.marks
        if record.module.field_at(path).kind in {"choice", "multi_choice", "user", "department"}
    }
    for name, visit in SURFACES.items():
        but = offered | ({title} if name in typed | asked else set())
        shown = record.shown(visit(visitor), but=but)
        if shown:
            found[name] = shown
    assert found == {}
    never = 10**12
    for name in ("record", "peek", "edit", "history"):
        answers = []
        for address in (visitor.address(name), visitor.address(name, pk=never)):
            answer = visitor.client.get(address)
            answers.append((answer.status_code, answer.content.replace(address.encode(), b"")))
        assert answers[0] == answers[1], name
        assert answers[0][0] == 404, name
