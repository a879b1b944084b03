"""The outbox: one row per record and act, written in the act's transaction."""

import json
from collections.abc import Iterable, Sequence

from django.db import connection

from crm.modules.stamp import held_definitions
from crm.operation.replica import note_write_on_commit
from crm.records.act import Act, current_origin
from crm.records.beside import Event
from crm.records.errors import DefinitionsMoved


def write_events(
    act: Act, module: str, rows: Sequence[tuple[int, int]], kind: str, changed: Iterable[str] = ()
) -> None:
    """Tell that an act did `kind` to records, given as (id, version), in one statement.

    Every write passes here, so here it is asked whether fields and their rules are still those
    that the writer read when he began. Raises DefinitionsMoved.
    """
    if not rows:
        return
    note_write_on_commit(act.actor_id)
    where = current_origin()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH told AS (INSERT INTO {Event._meta.db_table}"  # noqa: S608  the table's own name
            " (act, module, record_id, version, kind, changed, actor_id, source, address, at)"
            " SELECT %s, %s, r.id, r.version, %s, %s::jsonb, %s, %s, %s, now()"
            " FROM unnest(%s::bigint[], %s::int[]) AS r(id, version))"
            " SELECT definitions FROM crm_stamp WHERE id = 1",
            [
                str(act.id), module, kind, json.dumps(sorted(changed)), act.actor_id, act.source,
                where.address, [pk for pk, _ in rows], [version for _, version in rows],
            ],
        )  # fmt: skip
        now = cursor.fetchone()[0]
    if held_definitions() not in (None, now):
        raise DefinitionsMoved
