"""Compiled statements of pages that are asked again and again: same person, same rights, no filter.

Compiling a page with the ORM costs several times what PostgreSQL needs to answer it. What is kept
here is text and parameters only, never rows, and belongs to one version of rights and
definitions.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from crm.lib.recent import Recent
from crm.modules.stamp import forget_too
from crm.operation.replica import record_connection

Statement = tuple[str, tuple[Any, ...]]

MOST_KEPT = 4000
_kept: Recent[Statement | None] = Recent(MOST_KEPT)
forget_too(_kept.clear)


def compiled(found: QuerySet) -> Statement | None:
    """The query set's statement; None where no row can meet its condition."""
    try:
        sql, params = found.query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(params)


def kept(key: Hashable, make: Callable[[], Statement | None]) -> Statement | None:
    """The statement kept under `key`, made when it is not there; nothing is kept under None."""
    return make() if key is None else _kept.get(key, make)


def rows_of(statement: Statement | None, ids: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
    """The rows that a statement answers; `ids` takes the place of its list parameter."""
    if statement is None:
        return []
    sql, params = statement
    if ids is not None:
        params = tuple(list(ids) if isinstance(one, list) else one for one in params)
    with record_connection().cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
