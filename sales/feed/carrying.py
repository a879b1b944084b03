"""Whoever follows a customer follows the one that it was merged into."""

from collections.abc import Sequence

from crm.modules.module import Module
from crm.records.act import Act
from sales.feed.following import MODULE
from sales.feed.models import Following


def carry_followers(act: Act, module: Module, losers: Sequence[int], survivor: int) -> list[int]:
    """Let those who follow a loser follow the survivor, unless they said something of that."""
    if module.name != MODULE:
        return []
    rows = Following.objects
    said = set(rows.filter(customer_id=survivor).values_list("user_id", flat=True))
    asking = rows.filter(customer_id__in=list(losers), is_on=True).exclude(user_id__in=said)
    people = sorted(set(asking.values_list("user_id", flat=True)))
    made = rows.bulk_create([Following(user_id=one, customer_id=survivor) for one in people])
    return [one.pk for one in made]


def take_back_followers(act: Act, module: Module, survivor: int, done: Sequence[int]) -> None:
    """What the merge said for people is said no more."""
    Following.objects.filter(pk__in=list(done), customer_id=survivor).delete()
