"""Values that a rule of the company sets: the one path for writes, without a person."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.access.errors import Refusal
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.events import write_events
from crm.records.followers import ask_guards, tell_followers, tell_touchers
from crm.records.history import CHANGED, write_history


@transaction.atomic
def set_by_rule(
    act: Act, module: Module, name: str, values: Mapping[int, Any], *, is_same_write: bool = False
) -> list[int]:
    """Give living records new values of one stored field; answers the ids that took them.

    With `is_same_write` the caller is in the transaction that has just written these records:
    their version stays, since nobody can have read the state in between. What a guard holds is
    left alone. The module's own `after_write` is not called: no rule answers itself.
    """
    rows = module.rows.select_for_update(of=("self",)).filter(deleted_at__isnull=True)
    records = list(rows.filter(pk__in=list(values)).order_by("pk"))
    free = [one for one in records if _is_free(act, module, one, name)]
    if not free:
        return []
    ids = [one.pk for one in free]
    step = 0 if is_same_write else 1
    by = "t.changed_by_id" if is_same_write else "NULL"
    column = module.fields[name].column
    field = next(one for one in module.model._meta.concrete_fields if one.name == column)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{module.model._meta.db_table}" AS t SET "{field.column}" = v.value,'  # noqa: S608  the model's own columns
            f" version = t.version + %s, changed_at = %s, changed_by_id = {by}"
            f" FROM unnest(%s::bigint[], %s::{field.db_type(connection)}[]) AS v(id, value)"
            " WHERE t.id = v.id",
            [step, timezone.now(), ids, [values[pk] for pk in ids]],
        )
    write_history(act, module.model, ids, CHANGED)
    versions = [(one.pk, one.version + step) for one in free]
    write_events(act, module.name, versions, "changed", [name])
    if name in module.search.values():
        tell_followers(act, module, ids)
    else:
        tell_touchers(module, ids)
    return ids


def _is_free(act: Act, module: Module, record: Any, name: str) -> bool:
    try:
        ask_guards(act, module, record, frozenset({name}))
    except Refusal:
        return False
    return True
