"""Calls of the API as a program makes them: with a token, JSON both ways."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.tokens import create_token


class Api:
    """One person's program. Calls answer Django's test response."""

    def __init__(self, user: Any, scope: str = "write", modules: list[str] | None = None) -> None:
        self.user = user
        self.token, self.secret = create_token(
            actor=user, name="test", scope=scope, modules=modules
        )
        self.client = Client(raise_request_exception=False, headers={"accept-language": "en"})

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Any call; `headers` are given with underscores: if_match="3"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("authorization", f"Bearer {self.secret}")
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return self.client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            b"" if data is None else body,
            content_type=named.pop("content-type", "application/json"),
            headers=named,
        )

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.call("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        """POST."""
        return self.call("POST", path, {} if data is None else data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> Any:
        """PATCH."""
        return self.call("PATCH", path, {} if data is None else data, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        """DELETE."""
        return self.call("DELETE", path, **headers)


def ids(answer: Any) -> list[int]:
    """The ids on a page."""
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


def told(answer: Any, status: int) -> dict[str, Any]:
    """The body of a refusal with this status, which always has the same two keys."""
    assert answer.status_code == status, (answer.status_code, answer.content[:400])
    body: dict[str, Any] = answer.json()
    assert set(body) >= {"detail", "fields"}
    return body


def fixed_headers(answer: Any) -> dict[str, str]:
    """The headers of an answer but for the request's own id."""
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
