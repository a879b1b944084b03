"""API tokens never exceed their owner (promise P24, case 118)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import ApiToken, User
from accounts.services import people, roles
from accounts.services.passwords import change_password
from accounts.tokens import (
    MOST_TOKENS,
    TokenAuthentication,
    create_token,
    revoke_token,
    token_of,
)
from crm.records.errors import Invalid
from tests.accounts.conftest import PASSWORD, Company
from tests.accounts.test_throttle import current_code, guess

AUTH = "/api/v1/auth/token/"


def ask(username: str = "rea", password: str = PASSWORD, **more: str):
    data = {"username": username, "password": password, **more}
    return Client().post(AUTH, data, content_type="application/json")


def authenticate(header: str, **meta: str):
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=header, **meta)
    return TokenAuthentication().authenticate(Request(request))


def test_a_name_and_a_password_give_a_token(company: Company) -> None:
    answer = ask()
    assert answer.status_code == 200
    assert set(answer.json()) == {"token"}
    user, token = authenticate(f"Bearer {answer.json()['token']}")
    assert user == company.rep
    assert token.may_write
    assert token.may_use("customers")
    assert token.expires_at > timezone.now() + timedelta(days=29)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{}", 400),
        ("[]", 400),
        ("{", 400),
        ('{"username": "rea"}', 400),
        ('{"username": ["rea"], "password": {"a": 1}}', 400),
        ('{"username": "rea", "password": "wrong"}', 401),
        ('{"username": "ghost", "password": "wrong"}', 401),
        ('{"username": "r\\u0000", "password": "wrong"}', 400),
    ],
)
def test_bad_bodies_get_a_reason(company: Company, body: str, status: int) -> None:
    answer = Client().post(AUTH, body, content_type="application/json")
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert Client().get(AUTH).status_code == 405


def test_security_118_the_token_is_stored_hashed_and_only_its_beginning_is_shown(
    company: Company,
) -> None:
    token, secret = create_token(actor=company.rep, name="  report ", scope="read")
    assert secret not in str(ApiToken.objects.values())
    assert secret.startswith(token.prefix)
    assert len(token.prefix) <= 12
    assert token.name == "report"


def test_security_116_the_second_factor_is_asked_for_here_too(company: Company) -> None:
    device = TOTPDevice.objects.create(user=company.rep, confirmed=True)
    assert ask().status_code == 401
    assert "otp" in ask().json()["fields"]
    assert ask(otp="000000").status_code == 401
    code = current_code(device)
    assert ask(otp=code).status_code == 200
    assert ask(otp=code).status_code == 401


def test_guessing_shares_the_budget_of_the_door(company: Company) -> None:
    results = [ask(password="wrong").status_code for _try in range(5)]
    assert results == [401] * 4 + [429]
    assert guess(Client(), password=PASSWORD, address="127.0.0.1").status_code == 429
    answer = ask()
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_signing_in_often_is_allowed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.tokens.MOST_SIGN_IN_TOKENS", 3)
    secrets = [ask().json()["token"] for _time in range(5)]
    assert [token_of(secret) is not None for secret in secrets] == [False, False, True, True, True]


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer a b", "bearer kyt_x", "Bearer \xff"]
)
def test_a_wrong_token_is_401(company: Company, header: str) -> None:
    with pytest.raises(APIException) as refused:
        authenticate(header)
    assert refused.value.status_code == 401


@pytest.mark.parametrize("header", ["", "Basic cmVhOng="])
def test_other_headers_are_not_ours(company: Company, header: str) -> None:
    assert authenticate(header) is None


def close(company: Company) -> None:
    people.deactivate_user(actor=company.admin, user=company.rep)


def close_quietly(company: Company) -> None:
    User.objects.filter(pk=company.rep.pk).update(is_active=False)


def new_password(company: Company) -> None:
    change_password(actor=company.rep, user=company.rep, password="quite another 9")


def new_stamp(company: Company) -> None:
    User.objects.filter(pk=company.rep.pk).update(security_stamp="new")


def revoke(company: Company) -> None:
    assert revoke_token(actor=company.rep, token_id=ApiToken.objects.get().pk)


def sign_out_everywhere(company: Company) -> None:
    client = Client()
    guess(client, password=PASSWORD)
    client.post(reverse("me-sessions"), {"all": "1"})


@pytest.mark.parametrize(
    "event", [close, close_quietly, new_password, new_stamp, revoke, sign_out_everywhere]
)
def test_security_118_a_token_dies_with_what_it_rests_on(company: Company, event) -> None:
    _token, secret = create_token(actor=company.rep, name="x")
    assert authenticate(f"Bearer {secret}")
    used = ApiToken.objects.get().last_used_at
    event(company)
    with pytest.raises(APIException) as refused:
        authenticate(f"Bearer {secret}")
    assert refused.value.status_code == 401
    assert ApiToken.objects.get().last_used_at == used


def test_security_118_a_token_expires(company: Company) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        _token, secret = create_token(
            actor=company.rep, name="x", expires_at=timezone.now() + timedelta(days=1)
        )
        assert token_of(secret)
        clock.shift(timedelta(days=1, seconds=1))
        assert token_of(secret) is None


def test_a_token_obeys_networks_and_a_forced_change(company: Company) -> None:
    _token, secret = create_token(actor=company.rep, name="x")
    roles.update_role(actor=company.admin, role=company.rep_role, networks=["10.0.0.0/8"])
    assert authenticate(f"Bearer {secret}", REMOTE_ADDR="10.1.1.1")
    with pytest.raises(APIException) as refused:
        authenticate(f"Bearer {secret}", REMOTE_ADDR="192.0.2.1")
    assert refused.value.status_code == 403
    User.objects.filter(pk=company.rep.pk).update(must_change_password=True)
    with pytest.raises(APIException) as refused:
        authenticate(f"Bearer {secret}", REMOTE_ADDR="10.1.1.1")
    assert refused.value.status_code == 403


def test_security_118_a_narrow_token_is_narrow(company: Company) -> None:
    token, _secret = create_token(actor=company.rep, name="x", scope="read", modules=["customers"])
    assert not token.may_write
    assert token.may_use("customers")
    assert not token.may_use("contacts")
    with pytest.raises(Invalid):
        create_token(actor=company.rep, name="x", scope="all")
    with pytest.raises(Invalid):
        create_token(actor=company.rep, name="x", expires_at=timezone.now())


def test_there_is_a_most(company: Company) -> None:
    for number in range(MOST_TOKENS):
        create_token(actor=company.rep, name=str(number))
    with pytest.raises(Invalid):
        create_token(actor=company.rep, name="one more")


def test_nobody_revokes_anothers(company: Company) -> None:
    token, secret = create_token(actor=company.rep, name="x")
    assert not revoke_token(actor=company.mate, token_id=token.pk)
    client = Client()
    guess(client, "max", PASSWORD)
    client.post(reverse("me-tokens"), {"revoke": str(token.pk)})
    client.post(reverse("me-tokens"), {"revoke": "9" * 30})
    client.post(reverse("me-tokens"), {"revoke": "x"})
    assert token_of(secret)


def test_security_118_the_page_shows_a_new_token_once(company: Company) -> None:
    client = Client()
    guess(client, password=PASSWORD)
    data = {"name": "report", "scope": "read", "modules": ["customers"], "days": "30"}
    page = client.post(reverse("me-tokens"), data)
    secret = page.context["secret"]
    assert secret in page.content.decode()
    assert secret not in client.get(reverse("me-tokens")).content.decode()
    token = ApiToken.objects.get()
    assert token.modules == ["customers"]
    client.post(reverse("me-tokens"), {"revoke": str(token.pk)})
    assert token_of(secret) is None
    for bad in (
        {},
        {**data, "scope": "all"},
        {**data, "modules": ["nonsense"]},
        {**data, "days": "7"},
    ):
        assert client.post(reverse("me-tokens"), {"name": "", **bad}).status_code == 400
