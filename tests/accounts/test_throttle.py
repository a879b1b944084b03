"""Guessing is slow, and the person who is guessed at still comes in (promise P20)."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import KnownDevice, SignInAttempt
from accounts.signin.throttle import ACCOUNT_BUDGET, ADDRESS_BUDGET, DEVICE_BUDGET
from tests.accounts.conftest import PASSWORD, Company, make_user

HOUR = timedelta(hours=1)


def guess(client: Client, username: str = "rea", password: str = "wrong", **more: str):
    address = more.pop("address", "192.0.2.1")
    data = {"username": username, "password": password, **more}
    return client.post(reverse("login"), data, REMOTE_ADDR=address)


def current_code(device: TOTPDevice) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = timezone.now().timestamp()
    return f"{totp.token():06d}"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def test_waiting_grows_and_ends(company: Company, clock) -> None:
    client = Client()
    assert [guess(client).status_code for _try in range(5)] == [401, 401, 401, 401, 429]
    waits = []
    for _try in range(6):
        seconds = 0
        while guess(client, password="again").status_code == 429:
            clock.shift(timedelta(seconds=1))
            seconds += 1
        waits.append(seconds)
    assert waits == [2, 4, 8, 16, 32, 64]
    clock.shift(timedelta(minutes=6))
    assert guess(client, password=PASSWORD).status_code == 302


def test_what_was_right_counts_no_more_once_signed_in(company: Company, clock) -> None:
    client = Client()
    for _round in range(3):
        assert [guess(client).status_code for _try in range(3)] == [401] * 3
        assert guess(client, password=PASSWORD).status_code == 302
        client.post(reverse("logout"))
        clock.shift(timedelta(minutes=1))


def attack(clock, minutes: int, addresses: int, every_seconds: int = 20) -> int:
    """Guess steadily from many addresses; answers with the most that any one hour let in."""
    taken: list = []
    for step in range(minutes * 60 // every_seconds):
        address = f"198.51.100.{step % addresses}"
        if guess(Client(), address=address).status_code == 401:
            taken.append(timezone.now())
        clock.shift(timedelta(seconds=every_seconds))
    return max(sum(1 for at in taken if start <= at < start + HOUR) for start in taken)


def test_security_115_at_most_twenty_guesses_an_hour_from_a_whole_net(
    company: Company, clock
) -> None:
    assert attack(clock, minutes=130, addresses=200, every_seconds=40) == ACCOUNT_BUDGET


def test_security_115_a_known_browser_comes_in_during_the_attack(company: Company, clock) -> None:
    mine = Client()
    assert guess(mine, password=PASSWORD, address="203.0.113.9").status_code == 302
    mine.post(reverse("logout"))
    assert attack(clock, minutes=20, addresses=50) == ACCOUNT_BUDGET
    assert guess(Client(), password=PASSWORD, address="203.0.113.7").status_code == 429
    for address in ("203.0.113.9", "198.51.100.1"):  # even from the attacker's own address
        assert guess(mine, password=PASSWORD, address=address).status_code == 302
        mine.post(reverse("logout"))


def test_a_second_factor_comes_in_during_the_attack_from_anywhere(company: Company, clock) -> None:
    device = TOTPDevice.objects.create(user=company.rep, confirmed=True)
    assert attack(clock, minutes=20, addresses=50) == ACCOUNT_BUDGET
    stranger = Client()
    refused = guess(stranger, password=PASSWORD, address="203.0.113.7")
    assert refused.status_code == 429
    assert refused.context["ask_code"]
    code = current_code(device)
    assert guess(stranger, code="000000", address="203.0.113.7").status_code == 429
    assert guess(stranger, password=PASSWORD, code=code, address="203.0.113.7").status_code == 302


def test_a_code_gives_one_guess(company: Company, clock) -> None:
    device = TOTPDevice.objects.create(user=company.rep, confirmed=True)
    for number in range(ACCOUNT_BUDGET):
        guess(Client(), address=f"198.51.100.{number}")
    code = current_code(device)
    assert guess(Client(), code=code, address="203.0.113.1").status_code == 401
    assert guess(Client(), code=code, address="203.0.113.2").status_code == 429


def test_a_known_browser_has_a_budget_too(company: Company, clock) -> None:
    mine = Client()
    guess(mine, password=PASSWORD)
    mine.post(reverse("logout"))
    wrong = 0
    for _step in range(340):
        wrong += guess(mine).status_code == 401
        clock.shift(timedelta(seconds=10))
    assert wrong == DEVICE_BUDGET


def test_a_stolen_device_cookie_of_another_is_worth_nothing(company: Company, clock) -> None:
    thief = Client()
    guess(thief, "max", PASSWORD)
    thief.post(reverse("logout"))
    wrong = sum(
        guess(thief, address=f"198.51.100.{n}").status_code == 401
        for n in range(ACCOUNT_BUDGET + 5)
    )
    assert wrong == ACCOUNT_BUDGET
    thief.cookies["keyuan_device"] = "forged:signature"
    assert guess(thief).status_code == 429


def test_a_new_password_makes_browsers_unknown(company: Company) -> None:
    mine = Client()
    guess(mine, password=PASSWORD)
    assert KnownDevice.objects.filter(user=company.rep).exists()
    company.rep.refresh_from_db()
    company.rep.security_stamp = "new"
    company.rep.save()
    mine.post(reverse("logout"))
    guess(mine)
    assert SignInAttempt.objects.first().device is None


def test_names_that_do_not_exist_wait_alike(company: Company, clock) -> None:
    client = Client()
    known = [guess(client, "rea").status_code for _try in range(6)]
    unknown = [guess(client, "ghost", address="192.0.2.2").status_code for _try in range(6)]
    assert known == unknown


def test_all_names_of_a_person_share_one_budget(company: Company, clock) -> None:
    names = ["rea", "REA", "rea@example.com", "13800138000", "+8613800138000"]
    results = Counter(
        guess(Client(), names[n % 5], address=f"198.51.100.{n}").status_code for n in range(30)
    )
    assert results[401] == ACCOUNT_BUDGET


def test_security_115_one_address_can_not_try_everybody(company: Company, clock) -> None:
    for number in range(60):
        make_user(f"user{number}")
    taken = 0
    for step in range(230):
        answer = guess(Client(), f"user{step % 60}")
        taken += answer.status_code == 401
        clock.shift(timedelta(seconds=15))
    assert taken <= ADDRESS_BUDGET
    assert guess(Client(), "rea", PASSWORD, address="203.0.113.9").status_code == 302


def test_refused_tries_are_logged_once_a_minute(company: Company, clock) -> None:
    client = Client()
    for _try in range(20):
        guess(client)
    assert SignInAttempt.objects.filter(result="throttled").count() == 1
    assert SignInAttempt.objects.filter(result="failed", user=company.rep).count() == 4


def test_what_was_typed_as_a_name_is_not_stored(company: Company) -> None:
    guess(Client(), "my secret password")
    row = SignInAttempt.objects.values().get()
    assert "my secret password" not in str(row)


def test_security_115_parallel_guesses_do_not_slip_through(lasting_company: Company) -> None:
    crowd = 40
    barrier = Barrier(8)

    def one(number: int) -> int:
        try:
            if number < 8:
                barrier.wait(10)
            return guess(Client(), address=f"198.51.100.{number}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        results = Counter(pool.map(one, range(crowd)))
    assert results == {401: ACCOUNT_BUDGET, 429: crowd - ACCOUNT_BUDGET}
