"""The databases that are measured: made and filled where they are missing."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql


def name_of(size: int) -> str:
    """bench_10k, bench_1m."""
    for unit, letter in ((1_000_000, "m"), (1000, "k")):
        if size % unit == 0:
            return f"bench_{size // unit}{letter}"
    return f"bench_{size}"


def address_of(server: str, size: int) -> str:
    """The DATABASE_URL of that size beside the given one."""
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{name_of(size)}"))


def make_missing(server: str, size: int) -> str:
    """Create, migrate and fill the database of that size unless it is there; its address."""
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name_of(size)])
        is_there = cursor.fetchone() is not None
        if not is_there:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name_of(size))))
    connection.close()
    address = address_of(server, size)
    environment = {**os.environ, "DATABASE_URL": address}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
    if not is_there:
        fill = ["generate", "--customers", str(size), "--password", "keyuan-demo"]
        subprocess.run([*manage, *fill], env=environment, check=True)
    return address
