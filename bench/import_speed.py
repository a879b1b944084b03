"""How fast a list of customers comes in: csv and xlsx beside their floors, in one run.

    python bench/import_speed.py [--rows 20000] [--only csv|xlsx]

Floor of csv: COPY of the same rows into the same table with its indexes, and their history rows.
Floor of xlsx: openpyxl reading the file, plus our csv import. The duplicate check is on. Uses the
database of DATABASE_URL and takes everything out again.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.files import File  # noqa: E402
from django.db import connection  # noqa: E402
from openpyxl import load_workbook  # noqa: E402

from crm.exchange.services import start_import  # noqa: E402
from crm.exchange.spreadsheet import write_xlsx  # noqa: E402
from crm.jobs.models import Job  # noqa: E402
from crm.jobs.running import run  # noqa: E402
from crm.records.copying import copy_rows, reserve_ids  # noqa: E402
from sales.customers.models import Customer  # noqa: E402
from sales.fixtures.bulk import Calendar, chunk  # noqa: E402
from sales.fixtures.dictionaries import CHOICES  # noqa: E402

HEADINGS = (
    "公司全称",
    "手机",
    "级别",
    "来源",
    "行业",
    "城市",
    "员工人数",
    "年营业额（万）",
    "网址",
    "备注",
)
TABLES = {
    "sales_customer": "id", "sales_customer_history": "id", "crm_phone": "record_id",
    "crm_phone_history": "record_id", "crm_unique_value": "record_id", "crm_match_key": "record_id",
    "crm_search_entry": "record_id", "crm_event": "record_id",
}  # fmt: skip
LABELS = {name: {value: zh for value, zh, _en in rows} for name, rows in CHOICES.items()}


def plain_customers(count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Rows of a list as a company keeps it: no name and no number stands twice."""
    calendar = Calendar(date.today())
    number = 0
    for place in range(count // 1000 + 1):
        for one in chunk(seed, 500 + place, 1000, calendar):
            if number == count:
                return
            number += 1
            yield (
                one.name if one.is_company else f"{one.name}{number}商行",
                f"1{37 + seed % 3}{number:08d}",
                one.level,
                LABELS["source"].get(one.source, ""),
                LABELS["industry"].get(one.industry, ""),
                one.city.short,
                str(number % 900 + 5),
                f"{number % 7000 + 10}.5",
                one.website,
                "",
            )


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds on the clock, of this process and its server's processor, and the answer."""
    clock, cpu, served = time.perf_counter(), time.process_time(), server_seconds()
    answer = work()
    both = time.process_time() - cpu + server_seconds() - served
    return time.perf_counter() - clock, both, answer


def server_seconds() -> float:
    """Processor seconds of our connection's server process; 0 where it runs elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        path = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def import_file(path: Path, user: Any) -> Job:
    """The whole way: stored file, job, batches."""
    with path.open("rb") as file:
        job = start_import(actor=user, module="customers", file=File(file), name=path.name)
    run(job.pk)
    job.refresh_from_db()
    return job


def floor_copy(rows: list[tuple[str, ...]], user: Any) -> None:
    """COPY into the table with its indexes, and the history rows; nothing checked."""
    names = [field.column for field in Customer.history.model._meta.concrete_fields]
    copied = ", ".join(
        f'"{one}"' for one in names if one in {f.column for f in Customer._meta.concrete_fields}
    )
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        ids = reserve_ids(Customer, len(part))
        copy_rows(
            Customer,
            (
                {
                    "id": pk, "name": row[0], "sort_name": row[0], "number": str(pk),
                    "owner_id": user.pk, "city": row[5], "website": row[8],
                }
                for pk, row in zip(ids, part, strict=True)
            ),
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO sales_customer_history"
                f" ({copied}, history_date, history_type, request_id)"
                f" SELECT {copied}, now(), '+', '' FROM sales_customer WHERE id = ANY(%s)", [ids],
            )  # fmt: skip


def take_out(since: int) -> None:
    """Remove what the run wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table, column in TABLES.items():
            cursor.execute(f"DELETE FROM {table} WHERE {column} > %s", [since])
        cursor.execute(
            "DELETE FROM crm_job_row; SET session_replication_role = DEFAULT;"
            " ANALYZE sales_customer"
        )


def last_id() -> int:
    """The highest id before a run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM sales_customer")
        return int(cursor.fetchone()[0])


def report(name: str, rows: int, seconds: float, cpu: float, more: str = "") -> None:
    """One line of the result."""
    rate = rows / seconds
    print(
        f"{name:26} {seconds:8.2f} s  {rate:8.0f} rows/s"
        f"  (processor {cpu:6.2f} s, {rows / cpu:6.0f} rows/s) {more}",
        flush=True,
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--user", default="admin")
    options = parser.parse_args()
    user = get_user_model().objects.get(username=options.user)
    with TemporaryDirectory() as folder:
        csv_path, xlsx_path = Path(folder) / "list.csv", Path(folder) / "list.xlsx"
        rows = list(plain_customers(options.rows, 11))
        with csv_path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADINGS, *rows])
        since = last_id()
        floor, cpu, _none = timed(lambda: floor_copy(rows, user))
        report("floor: COPY and history", options.rows, floor, cpu)
        take_out(since)
        import_file(_small(Path(folder), rows[:50]), user)  # tables of pinyin and folding are built
        take_out(since)
        seconds, cpu, job = timed(lambda: import_file(csv_path, user))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        report(
            "csv import",
            options.rows,
            seconds,
            cpu,
            f"{seconds / floor:.1f} × COPY, {before} MB,"
            f" {job.state} {job.errors} {job.detail.get('counts')}",
        )
        take_out(since)
        if options.only != "csv":
            _xlsx(xlsx_path, rows, user, seconds)
            take_out(since)


def _small(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    path = folder / "small.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADINGS, *rows])
    return path


def _xlsx(path: Path, rows: list[tuple[str, ...]], user: Any, csv_seconds: float) -> None:
    write_xlsx(path, HEADINGS, rows)
    read, cpu, _none = timed(
        lambda: sum(
            1
            for _row in load_workbook(path, read_only=True)
            .worksheets[0]
            .iter_rows(values_only=True)
        )
    )
    report("floor: openpyxl reads", len(rows), read, cpu)
    seconds, cpu, job = timed(lambda: import_file(path, user))
    share = seconds / (read + csv_seconds)
    report(
        "xlsx import",
        len(rows),
        seconds,
        cpu,
        f"{share:.2f} × (openpyxl + csv), {job.state} {job.errors}",
    )


if __name__ == "__main__":
    main()
