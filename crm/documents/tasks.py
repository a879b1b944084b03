"""What workers do for documents."""

from celery import shared_task

from crm.documents.on_records import clear_deleted


@shared_task(time_limit=600)
def clear_documents() -> None:
    """Remove documents whose time in the bin is up; every day."""
    clear_deleted()
