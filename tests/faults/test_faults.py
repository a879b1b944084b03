"""The database, the broker, the workers, the web processes and the disk fail; see docs/faults.md.

In one file, so that tests run side by side need one ground only.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.faults.callers import Browser, call
from tests.faults.ground import Ground, wait_for
from tests.faults.sizes import SIZE
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
