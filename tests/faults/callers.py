"""Who calls the product: programs with a key, people with a browser; each call within a time."""

from __future__ import annotations

import http.client
import json
import re
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.people import PASSWORD

PATIENCE = 15.0
LOST = 0  # the status of a call that nobody answered
FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What came back, and after how long."""

    status: int
    body: bytes
    seconds: float
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


def call(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """One request on a connection of its own; status LOST where no whole answer came."""
    began = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request(method, path, body, named)
        got = line.getresponse()
        content = got.read()
        told = {name.lower(): value for name, value in got.getheaders()}
        if "set-cookie" in told:
            told["set-cookie"] = "\n".join(got.headers.get_all("set-cookie") or [])
        return Answer(got.status, content, time.monotonic() - began, told)
    except (OSError, http.client.HTTPException):
        return Answer(LOST, b"", time.monotonic() - began, {})
    finally:
        line.close()


def parts_of(files: dict[str, tuple[str, bytes]], values: dict[str, str]) -> tuple[bytes, str]:
    """A multipart body and its type."""
    mark = uuid.uuid4().hex
    lines: list[bytes] = []
    for name, value in values.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        lines += [head.encode(), value.encode(), b"\r\n"]
    for name, (title, data) in files.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{title}"\r\n'
        lines += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", data, b"\r\n"]
    lines.append(f"--{mark}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={mark}"


class Program:
    """Calls the API with a key."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Answer:
        body = None if data is None else json.dumps(data).encode()
        given = {"Authorization": f"Bearer {self.token}", "Content_Type": "application/json"}
        return call(self.port, method, f"/api/v1/{path}", body, **{**given, **headers})

    def send(self, path: str, name: str, data: bytes, **values: str) -> Answer:
        """A file, and what belongs to it."""
        body, kind = parts_of({"file": (name, data)}, values)
        given = {"Authorization": f"Bearer {self.token}", "Content_Type": kind}
        return call(self.port, "POST", f"/api/v1/{path}", body, **given)

    def job(self, answer: Answer) -> int:
        """The job that a call has started."""
        assert answer.status == 202, (answer.status, answer.text[:300])
        return int(answer.json()["job"])

    def ended(self, job: int) -> dict[str, Any] | None:
        """What the job says of itself once it has ended."""
        told = self.call("GET", f"jobs/{job}/")
        if told.status != 200 or told.json()["state"] in ("queued", "running"):
            return None
        return dict(told.json())


class Browser:
    """A person's browser: cookies, forms, no script."""

    def __init__(self, port: int, language: str = "en") -> None:
        self.port = port
        self.language = language
        self.cookies: dict[str, str] = {}

    def open(
        self, path: str, method: str = "GET", body: bytes | None = None, **more: str
    ) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = call(
            self.port, method, path, body,
            Cookie=cookies, Accept_Language=self.language, **more,
        )  # fmt: skip
        for line in filter(None, answer.headers.get("set-cookie", "").split("\n")):
            name, _sign, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0].strip('"')
        return answer

    def fill(self, path: str, values: dict[str, Any]) -> Answer:
        """Send a form."""
        given = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **values}
        return self.open(
            path, "POST", urlencode(given, doseq=True).encode(),
            Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip

    def upload(self, path: str, name: str, data: bytes, **more: str) -> Answer:
        values = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        body, kind = parts_of({"files": (name, data)}, values)
        return self.open(path, "POST", body, Content_Type=kind, **more)

    def sign_in(self, username: str) -> Answer:
        """By the form, as anybody does; 302 leads in."""
        self.open("/login/")
        return self.fill("/login/", {"username": username, "password": PASSWORD})
