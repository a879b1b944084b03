"""Ties this room's long work to the jobs; called once at start-up."""

from crm.exchange import conversion_report
from crm.exchange.exporter import may_fetch, run_export
from crm.exchange.importer import run_import
from crm.exchange.undo import undo_import
from crm.jobs.converting import KIND as CONVERT
from crm.jobs.converting import broken_off
from crm.jobs.kinds import Kind, register_kind


def register() -> None:
    """Say how imports and exports are done and taken back."""
    register_kind("import", Kind(work=run_import, take_back=undo_import))
    register_kind("export", Kind(work=run_export, may_fetch=may_fetch))
    register_kind(
        CONVERT,
        Kind(
            work=conversion_report.run,
            may_fetch=conversion_report.may_fetch,
            broken_off=broken_off,
        ),
    )
