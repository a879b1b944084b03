"""What an answer shows, held against the rules: every cell that is known, in every answer.

A cell is recognised by what stands in it, wherever it comes out. Values that would not tell one
record from another (short words, choices, flags) are judged only where an answer has structure:
the record as the API gives it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.proving.facts import Cells
from accounts.proving.rules import EDIT, HIDDEN, MASKED, READ, Key, World

WORDS = frozenset({"text", "long_text", "email", "url", "phone", "credit_code"})
NUMBERS = frozenset({"integer", "decimal", "money", "percent"})
DAYS = frozenset({"date", "datetime"})
# What every record has of itself: moments and counters like those of others.
COMMON = frozenset({"created_at", "changed_at", "number"})
SHORTEST_WORD, SHORTEST_NUMBER = 6, 5
TOKEN = re.compile(rb"zq[a-z2-7]{14}")
ADDRESS = re.compile(rb"/([a-z][a-z0-9-]*)/([0-9]{1,18})/")
STATES = {HIDDEN: "hidden", MASKED: "masked", READ: "read", EDIT: "edit"}


@dataclass(frozen=True, order=True)
class Cell:
    """One field of one record."""

    module: str
    pk: int
    path: str

    @property
    def key(self) -> Key:
        """The record."""
        return self.module, self.pk


@dataclass(frozen=True)
class Finding:
    """Where the product and the rules part. `kind` is leak, lost, door or value."""

    kind: str
    person: int
    surface: str
    module: str
    pk: int
    path: str
    why: str


@dataclass
class Index:
    """Which cells a piece of an answer can come from."""

    tokens: dict[bytes, set[Cell]] = field(default_factory=dict)
    texts: dict[bytes, set[Cell]] = field(default_factory=dict)
    size: int = 0

    def add(self, cell: Cell, kind: str, values: Iterable[Any]) -> bool:
        """Remember a cell, if what stands in it can be told apart; answers whether it can."""
        marks = {mark for value in values for mark in marks_of(kind, value)}
        if not marks or cell.path in COMMON:
            return False
        for mark in marks:
            found = TOKEN.search(mark)
            if found is not None:
                self.tokens.setdefault(found[0], set()).add(cell)
            else:
                self.texts.setdefault(mark, set()).add(cell)
        self.size += 1
        return True

    def hits(self, data: bytes) -> dict[bytes, set[Cell]]:
        """The marks that stand in these bytes, each with the cells that it can come from."""
        found = {one: self.tokens[one] for one in TOKEN.findall(data) if one in self.tokens}
        found.update((mark, cells) for mark, cells in self.texts.items() if mark in data)
        return found


def marks_of(kind: str, value: Any) -> Iterator[bytes]:
    """The forms in which a value can stand in an answer, if it tells anything."""
    if kind in WORDS:
        text = str(value).strip()
        if len(text) >= SHORTEST_WORD:
            yield text.encode()
    elif kind in NUMBERS and not isinstance(value, bool):
        whole = abs(int(Decimal(str(value))))
        if len(str(whole)) >= SHORTEST_NUMBER and str(whole).strip("0")[1:]:
            yield str(whole).encode()
            yield f"{whole:,}".encode()
    elif kind in DAYS:
        yield from _days(value)


def _days(value: Any) -> Iterator[bytes]:
    """Long ago only: the days of now stand on every page. A sheet's number is one of the forms."""
    text = str(value)[:10]
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return
    if day.year >= 1970:
        return
    serial = (day - dt.date(1899, 12, 30)).days
    for one in (
        text, f"{day.year}年{day.month}月{day.day}日", f"{day.day} {day:%b} {day.year}",
        f"{day:%b} {day.day}, {day.year}", f"{day:%B} {day.day}, {day.year}",
        f">{serial}<", f">{serial}.",
    ):  # fmt: skip
        yield one.encode()


def index_of(world: World, cells: Mapping[Key, Cells]) -> Index:
    """All cells of some records."""
    index = Index()
    for (module, pk), found in cells.items():
        for path, values in found.items():
            index.add(Cell(module, pk, path), world.modules[module].fields[path].kind, values)
    return index


@dataclass(frozen=True)
class Place:
    """A surface, and what its rules add: rows below a seen record, rows in the bin, covered
    values shown on purpose.
    """

    name: str
    shows_below: bool = False
    shows_bin: bool = False
    uncovers: bool = False


def may_show(world: World, person: int, cell: Cell, place: Place) -> bool:
    """Whether this value may stand in an answer of this place to this person."""
    least = MASKED if place.uncovers else READ
    if world.state(person, cell.module, cell.path) < least:
        return False
    if world.can_see(person, cell.key):
        return True
    if place.shows_below and world.can_see_below(person, cell.key):
        return True
    return place.shows_bin and world.by_roles(person, "delete", cell.key)


def leaks(
    world: World, person: int, place: Place, hits: Mapping[bytes, set[Cell]]
) -> Iterator[tuple[bytes, Finding]]:
    """What stands in an answer though its reader may not know it, with the mark that told it."""
    for mark, cells in hits.items():
        if any(may_show(world, person, one, place) for one in cells):
            continue  # the same value stands somewhere that he may read
        for cell in sorted(cells):
            yield mark, Finding(
                "leak", person, place.name, cell.module, cell.pk, cell.path,
                _why(world, person, cell),
            )  # fmt: skip


def named_records(data: bytes, modules: Iterable[str]) -> set[Key]:
    """The records whose address stands in an answer."""
    known = set(modules)
    found = {(module.decode(), int(pk)) for module, pk in ADDRESS.findall(data)}
    return {key for key in found if key[0] in known}


def may_be_named(world: World, person: int, key: Key, place: Place) -> bool:
    """Whether an answer of this place may lead this person to the record."""
    if key not in world.records or world.can_see(person, key):
        return True
    if place.shows_below and world.can_see_below(person, key):
        return True
    return place.shows_bin and world.by_roles(person, "delete", key)


def _why(world: World, person: int, cell: Cell) -> str:
    state = STATES[world.state(person, cell.module, cell.path)]
    if not world.can_see(person, cell.key):
        return f"the record is out of reach (the field is {state})"
    return f"the field is {state}"


def compare_record(
    world: World, person: int, key: Key, status: int, body: Mapping[str, Any], cells: Cells
) -> tuple[list[Finding], int]:
    """The record as the API gives it, against the rules: whether, which fields, covered or not.

    Answers what was found and how many questions were asked.
    """
    module, pk = key

    def finding(kind: str, path: str, why: str) -> Finding:
        return Finding(kind, person, "api record", module, pk, path, why)

    if not world.can_see(person, key):
        fine = {302, 404}  # merged ones lead on to whoever sees the survivor
        if not world.people[person].is_active:
            fine = {401}
        return (
            [] if status in fine else [finding("door", "", f"{status} for what is out of reach")]
        ), 1
    if status != 200:
        return [finding("door", "", f"{status} for what is within reach")], 1
    found, asked = [], 1
    covered = set(body.get("_masked", ()))
    for path in world.modules[module].fields:
        state, (is_there, value) = world.state(person, module, path), _value_at(body, path)
        asked += 1
        whole = path.partition(".")[0]
        if is_there and state == HIDDEN:
            found.append(finding("leak", path, "a hidden field has its key"))
        if not is_there and state > HIDDEN and ("." not in path or body.get(whole)):
            found.append(finding("lost", path, "an open field has no key"))
        if path in covered and state != MASKED:
            found.append(finding("lost", path, "covered, though it may be read"))
        if state == MASKED and is_there and path not in covered and _shown(cells, path, value):
            found.append(finding("leak", path, "a masked field is not covered"))
    return found, asked


def _value_at(body: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    whole, _dot, member = path.partition(".")
    if not member:
        return whole in body, body.get(whole)
    children = body.get(whole) or []
    return any(member in one for one in children), [one.get(member) for one in children]


def _shown(cells: Cells, path: str, value: Any) -> bool:
    shown = {str(one) for one in (value if isinstance(value, list) else [value])}
    return not shown.isdisjoint(str(one) for one in cells.get(path, ()))
