"""Clients that write all the time and keep what was acknowledged, and the count afterwards."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.callers import LOST, Program
from tests.faults.ground import Ground
from tests.kernel.helpers import unlike

LEVELS = ("A", "B", "C")
EDITED = 3  # of every so many writes one changes what was entered before
PATIENCE = 60.0
FRIENDLY = (503,)  # what may be answered instead of an acknowledgement


@dataclass
class Kept:
    """What one client was told: the name of each record, and its version now."""

    names: dict[int, str] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    acknowledged: int = 0
    refusals: Counter[int] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    slowest: float = 0.0
    doubtful: int = 0  # writes whose first answer never came


class Writers:
    """So many clients in threads; each repeats a write with the same key until it is told."""

    def __init__(self, ground: Ground, clients: int, writes: int) -> None:
        tokens = [ground.tokens[name] for name in ("owner", "teammate", "outsider")]
        self.kept = [Kept() for _number in range(clients)]
        self.goal = writes
        self.stopped = False
        self._threads = [
            threading.Thread(
                target=self._work, args=(Program(ground.port, tokens[place % 3]), kept), daemon=True
            )
            for place, kept in enumerate(self.kept)
        ]

    @property
    def acknowledged(self) -> int:
        return sum(one.acknowledged for one in self.kept)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float) -> None:
        """Wait until the goal is reached and every open write has its answer."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.1, end - time.monotonic()))
        assert not any(one.is_alive() for one in self._threads), "a client never got its answer"

    def _work(self, program: Program, kept: Kept) -> None:
        turn = 0
        while self.acknowledged < self.goal and not self.stopped:
            turn += 1
            if turn % EDITED == 0 and kept.names:
                _edit(program, kept, next(reversed(kept.names)))
            else:
                _create(program, kept)


def _create(program: Program, kept: Kept) -> None:
    key, name = uuid.uuid4().hex, unlike("Steadfast")
    end = time.monotonic() + PATIENCE
    is_doubtful = False
    while time.monotonic() < end:
        answer = program.call(
            "POST", "customers/", {"name": name, "level": "A"}, Idempotency_Key=key
        )
        kept.slowest = max(kept.slowest, answer.seconds)
        if answer.status == 201:
            kept.names[answer.json()["id"]] = name
            kept.versions[answer.json()["id"]] = answer.json()["version"]
            kept.acknowledged += 1
            kept.doubtful += is_doubtful
            return
        is_doubtful |= answer.status == LOST
        _note(kept, answer.status, answer.text)
        time.sleep(0.2)
    kept.strange.append(f"no answer to a new record for {PATIENCE} s")


def _edit(program: Program, kept: Kept, pk: int) -> None:
    version = kept.versions[pk]
    values = {"level": LEVELS[version % 3], "remark": f"change {version}", "version": version}
    end = time.monotonic() + PATIENCE
    is_doubtful = False
    while time.monotonic() < end:
        answer = program.call("PATCH", f"customers/{pk}/", values)
        kept.slowest = max(kept.slowest, answer.seconds)
        if answer.status == 409 and is_doubtful:  # it had come through after all
            told = program.call("GET", f"customers/{pk}/")
            if told.status != 200 or told.json()["version"] == version + 1:
                answer = told
        if answer.status == 200:
            kept.versions[pk] = answer.json()["version"]
            kept.acknowledged += 1
            kept.doubtful += is_doubtful
            return
        is_doubtful |= answer.status in (LOST, *FRIENDLY)
        _note(kept, answer.status, answer.text)
        time.sleep(0.2)
    kept.strange.append(f"no answer to a change for {PATIENCE} s")


def _note(kept: Kept, status: int, text: str) -> None:
    kept.refusals[status] += 1
    if status not in (LOST, *FRIENDLY) or "Traceback" in text:
        kept.strange.append(f"{status}: {text[:200]}")


def judge(ground: Ground, writers: Writers) -> dict[str, int]:
    """Compare all that was acknowledged with the rows; answers how much it was."""
    names = {pk: name for kept in writers.kept for pk, name in kept.names.items()}
    versions = {pk: number for kept in writers.kept for pk, number in kept.versions.items()}
    rows = ground.ask(
        "SELECT c.id, c.name, c.version,"
        " (SELECT count(*) FROM sales_customer_history h WHERE h.id = c.id),"
        " (SELECT count(DISTINCT version) FROM sales_customer_history h WHERE h.id = c.id),"
        " (SELECT count(*) FROM crm_event e WHERE e.module = 'customers' AND e.record_id = c.id),"
        " (SELECT count(DISTINCT version) FROM crm_event e"
        "  WHERE e.module = 'customers' AND e.record_id = c.id)"
        " FROM sales_customer c WHERE c.name LIKE 'Steadfast%' AND c.deleted_at IS NULL"
    )
    found = {row[0]: row for row in rows}
    assert set(names) - set(found) == set(), "acknowledged and gone"
    assert set(found) - set(names) == set(), "there, although nobody was told so"
    assert {pk: row[1] for pk, row in found.items()} == names
    assert len({row[1] for row in rows}) == len(rows), "one name twice"
    assert {pk: row[2] for pk, row in found.items()} == versions
    uneven = [row for row in rows if set(row[3:]) != {row[2]}]
    assert uneven == [], f"not one history row and one event for each change: {uneven[:10]}"
    strange = [text for kept in writers.kept for text in kept.strange]
    assert strange == [], (strange[:10], ground.accidents())
    return {
        "acknowledged": writers.acknowledged,
        "records": len(rows),
        "refused": sum(sum(kept.refusals.values()) for kept in writers.kept),
        "doubtful": sum(kept.doubtful for kept in writers.kept),
    }
