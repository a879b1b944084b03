"""Pages as a browser gets them, and when two answers are the same answer."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

NEVER = 10**12  # an id that no record has
NOISE = re.compile(rb"[A-Za-z0-9]{32,}|nonce=\"[^\"]+\"|'X-Request-ID': '[^']+'")


def browser(person: Any) -> Client:
    """Somebody's browser, signed in, in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def everything_said(answer: Any, pk: int) -> tuple[int, bytes, bytes]:
    """Status, body and headers, without what is new in each answer and the id asked for."""
    headers = {name: text for name, text in answer.headers.items() if name != "Set-Cookie"}
    own = re.compile(rb"(?<=/)%d(?=[/\"&?])" % pk)
    said = (answer.content, str(headers).encode())
    body, head = (own.sub(b"", NOISE.sub(b"", one)) for one in said)
    return answer.status_code, body, head
