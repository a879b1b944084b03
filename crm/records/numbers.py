"""Numbers of records: from one sequence per module, never twice, with gaps after a rollback."""

from django.db import connection

from crm.modules.module import Module
from crm.modules.sequences import make_sequence, sequence_of

__all__ = ["make_sequence", "next_numbers", "sequence_of"]
DIGITS = 6


def next_numbers(module: Module, count: int = 1) -> list[str]:
    """As many new numbers as asked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
            [f'"{sequence_of(module.name)}"', count],
        )
        return [f"{module.number_prefix}{row[0]:0{DIGITS}d}" for row in cursor.fetchall()]
