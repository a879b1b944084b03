"""Keeps the last follow-up and the next contact of records right; raises no version."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection

from crm.activities.models import FollowUp
from crm.modules.registry import UnknownModule, module_named


def touch_subjects(act: Any, follow_up_ids: Sequence[int]) -> None:
    """Compute anew the dates of all records that these follow-ups hang on or were with."""
    rows = FollowUp.unscoped.filter(pk__in=list(follow_up_ids)).values_list("subject", "partner")
    by_module: dict[str, set[int]] = defaultdict(set)
    for names in rows:
        for name in names:
            module, _slash, pk = name.partition("/")
            if pk:
                by_module[module].add(int(pk))
    for module, ids in by_module.items():
        _touch(act, module, sorted(ids))


def _touch(act: Any, module_name: str, ids: list[int]) -> None:
    try:
        module = module_named(module_name)
    except UnknownModule:
        return
    if not {"last_follow_up_at", "next_contact_at"} <= module.background:
        return
    table = module.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" AS t SET last_follow_up_at = f.last_at, next_contact_at = f.next_at'  # noqa: S608  the model's own table
            " FROM (SELECT w.id, max(u.happened_at) AS last_at,"
            " (array_agg(u.next_contact_at ORDER BY u.happened_at DESC, u.id DESC))[1] AS next_at"
            " FROM unnest(%s::bigint[]) AS w(id) LEFT JOIN LATERAL ("
            " SELECT id, happened_at, next_contact_at FROM crm_follow_up"
            " WHERE deleted_at IS NULL AND subject = %s || w.id"
            " UNION SELECT id, happened_at, next_contact_at FROM crm_follow_up"
            " WHERE deleted_at IS NULL AND partner <> '' AND partner = %s || w.id"
            " ) u ON true GROUP BY w.id) AS f WHERE t.id = f.id",
            [ids, f"{module_name}/", f"{module_name}/"],
        )
    module.after_touch(act, ids)
