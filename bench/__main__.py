"""make bench: every scenario as each person at each size, beside its floors.

    make bench ARGS="--size 10000 --only list --runs 15"

The databases are bench_10k and bench_1m beside that of DATABASE_URL; a missing one is filled first
(a million customers take about a quarter of an hour). Results: bench/results.json, docs/performance.md.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from bench.databases import address_of, make_missing

SIZES = (10_000, 1_000_000)
PORT = int(os.environ.get("BENCH_PORT", "8190"))


@contextmanager
def serving(port: int) -> Iterator[None]:
    """gunicorn with the product; one worker, so that each question finds what is kept there."""
    command = [
        sys.executable, "-m", "gunicorn", "bench.server:application", "-c",
        "deploy/gunicorn.conf.py", "--workers", "1", "--threads", "2", "--bind",
        f"127.0.0.1:{port}", "--log-level", "warning",
    ]  # fmt: skip
    with subprocess.Popen(command) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/healthz")
            yield
        finally:
            server.send_signal(signal.SIGTERM)


def _wait(address: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urlopen(address, timeout=5):  # noqa: S310  our own server
                return
        except HTTPError:
            return
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def measure(size: int, only: str, runs: int) -> list[dict[str, Any]]:
    """All scenarios at one size; the environment leads to its database already."""
    import django

    django.setup()
    from django.conf import settings

    from bench.measuring import measured
    from bench.people import personas
    from bench.rights import change_of_rights
    from bench.running import plans
    from bench.writing import last_id, take_out

    settings.ALLOWED_HOSTS = ["*"]
    found: list[dict[str, Any]] = []
    people, since = personas(), last_id()
    try:
        with serving(PORT):
            for who, client, bare, scenarios in plans(people, PORT):
                for one in scenarios:
                    if only and only not in one.name:
                        continue
                    try:
                        row = measured(one, bare, runs)
                    except RuntimeError as error:
                        print(f"  not measured: {error}", flush=True)
                        continue
                    found.append({**row, "size": size, "persona": who})
                    _tell(found[-1])
                client.connection.close()
            if not only or "rights" in only:
                found += change_of_rights(people, PORT, size)
    finally:
        take_out(since)
    return found


def _tell(row: dict[str, Any]) -> None:
    print(
        f"{row['size']:>9,} {row['persona']:<11} {row['scenario']:<38} {row['p50_ms']:8.1f}"
        f" p95 {row['p95_ms']:8.1f}  server {row['server_p95_ms']:7.1f}  raw {row['raw_ms']:7.1f}"
        f"  floor {row['floor_ms']:7.1f}  x {row['ratio']:5.2f}  {row['queries']:>3} q"
        f" {row['bytes']:>7,} {' '.join(row['over'])}",
        flush=True,
    )


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, action="append")
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
    if options.inside:
        from bench.report import keep

        keep(measure(options.size[0], options.only, options.runs))
        return
    server = os.environ["DATABASE_URL"]
    more = ["--only", options.only, "--runs", str(options.runs)]
    for size in options.size or SIZES:
        make_missing(server, size)
        inside = [sys.executable, "-m", "bench", "--inside", "--size", str(size), *more]
        environment = {**os.environ, "DATABASE_URL": address_of(server, size)}
        subprocess.run(inside, env=environment, check=True)


if __name__ == "__main__":
    main()
