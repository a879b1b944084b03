"""Limited things are never given twice (promise P11): many at once want the last one, many times.

Here the callers are threads of one process, each with its own connection: the database decides.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import PasswordReset, User
from accounts.models.signin import digest
from accounts.signin.resets import use_reset
from accounts.signin.second_factor import new_recovery_codes, verify_code
from crm.access.errors import Refusal
from crm.documents.filing import upload_document
from crm.documents.models import DocumentVersion
from crm.exchange.services import start_export
from crm.jobs.models import Job
from crm.jobs.running import claim
from crm.modules.registry import module_named
from crm.records.limits import spend
from crm.records.services import create_record
from tests.browser.serving import media_in
from tests.faults.sizes import SIZE
from tests.kernel.helpers import add, at_once, unlike
from tests.people import Cast

Calls = list[Callable[[], Any]]
Try = Callable[[Cast, Any], tuple[Calls, Callable[[list[Any]], bool]]]
FEW = 5  # what is left of a quota


def _got(answers: list[Any]) -> list[Any]:
    """What was given, of all that was asked for."""
    return [one for one in answers if one and not isinstance(one, Exception)]


def _is_accident(answer: Any) -> bool:
    """Whether something broke, instead of being refused with a reason."""
    return isinstance(answer, Exception) and not isinstance(answer, Refusal)


def numbers(cast: Cast, _settings: Any) -> Any:
    """Every record its own number."""
    names = [unlike("Counted") for _one in range(SIZE.threads)]
    calls = [lambda name=name: _number_of(cast, name) for name in names]
    return calls, lambda got: len(set(_got(got))) == len(got)


def _number_of(cast: Cast, name: str) -> str:
    pk = add(cast.owner, name=name)
    return str(module_named("customers").rows.values_list("number", flat=True).get(pk=pk))


def unique_value(cast: Cast, _settings: Any) -> Any:
    """One name, one customer."""
    name = unlike("Sole")
    return [lambda: add(cast.owner, name=name)] * SIZE.threads, lambda got: len(_got(got)) == 1


def same_form(cast: Cast, _settings: Any) -> Any:
    """A form sent many times is one record, and each sender is told of it."""
    name, key = unlike("Once"), uuid.uuid4().hex

    def send() -> int:
        return create_record(actor=cast.owner, module="customers", values={"name": name}, key=key)

    return [send] * SIZE.threads, lambda got: len(_got(got)) == len(got) and len(set(got)) == 1


def quota(cast: Cast, settings: Any) -> Any:
    """The last few places among a person's files."""
    firms = [add(cast.owner) for _one in range(FEW)]
    had = DocumentVersion.objects.filter(added_by=cast.owner).count()
    settings.FILES_PER_PERSON = had + FEW

    def put(place: int) -> Any:
        file = SimpleUploadedFile(f"{place}.bin", f"{uuid.uuid4()}".encode())
        pk = firms[place % FEW]
        return upload_document(actor=cast.owner, module="customers", pk=pk, file=file)

    calls = [lambda place=place: put(place) for place in range(SIZE.threads)]
    return calls, lambda got: len(_got(got)) == FEW


def hourly(cast: Cast, _settings: Any) -> Any:
    """What a person may do only so often in an hour."""
    word = f"limited.{uuid.uuid4().hex[:8]}"

    def ask() -> bool:
        spend(cast.owner, word, FEW)
        return True

    return [ask] * SIZE.threads, lambda got: len(_got(got)) == FEW


def recovery_code(cast: Cast, _settings: Any) -> Any:
    """A recovery code opens once."""
    TOTPDevice.objects.get_or_create(user=cast.owner, confirmed=True)
    code = new_recovery_codes(cast.owner)[0]
    return [lambda: verify_code(cast.owner, code)] * SIZE.threads, lambda got: got.count(True) == 1


def time_code(cast: Cast, _settings: Any) -> Any:
    """So does a code of the second factor."""
    TOTPDevice.objects.filter(user=cast.teammate).delete()
    device = TOTPDevice.objects.create(user=cast.teammate, confirmed=True)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    code = f"{totp.token():06d}"
    return [
        lambda: verify_code(cast.teammate, code)
    ] * SIZE.threads, lambda got: got.count(True) == 1


def reset_link(cast: Cast, _settings: Any) -> Any:
    """A link for a new password is good for one."""
    user, token = User.objects.get(pk=cast.outsider.pk), uuid.uuid4().hex
    PasswordReset.objects.create(
        typed="", user=user, email=user.email, stamp=user.security_stamp,
        token_hash=digest(token), expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    calls = [
        lambda word=word: use_reset(token, f"a new one {uuid.uuid4().hex[:12]} {word}")
        for word in range(SIZE.threads)
    ]
    return calls, lambda got: len(_got(got)) == 1


def job(cast: Cast, _settings: Any) -> Any:
    """A job is one worker's."""
    Job.objects.filter(owner=cast.owner).update(state=Job.State.CANCELLED)
    made = start_export(actor=cast.owner, module="customers", query=QueryDict(""))
    return [lambda: claim(made.pk)] * SIZE.threads, lambda got: len(_got(got)) == 1


TRIES: tuple[Try, ...] = (
    numbers, unique_value, same_form, quota, hourly, recovery_code, time_code, reset_link, job,
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_nothing_limited_is_given_twice(
    lasting_cast: Cast, settings: Any, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    wrong: list[str] = []
    with media_in(tmp_path):
        for one in TRIES:
            began = time.monotonic()
            for turn in range(SIZE.rounds):
                calls, holds = one(lasting_cast, settings)
                answers = at_once(calls)
                accidents = [str(one) for one in answers if _is_accident(one)]
                if accidents or not holds(answers):
                    wrong.append(f"{one.__name__}, turn {turn}: {answers}"[:600])
            took = time.monotonic() - began
            tell(f"{one.__name__}: {SIZE.threads} at once, {SIZE.rounds} times; {took:.1f} s")
    assert wrong == []
    tell(f"limited things given twice: {len(wrong)} of {len(TRIES) * SIZE.rounds} rounds")
