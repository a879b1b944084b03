"""A person at the product's own door, in this process: pages by a session, the API by a token."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, User, UserSession
from accounts.models.signin import digest
from accounts.proving.rules import MASKED, World

AHEAD = timedelta(days=1)
# Which names stand in an address besides what it is called.
OF_RECORD = frozenset({"record", "peek", "edit", "history"})
OF_MODULE = frozenset({"list", "lookup", "board", "calendar"})


def unpacked(data: bytes) -> bytes:
    """An answer's bytes with every packed part unpacked."""
    if not data.startswith(b"PK\x03\x04"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"\n".join(book.read(name) for name in book.namelist())


@dataclass
class Signed:
    """Somebody signed in, in a browser and with a program."""

    user: User
    client: Client
    program: Client
    secret: str

    @classmethod
    def of(cls, user: User) -> Signed:
        """A session and a token, which live as long as the transaction around."""
        host = next((one for one in settings.ALLOWED_HOSTS if one[:1].isalnum()), "localhost")
        scheme: Any = {"SERVER_NAME": host, "wsgi.url_scheme": "https"}
        client = Client(raise_request_exception=False, **scheme)
        client.force_login(user)
        secret = token_urlsafe(32)
        ahead = timezone.now() + AHEAD  # so that nothing notes when they were used last
        ApiToken.objects.create(
            user=user, name="self-test", token_hash=digest(secret), prefix="self-test",
            scope=ApiToken.Scope.READ, stamp=user.security_stamp, last_used_at=ahead,
        )  # fmt: skip
        UserSession.objects.filter(user=user).update(seen_at=ahead)
        return cls(user, client, Client(raise_request_exception=False, **scheme), secret)

    def get(self, path: str, query: Any = None, is_part: bool = False) -> Any:
        """The answer to a GET of a page."""
        headers = {"HX-Request": "true"} if is_part else {}
        with transaction.atomic():  # what breaks a statement breaks this answer alone
            return self.client.get(path, query or {}, headers=headers)

    def call(self, path: str) -> Any:
        """The answer to a GET of the API."""
        bearer = {"authorization": f"Bearer {self.secret}"}
        with transaction.atomic():
            return self.program.get(f"/api/v1/{path}", headers=bearer)


@dataclass
class LiveReader:
    """Somebody signed in before one record; see accounts.proving.reads.Reader."""

    signed: Signed
    world: World
    module_name: str
    record: int
    word: str

    def visible(self) -> Sequence[str]:
        """The columns that he may ask for, by the rules."""
        fields = self.world.modules[self.module_name].fields
        person = self.signed.user.pk
        return [
            path
            for path in fields
            if "." not in path and self.world.state(person, self.module_name, path) >= MASKED
        ]

    def page(self, to: str, *, query: Any = None, part: bool = False, **kwargs: Any) -> bytes:
        """The bytes of a page and its headers."""
        given: dict[str, Any] = dict(kwargs)
        if to in OF_RECORD:
            given = {"module": self.module_name, "pk": self.record, **given}
        elif to in OF_MODULE:
            given = {"module": self.module_name, **given}
        return body_of(self.signed.get(reverse(to, kwargs=given), query, part))

    def read_api(self, path: str) -> bytes:
        """The bytes of an answer of the API and its headers."""
        return body_of(self.signed.call(path))


class ServerFault(Exception):
    """An answer that is no answer."""


def body_of(answer: Any) -> bytes:
    """An answer's bytes, unpacked, with its headers. Raises ServerFault."""
    if answer.status_code >= 500:
        raise ServerFault(f"{answer.status_code} {answer.request['PATH_INFO']}")
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return unpacked(data) + str(dict(answer.headers)).encode()


def json_of(answer: Any) -> dict[str, Any]:
    """An answer's object; nothing where it is none."""
    try:
        found = json.loads(answer.content or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
