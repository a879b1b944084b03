"""Every read surface as everybody, on the data of now, held against the rules.

Nothing stays: all of it happens in one transaction that is read only as soon as everybody is
signed in, and is rolled back. No rights are asked of the product; who may what comes from
rules.py over the rows that facts.py reads.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils.translation import override

from accounts.models import User
from accounts.proving import facts, judging
from accounts.proving.judging import Cell, Finding, Index, Place
from accounts.proving.reading import LiveReader, ServerFault, Signed, body_of, json_of
from accounts.proving.reads import OF_ALL, OF_MODULE, OF_RECORD, Read
from accounts.proving.rules import Key, World

MOST_RECORDS = 12
MOST_PEOPLE = 3  # of each role
MOST_FINDINGS = 200
SHOW_BELOW = frozenset({"record", "peek"})
API_RECORD = "api record"  # compared with the rules field by field, of every record
MORE_OF_RECORD = {name: read for name, read in OF_RECORD.items() if name != API_RECORD}
BINS = frozenset({"bin"})
TYPED = frozenset({"list, searched", "api search", "palette", "search", "lookup"})


@dataclass
class Result:
    """What a crawl came to. `probes` counts by surface and role: answers × cells judged."""

    probes: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    unreached: dict[int, int] = field(default_factory=dict)  # who could not be signed in: status
    records: int = 0
    cells: int = 0

    @property
    def all_probes(self) -> int:
        """How many there were."""
        return sum(self.probes.values())

    @property
    def bound(self) -> float:
        """Where nothing was found, the share of wrong answers lies below this, 95 times in 100."""
        return 3 / self.all_probes if self.all_probes else 1.0


@dataclass
class Crawl:
    """One crawl of the product as some people over some records."""

    world: World
    index: Index
    words: dict[Key, str]
    cells: dict[Key, facts.Cells]
    roles: dict[int, str]  # a person's role, as the result names it
    every: int = 1  # one in so many surfaces of each record, another one for each record
    result: Result = field(default_factory=Result)
    tell: Callable[[int, int], None] = lambda done, total: None

    def walk(self, people: Sequence[User]) -> Result:
        """Everybody before everything."""
        total = len(people)
        with transaction.atomic(), _quiet("django.request"):
            signed = [Signed.of(one) for one in people]
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            for done, one in enumerate(signed):
                self._walk_as(one)
                self.tell(done + 1, total)
            transaction.set_rollback(True)
        return self.result

    def _walk_as(self, signed: Signed) -> None:
        self.result.people.append(signed.user.pk)
        answer = signed.get("/")
        if answer.status_code != 200:  # from another network only, or a password to change
            self.result.unreached[signed.user.pk] = answer.status_code
            return
        for name, read in OF_ALL.items() if self.words else ():
            self.judge(signed, name, read, next(iter(self.words)))
        first = {module: (module, pk) for module, pk in reversed(self.words)}
        for key in first.values():
            for name, read in OF_MODULE.items():
                self.judge(signed, name, read, key)
        for place, key in enumerate(self.words):
            self.compare(signed, key)
            for number, (name, read) in enumerate(MORE_OF_RECORD.items()):
                if (number + place + len(self.result.people)) % self.every == 0:
                    self.judge(signed, name, read, key)

    def judge(self, signed: Signed, name: str, read: Read, key: Key) -> None:
        """One answer of one surface: every known cell in it."""
        reader = LiveReader(signed, self.world, *key, self.words[key])
        try:
            data = read(reader)
        except ServerFault as fault:
            person = signed.user.pk
            found = [Finding("fault", person, name, *key, "", str(fault))]
            self.note((name, self.roles[person]), found)
            return
        place = Place(name, shows_below=name in SHOW_BELOW, shows_bin=name in BINS)
        self.weigh(signed, place, data, key, reader.word.encode() if name in TYPED else b"")

    def weigh(
        self, signed: Signed, place: Place, data: bytes, key: Key, typed: bytes = b""
    ) -> None:
        """Every known cell in the bytes of an answer; what was typed there is none."""
        person, at = signed.user.pk, (place.name, self.roles[signed.user.pk])
        hits = {
            mark: cells for mark, cells in self.index.hits(data).items() if mark not in typed
        }  # what is typed stands on the page anyhow
        found = [
            finding
            for mark, finding in judging.leaks(self.world, person, place, hits)
            if not self._is_known_elsewhere(person, mark, place)
        ]
        found += self._named(person, place, data, key)
        self.result.answers[at] += 1
        self.result.probes[at] += self.index.size
        self.note(at, found)

    def compare(self, signed: Signed, key: Key) -> None:
        """The record over the API: whether it answers, with which fields, covered or not."""
        person, answer = signed.user.pk, signed.call(f"{key[0]}/{key[1]}/")
        at = (API_RECORD, self.roles[person])
        found, asked = judging.compare_record(
            self.world, person, key, answer.status_code, json_of(answer), self.cells.get(key, {})
        )
        self.result.probes[at] += asked
        self.note(at, found)
        if answer.status_code < 500:
            self.weigh(signed, Place(API_RECORD), body_of(answer), key)

    def _named(self, person: int, place: Place, data: bytes, asked: Key) -> list[Finding]:
        """Addresses of records that he may not know of, in any answer but to their own address."""
        found = []
        for key in sorted(judging.named_records(data, self.world.modules) - {asked}):
            if key not in self.world.records:
                facts.add_records(self.world, key[0], [key[1]])
            if not judging.may_be_named(self.world, person, key, place):
                found.append(Finding("leak", person, place.name, *key, "", "its address is told"))
        return found

    def note(self, at: tuple[str, str], found: Sequence[Finding]) -> None:
        """Keep what was found at a surface by somebody of a role."""
        self.result.found[at] += len(found)
        room = MOST_FINDINGS - len(self.result.findings)
        self.result.findings += found[: max(0, room)]

    def _is_known_elsewhere(self, person: int, mark: bytes, place: Place) -> bool:
        """Whether the same text stands in another record's cell that he may read."""
        for module, pk, path in facts.cells_with(mark.decode()):
            if (module, pk) not in self.world.records:
                facts.add_records(self.world, module, [pk])
            if judging.may_show(self.world, person, Cell(module, pk, path), place):
                return True
        return False


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a log to its errors: every refusal of a crawl is one that was looked for."""
    log = logging.getLogger(name)
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def prepared(most_records: int = MOST_RECORDS) -> Crawl:
    """A crawl over a sample of each module's records."""
    world = facts.read_world()
    cells: dict[Key, facts.Cells] = {}
    words: dict[Key, str] = {}
    for name, module in world.modules.items():
        pks = facts.some_records(name, most_records)
        facts.add_records(world, name, pks)
        for pk, found in facts.cells_of(name, pks).items():
            cells[name, pk] = found
            words[name, pk] = str((found.get(module.title) or ["-"])[0])[:60].upper()
    index = judging.index_of(world, cells)
    result = Result(records=len(words), cells=index.size)
    return Crawl(world, index, words, cells, {}, result=result)


def sample(crawl: Crawl, most: int = MOST_PEOPLE, only: str = "") -> list[User]:
    """Of every set of roles some people; with `only` the one person of this name."""
    named = dict(facts.rows("SELECT id, name FROM accounts_role"))
    chosen: list[User] = []
    seen: Counter[str] = Counter()
    for user in User.objects.filter(is_active=True).order_by("pk"):
        role = _roles_named(crawl.world, user.pk, named)
        if (only and user.username != only) or (not only and seen[role] >= most):
            continue
        seen[role] += 1
        crawl.roles[user.pk] = role
        chosen.append(user)
    return chosen


def _roles_named(world: World, person: int, names: dict[int, str]) -> str:
    held = {id(role) for role in world.roles_of(person)}
    mine = sorted(names[pk] for pk, role in world.roles.items() if id(role) in held)
    return " + ".join(mine) or "-"


def prove(
    most_records: int = MOST_RECORDS, most_people: int = MOST_PEOPLE, only: str = "",
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Result:  # fmt: skip
    """Crawl the data of now and say what was found."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), override("en"):
        if is_outermost:  # facts and answers are of one moment, whoever works meanwhile
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        crawl = prepared(most_records)
        crawl.tell = tell
        return crawl.walk(sample(crawl, most_people, only))


def surfaces() -> Iterator[str]:
    """Every surface that a crawl visits."""
    yield from (*OF_ALL, *OF_MODULE, *OF_RECORD)
