"""Measures pages half way down a list: by the cursor, by raw SQL, and by OFFSET.

    python -m bench.deep [--runs 11]

For each scope and sort column: the median milliseconds of `Access.page` behind and before the row
in the middle, of the best raw SQL behind it, and of raw SQL that skips to it.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from bench.access import COLUMNS, SIZE, SORTS, SQL_COLUMNS, readers

FEWEST = 10_000  # rows that make a list deep
BEHIND = {
    "-changed_at": "(c.changed_at, c.id) < (%s, %s)",
    "name": "(c.sort_name, c.id) > (%s, %s)",
    "-last_follow_up_at": "(c.last_follow_up_at, c.id) < (%s, %s)",
}
FROM = f"SELECT {SQL_COLUMNS} FROM sales_customer c WHERE c.deleted_at IS NULL AND"


def asked(sql: str, params: Any = None) -> list[Any]:
    """The rows of a raw statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def calls(access: Any, where: str, sort: str, half: int) -> list[Callable[[], Any]]:
    """The four ways to the page in the middle."""
    from django.http import QueryDict

    from crm.access.paging import Mark
    from crm.lists.query import query_from

    order = SORTS[sort]
    column = order.partition(" ")[0].rstrip(",")
    place = f"FROM sales_customer c WHERE c.deleted_at IS NULL AND {where} ORDER BY {order}"
    pk, value = asked(f"SELECT c.id, {column} {place} OFFSET {half} LIMIT 1")[0]
    behind, params = (BEHIND[sort], [value, pk])
    if value is None:
        behind, params = "c.last_follow_up_at IS NULL AND c.id < %s", [pk]
    query = query_from(QueryDict(f"sort={sort}&size={SIZE}"), access)
    forward = replace(query.slice, mark=Mark((value,), pk), is_marked=True)
    seek = f"{FROM} {where} AND {behind} ORDER BY {order} LIMIT {SIZE + 1}"
    skip = f"{FROM} {where} ORDER BY {order} OFFSET {half} LIMIT {SIZE + 1}"
    return [
        lambda: access.page(forward, COLUMNS),
        lambda: access.page(forward.backward(), COLUMNS),
        lambda: asked(seek, params),
        lambda: asked(skip),
    ]


def doors() -> Iterator[tuple[str, Any, str, int]]:
    """Each reader with a deep list: who, the door, the condition of his rows in SQL, how many."""
    from crm.access.grants import Scope
    from crm.access.policy import Access, access_to

    for name, (user, where) in readers().items():
        access = access_to(user, "customers")
        if hasattr(user, "heads"):
            scopes = {**access.grants.scopes, "view": Scope(departments=frozenset(user.heads))}
            access = Access(user, access.module, replace(access.grants, scopes=scopes))
        count, _exact = access.count(access.everything, exact=True)
        if count >= FEWEST:
            yield name, access, where, count


def main() -> None:
    """Measure in turns, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    import django

    django.setup()
    from crm.modules.stamp import held_versions

    print("| reader | rows | sort | after | before | raw | offset |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with held_versions():
        for name, access, where, count in doors():
            for sort in SORTS:
                times: list[list[float]] = [[], [], [], []]
                ways = calls(access, where, sort, count // 2)
                for _run in range(runs):
                    for found, ask in zip(times, ways, strict=True):
                        start = time.perf_counter()
                        ask()
                        found.append((time.perf_counter() - start) * 1000)
                shown = " | ".join(f"{statistics.median(one):.1f}" for one in times)
                print(f"| {name} | {count:,} | {sort} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
