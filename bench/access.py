"""Measures the door against raw SQL on a filled database: pages of customers, as each reader.

    python -m bench.access [--runs 40] [--plans FILE]

For each scope, sort column and page: the median and 95th percentile of `Access.page` (rows
read, checked, labelled) and of raw SQL that fetches the same rows and columns with the owner
and department ids already known. Both run in turns in one process, after a warm-up.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

COLUMNS = ("name", "level", "stage", "industry", "city", "owner", "last_follow_up_at", "changed_at")
SQL_COLUMNS = (
    "c.id, c.version, c.name, c.level, c.stage, c.industry, c.city, c.owner_id,"
    " c.last_follow_up_at, c.changed_at"
)
SORTS = {
    "-changed_at": "c.changed_at DESC, c.id DESC",
    "name": "c.sort_name, c.id",
    "-last_follow_up_at": "c.last_follow_up_at DESC NULLS LAST, c.id DESC",
}
SIZE = 50


@dataclass
class Case:
    """One measurement: who reads, in which order, which page, and the raw SQL of the same."""

    reader: str
    sort: str
    page: int
    door: Callable[[], Any]
    raw: Callable[[], Any]
    sql: str


def percentile(times: list[float], share: float) -> float:
    """The value below which a share of the times lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def measure(case: Case, runs: int) -> dict[str, Any]:
    """Both ways in turns; milliseconds."""
    for _ in range(3):
        case.door()
        case.raw()
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(runs):
        for times, ask in ((ours, case.door), (theirs, case.raw)):
            start = time.perf_counter()
            ask()
            times.append((time.perf_counter() - start) * 1000)
    return {
        "reader": case.reader,
        "sort": case.sort,
        "page": case.page,
        "door_p50": statistics.median(ours),
        "door_p95": percentile(ours, 0.95),
        "raw_p50": statistics.median(theirs),
        "ratio": statistics.median(ours) / statistics.median(theirs),
    }


def kinds_of_owners() -> dict[str, list[int]]:
    """Owners by the kind of their scope, those whose rows lie furthest back first."""
    from django.contrib.auth import get_user_model
    from django.db.models import Max

    from crm.access.policy import access_to
    from sales.customers.models import Customer

    rows = Customer.unscoped.filter(deleted_at__isnull=True, owner__isnull=False)
    owners = rows.values("owner_id").annotate(last=Max("changed_at"))
    kinds: dict[str, list[int]] = {"own": [], "department": [], "all": []}
    for row in owners.order_by("last"):
        scope = access_to(
            get_user_model().objects.get(pk=row["owner_id"]), "customers"
        ).grants.scope("view")
        kind = "all" if scope.everything else "department" if scope.departments else "own"
        kinds[kind].append(row["owner_id"])
    return kinds


def person(pk: int) -> Any:
    """A user by his id."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(pk=pk)


def largest_departments() -> tuple[int, list[int]]:
    """The largest departments that together have forty people, or all: people, ids."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT department_id, count(*) FROM accounts_user WHERE department_id IS NOT NULL"
            " AND username LIKE 'g%' GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        sizes = cursor.fetchall()
    people, ids = 0, []
    for department, count in sizes:
        if people >= 40:
            break
        people += count
        ids.append(department)
    return people, ids


def readers() -> dict[str, tuple[Any, str]]:
    """A person per kind of scope, and the condition of his rows in SQL."""
    from crm.access.policy import access_to

    kinds = kinds_of_owners()
    found = {}
    if kinds["own"]:
        for name, pk in (
            ("own, old rows only", kinds["own"][0]),
            ("own, recent rows", kinds["own"][-1]),
        ):
            found[name] = (person(pk), f"c.owner_id = {pk}")
    people, ids = largest_departments()
    if kinds["department"] and ids:
        one = person(kinds["department"][0])
        one.heads = ids  # read by cases(): his scope becomes these departments
        text = ",".join(map(str, ids))
        found[f"{len(ids)} departments, {people} people"] = (one, f"c.department_id IN ({text})")
        first = person(kinds["department"][0])
        own = sorted(access_to(first, "customers").grants.scope("view").departments)
        text = ",".join(map(str, own))
        found["1 department"] = (first, f"c.department_id IN ({text})")
    if kinds["all"]:
        found["all"] = (person(kinds["all"][0]), "true")
    return found


def share_some(user: Any, count: int) -> None:
    """Share records of others with a person."""
    from django.contrib.auth.models import Permission

    from crm.modules.stamp import raise_rights_version
    from sales.customers.models import Customer, CustomerShare

    permission = Permission.objects.get(codename="view_customer")
    if CustomerShare.objects.filter(user=user).exists():
        CustomerShare.objects.filter(user=user).delete()
    if count:
        others = Customer.unscoped.filter(deleted_at__isnull=True).exclude(owner=user)
        ids = others.order_by("number").values_list("pk", flat=True)[:count]
        CustomerShare.objects.bulk_create(
            CustomerShare(user=user, permission=permission, content_object_id=pk) for pk in ids
        )
    raise_rights_version()


def raw_sql(where: str, order: str, page: int, shared_with: int | None) -> str:
    """The best SQL for a page: with shares, the first rows of both branches merged."""
    start = "FROM sales_customer c WHERE c.deleted_at IS NULL AND"
    end = f"LIMIT {SIZE + 1} OFFSET {(page - 1) * SIZE}"
    if shared_with is None:
        return f"SELECT {SQL_COLUMNS} {start} {where} ORDER BY {order} {end}"
    deep = (page - 1) * SIZE + SIZE + 1
    shared = (
        "c.id = ANY(ARRAY(SELECT content_object_id"
        f" FROM sales_customershare WHERE user_id = {shared_with}"
        " AND (until IS NULL OR until > now())))"
    )
    parts = [
        f"(SELECT {SQL_COLUMNS}, c.sort_name {start} {one} ORDER BY {order} LIMIT {deep})"
        for one in (where, f"NOT {where} AND {shared}")
    ]
    merged = " UNION ALL ".join(parts)
    return f"SELECT * FROM ({merged}) AS c ORDER BY {order} {end}"


def cases(shared: bool) -> list[Case]:
    """Every reader × sort × page; with `shared`, those of own scope with records shared to them."""
    from django.db import connection
    from django.http import QueryDict

    from crm.access.grants import Scope
    from crm.access.policy import Access, access_to
    from crm.lists.query import query_from

    found = []
    people = readers()
    own = [one for one in people if one.startswith("own, ")]
    for name in own:
        share_some(people[name][0], 200 if shared else 0)
    if shared:
        people = {f"{name}, and 200 shared": people[name] for name in own}
    for name, (user, where) in people.items():
        access = access_to(user, "customers")
        if hasattr(user, "heads"):
            scopes = {**access.grants.scopes, "view": Scope(departments=frozenset(user.heads))}
            access = Access(user, access.module, replace(access.grants, scopes=scopes))
        for sort, order in SORTS.items():
            for page in (1, 200):
                query = query_from(QueryDict(f"sort={sort}&page={page}"), access)
                sql = raw_sql(where, order, page, user.pk if shared else None)

                def raw(sql: str = sql) -> Any:
                    with connection.cursor() as cursor:
                        cursor.execute(sql)
                        return cursor.fetchall()

                def door(access: Any = access, query: Any = query) -> Any:
                    return access.page(query.slice, COLUMNS)

                found.append(Case(name, sort, page, door, raw, sql))
    return found


def plans(found: list[Case]) -> str:
    """The plan of each statement that the door sends."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    texts = []
    for case in found:
        with CaptureQueriesContext(connection) as captured:
            case.door()
        for query in captured.captured_queries[:1]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + query["sql"]
                )
                plan = "\n".join(row[0] for row in cursor.fetchall())
            texts.append(f"-- {case.reader}, {case.sort}, page {case.page}\n{plan}\n")
    return "\n".join(texts)


def main() -> None:
    """Measure, print a table, keep the plans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--plans", default="")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    import django

    django.setup()
    from crm.modules.stamp import held_versions

    print("| reader | sort | page | door p50 ms | door p95 ms | raw p50 ms | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    texts = []
    for shared in (False, True):
        with held_versions():
            found = cases(shared)
            for case in found:
                r = measure(case, options.runs)
                print(
                    f"| {r['reader']} | {r['sort']} | {r['page']} | {r['door_p50']:.2f} |"
                    f" {r['door_p95']:.2f} | {r['raw_p50']:.2f} | {r['ratio']:.2f} |",
                    flush=True,
                )
            texts.append(plans(found))
    if options.plans:
        Path(options.plans).write_text("\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    main()
