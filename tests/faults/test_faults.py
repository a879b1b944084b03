"""The database, the broker, the workers, the web processes and the disk fail; see docs/faults.md.

In one file, so that tests run side by side need one ground only.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from tests.faults.broker import Day, drained, states_of
from tests.faults.callers import Browser, Program, call
from tests.faults.full import LARGE_FILE, SMALL_FILE, Shelf, filled, limited, may_mount
from tests.faults.ground import Ground, wait_for
from tests.faults.killed import Round, kill_midway, unnamed_files
from tests.faults.sizes import IS_WHOLE, SIZE
from tests.faults.writers import Writers, judge

Tell = Callable[[str], None]


def test_security_94_the_database_dies_under_load(ground: Ground, tell: Tell) -> None:
    browser = Browser(ground.port)
    assert browser.sign_in("owner").status == 302
    writers = Writers(ground, SIZE.clients, SIZE.writes)
    writers.start()
    healthy = [_kill_both(ground, writers, browser, place) for place in range(SIZE.restarts)]
    writers.finish(SIZE.writes)
    found = judge(ground, writers)
    assert max(healthy) <= 30
    slowest = max(one.slowest for one in writers.kept)
    tell(
        f"database killed {SIZE.restarts} times, a web process as often: {found},"
        f" 0 missing, 0 twice; healthy after {max(healthy):.1f} s; slowest call {slowest:.1f} s"
    )


def _kill_both(ground: Ground, writers: Writers, browser: Browser, place: int) -> float:
    """Kill a web process, then the database; seconds from its start until the product is well."""
    due = (2 * place + 1) * SIZE.writes // (2 * SIZE.restarts + 1)
    wait_for(lambda: writers.acknowledged >= due, SIZE.writes, "writes before the fault")
    ground.kill_web_process()
    later = (2 * place + 2) * SIZE.writes // (2 * SIZE.restarts + 1)
    wait_for(lambda: writers.acknowledged >= later, SIZE.writes, "writes after a dead web process")
    ground.kill_database()
    page = browser.open("/customers/")
    assert page.status == 503, page.text[:300]
    assert "database cannot be reached" in page.text
    assert "Traceback" not in page.text
    assert page.headers["retry-after"]
    assert call(ground.port, "GET", "/healthz").status == 200
    assert call(ground.port, "GET", "/readyz").status == 503
    time.sleep(1)
    began = time.monotonic()
    ground.start_database()
    wait_for(lambda: call(ground.port, "GET", "/readyz").status == 200, 30, "healthy again")
    wait_for(lambda: browser.open("/customers/").status == 200, 30, "pages again")
    return time.monotonic() - began


def test_security_95_redis_is_gone_hangs_and_is_emptied(ground: Ground, tell: Tell) -> None:
    browser = Browser(ground.port)
    assert browser.sign_in("owner").status == 302
    people = iter(("owner", "teammate", "outsider"))
    for name, (fail, mend) in states_of(ground).items():
        day = Day(ground, browser, Program(ground.port, ground.tokens["owner"]))
        ground.mails.receivers.clear()
        fail()
        try:
            day.ask(next(people))
            if name == "stopped":
                day.guess()
            for _number in range(SIZE.calls):
                day.core()
        finally:
            mend()
        seconds = drained(day, 60)
        day.judge()
        assert len(day.failed) <= day.tried / 100, day.failed
        assert day.slowest < 10
        tell(
            f"Redis {name}: {day.tried - len(day.failed)} of {day.tried} succeeded, slowest"
            f" {day.slowest:.1f} s; all that waited was done {seconds:.1f} s after its return,"
            " 0 lost, 0 twice"
        )


def test_security_97_the_worker_is_killed_midway(ground: Ground, tell: Tell) -> None:
    chance = random.Random(time.time_ns())
    round_ = Round(ground, Program(ground.port, ground.tokens["director"]))
    round_.prepare(SIZE.rows)
    seconds = []
    for number in range(SIZE.kills):
        round_.start(SIZE.rows, f"turn {number}")
        kill_midway(ground, round_, chance, is_database=number % 4 == 3)
        seconds.append(wait_for(round_.has_ended, 240, "the end of all three jobs"))
        round_.judge(SIZE.rows, f"turn {number}", before=number + 1)
    left = unnamed_files(ground)
    tell(
        f"worker (each fourth time the database) killed {SIZE.kills} times during an import of"
        f" {SIZE.rows} rows, an export and a change of as many: all ended by themselves,"
        f" at most {max(seconds):.0f} s after; 0 rows missing or twice;"
        f" {len(left)} files left that no job names"
    )


def test_security_101_the_disk_is_full(ground: Ground, tell: Tell) -> None:
    shelf = Shelf(ground)
    with limited(ground):
        shelf.refuse_uploads(SMALL_FILE, is_temporary=False)
        shelf.refuse_uploads(LARGE_FILE, is_temporary=True)
        shelf.refuse_import(SMALL_FILE)
        shelf.fail_export()
    shelf.work_again()
    tell("no file may grow (EFBIG): refused in words, nothing left, works again")
    if IS_WHOLE and may_mount():
        with filled(ground.media):
            shelf.refuse_uploads(SMALL_FILE, is_temporary=False)
            shelf.refuse_import(SMALL_FILE)
            shelf.fail_export()
        with filled(ground.temp):
            shelf.refuse_uploads(LARGE_FILE, is_temporary=True)
            shelf.fail_export()
        shelf.work_again()
        tell("a small disk filled to its last byte (ENOSPC), media and temporary: the same")
