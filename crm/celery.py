"""The Celery application: workers and beat start from here."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from crm.deadlines import limit_jobs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.development")
app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["crm.jobs", "crm.exchange", "crm.records", "crm.documents"])
app.autodiscover_tasks()  # tasks.py of every app


@worker_init.connect
def limit_worker(**_rest: Any) -> None:
    """Before the worker's first connection."""
    limit_jobs()
