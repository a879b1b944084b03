"""A browser's worth of HTTP: one kept connection, cookies, the sign-in."""

import json
import re
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from bench.server import BARE

PASSWORD = "keyuan-demo"  # noqa: S105  of people who were generated for measuring
KEPT = 3.0  # seconds that an idle connection is used again; gunicorn closes it after five
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What came back: milliseconds on the clock and in the server, statements, and the body."""

    status: int
    body: bytes
    ms: float
    server_ms: float
    queries: int
    location: str = ""


class Client:
    """One person at one browser."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.token, self.last = "", 0.0

    def get(self, path: str, **headers: str) -> Answer:
        """GET an address."""
        return self._ask("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> Answer:
        """POST a form."""
        sent = {
            "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token,
            **headers,
        }  # fmt: skip
        return self._ask("POST", path, urlencode(fields, doseq=True).encode(), sent)

    def sign_in(self, username: str) -> None:
        """By the page that people use."""
        page = self.get("/login/")
        found = _TOKEN.search(page.body.decode())
        assert found is not None
        self.token = found[1]
        answer = self.post("/login/", {"username": username, "password": PASSWORD})
        assert answer.status == 302, (username, answer.status)
        self.token = self.cookies.get("csrftoken", self.token)

    def bearer(self, username: str) -> str:
        """A token of the API."""
        body = json.dumps({"username": username, "password": PASSWORD}).encode()
        answer = self._ask(
            "POST", "/api/v1/auth/token/", body, {"Content-Type": "application/json"}
        )
        assert answer.status == 200, answer.body
        return str(json.loads(answer.body)["token"])

    def bare(self, rows: int, columns: int, size: int) -> float:
        """Milliseconds of the bare page."""
        return self.get(f"{BARE}?rows={rows}&columns={columns}&bytes={size}").ms

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.connection.sock is not None and time.monotonic() - self.last > KEPT:
            self.connection.close()  # the server has given it up by now
        begun = time.perf_counter()
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        content = response.read()
        spent = (time.perf_counter() - begun) * 1000
        self.last = time.monotonic()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _equals, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(
            response.status, content, spent, float(response.headers.get("X-Bench-Ms", 0)),
            int(response.headers.get("X-Bench-Queries", 0)), response.headers.get("Location", ""),
        )  # fmt: skip
