"""A new password by mail (case 114), and the rules of passwords."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, KnownDevice, PasswordReset, User
from accounts.services import people
from accounts.services.passwords import change_password, set_temporary_password
from accounts.signin.resets import handle_reset
from accounts.tasks import clear_sign_in, send_waiting_resets
from accounts.tokens import create_token
from crm.records.errors import Invalid
from tests.accounts.conftest import PASSWORD, Company, make_user
from tests.accounts.test_throttle import guess

NEW = "quite another 9"


@pytest.fixture(autouse=True)
def _no_broker(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are sent by the sweep: the tests' worker is the test itself."""
    monkeypatch.setattr("accounts.views.door.poke", lambda reset_id: None)


def ask(name: str = "rea", **meta: str):
    return Client().post(reverse("password-forgot"), {"username": name}, **meta)


def link() -> str:
    send_waiting_resets()
    found = re.search(r"http://\S+", mail.outbox[-1].body)
    assert found
    return found[0].removeprefix("http://127.0.0.1:8000")


def choose(address: str, password: str = NEW, again: str | None = None):
    return Client().post(
        address, {"password": password, "again": password if again is None else again}
    )


def test_a_mail_is_not_lost_with_the_worker_that_was_to_send_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_given: object) -> None:
        raise KeyboardInterrupt

    ask()
    with monkeypatch.context() as patch:
        patch.setattr("accounts.signin.resets._send", dies)
        with pytest.raises(KeyboardInterrupt):
            send_waiting_resets()
    send_waiting_resets()
    assert mail.outbox == [], "it may be on its way"
    with time_machine.travel(timezone.now() + timedelta(minutes=3), tick=False):
        assert choose(link()).url == reverse("login")
        send_waiting_resets()
    assert len(mail.outbox) == 1
    assert PasswordReset.objects.get().typed == ""


def test_the_whole_way(company: Company) -> None:
    ask()
    address = link()
    assert mail.outbox[0].to == ["rea@example.com"]
    assert Client().get(address).status_code == 200
    assert choose(address).url == reverse("login")
    assert guess(Client(), password=PASSWORD).status_code == 401
    assert guess(Client(), password=NEW).status_code == 302


def test_security_114_the_answer_is_the_same_whoever_is_asked_for(
    company: Company, django_assert_num_queries
) -> None:
    make_user("closed", is_active=False)
    make_user("mute", email="")
    pages = set()
    for name in ("rea", "ghost", "closed", "mute", "rea@example.com"):
        with django_assert_num_queries(1):
            answer = ask(name)
        assert answer.status_code == 200
        pages.add(re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode()))
    assert len(pages) == 1
    send_waiting_resets()
    assert [one.to for one in mail.outbox] == [["rea@example.com"]] * 2
    assert not PasswordReset.objects.exclude(typed="").exists()


def test_security_114_a_link_is_good_once(company: Company) -> None:
    ask()
    address = link()
    assert choose(address).status_code == 302
    assert choose(address, "yet another 10").status_code == 404
    assert Client().get(address).status_code == 404


def test_a_link_is_good_for_an_hour(company: Company) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask()
        address = link()
        clock.shift(timedelta(minutes=59))
        assert Client().get(address).status_code == 200
        clock.shift(timedelta(minutes=1, seconds=1))
        assert choose(address).status_code == 404


@pytest.mark.parametrize("change", ["password", "mail", "closed", "temporary"])
def test_security_114_a_link_dies_with_what_it_was_made_for(company: Company, change: str) -> None:
    ask()
    address = link()
    if change == "password":
        change_password(actor=company.rep, user=company.rep, password=NEW)
    elif change == "mail":
        people.update_user(actor=company.admin, user=company.rep, email="new@example.com")
    elif change == "closed":
        people.deactivate_user(actor=company.admin, user=company.rep)
    else:
        set_temporary_password(actor=company.admin, user=company.rep)
    assert Client().get(address).status_code == 404
    assert choose(address, "yet another 10").status_code == 404


def test_security_114_wrong_used_and_expired_links_look_the_same(company: Company) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask()
        used = link()
        choose(used)
        ask()
        expired = link()
        clock.shift(timedelta(hours=2))
        never = reverse("password-reset", args=["x" * 43])
        pages = set()
        for address in (used, expired, never):
            text = Client().get(address).content.decode()
            pages.add(re.sub(r'value="[^"]*"', "", text))
        assert len(pages) == 1


def test_opening_a_link_changes_nothing(company: Company) -> None:
    ask()
    address = link()
    before = User.objects.filter(pk=company.rep.pk).values().get()
    for _time in range(3):
        Client().get(address)
        Client().head(address)
    assert User.objects.filter(pk=company.rep.pk).values().get() == before
    assert choose(address).status_code == 302


def test_security_114_the_host_header_does_not_reach_the_mail(company: Company, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    ask("rea", HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    send_waiting_resets()
    assert "evil" not in mail.outbox[0].body


def test_the_link_is_stored_as_a_digest(company: Company) -> None:
    ask()
    token = link().rstrip("/").rpartition("/")[2]
    assert len(token) >= 43
    assert token not in str(PasswordReset.objects.values())


def test_nobodys_mailbox_is_flooded(company: Company) -> None:
    for _time in range(12):
        ask("13800138000")
    send_waiting_resets()
    assert len(mail.outbox) == 5


def test_a_request_is_handled_once(company: Company) -> None:
    ask()
    reset = PasswordReset.objects.get()
    assert handle_reset(reset.pk)
    assert not handle_reset(reset.pk)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("password", "again"),
    [
        ("short", None),
        ("1234567890123", None),
        ("password123", None),
        ("rea@example.com", None),
        (PASSWORD, None),
        (NEW, "other"),
        ("", None),
        ("x" * 500, None),
    ],
)
def test_bad_passwords_are_refused_and_the_link_stays_good(
    company: Company, password: str, again: str | None
) -> None:
    ask()
    address = link()
    assert choose(address, password, again).status_code == 400
    assert choose(address).status_code == 302


def test_the_last_five_passwords_do_not_come_back(company: Company) -> None:
    words = [f"secret number {n}" for n in range(7)]
    for word in words:
        change_password(actor=company.rep, user=company.rep, password=word)
    for word in words[2:]:
        with pytest.raises(Invalid):
            change_password(actor=company.rep, user=company.rep, password=word)
    change_password(actor=company.rep, user=company.rep, password=words[0])


def test_a_new_password_ends_everything_but_the_own_session(company: Company) -> None:
    mine, other = Client(), Client()
    for client in (mine, other):
        guess(client, password=PASSWORD)
    _token, _secret = create_token(actor=company.rep, name="x")
    answer = mine.post(reverse("me-password"), {"old": PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 302
    assert mine.get(reverse("me")).status_code == 200
    assert other.get(reverse("me")).status_code == 302
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert KnownDevice.objects.count() == 1  # this browser, known anew
    company.rep.refresh_from_db()
    assert company.rep.history.count() == 2


def test_the_old_password_is_asked_for(company: Company) -> None:
    client = Client()
    guess(client, password=PASSWORD)
    for old in ("", "wrong", NEW):
        data = {"old": old, "password": NEW, "again": NEW}
        assert client.post(reverse("me-password"), data).status_code == 400
    assert guess(Client(), password=PASSWORD).status_code == 302


def test_a_temporary_password_must_be_changed(company: Company) -> None:
    temporary = set_temporary_password(actor=company.admin, user=company.rep)
    assert guess(Client(), password=temporary).url == reverse("me-password")
    with pytest.raises(Exception, match="roles"):
        set_temporary_password(actor=company.mate, user=company.admin)


def test_what_is_dead_is_cleared_away(company: Company) -> None:
    start = timezone.now()
    with time_machine.travel(start - timedelta(days=400), tick=False):
        ask()
        guess(Client())
        guess(Client(), password=PASSWORD)
    guess(Client(), password=PASSWORD)
    clear_sign_in()
    assert company.rep.sessions.count() == 1
    assert company.rep.known_devices.count() == 1
    assert company.rep.attempts.count() == 1
    assert not PasswordReset.objects.exists()
