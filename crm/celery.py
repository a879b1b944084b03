"""The Celery application: workers and beat start from here."""

import logging
import os
from collections.abc import Sequence
from typing import Any

from celery import Celery
from celery.signals import worker_init
from kombu import Connection
from kombu.exceptions import OperationalError

from crm.deadlines import limit_jobs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
QUICK = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
log = logging.getLogger(__name__)
app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["crm.jobs", "crm.exchange", "crm.records", "crm.documents"])
app.autodiscover_tasks()  # tasks.py of every app


@worker_init.connect
def limit_worker(**_rest: Any) -> None:
    """Before the worker's first connection."""
    limit_jobs()


def send_soon(task: str, args: Sequence[Any] = ()) -> None:
    """Hand a task to the workers; where there is no broker, whoever sweeps finds the work later."""
    options = {**(app.conf.broker_transport_options or {}), **QUICK}
    try:
        with Connection(app.conf.broker_write_url, transport_options=options) as connection:
            app.send_task(task, list(args), connection=connection, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("%s %s waits for the sweeper: %s", task, args, error)
