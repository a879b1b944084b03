"""Ties this room's long work to the jobs; called once at start-up."""

from crm.exchange.exporter import may_fetch, run_export
from crm.exchange.importer import run_import
from crm.exchange.undo import undo_import
from crm.jobs.kinds import Kind, register_kind


def register() -> None:
    """Say how imports and exports are done and taken back."""
    register_kind("import", Kind(work=run_import, take_back=undo_import))
    register_kind("export", Kind(work=run_export, may_fetch=may_fetch))
