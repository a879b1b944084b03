"""The second factor can't be skipped, replayed or guessed (promise P21, case 116)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import RecoveryCode, User
from accounts.services import people
from accounts.signin import second_factor
from tests.accounts.conftest import PASSWORD, Company
from tests.accounts.test_throttle import current_code, guess

NEXT_CODE = timedelta(seconds=30)


@pytest.fixture
def device(company: Company) -> TOTPDevice:
    return TOTPDevice.objects.create(user=company.rep, confirmed=True)


def half_way() -> Client:
    client = Client()
    assert guess(client, password=PASSWORD).url == reverse("login-code")
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("me")).status_code == 200


def send(client: Client, code: str, **more: str):
    return client.post(reverse("login-code"), {"code": code, **more})


def test_password_then_code(device: TOTPDevice) -> None:
    client = half_way()
    assert not is_in(client)
    assert send(client, "000000").status_code == 401
    assert not is_in(client)
    key = client.session.session_key
    assert send(client, current_code(device)).url == "/"
    assert client.session.session_key != key
    assert is_in(client)


def test_security_116_half_way_is_outside_on_every_route(device: TOTPDevice) -> None:
    """No route takes the marker for a person: each answers as it answers a stranger."""
    client, stranger = half_way(), Client()
    probed = 0
    for pattern in get_resolver().reverse_dict.items():
        name = pattern[0]
        if not isinstance(name, str) or name == "login-code":
            continue
        example = pattern[1][0][0]
        address = "/" + example[0] % dict.fromkeys(example[1], "1")
        half, none = client.get(address), stranger.get(address)
        assert (half.status_code, half.get("Location")) == (
            none.status_code,
            none.get("Location"),
        ), address
        probed += 1
    assert probed > 10
    assert client.post(reverse("me-tokens"), {"name": "x"}).url.startswith("/login/")


def test_the_marker_ends(device: TOTPDevice) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = half_way()
        clock.shift(timedelta(minutes=11))
        assert send(client, current_code(device)).url == reverse("login")
    with time_machine.travel(start, tick=False) as clock:
        client = half_way()
        User.objects.filter(pk=device.user_id).update(security_stamp="new")
        assert send(client, current_code(device)).url == reverse("login")
    assert send(Client(), current_code(device)).url == reverse("login")


def test_security_116_a_code_is_good_once(device: TOTPDevice) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code = current_code(device)
        assert send(half_way(), code).status_code == 302
        assert send(half_way(), code).status_code == 401
        clock.shift(NEXT_CODE)
        assert send(half_way(), current_code(device)).status_code == 302


@pytest.mark.parametrize(
    "code",
    ["", " ", "12345", "1234567", "abcdef", "－１", "0" * 5000, "\0", "１２３４５６", "+12345"],
)
def test_no_nonsense_is_a_code(device: TOTPDevice, code: str) -> None:
    assert send(half_way(), code).status_code == 401


def test_codes_are_not_guessed(device: TOTPDevice) -> None:
    client = half_way()
    results = [send(client, f"{n:06d}").status_code for n in range(8)]
    assert results == [401] * 4 + [429] * 4


def test_switching_on_shows_recovery_codes_once(company: Company) -> None:
    client = Client()
    guess(client, password=PASSWORD)
    page = client.post(reverse("me-second-factor"), {"act": "start"})
    assert page.context["qr"].startswith("data:image/svg+xml")
    device = TOTPDevice.objects.get(user=company.rep)
    assert not device.confirmed
    assert not second_factor.has_second_factor(company.rep)
    wrong = client.post(reverse("me-second-factor"), {"act": "confirm", "code": "000000"})
    assert wrong.status_code == 400
    page = client.post(
        reverse("me-second-factor"), {"act": "confirm", "code": current_code(device)}
    )
    codes = page.context["codes"]
    assert len(set(codes)) == 10
    assert all(code in page.content.decode() for code in codes)
    assert second_factor.has_second_factor(company.rep)
    again = client.get(reverse("me-second-factor"))
    assert not any(code in again.content.decode() for code in codes)
    stored = str(list(RecoveryCode.objects.values_list("code_hash", flat=True)))
    assert not any(code.replace("-", "") in stored for code in codes)


def test_security_116_a_recovery_code_opens_once(company: Company, device: TOTPDevice) -> None:
    code, other = second_factor.new_recovery_codes(company.rep)[:2]
    assert send(half_way(), code.lower()).status_code == 302
    assert second_factor.codes_left(company.rep) == 9
    assert send(half_way(), code).status_code == 401
    second_factor.new_recovery_codes(company.rep)
    assert send(half_way(), other).status_code == 401


def test_security_116_one_code_at_the_same_moment_opens_once(lasting_company: Company) -> None:
    rep = lasting_company.rep
    device = TOTPDevice.objects.create(user=rep, confirmed=True)
    recovery = second_factor.new_recovery_codes(rep)[0]
    for code in (current_code(device), recovery):
        barrier = Barrier(4)

        def use(_number: int, code: str = code, together: Barrier = barrier) -> bool:
            try:
                together.wait(10)
                return second_factor.verify_code(rep, code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(use, range(4))) == 1


def test_switching_off_asks_for_the_password(company: Company, device: TOTPDevice) -> None:
    client = half_way()
    send(client, current_code(device))
    page = client.post(reverse("me-second-factor"), {"act": "remove", "password": "wrong"})
    assert page.status_code == 400
    assert second_factor.has_second_factor(company.rep)
    client.post(reverse("me-second-factor"), {"act": "remove", "password": PASSWORD})
    assert not second_factor.has_second_factor(company.rep)


def test_an_administrator_helps_when_the_phone_is_lost(
    company: Company, device: TOTPDevice
) -> None:
    people.remove_second_factor(actor=company.admin, user=company.rep)
    assert guess(Client(), password=PASSWORD).url == "/"


def test_a_remembered_browser_is_not_asked_for_fourteen_days(device: TOTPDevice) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = Client()
        guess(client, password=PASSWORD, remember="1")
        send(client, current_code(device))
        client.post(reverse("logout"))
        clock.shift(timedelta(days=13, hours=23))
        assert guess(client, password=PASSWORD).url == "/"
        client.post(reverse("logout"))
        assert guess(Client(), password=PASSWORD).url == reverse("login-code")
        clock.shift(timedelta(hours=2))
        assert guess(client, password=PASSWORD).url == reverse("login-code")


def test_a_remembered_browser_is_asked_again_after_a_new_stamp(device: TOTPDevice) -> None:
    client = Client()
    guess(client, password=PASSWORD, remember="1")
    send(client, current_code(device))
    User.objects.filter(pk=device.user_id).update(security_stamp="new")
    assert guess(client, password=PASSWORD).url == reverse("login-code")


def test_a_browser_that_was_not_to_be_remembered_is_asked(device: TOTPDevice) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = half_way()
        send(client, current_code(device))
        client.post(reverse("logout"))
        clock.shift(NEXT_CODE)
        assert guess(client, password=PASSWORD).url == reverse("login-code")
