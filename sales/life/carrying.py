"""What a merged customer went through belongs to the one that it became."""

from collections.abc import Sequence

from crm.modules.module import Module
from crm.records.act import Act
from sales.life.models import StageMove

CUSTOMERS = "customers"


def carry_moves(act: Act, module: Module, losers: Sequence[int], survivor: int) -> list[list[int]]:
    """Let the moves between stages count for the survivor; answers [move, from which loser].

    Its stage stays what the merge made of it, and so does who holds it there.
    """
    if module.name != CUSTOMERS:
        return []
    rows = StageMove.objects.filter(customer_id__in=list(losers))
    found = [list(one) for one in rows.order_by("pk").values_list("pk", "customer_id")]
    rows.update(customer_id=survivor)
    return found


def take_back_moves(act: Act, module: Module, survivor: int, done: Sequence[Sequence[int]]) -> None:
    """Give each its moves back."""
    by_loser: dict[int, list[int]] = {}
    for pk, loser in done:
        by_loser.setdefault(loser, []).append(pk)
    for loser, ids in by_loser.items():
        StageMove.objects.filter(pk__in=ids, customer_id=survivor).update(customer_id=loser)
