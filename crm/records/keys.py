"""Duplicate keys of records: exact ones decided by the database, near ones only offered."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection, transaction

from crm.modules.module import Keys, Module
from crm.records.beside import MatchKey, SharedKey, UniqueValue
from crm.records.copying import copy_lines, copy_text

LONGEST_KEY = 300


def exact_holders(
    module: Module, keys: Iterable[tuple[str, str]], but: int | None = None
) -> dict[tuple[str, str], int]:
    """Which of these exact keys a living record holds: key → record id."""
    wanted = list({(rule, key[:LONGEST_KEY]) for rule, key in keys})
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.field, u.value, u.record_id"  # noqa: S608  the table's own name
            " FROM unnest(%s::text[], %s::text[]) AS w(rule, key)"
            f" JOIN {UniqueValue._meta.db_table} u"
            " ON u.module = %s AND u.field = w.rule AND u.value = w.key"
            " WHERE u.record_id IS DISTINCT FROM %s",
            [[rule for rule, _key in wanted], [key for _rule, key in wanted], module.name, but],
        )
        return {(rule, key): record_id for rule, key, record_id in cursor.fetchall()}


def near_holders(
    module: Module, keys: Iterable[tuple[str, str]], but: int | None = None
) -> dict[tuple[str, str], list[int]]:
    """Which living records share each of these near keys, at most twenty a key."""
    wanted = list({(rule, key[:LONGEST_KEY]) for rule, key in keys})
    if not wanted:
        return {}
    found: dict[tuple[str, str], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.rule, w.key, m.record_id FROM unnest(%s::text[], %s::text[]) AS w(rule, key)"  # noqa: S608  the table's own name
            f" CROSS JOIN LATERAL (SELECT record_id FROM {MatchKey._meta.db_table}"
            " WHERE module = %s AND rule = w.rule AND key = w.key"
            " AND record_id IS DISTINCT FROM %s LIMIT 20) AS m",
            [[rule for rule, _key in wanted], [key for _rule, key in wanted], module.name, but],
        )
        for rule, key, record_id in cursor.fetchall():
            found.setdefault((rule, key), []).append(record_id)
    return found


def claim_keys(module: Module, keys: Mapping[int, Keys]) -> dict[int, tuple[str, str]]:
    """Take the keys of new or restored records, by record id, in one statement a table.

    Two people who enter the same record at the same moment meet in the unique index: one
    waits for the other and then loses. Answers the records that lost, with the key.
    """
    exact = [
        (rule, key[:LONGEST_KEY], pk) for pk, found in keys.items() for rule, key in found.exact
    ]
    exact.sort()  # one order for all: no deadlock
    won = _claim_exact(module, exact)
    lost: dict[int, tuple[str, str]] = {}
    for rule, key, pk in exact:
        if (rule, key, pk) not in won:
            lost.setdefault(pk, (rule, key))
    near = {
        (rule, key[:LONGEST_KEY], pk)
        for pk, found in keys.items()
        if pk not in lost
        for rule, key in found.near
    }
    _add_near(module, near)
    return lost


def _claim_exact(module: Module, rows: Sequence[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Insert (rule, key, record id) in this order; answers those that nobody else holds."""
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {UniqueValue._meta.db_table} (module, field, value, record_id)"  # noqa: S608  our own name
            " SELECT %s, r.rule, r.key, r.id FROM unnest(%s::text[], %s::text[], %s::bigint[])"
            " WITH ORDINALITY AS r(rule, key, id, place) ORDER BY r.place"
            " ON CONFLICT DO NOTHING RETURNING field, value, record_id",
            [module.name, *(list(column) for column in zip(*rows, strict=True))],
        )
        return set(cursor.fetchall())


def _add_near(module: Module, near: Iterable[tuple[str, str, int]]) -> None:
    name, rows = copy_text(module.name), list(near)
    if not rows:
        return
    copy_lines(
        MatchKey._meta.db_table,
        ("module", "rule", "key", "record_id"),
        (f"{name}\t{copy_text(rule)}\t{copy_text(key)}\t{pk}" for rule, key, pk in rows),
    )
    _note_shared(module, rows)


def _note_shared(module: Module, rows: Sequence[tuple[str, str, int]]) -> None:
    """Write down those of these keys that another record has too."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SharedKey._meta.db_table} (module, rule, key)"  # noqa: S608  our own names
            " SELECT DISTINCT %s, r.rule, r.key"
            " FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS r(rule, key, id)"
            f" WHERE EXISTS (SELECT 1 FROM {MatchKey._meta.db_table} m WHERE m.module = %s"
            " AND m.rule = r.rule AND m.key = r.key AND m.record_id <> r.id)"
            " ORDER BY 2, 3 ON CONFLICT DO NOTHING",
            [module.name, *(list(column) for column in zip(*rows, strict=True)), module.name],
        )


# Forgotten and written down rows are of different keys, so one statement may do both.
_FIND_SHARED = f"""
    WITH now_shared AS MATERIALIZED (
        SELECT module, rule, key FROM {MatchKey._meta.db_table}
        GROUP BY module, rule, key HAVING count(*) > 1
    ), forgotten AS (
        DELETE FROM {SharedKey._meta.db_table} s WHERE NOT EXISTS (
            SELECT 1 FROM now_shared n
            WHERE (n.module, n.rule, n.key) = (s.module, s.rule, s.key)
        )
    ), written AS (
        INSERT INTO {SharedKey._meta.db_table} (module, rule, key)
        SELECT module, rule, key FROM now_shared ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
    )
    SELECT count(*) FROM now_shared"""  # noqa: S608  our own names


def find_shared_keys() -> int:
    """Write down all near keys that several records have, and forget the others; how many.

    For every night: of two records that were entered at the same moment neither saw the other's.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_FIND_SHARED)
        return int(cursor.fetchone()[0])


def release_keys(module: Module, ids: Sequence[int]) -> None:
    """Give back the keys of records that are deleted or about to change."""
    UniqueValue.objects.filter(module=module.name, record_id__in=list(ids)).delete()
    MatchKey.objects.filter(module=module.name, record_id__in=list(ids)).delete()


def drop_keys(module: Module, keys: Mapping[int, Keys]) -> None:
    """Give back single keys of records, by record id."""
    for model, column in ((UniqueValue, "field"), (MatchKey, "rule")):
        rows = [
            (rule, key[:LONGEST_KEY], pk)
            for pk, found in keys.items()
            for rule, key in (found.exact if model is UniqueValue else found.near)
        ]
        if not rows:
            continue
        value = "value" if model is UniqueValue else "key"
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {model._meta.db_table} AS t"  # noqa: S608  our own names
                " USING unnest(%s::text[], %s::text[], %s::bigint[]) AS r(rule, key, id)"
                " WHERE t.module = %s AND t.record_id = r.id"
                f" AND t.{column} = r.rule AND t.{value} = r.key",
                [*(list(one) for one in zip(*rows, strict=True)), module.name],
            )
