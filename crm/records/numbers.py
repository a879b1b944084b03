"""Numbers of records: from one sequence per module, never twice, with gaps after a rollback."""

from django.db import connection

from crm.modules.module import Module

DIGITS = 6


def sequence_of(module_name: str) -> str:
    """The name of the sequence behind a module's numbers."""
    return "crm_number_" + module_name.replace("-", "_")


def make_sequence(module_name: str) -> None:
    """Make the module's sequence unless it is there."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "{sequence_of(module_name)}" CACHE 20')


def next_numbers(module: Module, count: int = 1) -> list[str]:
    """As many new numbers as asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
            [f'"{sequence_of(module.name)}"', count],
        )
        return [f"{module.number_prefix}{row[0]:0{DIGITS}d}" for row in cursor.fetchall()]
