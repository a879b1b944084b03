"""Measures what a typed word costs at the size of the database: `crm.search.finding.find`.

    python -m bench.search [--runs 15] [--explain]

For each reader and word: p50 and p95 in milliseconds of finding eight records and reading them,
of raw SQL that reads the same rows by their ids, and of the palette through the whole server.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.access import SQL_COLUMNS, percentile, readers
from bench.deep import asked

SIZE = 8
COLUMNS = {"name", "level", "stage", "city", "next_contact_at", "number", "phones"}
WARM = 2


def words() -> Iterator[tuple[str, str]]:
    """What is typed, by what it is; taken from the records themselves."""
    sample = "SELECT name, number FROM sales_customer WHERE deleted_at IS NULL AND kind = 'company'"
    name, number = asked(f"{sample} ORDER BY id OFFSET 777 LIMIT 1")[0]
    tail = asked("SELECT e164 FROM crm_phone WHERE module = 'customers' LIMIT 1 OFFSET 4321")[0][0]
    from crm.lib.matching import bare_name
    from crm.lib.pinyin import initials

    bare = bare_name(name) or name
    yield "two characters, of a name", bare[:2]
    yield "two characters, common", "有限"
    yield "two characters, a place", "上海"
    yield "two characters, half common", "国际"
    yield "two characters, in no name", "鑫龘"
    yield "one character, common", "公"
    yield "one character, rare", bare[0]
    yield "one character, a surname", "王"
    yield "initials", initials(bare)[:4]
    yield "initials, two letters", "sh"
    yield "phone tail of four", tail[-4:]
    yield "phone, whole", tail
    yield "number", number


def calls(user: Any, access: Any, word: str) -> list[Callable[[], Any]]:
    """The three ways: found and read, the same rows raw, the palette."""
    from django.test import Client

    from crm.search.finding import find

    ids = find(access, word, SIZE).ids
    client = Client()
    client.force_login(user)
    raw = f"SELECT {SQL_COLUMNS} FROM sales_customer c WHERE c.id = ANY(%s)"
    return [
        lambda: access.rows_of(find(access, word, SIZE).ids, COLUMNS),
        lambda: asked(raw, [ids]),
        lambda: client.get("/palette/", {"q": word}),
    ]


def measured(call: Callable[[], Any], runs: int) -> tuple[float, float]:
    """Milliseconds: the median, and what 95 of a hundred stay below."""
    times = []
    for _run in range(WARM + runs):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[WARM:]), percentile(times[WARM:], 0.95)


def main() -> None:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--explain", action="store_true", help="print the plans of slow statements")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    import django

    django.setup()
    from django.conf import settings

    from crm.access.policy import access_to
    from crm.modules.stamp import held_versions

    settings.ALLOWED_HOSTS = ["*"]
    print("| reader | word | found | find p50 | p95 | raw p50 | palette p50 | p95 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (user, _where) in readers().items():
        access = access_to(user, "customers")
        for kind, word in words():
            found, raw, palette = calls(user, access, word)
            with held_versions():
                rows = len(found())
                times = [*measured(found, options.runs), measured(raw, options.runs)[0]]
            times += measured(palette, options.runs)
            shown = " | ".join(f"{one:.1f}" for one in times)
            print(f"| {name} | {kind}: {word} | {rows} | {shown} |", flush=True)
            if options.explain:
                _explain(found)


def _explain(call: Callable[[], Any]) -> None:
    """The plans of a call's statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        call()
    for query in seen.captured_queries:
        if query["sql"].startswith("SELECT"):
            plan = asked("EXPLAIN (ANALYZE, BUFFERS) " + query["sql"].replace("%", "%%"), [])
            print("\n".join(line for (line,) in plan), flush=True)


if __name__ == "__main__":
    main()
