"""What acts changed in many records at once, by a fixed number of statements."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from crm.access.policy import Access
from crm.records.changes import Change, field_changes
from crm.records.history import history_model

Deed = tuple[int, UUID, int]  # record, act, version after it


def changes_of_many(access: Access, deeds: Iterable[Deed]) -> dict[Deed, list[Change]]:
    """The fields that each of these acts changed, before and after, as the reader may read them.

    The caller has asked the door for the records. Collections are not compared.
    """
    wanted = set(deeds)
    if not wanted:
        return {}
    model = history_model(access.module.model)
    rows = model.objects.filter(
        id__in={pk for pk, _act, _version in wanted}, act__in={act for _pk, act, _v in wanted}
    )
    after = {(row["id"], row["act"], row["version"]): row for row in rows.values()}
    after = {deed: row for deed, row in after.items() if deed in wanted}
    earlier = _earlier(model, [(row["id"], row["history_id"]) for row in after.values()])
    before = {row["history_id"]: row for row in _by_id(model, earlier.values())}
    return {
        deed: field_changes(access, before[earlier[row["history_id"]]], row)
        for deed, row in after.items()
        if earlier.get(row["history_id"]) in before
    }


def _by_id(model: Any, ids: Iterable[int]) -> list[dict[str, Any]]:
    return list(model.objects.filter(history_id__in=list(ids)).values())


def _earlier(model: Any, rows: list[tuple[int, int]]) -> dict[int, int]:
    """The history row before each of these, given as (record, history id), by history id."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.at, p.history_id FROM unnest(%s::bigint[], %s::bigint[]) AS w(id, at)"  # noqa: S608  the model's own table
            f' CROSS JOIN LATERAL (SELECT history_id FROM "{model._meta.db_table}" h'
            " WHERE h.id = w.id AND h.history_id < w.at ORDER BY history_id DESC LIMIT 1) p",
            [[pk for pk, _at in rows], [at for _pk, at in rows]],
        )
        return dict(cursor.fetchall())
