"""Possible doubles: living records that share a near key, but for those that people set apart.

Only keys made of fields that the person may read are looked at, and only among the records that
he sees: of any other nothing is counted, named or hinted at.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.access.paging import Branch
from crm.access.policy import Access, access_to
from crm.access.statements import compiled
from crm.modules.module import Module
from crm.records.audit import record_audit
from crm.records.beside import MatchKey, NotDouble, SharedKey
from crm.records.errors import Invalid, NotVisible

MOST_GROUPS = 1000
MOST_HOLDERS = 20  # a key that more records have says nothing of any two
# Which fields a key is made of, the strongest first; any other is made of all key fields.
RULES = {
    "name": ("name",),
    "bare_name": ("name",),
    "mobile": ("phones.number",),
    "mail": ("mails.address",),
    "landline": ("phones.number",),
    "pinyin": ("name",),
    "domain": ("mails.address", "website"),
}
Pair = tuple[int, int]


@dataclass
class Group:
    """Records that may be the same, and by which rules."""

    ids: list[int]
    rules: list[str] = field(default_factory=list)


def groups_of(access: Access) -> tuple[list[Group], bool]:
    """The groups of possible doubles, strongest first, and whether there are more of them."""
    rows = _shared_keys(access)
    apart = _apart_among({pk for _rule, ids in rows for pk in ids}, access.module)
    first: dict[Pair, Group] = {}
    groups: list[Group] = []
    for rule, ids in rows[:MOST_GROUPS]:
        pairs = set(combinations(sorted(ids), 2)) - apart
        fresh = [pair for pair in pairs if pair not in first]
        if fresh:
            group = Group(sorted({pk for pair in pairs for pk in pair}), [rule])
            groups.append(group)
            first.update(dict.fromkeys(fresh, group))
        for one in {id(first[pair]): first[pair] for pair in pairs}.values():
            if rule not in one.rules:
                one.rules.append(rule)
    return groups, len(rows) > MOST_GROUPS


def _shared_keys(access: Access) -> list[tuple[str, list[int]]]:
    """The rule and holders of each key that several visible records share, one more than told.

    From the keys that are known to be shared, never from all keys or all records.
    """
    statement = compiled(access.rows().order_by().values("pk"))
    rules = [rule for rule in _rules_in(access.module) if _may_know(access, rule)]
    if statement is None or not rules:
        return []
    is_all = Branch() in access.branches()
    mine, params = ("", ()) if is_all else (f" WHERE one IN ({statement[0]})", statement[1])
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH held AS MATERIALIZED (SELECT s.rule, s.key, h.ids"  # noqa: S608  our own names, compiled by Django
            f" FROM {SharedKey._meta.db_table} s CROSS JOIN LATERAL (SELECT array_agg(record_id)"
            f" AS ids FROM (SELECT record_id FROM {MatchKey._meta.db_table} k WHERE"
            " k.module = s.module AND k.rule = s.rule AND k.key = s.key LIMIT %s) AS k) AS h"
            " WHERE s.module = %s AND s.rule = ANY(%s) AND cardinality(h.ids) BETWEEN 2 AND %s),"
            " seen AS (SELECT rule, key, array_agg(one) AS ids FROM held, unnest(ids) AS one"
            f"{mine} GROUP BY rule, key HAVING count(*) > 1)"
            " SELECT rule, ids FROM seen"
            f" WHERE (SELECT count(*) FROM {NotDouble._meta.db_table} a WHERE a.module = %s"
            " AND a.low = ANY(ids) AND a.high = ANY(ids))"
            " < cardinality(ids) * (cardinality(ids) - 1) / 2"
            " ORDER BY array_position(%s, rule::text), key LIMIT %s",
            [
                MOST_HOLDERS + 1, access.module.name, rules, MOST_HOLDERS, *params,
                access.module.name, rules, MOST_GROUPS + 1,
            ],
        )  # fmt: skip
        return list(cursor.fetchall())


def _rules_in(module: Module) -> list[str]:
    """The rules by which records of the module share keys, the strongest first."""
    table = SharedKey._meta.db_table
    with connection.cursor() as cursor:  # from rule to rule by the index
        cursor.execute(
            f"WITH RECURSIVE r AS ((SELECT min(rule) AS rule FROM {table} WHERE module = %s)"  # noqa: S608  our own name
            f" UNION ALL SELECT (SELECT min(rule) FROM {table} WHERE module = %s AND rule > r.rule)"
            " FROM r WHERE r.rule IS NOT NULL) SELECT rule FROM r WHERE rule IS NOT NULL",
            [module.name, module.name],
        )
        known = [rule for (rule,) in cursor.fetchall()]
    strength = list(RULES)
    return sorted(known, key=lambda one: strength.index(one) if one in RULES else len(RULES))


def _may_know(access: Access, rule: str) -> bool:
    """Whether the person may read all that keys of this rule are made of."""
    module = access.module
    paths = RULES.get(rule, tuple(module.key_fields))
    return all(path in access.readable for path in paths if module.field_at(path) is not None)


def doubles_of(access: Access, pk: int) -> dict[int, list[str]]:
    """The visible records that may be the same as one that the person sees, with the rules."""
    if not access.module.key_fields:
        return {}
    table, apart = MatchKey._meta.db_table, NotDouble._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT o.record_id, array_agg(DISTINCT k.rule) FROM {table} k"  # noqa: S608  our own names
            f" CROSS JOIN LATERAL (SELECT record_id FROM {table} WHERE module = k.module"
            " AND rule = k.rule AND key = k.key AND record_id <> k.record_id LIMIT %s) o"
            " WHERE k.module = %s AND k.record_id = %s AND NOT EXISTS"
            f" (SELECT 1 FROM {apart} a WHERE a.module = k.module"
            " AND a.low = LEAST(k.record_id, o.record_id)"
            " AND a.high = GREATEST(k.record_id, o.record_id))"
            " GROUP BY o.record_id ORDER BY o.record_id LIMIT %s",
            [MOST_HOLDERS, access.module.name, pk, MOST_HOLDERS],
        )
        found = {
            other: [rule for rule in rules if _may_know(access, rule)]
            for other, rules in cursor.fetchall()
        }
    found = {other: rules for other, rules in found.items() if rules}
    if not found:
        return {}
    seen = access.rows().filter(pk__in=list(found)).values_list("pk", flat=True)
    return {other: found[other] for other in sorted(seen)}


def apart_from(module: Module, pk: int) -> set[int]:
    """The records that somebody said are not the same as this one."""
    rows = NotDouble.objects.filter(module=module.name)
    return {
        *rows.filter(low=pk).values_list("high", flat=True),
        *rows.filter(high=pk).values_list("low", flat=True),
    }


def _apart_among(ids: Collection[int], module: Module) -> set[Pair]:
    rows = NotDouble.objects.filter(module=module.name, low__in=ids, high__in=ids)
    return set(rows.values_list("low", "high"))


@transaction.atomic
def set_apart(*, actor: Any, module: str, pks: Iterable[int]) -> uuid.UUID:
    """Remember that no two of these are the same; answers the act, by which it is taken back.

    Raises NotVisible, NotAllowed (who may not edit them all), Invalid.
    """
    access = access_to(actor, module)
    access.require("edit")
    ids = sorted(set(pks))
    if not 2 <= len(ids) <= MOST_HOLDERS:
        raise Invalid
    _require_mine(access, ids)
    act = uuid.uuid4()
    rows = [
        NotDouble(module=module, low=low, high=high, act=act, by=actor, at=timezone.now())
        for low, high in combinations(ids, 2)
    ]
    NotDouble.objects.bulk_create(rows, ignore_conflicts=True)
    record_audit(actor=actor, action="doubles.apart", module=module, detail={"records": ids})
    return act


@transaction.atomic
def take_apart_back(*, actor: Any, module: str, act: uuid.UUID) -> None:
    """Offer the pairs of an act again. Raises NotVisible, also for those out of reach."""
    access = access_to(actor, module)
    rows = NotDouble.objects.select_for_update().filter(module=module, act=act)
    ids = sorted({pk for pair in rows.values_list("low", "high") for pk in pair})
    if not ids:
        raise NotVisible
    _require_mine(access, ids)
    rows.delete()
    record_audit(actor=actor, action="doubles.again", module=module, detail={"records": ids})


def _require_mine(access: Access, ids: Sequence[int]) -> None:
    for pk in ids:
        access.lock(pk, "edit")


def set_apart_pairs(access: Access, most: int) -> list[NotDouble]:
    """The latest pairs that were set apart, of which the person sees both."""
    seen = access.rows().order_by().values("pk")
    rows = NotDouble.objects.filter(module=access.module.name, low__in=seen, high__in=seen)
    return list(rows.order_by("-at", "-pk")[:most])


def forget_pairs(module: str, ids: list[int]) -> None:
    """What was said of records that are removed for good."""
    rows = NotDouble.objects.filter(module=module)
    rows.filter(low__in=ids).delete()
    rows.filter(high__in=ids).delete()
