"""What people do and ask for while Redis is gone, hangs or was emptied, and what comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.callers import Answer, Browser, Program
from tests.faults.ground import Ground
from tests.kernel.helpers import unlike

ROWS = 40  # of the imported list


@dataclass
class Day:
    """What was tried, and what was promised meanwhile."""

    ground: Ground
    browser: Browser
    program: Program
    tried: int = 0
    failed: list[str] = field(default_factory=list)
    slowest: float = 0.0
    jobs: list[int] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)
    imported: list[str] = field(default_factory=list)
    asked_resets: list[str] = field(default_factory=list)

    def note(self, what: str, answer: Answer, status: int) -> Answer:
        """One thing that must go well."""
        self.tried += 1
        self.slowest = max(self.slowest, answer.seconds)
        if answer.status != status:
            self.failed.append(f"{what}: {answer.status} {answer.text[:200]}")
        return answer

    def core(self) -> None:
        """View, save, sign in."""
        self.note("list", self.browser.open("/customers/"), 200)
        made = self.note("create", self.program.call("POST", "customers/", _new("Calm")), 201)
        if made.status != 201:
            return
        pk = made.json()["id"]
        page = self.browser.open(f"/customers/{pk}/")
        self.note("record", page, 200)
        body = {"level": "B", "version": 1}
        self.note("change", self.program.call("PATCH", f"customers/{pk}/", body), 200)
        self.note("sign-in", Browser(self.ground.port).sign_in("owner"), 302)

    def guess(self) -> None:
        """Sign-in is slowed down all the same."""
        guesser = Browser(self.ground.port)
        guesser.open("/login/")
        wrong = {"username": unlike("nobody"), "password": "not this one 1"}
        answers = [guesser.fill("/login/", wrong).status for _number in range(8)]
        assert 429 in answers, answers

    def ask(self, person: str) -> None:
        """Everything that is done later: an import, an export, a preview, a mail."""
        names = [unlike("Later") for _number in range(ROWS)]
        data = ("name\n" + "\n".join(names) + "\n").encode()
        sent = self.program.send("customers/import/", "list.csv", data, policy="create")
        self.jobs.append(self.program.job(self.note("import", sent, 202)))
        self.imported += names
        sent = self.program.call("POST", "customers/export/", {"format": "csv"})
        self.jobs.append(self.program.job(self.note("export", sent, 202)))
        pk = self.program.call("POST", "customers/", _new("Shelf")).json()["id"]
        sent = self.program.send(f"customers/{pk}/documents/", "note.txt", b"a few words")
        self.documents.append(self.note("document", sent, 201).json()["id"])
        stranger = Browser(self.ground.port)
        stranger.open("/password/forgot/")
        sent = stranger.fill("/password/forgot/", {"username": person})
        self.note("new password", sent, 200)
        self.asked_resets.append(f"{person}@people.example")

    def is_drained(self) -> bool:
        """Whether all that was promised has been done."""
        waiting = self.ground.one(
            "SELECT count(*) FROM crm_job WHERE state IN ('queued', 'running') AND id = ANY(%s)",
            self.jobs,
        )
        previews = self.ground.one(
            "SELECT count(*) FROM crm_document_preview p JOIN crm_document_version v"
            " ON v.id = p.version_id WHERE v.document_id = ANY(%s) AND p.state = 'ready'",
            self.documents,
        )
        mails = set(self.asked_resets) <= set(self.ground.mails.receivers)
        return not waiting and previews == len(self.documents) and mails

    def judge(self) -> None:
        """Each effect once: jobs done, rows there, pictures made, mails received."""
        states = self.ground.ask("SELECT id, state FROM crm_job WHERE id = ANY(%s)", self.jobs)
        assert {state for _pk, state in states} == {"done"}, states
        counts = self.ground.ask(
            "SELECT name, count(*) FROM sales_customer WHERE name = ANY(%s) GROUP BY name",
            self.imported,
        )
        assert sorted(counts) == sorted((name, 1) for name in self.imported)
        assert sorted(self.ground.mails.receivers) == sorted(self.asked_resets)


def _new(word: str) -> dict[str, Any]:
    return {"name": unlike(word), "level": "A"}


def drained(day: Day, seconds: float) -> float:
    """Seconds until all is done; the assertion names what is not."""
    began = time.monotonic()
    while not day.is_drained():
        assert time.monotonic() - began < seconds, (
            day.ground.ask("SELECT id, kind, state, attempts FROM crm_job WHERE state <> 'done'"),
            day.ground.mails.receivers,
        )
        time.sleep(0.1)
    return time.monotonic() - began


States = dict[str, tuple[Callable[[], None], Callable[[], None]]]


def _empty(ground: Ground) -> None:
    """All messages lay in Redis, as no worker was there: now none does."""
    ground.flush_redis()
    ground.worker.start()


def states_of(ground: Ground) -> States:
    """How Redis fails, and how it returns."""
    return {
        "stopped": (ground.stop_redis, ground.start_redis),
        "hung": (ground.hang_redis, ground.wake_redis),
        "emptied": (ground.kill_worker, lambda: _empty(ground)),
    }
