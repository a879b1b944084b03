"""Mails really sent: a local SMTP server takes them over a socket; when it is away they wait."""

from __future__ import annotations

import email
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from django.test import Client
from django.urls import reverse

from accounts.models import PasswordReset, SignInAttempt
from accounts.tasks import send_waiting_resets
from tests.accounts.conftest import PASSWORD, Company
from tests.accounts.test_throttle import guess

# The test's own server asks for a password over an open way.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

NEW = "quite another 9"


class Box:
    """Keeps what comes in."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.senders: list[str] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.senders.append(envelope.mail_from)
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 Message accepted for delivery"


def check(server, session, envelope, mechanism, given) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and given == LoginPassword(b"crm", b"box secret")
    return AuthResult(success=is_right, handled=True)


def serve(settings, **options) -> Controller:
    """A server on a free port that the settings name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Box(), hostname="127.0.0.1", port=port, **options)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 3
    settings.DEFAULT_FROM_EMAIL = "Keyuan <crm@example.com>"
    return controller


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are sent by the sweep: the tests' worker is the test itself."""
    monkeypatch.setattr("accounts.views.door.poke", lambda reset_id: None)


@pytest.fixture
def box(settings) -> Iterator[Box]:
    """A mail server that asks for a password."""
    controller = serve(settings, authenticator=check, auth_required=True, auth_require_tls=False)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "crm", "box secret"
    yield controller.handler
    controller.stop()


def ask() -> None:
    Client().post(reverse("password-forgot"), {"username": "rea"})


def test_a_new_password_comes_by_mail(company: Company, box: Box) -> None:
    ask()
    send_waiting_resets()
    send_waiting_resets()
    (mail,) = box.mails
    assert (mail["To"], mail["From"]) == ("rea@example.com", "Keyuan <crm@example.com>")
    assert box.senders == ["crm@example.com"]
    body = mail.get_body().get_content()  # type: ignore[attr-defined]
    address = re.search(r"http://127\.0\.0\.1:8000(\S+)", body)
    assert address, body
    changed = Client().post(address[1], {"password": NEW, "again": NEW})
    assert changed.headers["Location"] == reverse("login")
    assert guess(Client(), password=PASSWORD).status_code == 401
    assert guess(Client(), password=NEW).status_code == 302


def test_chinese_arrives_as_it_was_written(company: Company, box: Box) -> None:
    company.rep.language = "zh-hans"
    company.rep.display_name = "陈思远"
    company.rep.save()
    ask()
    send_waiting_resets()
    (mail,) = box.mails
    assert "陈思远" in mail.get_body().get_content()  # type: ignore[attr-defined]


@pytest.mark.parametrize("trouble", ["away", "wrong password"])
def test_a_mail_that_is_not_taken_waits_and_is_sent_once(
    company: Company, box: Box, settings, trouble: str
) -> None:
    good = settings.EMAIL_PORT, settings.EMAIL_HOST_PASSWORD
    if trouble == "away":
        settings.EMAIL_PORT = 1
    else:
        settings.EMAIL_HOST_PASSWORD = "not this"
    ask()
    for _turn in range(7):
        send_waiting_resets()
    reset = PasswordReset.objects.get()
    assert (reset.handled_at, reset.token_hash, reset.typed) == (None, None, "rea")
    assert not SignInAttempt.objects.exists(), "the person has used up none of his mails"
    settings.EMAIL_PORT, settings.EMAIL_HOST_PASSWORD = good
    send_waiting_resets()
    send_waiting_resets()
    assert len(box.mails) == 1


def certificate(folder) -> ssl.SSLContext:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_starttls_is_used_and_a_strange_certificate_is_not_trusted(
    company: Company, settings, tmp_path, monkeypatch
) -> None:
    controller = serve(settings, tls_context=certificate(tmp_path), require_starttls=True)
    settings.EMAIL_USE_TLS = True
    try:
        ask()
        send_waiting_resets()
        assert controller.handler.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        send_waiting_resets()
        assert len(controller.handler.mails) == 1
    finally:
        controller.stop()
