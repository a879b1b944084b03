"""Brings the duplicate keys of living records to what their module says of them now."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from crm.modules.module import Keys, Module
from crm.records.beside import MatchKey, UniqueValue
from crm.records.drafts import snapshots
from crm.records.keys import LONGEST_KEY, claim_keys, drop_keys

Pair = tuple[str, str]


def living_rows(module: Module, where: Q) -> QuerySet:
    """The living records that a condition holds; for the job that rights their keys."""
    return module.rows.filter(where, deleted_at__isnull=True)


def rekey(module: Module, records: Sequence[Any]) -> dict[int, Pair]:
    """Right the keys of these locked records; those that lost an exact key, with that key.

    The loser keeps all else that it has, near keys included.
    """
    wanted = {pk: module.all_keys(values) for pk, values in snapshots(module, records).items()}
    held = _held(module, wanted)
    drop_keys(module, {pk: _without(held[pk], keys) for pk, keys in wanted.items()})
    missing = {pk: _without(keys, held[pk]) for pk, keys in wanted.items()}
    lost = claim_keys(module, {pk: Keys(exact=keys.exact) for pk, keys in missing.items()})
    claim_keys(module, {pk: Keys(near=keys.near) for pk, keys in missing.items()})
    return lost


def _held(module: Module, ids: Iterable[int]) -> dict[int, Keys]:
    """The keys that records hold, by record id."""
    exact: dict[int, set[Pair]] = {pk: set() for pk in ids}
    near: dict[int, set[Pair]] = {pk: set() for pk in exact}
    mine = {"module": module.name, "record_id__in": list(exact)}
    rows = UniqueValue.objects.filter(**mine).values_list("record_id", "field", "value")
    for pk, rule, key in rows:
        exact[pk].add((rule, key))
    alike = MatchKey.objects.filter(**mine).values_list("record_id", "rule", "key")
    for pk, rule, key in alike:
        near[pk].add((rule, key))
    return {pk: Keys(frozenset(exact[pk]), frozenset(near[pk])) for pk in exact}


def _without(keys: Keys, others: Keys) -> Keys:
    return Keys(_cut(keys.exact) - _cut(others.exact), _cut(keys.near) - _cut(others.near))


def _cut(pairs: Iterable[Pair]) -> frozenset[Pair]:
    return frozenset((rule, key[:LONGEST_KEY]) for rule, key in pairs)
