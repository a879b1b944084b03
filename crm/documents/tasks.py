"""What workers do for documents. Each may run twice or late: the rows decide."""

from celery import shared_task

from crm.documents.field_files import clear_field_files
from crm.documents.forgetting import clear_deleted
from crm.documents.previews import make, sweep


@shared_task(time_limit=600)
def clear_documents() -> None:
    """Remove documents whose time in the bin is up, and files that no field names; every day."""
    clear_deleted()
    clear_field_files()


@shared_task(time_limit=60)
def make_preview(pk: int) -> None:
    """Make one preview, if nobody else does."""
    make(pk)


@shared_task(time_limit=60)
def sweep_previews() -> None:
    """Find previews that nobody was told of, or whose worker died; every SWEEP_SECONDS."""
    for pk in sweep():
        make_preview.apply_async([pk], expires=60)
