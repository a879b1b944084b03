"""Duplicate keys of records: exact ones decided by the database, near ones only offered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.modules.module import Keys, Module
from crm.records.beside import MatchKey, UniqueValue

LONGEST_KEY = 300


def exact_holders(module: Module, keys: Iterable[tuple[str, str]], but: int | None = None) -> dict[tuple[str, str], int]:
    """Which of these exact keys a living record holds: key → record id."""
    wanted = {(rule, key[:LONGEST_KEY]) for rule, key in keys}
    if not wanted:
        return {}
    rows = UniqueValue.objects.filter(
        module=module.name, field__in={rule for rule, _ in wanted}, value__in={k for _, k in wanted}
    ).exclude(record_id=but)
    return {
        (field, value): record_id
        for field, value, record_id in rows.values_list("field", "value", "record_id")
        if (field, value) in wanted
    }


def near_holders(module: Module, keys: Iterable[tuple[str, str]], but: int | None = None) -> list[tuple[int, str]]:
    """(record id, rule) of living records that share a near key, at most twenty."""
    wanted = {(rule, key[:LONGEST_KEY]) for rule, key in keys}
    if not wanted:
        return []
    rows = MatchKey.objects.filter(
        module=module.name, rule__in={rule for rule, _ in wanted}, key__in={k for _, k in wanted}
    ).exclude(record_id=but)
    found = rows.values_list("record_id", "rule", "key")[:200]
    return list(dict.fromkeys((pk, rule) for pk, rule, key in found if (rule, key) in wanted))[:20]


def claim_keys(module: Module, keys: Mapping[int, Keys]) -> dict[int, tuple[str, str]]:
    """Take the keys of new or restored records, by record id.

    Two people who enter the same record at the same moment meet in the unique index: one
    waits for the other and then loses. Answers the records that lost, with the key.
    """
    rows = [
        UniqueValue(module=module.name, field=rule, value=key[:LONGEST_KEY], record_id=pk)
        for pk, found in keys.items()
        for rule, key in sorted(found.exact)
    ]
    rows.sort(key=lambda row: (row.field, row.value))  # one order for all: no deadlock
    UniqueValue.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    lost: dict[int, tuple[str, str]] = {}
    if rows:
        held = set(
            UniqueValue.objects.filter(
                module=module.name, record_id__in=list(keys)
            ).values_list("record_id", "field", "value")
        )
        for row in rows:
            if (row.record_id, row.field, row.value) not in held:
                lost.setdefault(row.record_id, (row.field, row.value))
    near = [
        MatchKey(module=module.name, rule=rule, key=key[:LONGEST_KEY], record_id=pk)
        for pk, found in keys.items()
        if pk not in lost
        for rule, key in sorted(found.near)
    ]
    MatchKey.objects.bulk_create(near, batch_size=2000)
    return lost


def release_keys(module: Module, ids: Sequence[int]) -> None:
    """Give back the keys of records that are deleted or about to change."""
    UniqueValue.objects.filter(module=module.name, record_id__in=list(ids)).delete()
    MatchKey.objects.filter(module=module.name, record_id__in=list(ids)).delete()


def describe(keys: Keys) -> dict[str, Any]:
    """The keys as plain data, for tests and the inspector."""
    return {"exact": sorted(keys.exact), "near": sorted(keys.near)}
