"""The product with its demo, as the browser tests and the pictures meet it: server and worker."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections
from django.test.testcases import LiveServerThread
from django.test.utils import override_settings

from crm.modules.stamp import forget_everything
from tests.database import database_url, empty_events

ROOT = Path(__file__).resolve().parents[2]
WORKER = ("-m", "celery", "-A", "crm.celery", "worker", "--pool=solo", "--loglevel=WARNING")


class Demo:
    """The demo with its files: loaded once, then copied, which costs a second instead of ten."""

    def __init__(self, kept: Path) -> None:
        self.kept = kept  # the files; the rows stand in a database beside that of the tests
        self.is_kept = False

    @property
    def _copy(self) -> str:
        return f"{connection.settings_dict['NAME']}_demo"

    def fill(self, media: Path) -> None:
        """The demo's committed rows, and its files in `media`."""
        if self.is_kept:
            _copy_database(self._copy, tests_database())
            shutil.copytree(self.kept, media, dirs_exist_ok=True)
        else:
            empty_database()
            load_demo_once()
            _copy_database(tests_database(), self._copy)
            shutil.copytree(media, self.kept, dirs_exist_ok=True)
            self.is_kept = True
        cache.clear()  # versions that rose in the last copy rise again
        forget_everything()

    def forget(self) -> None:
        if self.is_kept:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{self._copy}"')


def _copy_database(source: str, target: str) -> None:
    """Put a copy of one database in the place of another; nobody may be in either."""
    for one in connections.all():
        one.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY file_copy')


def load_demo_once() -> None:
    """People, customers, contacts and a year of talks, in committed rows."""
    from sales.fixtures.demo_load import load_demo
    from sales.life.models import StageRule
    from sales.life.shipped import RULES

    if not StageRule.objects.exists():  # they come with a migration, and go with a flush
        StageRule.objects.bulk_create(
            StageRule(position=place, stage=stage, condition=condition)
            for place, (stage, condition) in enumerate(RULES)
        )
    load_demo(date.today(), say=lambda _text: None)


@contextmanager
def media_in(folder: Path) -> Iterator[None]:
    """Uploaded files and results of jobs go into `folder`."""
    storages = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder)},
        },
    }
    with override_settings(MEDIA_FOLDER=str(folder), STORAGES=storages):
        yield


@contextmanager
def served() -> Iterator[str]:
    """The product at an address of this machine until the block ends."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    server = LiveServerThread("127.0.0.1", static_handler=StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()
        server.join(10)


@contextmanager
def worked(media: Path, log: Path) -> Iterator[None]:
    """A real Celery worker on this process' database and broker until the block ends."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings.development",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
        "MEDIA_ROOT": str(media),
        "PYTHONPATH": str(ROOT),
    }
    with log.open("ab") as lines:
        worker = subprocess.Popen(
            [sys.executable, *WORKER], cwd=ROOT, env=environment, stdout=lines, stderr=lines
        )
    try:
        yield
    finally:
        worker.terminate()
        try:
            worker.wait(15)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def tests_database() -> str:
    """The name of the database of the tests; no other is ever emptied or replaced."""
    name, wanted = connection.settings_dict["NAME"], settings.DATABASES["default"]["TEST"]["NAME"]
    if name != wanted:
        raise RuntimeError(f"{name} is not the database of the tests, {wanted}.")
    return str(name)


def empty_database() -> None:
    """No row of ours stays for the tests that come after."""
    tests_database()
    call_command("flush", verbosity=0, interactive=False)
    empty_events()
    for one in connections.all():
        one.close()
