"""Slows guessing down without locking the person out who is guessed at.

Every try is a row of SignInAttempt, written as pending before the secret is checked and under a
lock, so that parallel tries can't exceed a budget. The memory is PostgreSQL: Redis may be down.

Per hour: 20 wrong tries for one account from browsers it doesn't know, whatever their
addresses; 10 from each browser that it knows; 100 from one address for all accounts together.
From the fourth wrong try in a row on, account and address together wait 2, 4, 8 … 300 s; an
address waits from its 30th on. A known browser is only held up by its own tries: an attack from
elsewhere never locks its owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import KnownDevice, SignInAttempt, User
from accounts.models.signin import digest
from accounts.signin.visitors import Visitor

Kind, Result = SignInAttempt.Kind, SignInAttempt.Result

WINDOW = timedelta(hours=1)
ACCOUNT_BUDGET = 20
DEVICE_BUDGET = 10
ADDRESS_BUDGET = 100
FREE_TRIES = 3
LONGEST_WAIT_SECONDS = 300
ADDRESS_FREE_TRIES = 30
ADDRESS_LONGEST_WAIT_SECONDS = 60
RESET_BUDGET = 5
COUNTED = (Result.PENDING, Result.FAILED, Result.INACTIVE, Result.SENT)
GUESSES = (Kind.PASSWORD, Kind.TOKEN)


@dataclass(frozen=True)
class Wait:
    """Too many tries: come back in so many seconds."""

    seconds: int


def account_key(user: User | None, typed: str) -> str:
    """One key per person whichever name was typed; unknown names have theirs."""
    return digest(f"user {user.pk}" if user else f"name {typed.strip().lower()}")


def begin(
    *,
    kind: str,
    visitor: Visitor,
    user: User | None,
    typed: str = "",
    device: KnownDevice | None = None,
    vouched: bool = False,
) -> SignInAttempt | Wait:
    """Ask for one try. The caller settles the attempt with `settle`.

    `vouched` means a valid second factor came along, which no guesser has: no limit holds.
    """
    key = account_key(user, typed)
    attempt = SignInAttempt(
        kind=kind,
        account=key,
        user=user,
        address=visitor.address,
        agent=visitor.agent,
        device=device,
    )
    with transaction.atomic():
        _lock(f"account {key}")
        _lock(f"address {visitor.address}")
        attempt.at = timezone.now()
        seconds = 0 if vouched else _wait(attempt)
        if not seconds:
            attempt.save()
            return attempt
        _note_refusal(attempt)
    return Wait(seconds)


def settle(attempt: SignInAttempt, result: str) -> None:
    """Write down how the try ended."""
    SignInAttempt.objects.filter(pk=attempt.pk).update(result=result, user=attempt.user)
    attempt.result = result


def tries_left(attempt: SignInAttempt) -> int:
    """How many more wrong tries are free before waiting begins; 0 while waiting."""
    return max(0, FREE_TRIES - _in_a_row(attempt).count())


def _wait(attempt: SignInAttempt) -> int:
    recent = SignInAttempt.objects.filter(at__gt=attempt.at - WINDOW, result__in=COUNTED)
    mine = recent.filter(account=attempt.account, kind__in=_same_kinds(attempt.kind))
    waits = [0]
    if attempt.kind != Kind.RESET:
        waits.append(_growing(_in_a_row(attempt), attempt.at, FREE_TRIES, LONGEST_WAIT_SECONDS))
    if attempt.device is not None:
        waits.append(_budget(mine.filter(device=attempt.device), attempt.at, DEVICE_BUDGET))
        return max(waits)
    budget = RESET_BUDGET if attempt.kind == Kind.RESET else ACCOUNT_BUDGET
    waits.append(_budget(mine.filter(device=None), attempt.at, budget))
    if attempt.address is not None:
        there = recent.filter(address=attempt.address)
        waits.append(_budget(there, attempt.at, ADDRESS_BUDGET))
        waits.append(_growing(there, attempt.at, ADDRESS_FREE_TRIES, ADDRESS_LONGEST_WAIT_SECONDS))
    return max(waits)


def _same_kinds(kind: str) -> tuple[str, ...]:
    return GUESSES if kind in GUESSES else (kind,)


def _in_a_row(attempt: SignInAttempt) -> QuerySet[SignInAttempt]:
    """The wrong tries of this account from this browser or address since the last right one."""
    same = Q(account=attempt.account, kind__in=_same_kinds(attempt.kind))
    same &= Q(device=attempt.device) if attempt.device else Q(device=None, address=attempt.address)
    tries = SignInAttempt.objects.filter(same, at__gt=attempt.at - WINDOW)
    right = tries.filter(result__in=(Result.SUCCESS, Result.CODE_NEEDED)).order_by("-at").first()
    wrong = tries.filter(result__in=COUNTED).exclude(pk=attempt.pk)
    return wrong.filter(at__gt=right.at) if right else wrong


def _budget(wrong: QuerySet[SignInAttempt], now: datetime, most: int) -> int:
    """Seconds until fewer than `most` wrong tries lie in the window."""
    times = list(wrong.order_by("-at").values_list("at", flat=True)[:most])
    if len(times) < most:
        return 0
    return max(1, int((times[-1] + WINDOW - now).total_seconds()) + 1)


def _growing(wrong: QuerySet[SignInAttempt], now: datetime, free: int, longest: int) -> int:
    """Seconds to wait after the last wrong try; doubles with each beyond `free`."""
    count = wrong.count()
    if count <= free:
        return 0
    last = wrong.order_by("-at").values_list("at", flat=True)[0]
    pause = min(2 ** min(count - free, 12), longest)
    left = pause - (now - last).total_seconds()
    return max(1, int(left) + 1) if left > 0 else 0


def _note_refusal(attempt: SignInAttempt) -> None:
    """Log a refused try, at most one per account, address and minute."""
    same = SignInAttempt.objects.filter(
        account=attempt.account,
        address=attempt.address,
        result=Result.THROTTLED,
        at__gt=attempt.at - timedelta(minutes=1),
    )
    if not same.exists():
        attempt.result = Result.THROTTLED
        attempt.save()


def _lock(name: str) -> None:
    """Let others with the same name wait until this transaction ends."""
    number = int(digest(f"sign-in {name}")[:15], 16)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
