"""The door: who comes in, what is said to those who don't, and how sessions end."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import SignInAttempt, User, UserSession
from accounts.models.signin import digest
from accounts.services import people, roles
from accounts.signin.visitors import address_of
from crm.records.beside import AuditEntry
from tests.accounts.conftest import PASSWORD, Company, make_user


def post(client: Client, username: str = "rea", password: str = PASSWORD, **more: str):
    return client.post(reverse("login"), {"username": username, "password": password, **more})


def is_in(client: Client) -> bool:
    return client.get(reverse("home")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "rea",
        "REA",
        " rea ",
        "rea@example.com",
        "Rea@Example.com",
        "13800138000",
        "+86 138 0013 8000",
    ],
)
def test_by_name_mail_or_phone(company: Company, client: Client, name: str) -> None:
    assert post(client, name).url == "/"
    assert is_in(client)
    assert AuditEntry.objects.get(action="sign_in").actor_id == company.rep.pk
    company.rep.refresh_from_db()
    assert company.rep.signed_in_at is not None
    assert company.rep.history.count() == 1  # a sign-in is no change of the person


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("rea", "wrong"),
        ("nobody", PASSWORD),
        ("closed", PASSWORD),
        ("rea@", PASSWORD),
        ("x" * 254, "x" * 200),
        ("rea", PASSWORD.upper()),
        ("rea", PASSWORD + " "),
    ],
)
def test_all_refusals_say_the_same(
    company: Company, client: Client, name: str, password: str
) -> None:
    make_user("closed", is_active=False)
    answer = post(client, name, password)
    assert answer.status_code == 401
    assert answer.context["error"] == (
        "Account or password is wrong. 3 more tries before you have to wait."
    )
    assert not is_in(client)


@pytest.mark.parametrize(
    "data",
    [{}, {"username": "rea"}, {"password": "x"}, {"username": "", "password": ""},
     {"username": "r\0a", "password": "x"}, {"username": "x" * 300, "password": "y"},
     {"username": "rea", "password": "y" * 5000}],
)  # fmt: skip
def test_nonsense_is_no_try(company: Company, client: Client, data: dict[str, str]) -> None:
    assert client.post(reverse("login"), data).status_code == 400
    assert not SignInAttempt.objects.exists()


def test_security_117_nobody_comes_in_without_a_token_against_forgery(company: Company) -> None:
    client = Client(enforce_csrf_checks=True)
    assert post(client).status_code == 403


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/customers/?q=1", "/customers/?q=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("https://testserver.evil.example/", "/"),
        ("%2f%2fevil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\tevil", "/%09evil"),
        ("", "/"),
    ],
)
def test_security_66_only_local_pages_are_gone_to(
    company: Company, client: Client, asked: str, goes: str
) -> None:
    assert post(client, next=asked).url == goes


def test_a_page_asks_to_sign_in_and_comes_back(company: Company, client: Client) -> None:
    answer = client.get(reverse("me"))
    assert answer.url == "/login/?next=/me/"
    assert post(client, next="/me/").url == "/me/"
    assert client.get(reverse("login")).url == "/"


def test_security_115_the_session_key_changes_and_is_stored_hashed(
    company: Company, client: Client
) -> None:
    client.get(reverse("login"))
    before = client.session
    before["x"] = 1
    before.save()
    planted = client.cookies[settings.SESSION_COOKIE_NAME].value
    post(client)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert key != planted
    assert not UserSession.objects.filter(session_key=digest(planted)).exists()
    row = UserSession.objects.get(user=company.rep)
    assert row.session_key == digest(key)
    assert row.address == "127.0.0.1"
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_security_115_signing_out_ends_the_session_on_the_server(
    company: Company, client: Client
) -> None:
    post(client)
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get(reverse("logout")).status_code == 405
    assert is_in(client)
    client.post(reverse("logout"))
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert not is_in(thief)
    assert not UserSession.objects.filter(user=company.rep).exists()


def test_an_idle_session_ends(company: Company) -> None:
    start = timezone.now()
    client = Client()
    with time_machine.travel(start, tick=False) as clock:
        post(client)
        for _hour in range(9):
            clock.shift(timedelta(hours=1))
            assert is_in(client)  # it is used, so it isn't idle
        clock.shift(timedelta(seconds=settings.SESSION_IDLE_SECONDS + 1))
        assert not is_in(client)


def test_no_session_lives_longer_than_a_week(company: Company) -> None:
    start = timezone.now()
    client = Client()
    with time_machine.travel(start, tick=False) as clock:
        post(client)
        while timezone.now() < start + timedelta(days=7, hours=-3):
            clock.shift(timedelta(hours=3))
            assert is_in(client)
            client.post(reverse("preferences"), {"theme": "dark"})
        clock.shift(timedelta(hours=3, seconds=1))
        assert not is_in(client)


def test_few_queries_and_no_write_keep_a_session(
    company: Company, client: Client, django_assert_num_queries
) -> None:
    post(client)
    client.get(reverse("me-password"))
    with django_assert_num_queries(3):  # the session with its person, versions, his jobs
        client.get(reverse("me-password"))


def test_security_27_a_closed_account_is_out_with_the_next_request(
    company: Company, client: Client
) -> None:
    post(client)
    assert is_in(client)
    people.deactivate_user(actor=company.admin, user=company.rep)
    assert not is_in(client)


def test_even_when_only_the_flag_was_taken(company: Company, client: Client) -> None:
    post(client)
    User.objects.filter(pk=company.rep.pk).update(is_active=False)
    assert not is_in(client)


@pytest.mark.parametrize("column", ["security_stamp", "password"])
def test_a_session_is_bound_to_stamp_and_password(
    company: Company, client: Client, column: str
) -> None:
    post(client)
    User.objects.filter(pk=company.rep.pk).update(**{column: "another"})
    assert not is_in(client)


def test_a_forged_or_foreign_session_is_nobody(company: Company) -> None:
    for value in ("", "x", "a" * 32, "a" * 5000, "\0" * 8):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = value
        assert not is_in(client)


def test_security_50_signed_in_pages_are_kept_nowhere(company: Company, client: Client) -> None:
    post(client)
    assert client.get(reverse("me"))["Cache-Control"] == "private, no-store"
    assert "no-store" in Client().get(reverse("login"))["Cache-Control"]


def test_whoever_must_change_the_password_gets_no_other_page(
    company: Company, client: Client
) -> None:
    User.objects.filter(pk=company.rep.pk).update(must_change_password=True)
    assert post(client).url == reverse("me-password")
    for name in ("home", "me", "me-tokens", "me-sessions"):
        assert client.get(reverse(name)).url == reverse("me-password")
    answer = client.post(
        reverse("me-password"),
        {"old": PASSWORD, "password": "quite another 9", "again": "quite another 9"},
    )
    assert answer.status_code == 302
    assert is_in(client)
    company.rep.refresh_from_db()
    assert not company.rep.must_change_password


def test_networks_of_a_role_hold_at_the_door_and_on_every_request(
    company: Company, client: Client
) -> None:
    home, away = {"REMOTE_ADDR": "10.1.2.3"}, {"REMOTE_ADDR": "192.0.2.1"}
    data = {"username": "rea", "password": PASSWORD}
    assert client.post(reverse("login"), data, **away).status_code == 302
    roles.update_role(
        actor=company.admin, role=company.rep_role, networks=["10.0.0.0/8", "2001:db8::/32"]
    )
    assert client.get(reverse("home"), **away).status_code == 403
    assert client.get(reverse("home"), **home).status_code == 200
    assert client.get(reverse("home"), REMOTE_ADDR="2001:db8::7").status_code == 200
    refused = Client().post(reverse("login"), data, **away)
    assert refused.status_code == 403
    assert SignInAttempt.objects.filter(result="network").count() == 1
    assert Client().post(reverse("login"), {**data, "password": "wrong"}, **away).status_code == 401
    assert Client().post(reverse("login"), data, **home).status_code == 302


def test_an_address_behind_proxies_is_not_the_clients_invention(settings, rf) -> None:
    spoofed = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.5"}
    assert address_of(rf.get("/", **spoofed)) == "10.0.0.1"
    settings.TRUSTED_PROXIES = 1
    assert address_of(rf.get("/", **spoofed)) == "203.0.113.5"
    assert address_of(rf.get("/", REMOTE_ADDR="10.0.0.1")) == "10.0.0.1"
    assert address_of(rf.get("/", REMOTE_ADDR="::ffff:10.0.0.1")) == "10.0.0.1"
    assert address_of(rf.get("/", REMOTE_ADDR="x", HTTP_X_FORWARDED_FOR="<script>")) is None


def test_the_audit_names_the_address_that_the_proxy_saw(
    company: Company, client: Client, settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    data = {"username": "rea", "password": "wrong"}
    client.post(reverse("login"), data, HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.5")
    entry = AuditEntry.objects.get(action="sign_in_failed")
    assert (entry.address, entry.actor_id) == ("203.0.113.5", None)
    assert entry.detail == {"account": "rea", "result": "failed", "kind": "password"}
