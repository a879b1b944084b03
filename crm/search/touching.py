"""Search entries of records whose words stay as they are, while the day of the change moves on."""

from collections.abc import Sequence

from django.db import connection

from crm.modules.module import Module
from crm.search.models import SearchEntry


def touch_entries(module: Module, ids: Sequence[int]) -> None:
    """Give the entries of these records the moment of their last change: newest come first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{SearchEntry._meta.db_table}" AS s SET changed_at = t.changed_at'  # noqa: S608  our own tables
            f' FROM "{module.model._meta.db_table}" AS t'
            " WHERE t.id = ANY(%s) AND s.module = %s AND s.record_id = t.id",
            [list(ids), module.name],
        )
