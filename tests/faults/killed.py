"""Imports, exports and changes of many records whose worker is killed midway."""

from __future__ import annotations

import csv
import io
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.callers import Program
from tests.faults.ground import Ground, wait_for
from tests.kernel.helpers import unlike

KINDS = ("import", "export", "edit")


@dataclass
class Round:
    """One list of records, and the three jobs on them."""

    ground: Ground
    program: Program
    ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    jobs: dict[str, int] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)

    def prepare(self, rows: int) -> None:
        """Records that the export and the change are about."""
        job = self.start_import(rows)
        wait_for(lambda: self.program.ended(job), 120, "the first import")
        self.names, self.fresh = self.fresh, []
        found = self.ground.ask(
            "SELECT id FROM sales_customer WHERE name = ANY(%s) ORDER BY id", self.names
        )
        self.ids = [row[0] for row in found]
        assert len(self.ids) == rows

    def start_import(self, rows: int) -> int:
        self.fresh = [unlike("Landed") for _number in range(rows)]
        data = ("name,level\n" + "".join(f"{name},A\n" for name in self.fresh)).encode()
        answer = self.program.send("customers/import/", "list.csv", data, policy="create")
        return self.program.job(answer)

    def start(self, rows: int, note: str) -> None:
        """All three at once: two run, one waits."""
        self.jobs["import"] = self.start_import(rows)
        order = {"format": "csv", "columns": ["name", "remark"]}
        self.jobs["export"] = self.program.job(
            self.program.call("POST", "customers/export/", order)
        )
        change = {"action": "edit", "ids": self.ids, "values": {"remark": note}}
        self.jobs["edit"] = self.program.job(self.program.call("POST", "customers/bulk/", change))

    def has_ended(self) -> bool:
        return all(self.program.ended(job) for job in self.jobs.values())

    def judge(self, rows: int, note: str, before: int) -> None:
        """Every row once, the reports right, the file whole. `before`: the version of the ids."""
        told: dict[str, Any] = {kind: self.program.ended(job) for kind, job in self.jobs.items()}
        assert {kind: one["state"] for kind, one in told.items()} == dict.fromkeys(KINDS, "done")
        counts = self.ground.ask(
            "SELECT name, count(*) FROM sales_customer WHERE name = ANY(%s) GROUP BY name",
            self.fresh,
        )
        assert sorted(counts) == sorted((name, 1) for name in self.fresh)
        done, total, made = (told["import"][name] for name in ("done", "total", "detail"))
        assert (done, total, made["created"]) == (rows, rows, rows)
        assert (told["edit"]["done"], told["edit"]["errors"]) == (len(self.ids), 0)
        changed = self.ground.ask(
            "SELECT c.remark, c.version, (SELECT count(*) FROM sales_customer_history h"
            " WHERE h.id = c.id), (SELECT count(*) FROM crm_event e"
            " WHERE e.module = 'customers' AND e.record_id = c.id)"
            " FROM sales_customer c WHERE id = ANY(%s)",
            self.ids,
        )
        assert set(changed) == {(note, before + 1, before + 1, before + 1)}
        self._judge_file()

    def _judge_file(self) -> None:
        file = self.program.call("GET", f"jobs/{self.jobs['export']}/file/")
        assert file.status == 200
        lines = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig"))))
        listed = [line[0] for line in lines[1:] if line]
        assert len(listed) == len(set(listed)), "a row twice in the exported file"
        assert set(self.names) <= set(listed)


def kill_midway(
    ground: Ground, round_: Round, chance: random.Random, is_database: bool = False
) -> None:
    """Kill the worker, or the database below it, at a moment that nobody chose."""
    wait_for(lambda: _begun(ground, round_), 60, "a begun job")
    time.sleep(chance.uniform(0, 2.0))
    if is_database:
        ground.kill_database()
        ground.start_database()
        return
    ground.kill_worker()
    assert half_files(ground) == [], "a file is offered of which a part is missing"
    ground.worker.start()


def _begun(ground: Ground, round_: Round) -> int:
    jobs = list(round_.jobs.values())
    return int(ground.one("SELECT count(*) FROM crm_job WHERE id = ANY(%s) AND done > 0", jobs))


def half_files(ground: Ground) -> list[str]:
    """Files that a job names before it has ended."""
    rows = ground.ask(
        "SELECT result FROM crm_job WHERE result <> '' AND state IN ('queued', 'running')"
    )
    return [row[0] for row in rows]


def unnamed_files(ground: Ground) -> list[Path]:
    """What lies among the files of jobs and belongs to none."""
    named = {name for row in ground.ask("SELECT source, result FROM crm_job") for name in row}
    folder = ground.media / "jobs"
    found = folder.iterdir() if folder.exists() else []
    return [one for one in found if f"jobs/{one.name}" not in named]
