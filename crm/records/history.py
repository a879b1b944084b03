"""History rows: copied from the table itself, so that one record and a million go the same way."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from crm.records.act import Act, current_origin

CREATED, CHANGED, DELETED = "+", "~", "-"
OWN_COLUMNS = frozenset(
    {
        "history_id", "history_date", "history_change_reason", "history_type", "history_user_id",
        "request_id", "act",
    }
)  # fmt: skip


def history_model(model: type[models.Model]) -> Any:
    """The model of a model's history rows."""
    return model.history.model  # type: ignore[attr-defined]


@cache
def _statement(model: type[models.Model]) -> str:
    kept = history_model(model)
    copied = [
        f'"{column.column}"'
        for column in kept._meta.concrete_fields
        if column.column not in OWN_COLUMNS
    ]
    names = ", ".join(copied)
    return (
        f'INSERT INTO "{kept._meta.db_table}" ({names}, history_date, history_change_reason,'  # noqa: S608  names from the model
        " history_type, history_user_id, request_id, act)"
        f" SELECT {names}, now(), %s, %s, %s, %s, %s"
        f' FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = ANY(%s)'
    )


def write_history(act: Act, model: type[models.Model], ids: Iterable[int], kind: str) -> None:
    """Copy the rows as they are now into their history, in one statement."""
    wanted = list(ids)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(model),
            [
                act.reason or None, kind, act.actor_id, current_origin().request_id,
                str(act.id), wanted,
            ],
        )  # fmt: skip


def values_at(model: type[models.Model], pk: int, version: int) -> dict[str, Any]:
    """The record's columns as they were at a version; empty when that is not known."""
    found = history_model(model).objects.filter(id=pk, version=version)
    return found.order_by("-history_date", "-history_id").values().first() or {}


def versions_of(model: type[models.Model], pk: int, most: int = 200) -> Sequence[dict[str, Any]]:
    """The record's history rows, newest first."""
    rows = history_model(model).objects.filter(id=pk).order_by("-history_date", "-history_id")
    return list(rows.values()[:most])
