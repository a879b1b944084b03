"""The pulse: a task that does nothing but prove that tasks are done."""

from typing import Any

from celery import shared_task

from crm.operation.pause import note_pulse


@shared_task(bind=True, time_limit=30, expires=60, runs_while_paused=True)
def pulse(self: Any) -> None:
    """Every half minute, also while everything else waits."""
    note_pulse(str(self.request.hostname or "worker"))
