"""The sequence behind a module's numbers."""

from django.db import connection


def sequence_of(module_name: str) -> str:
    """The name of the sequence behind a module's numbers."""
    return "crm_number_" + module_name.replace("-", "_")


def make_sequence(module_name: str) -> None:
    """Make the module's sequence unless it is there."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SEQUENCE IF NOT EXISTS "{sequence_of(module_name)}" CACHE 20')
