"""Ties this room's long work to the jobs; called once at start-up."""

from crm.exchange.importer import run_import
from crm.jobs.kinds import Kind, register_kind


def register() -> None:
    """Say how imports are done and taken back."""
    register_kind("import", Kind(work=run_import))
