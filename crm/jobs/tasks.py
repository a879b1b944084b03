"""What workers do for jobs. Each may run twice, late or half way: the job's row decides."""

from celery import shared_task

from crm.jobs.indexing import drop_unwanted
from crm.jobs.running import run, waiting_jobs
from crm.jobs.services import remove_old_files, remove_unnamed_files
from crm.records.keys import find_shared_keys


@shared_task(time_limit=24 * 3600)
def run_job(job_id: int) -> None:
    """Do one job, if nobody else does."""
    run(job_id)


@shared_task(time_limit=60)
def sweep_jobs() -> None:
    """Find jobs that nobody was told of, or whose worker died; every SWEEP_SECONDS."""
    for job_id in waiting_jobs():
        run_job.apply_async([job_id], expires=60)


@shared_task(time_limit=600)
def clear_job_files() -> None:
    """Remove files whose time is up, and what nobody names; every day."""
    remove_old_files()
    remove_unnamed_files()


@shared_task(time_limit=3600)
def look_for_doubles() -> None:
    """Find the keys that several records have; every day."""
    find_shared_keys()


@shared_task(time_limit=3600)
def drop_field_indexes() -> None:
    """Drop the indexes of fields that are gone or need not be fast; when told, and every day."""
    drop_unwanted()
