"""A real worker on real Redis, killed midway: the next one finishes, and no row comes twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from crm.jobs.models import Job, JobRow
from crm.jobs.tasks import sweep_jobs
from sales.customers.models import Customer
from tests.database import database_url
from tests.kernel.exchange_calls import upload
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")

ROWS = 6000
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker on the tests' database and broker, in a group of its own."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        "DATABASE_URL": database_url(),
        "MEDIA_ROOT": str(folder),
        "JOB_LEASE_SECONDS": "5",
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "crm.celery",
        "worker",
        "-c",
        "1",
        "-l",
        "ERROR",
    ]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle"], cwd=ROOT, env=env,
            start_new_session=True, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(what: Callable[[], Any], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "that took too long"
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    not str(project.CELERY_BROKER_URL).startswith("redis"), reason="there is no Redis here"
)
def test_killed_in_the_middle(lasting_cast: Cast, own_files: Path) -> None:
    data = "name,level\n" + "".join(f"Firm {number:05d} of many,A\n" for number in range(ROWS))
    with worker(own_files) as first:
        job = upload(lasting_cast.owner, data, policy="create")
        wait_for(lambda: Job.objects.get(pk=job.pk).done >= 1000, 120)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    done = Job.objects.get(pk=job.pk).done
    assert 1000 <= done < ROWS
    assert Customer.unscoped.count() == done
    with worker(own_files):
        wait_for(lambda: _swept(job.pk), 120)
    assert Customer.unscoped.count() == ROWS
    assert JobRow.objects.filter(job=job, outcome="created").count() == ROWS


def _swept(pk: int) -> bool:
    """What beat does every half minute; whether the job has ended."""
    sweep_jobs()
    time.sleep(0.5)
    job = Job.objects.get(pk=pk)
    assert job.state in (Job.State.RUNNING, Job.State.DONE), job.detail
    return job.state == Job.State.DONE
