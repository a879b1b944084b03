"""The Celery application: workers and beat start from here."""

import logging
import logging.config
import os
from collections.abc import Callable, Sequence
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, worker_init
from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError

from crm.deadlines import limit_jobs
from crm.measuring import measure_connections
from crm.records.act import current_origin, origin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
QUICK = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
CAUSE = "keyuan_cause"  # header of a message: the request that it comes from
log = logging.getLogger(__name__)
_must_wait: list[Callable[[], bool]] = []


def ask_before_tasks(must_wait: Callable[[], bool]) -> None:
    """Have `must_wait` asked before each task; where it says yes, the task does nothing."""
    _must_wait.append(must_wait)


class AskingTask(Task):
    """A task that asks whether it must wait, and whose log names the request that caused it.

    One that must wait does nothing: what it was to do stands in PostgreSQL, where a sweeper finds
    it later.
    """

    runs_while_paused = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do the work, unless it must wait."""
        told = {**(self.request.headers or {}), **vars(self.request)}
        with origin(f"task-{self.request.id}", cause=str(told.get(CAUSE) or "")):
            if not self.runs_while_paused and any(must_wait() for must_wait in _must_wait):
                log.info("%s waits.", self.name)
                return None
            return super().__call__(*args, **kwargs)


app = Celery("crm", task_cls=AskingTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["crm.jobs", "crm.exchange", "crm.records", "crm.documents"])
app.autodiscover_tasks(["crm.operation"])
app.autodiscover_tasks()  # tasks.py of every app


@worker_init.connect
def prepare_worker(**_rest: Any) -> None:
    """Before the worker's first connection."""
    limit_jobs()
    measure_connections()


@setup_logging.connect
def log_as_the_web_does(**_rest: Any) -> None:
    """One JSON object a line here too."""
    logging.config.dictConfig(settings.LOGGING)


def send_soon(task: str, args: Sequence[Any] = ()) -> None:
    """Hand a task to the workers; where there is no broker, whoever sweeps finds the work later."""
    options = {**(app.conf.broker_transport_options or {}), **QUICK}
    headers = {CAUSE: current_origin().request_id}
    try:
        with Connection(app.conf.broker_write_url, transport_options=options) as connection:
            app.send_task(task, list(args), connection=connection, retry=False, headers=headers)
    except (OperationalError, OSError) as error:
        log.warning("%s %s waits for the sweeper: %s", task, args, error)
