"""Later work of the app. Each task may run twice, late or half way: a row decides."""

from celery import shared_task

from sales.life.nightly import run_due


@shared_task(time_limit=3600)
def move_stages() -> None:
    """Apply the rules of stages to all customers, once a night; asked every ten minutes."""
    run_due()
