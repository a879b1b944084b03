"""The company with everybody at the doors: who reads, who writes, and what was judged so far."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import override_settings
from django.utils.translation import override

from accounts.proving import facts, judging
from accounts.proving.crawl import Crawl, Result
from accounts.proving.judging import Finding
from accounts.proving.reading import Signed
from accounts.proving.rules import Key, World
from crm.modules.registry import module_named
from tests.kernel.api_calls import Api
from tests.rig.company import READERS, Company, make_company

NO_LIMITS = {
    "API_CALLS_PER_MINUTE": 10**6, "UNCOVERS_PER_HOUR": 10**6, "DUPLICATE_CHECKS_PER_HOUR": 10**6,
}  # fmt: skip
MOST_TOLD = 20


@dataclass
class Rig:
    """Everybody signed in, a program of each that may write, and the crawl that judges."""

    company: Company
    signed: dict[str, Signed]
    programs: dict[str, Api]
    crawl: Crawl
    past: dict[Key, facts.Cells] = field(default_factory=dict)  # all that ever stood in a cell
    turn: int = 0
    told: tuple[int, int] = (0, 0)  # answers and probes that `make rig` knows of

    @classmethod
    def of(cls, company: Company) -> Rig:
        """Sign everybody in."""
        people = {name: company.cast.people[name] for name in READERS}
        roles = {one.pk: name for name, one in people.items()}
        crawl = Crawl(company.world, company.index, {}, company.cells, roles)
        signed = {name: Signed.of(one) for name, one in people.items()}
        rig = cls(company, signed, {name: Api(one) for name, one in people.items()}, crawl)
        rig.look()
        return rig

    @property
    def world(self) -> World:
        """The facts as they were looked at last."""
        return self.company.world

    def person(self, name: str) -> int:
        """The id of somebody of the cast."""
        return int(self.company.cast.people[name].pk)

    @property
    def keys(self) -> list[Key]:
        """Every record that lies in the tables, deleted ones too."""
        return [key for key in self.company.owned if key in self.world.records]

    def of_module(self, module: str) -> list[Key]:
        """Those of one module."""
        return [key for key in self.keys if key[0] == module]

    def next(self) -> int:
        """A number that goes up, to take turns by."""
        self.turn += 1
        return self.turn

    def look(self) -> None:
        """Read the facts of now; what stood in a cell before is looked for as before."""
        self.company.look()
        for key, cells in self.company.cells.items():
            kept = self.past.setdefault(key, {})
            for path, values in cells.items():
                known = kept.setdefault(path, [])
                known += [one for one in values if one not in known]
        crawl = self.crawl
        crawl.world, crawl.cells = self.company.world, self.company.cells
        crawl.index = judging.index_of(self.world, self.past)
        crawl.words = {key: self.company.word(key) for key in self.company.cells}

    def stored(self) -> dict[str, Any]:
        """Everything that a forbidden write could change, as it was looked at last."""
        cells = {
            (key, path): values
            for key, found in self.company.cells.items()
            for path, values in found.items()
        }
        shares = sorted(self.world.shares, key=repr)
        return {"cells": cells, "records": dict(self.world.records), "shares": shares}

    def version(self, key: Key) -> int:
        """The version of a record now."""
        return int(module_named(key[0]).rows.values_list("version", flat=True).get(pk=key[1]))

    def blame(self, name: str, surface: str, key: Key, why: str, path: str = "") -> None:
        """Somebody got, or did, what the rules do not give him; or not what they give."""
        found = Finding("exact", self.person(name), surface, *key, path, why)
        self.crawl.note((surface, name), [found])

    def judged(self, name: str, surface: str, probes: int) -> None:
        """One answer of which so much was judged."""
        self.crawl.result.answers[surface, name] += 1
        self.crawl.result.probes[surface, name] += probes

    def require_nothing_found(self) -> None:
        """Fail with what was found since this was asked last."""
        self.require_none(self.crawl.result)

    def require_none(self, result: Result) -> None:
        """Fail with what a result holds, and empty it."""
        found = list(result.findings)
        result.findings.clear()
        names = {self.person(name): name for name in READERS}
        lines = [
            f"{names[one.person]}, {one.surface}, {one.module}/{one.pk} {one.path}: {one.why}"
            for one in found
        ]
        assert not found, "\n".join(lines[:MOST_TOLD])

    def tell(self, part: str, result: Result | None = None) -> None:
        """Say for `make rig` what a part came to: of its own, or since the part before."""
        found = result or self.crawl.result
        answers, probes = sum(found.answers.values()), found.all_probes
        if result is None:
            answers, probes = answers - self.told[0], probes - self.told[1]
            self.told = self.told[0] + answers, self.told[1] + probes
        path = os.environ.get("RIG_REPORT")
        if path:
            with Path(path).open("a") as file:
                file.write(f"{part}\t{answers}\t{probes}\n")

    @contextmanager
    def scene(self) -> Iterator[None]:
        """What happens inside leaves nothing behind but what was found."""
        owned, papers = dict(self.company.owned), dict(self.company.papers)
        past, turn, made = deepcopy(self.past), self.turn, self.company.canaries.count
        cookies = {name: deepcopy(one.client.cookies) for name, one in self.signed.items()}
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        for name, one in self.signed.items():
            one.client.cookies = cookies[name]  # those of who was closed out are gone
        self.company.owned, self.company.papers = owned, papers
        self.past, self.turn, self.company.canaries.count = past, turn, made
        self.look()


@contextmanager
def open_stage(blocker: Any) -> Iterator[Rig]:
    """The whole of it, in a transaction that is rolled back; files lie in a folder that goes."""
    with (
        tempfile.TemporaryDirectory() as folder,
        blocker.unblock(),
        override("en"),
        override_settings(**NO_LIMITS, STORAGES=_storages(folder)),
        transaction.atomic(),
    ):
        yield Rig.of(make_company())
        transaction.set_rollback(True)


def _storages(folder: str) -> dict[str, Any]:
    files = "django.core.files.storage.FileSystemStorage"
    default = {"BACKEND": files, "OPTIONS": {"location": folder}}
    return {**settings.STORAGES, "default": default}
