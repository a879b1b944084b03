"""Stages move: every move is counted where it is written, and the rules look at what was written.

A move by a person is told from the history row that his write has just made, so form, inline
edit, import, API, bulk and undo are all counted by the same statement.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.access.errors import NotAllowed
from crm.access.policy import Access
from crm.modules.registry import module_named
from crm.records.act import Act
from crm.records.by_rule import set_by_rule
from sales.life.models import StageHold, StageMove
from sales.life.rules import MODULE, Verdict, rules_now

BRINGING = frozenset({"import", "demo"})
FREE_SOURCES = frozenset({"undo", "demo"})  # what these write is nobody's present judgement


def follow_write(act: Act, ids: Sequence[int]) -> None:
    """Count the moves that a write made, then let the rules look; in the write's transaction."""
    moved = _count(act, ids)
    if moved and act.actor_id is not None:
        _hold(act, moved)
    apply_rules(ids, is_same_write=True)


def follow_touch(act: Act | None, ids: Sequence[int]) -> None:
    """Let the rules look at customers whose follow-ups changed.

    What an import or the demo brings belongs to the customers that it has just made: their version
    stays, so that the import can be taken back.
    """
    apply_rules(ids, is_same_write=act is not None and act.source in BRINGING)


def _count(act: Act, ids: Sequence[int]) -> list[int]:
    """One move per customer whose stage differs from the version before; answers their ids."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sales_stage_move (customer_id, from_stage, to_stage, at, person_id)"
            " SELECT c.id, p.stage, c.stage, now(), %s FROM sales_customer c"
            " CROSS JOIN LATERAL (SELECT h.stage FROM sales_customer_history h WHERE h.id = c.id"
            " ORDER BY h.history_id DESC OFFSET 1 LIMIT 1) p"
            " WHERE c.id = ANY(%s) AND c.version > 1 AND p.stage <> c.stage RETURNING customer_id",
            [act.actor_id, list(ids)],
        )
        return [row[0] for row in cursor.fetchall()]


def _hold(act: Act, ids: Sequence[int]) -> None:
    """Remember that a person has set these stages; what is taken back is free again."""
    if act.source in FREE_SOURCES:
        StageHold.objects.filter(pk__in=ids).delete()
        return
    now = timezone.now()
    StageHold.objects.bulk_create(
        [StageHold(customer_id=pk, person=act.actor, since=now) for pk in ids],
        update_conflicts=True, unique_fields=["customer"], update_fields=["person", "since"],
    )  # fmt: skip


def apply_rules(ids: Sequence[int], *, is_same_write: bool = False) -> int:
    """Move those of these customers that the rules move; how many. The caller holds their rows."""
    rules = rules_now()
    if not rules:
        return 0
    return move(rules.verdicts_of(ids), is_same_write)


def move(verdicts: Sequence[Verdict], is_same_write: bool = False) -> int:
    """Write what the rules decided, with history, event and version; one act per rule."""
    by_rule: dict[int, list[Verdict]] = defaultdict(list)
    for one in verdicts:
        by_rule[one.rule].append(one)
    module, now, moved = module_named(MODULE), timezone.now(), 0
    for rule, mine in by_rule.items():
        act = Act(None, "rule", f"stage rule {rule}")
        values = {one.pk: one.after for one in mine}
        done = set(set_by_rule(act, module, "stage", values, is_same_write=is_same_write))
        StageMove.objects.bulk_create(
            StageMove(
                customer_id=one.pk, from_stage=one.before, to_stage=one.after, at=now, rule_id=rule
            )
            for one in mine
            if one.pk in done
        )
        StageHold.objects.filter(pk__in=done).delete()
        moved += len(done)
    return moved


@transaction.atomic
def release(access: Access, pk: int) -> None:
    """Let the rules decide again on a customer whose stage a person has set.

    Raises NotVisible, NotAllowed.
    """
    access.lock(pk, "edit")
    if "stage" not in access.writable():
        raise NotAllowed
    StageHold.objects.filter(pk=pk).delete()
    apply_rules([pk])


def stage_facts(pk: int) -> dict[str, Any]:
    """Since when a customer stands where it stands, how often it moved, and who holds it there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), max(m.at) FILTER (WHERE m.to_stage ="
            " (SELECT c.stage FROM sales_customer c WHERE c.id = %s)),"
            " (SELECT h.person_id FROM sales_stage_hold h"
            " WHERE h.customer_id = %s), EXISTS (SELECT FROM sales_stage_hold h"
            " WHERE h.customer_id = %s) FROM sales_stage_move m WHERE m.customer_id = %s",
            [pk, pk, pk, pk],
        )
        moves, since, holder, is_held = cursor.fetchone()
    return {"moves": moves, "since": since, "holder": holder, "is_held": is_held}
