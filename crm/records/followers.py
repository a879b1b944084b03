"""What follows every write, and what may stop one. Rooms above register here at start-up."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm.modules.module import Module
from crm.records.act import Act

Known = Mapping[int, Mapping[str, Any]]  # values by record id, all that is stored of each
Follower = Callable[[Act, Module, Sequence[int], Known | None], None]
Guard = Callable[[Act, Module, Any, frozenset[str]], None]

Toucher = Callable[[Module, Sequence[int]], None]

Purger = Callable[[str, list[int]], None]

Carry = Callable[[Act, Module, Sequence[int], int], Any]
TakeBack = Callable[[Act, Module, int, Any], None]

_carriers: dict[str, tuple[Carry, TakeBack]] = {}
_purgers: list[Purger] = []
_followers: list[Follower] = []
_touchers: list[Toucher] = []
_guards: list[Guard] = []


def follow_writes(follower: Follower) -> None:
    """Call `follower(act, module, ids, known)` after each write, in its transaction, in this order.

    `known` holds the values of new records where the writer has them at hand, else None.
    """
    if follower not in _followers:
        _followers.append(follower)


def follow_touches(toucher: Toucher) -> None:
    """Call `toucher(module, ids)` where only fields changed that nobody searches by."""
    if toucher not in _touchers:
        _touchers.append(toucher)


def follow_purges(purger: Purger) -> None:
    """Call `purger(module, ids)` when records are removed for good, in the same transaction."""
    if purger not in _purgers:
        _purgers.append(purger)


def tell_purgers(module: str, ids: list[int]) -> None:
    """Let rooms above forget what hung on records that are removed for good."""
    for purger in _purgers:
        purger(module, ids)


def follow_merges(name: str, carry: Carry, take_back: TakeBack) -> None:
    """Let a room above take along what hangs on merged records beside their relations.

    `carry(act, module, losers, survivor)` answers what it did, as JSON holds it;
    `take_back(act, module, survivor, done)` undoes just that. Both in the merge's transaction.
    """
    _carriers[name] = (carry, take_back)


def carry_along(act: Act, module: Module, losers: Sequence[int], survivor: int) -> dict[str, Any]:
    """Let every room take along what is its own; what each did, by room."""
    return {
        name: carry(act, module, losers, survivor) for name, (carry, _back) in _carriers.items()
    }


def take_back_along(act: Act, module: Module, survivor: int, done: Mapping[str, Any]) -> None:
    """Let every room undo what `carry_along` answered."""
    for name, (_carry, take_back) in _carriers.items():
        if name in done:
            take_back(act, module, survivor, done[name])


def guard_writes(guard: Guard) -> None:
    """Ask `guard(act, module, record, names)` before each change; a Refusal of it stops it."""
    if guard not in _guards:
        _guards.append(guard)


def ask_guards(act: Act, module: Module, record: Any, names: frozenset[str]) -> None:
    """Raise what a guard raises."""
    for guard in _guards:
        guard(act, module, record, names)


def tell_followers(
    act: Act, module: Module, ids: Sequence[int], known: Known | None = None
) -> None:
    """Let everything that follows a write do its part."""
    for follower in _followers:
        follower(act, module, ids, known)


def tell_touchers(module: Module, ids: Sequence[int]) -> None:
    """Let everything that follows a write know that records changed, but none of their words."""
    for toucher in _touchers:
        toucher(module, ids)
