"""Measures lists by a field that an administrator added, before and after it is made fast.

    python -m bench.fields [--runs 7]

Adds a whole number and a day to customers, in every second record; prints the median milliseconds
of `Access.page` for each question, and size and time of the indexes. Run it on a generated
database of its own (`manage.py generate`).
"""

import argparse
import json
import os
import statistics
import time
from typing import Any

QUESTIONS = {
    "number, equal": ("number", {"op": "eq", "value": 777}, "-changed_at"),
    "number, between": ("number", {"op": "between", "value": [100, 120]}, "-changed_at"),
    "number, upwards": ("number", None, "{}"),
    "number, downwards": ("number", None, "-{}"),
    "day, in a week": ("day", {"op": "between", "value": ["2026-05-01", "2026-05-07"]}, "{}"),
    "day, downwards": ("day", None, "-{}"),
    "three conditions": ("day", {"op": "eq", "value": "2026-05-01"}, "{}"),
}
FILL = """UPDATE sales_customer SET custom = custom || jsonb_build_object(
    %s, (id * 7919) %% 10000, %s, to_char(date '2020-01-01' + (id * 31 %% 3650)::int, 'YYYY-MM-DD'))
    WHERE id %% 2 = 0"""


def administrator() -> Any:
    """Somebody who administers; generated people don't, so the first of them is made one."""
    from accounts.models import Role, RoleHolder, User
    from accounts.services.act import administrators
    from crm.modules.stamp import raise_rights_version

    found = administrators().first()
    if found is None:
        found = User.objects.order_by("pk").first()
        RoleHolder.objects.create(user=found, role=Role.objects.filter(administer=True).first())
        raise_rights_version()
    return found


def made_fields(person: Any) -> dict[str, Any]:
    """A whole number and a day, filled in for every second customer."""
    from django.db import connection

    from accounts.services.fields import add_field

    rows = {
        name: add_field(actor=person, module="customers", kind=kind, labels={"en": f"Bench {name}"})
        for name, kind in (("number", "integer"), ("day", "date"))
    }
    with connection.cursor() as cursor:
        cursor.execute(FILL, [rows["number"].name, rows["day"].name])
        cursor.execute("VACUUM ANALYZE sales_customer")
    return rows


def measured(person: Any, rows: dict[str, Any], runs: int) -> dict[str, float]:
    """The median milliseconds of each question's first page."""
    from django.http import QueryDict

    from crm.access.policy import access_to
    from crm.lists.query import query_from

    found = {}
    for title, (name, condition, sort) in QUESTIONS.items():
        key = rows[name].name
        access = access_to(person, "customers")
        params = QueryDict(mutable=True)
        params["sort"] = sort.format(key)
        if condition:
            tree: Any = {"field": key, **condition}
            if title.startswith("three"):
                number = rows["number"].name
                more = [
                    {"field": number, "op": "lt", "value": 9000},
                    {"field": number, "op": "not_empty"},
                ]
                tree = {"all": [tree, *more]}
            params["filter"] = json.dumps(tree)
        wanted = query_from(params, access).slice
        times = []
        for _run in range(runs):
            begun = time.perf_counter()
            access.page(wanted, ["name", key])
            times.append((time.perf_counter() - begun) * 1000)
        found[title] = statistics.median(times)
    return found


def main() -> None:
    """Print the table of docs/decisions/014-indexes-of-fields.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    import django

    django.setup()
    from crm.jobs.indexing import make_fast
    from crm.jobs.running import run

    person = administrator()
    rows = made_fields(person)
    before = measured(person, rows, runs)
    for row in rows.values():
        job = make_fast(actor=person, field=row.pk)
        run(job.pk)
        job.refresh_from_db()
        print(f"{row.kind}: {job.state}, {job.detail.get('message', '')}")
    after = measured(person, rows, runs)
    print("| question | without ms | with ms | times |\n| --- | --- | --- | --- |")
    for title, slow in before.items():
        print(f"| {title} | {slow:.1f} | {after[title]:.1f} | {slow / after[title]:.0f} |")


if __name__ == "__main__":
    main()
