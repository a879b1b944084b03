"""Nothing is open by accident: what somebody who is not signed in gets from every address (2)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

# Open to anybody, by name, with the statuses that a plain GET may give.
PUBLIC = {
    "login": {200}, "login-code": {302}, "password-forgot": {200}, "password-reset": {200, 404},
    "preferences": {405}, "healthz": {200}, "readyz": {200, 503}, "metrics": {200},
    "auth-token": {405},
    "api-schema": {200, 401, 403}, "manifest": {200}, "service-worker": {200}, "offline": {200},
}  # fmt: skip
SHUT = {302, 401, 403, 404, 405}
GIVEN = {
    "pk": "1",
    "page": "1",
    "name": "x",
    "act": "x",
    "holder": "person-1",
    "token": "x" * 40,
    "module": "customers",
    "action": "claim",
    "rest": "nothing",
}


def addresses(patterns=None, above=""):
    for one in get_resolver().url_patterns if patterns is None else patterns:
        path = above + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, path)
        else:
            filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: GIVEN[match[1]], path)
            yield one.name or path, f"/{filled}"


@pytest.mark.django_db
def test_security_2_every_address_is_shut_to_strangers_but_those_listed():
    client = Client()
    seen = set()
    for name, path in addresses():
        answers = [
            getattr(client, method)(path) for method in ("get", "post", "delete", "put", "patch")
        ]
        get = answers[0]
        if name in PUBLIC:
            assert get.status_code in PUBLIC[name], (name, get.status_code)
            seen.add(name)
            continue
        for answer in answers:
            assert answer.status_code in SHUT, (name, path, answer.status_code)
            if answer.status_code == 302:
                assert answer["Location"].startswith("/login/"), (name, path)
    assert seen == set(PUBLIC)


HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
INLINE = re.compile(rb"""<script(?![^>]*\bsrc=)|<style|<[^>]*\s(?:style|on\w+|hx-on[\w:-]*)=["']""")


def assert_safe(name, answer):
    """The headers are there, and nothing in the page is a script or a style of its own."""
    for header, value in HEADERS.items():
        assert answer.get(header) == value, (name, header)
    policy = answer.get("Content-Security-Policy", "")
    assert "frame-ancestors 'none'" in policy, name
    assert "unsafe" not in policy, name
    assert "camera=()" in answer.get("Permissions-Policy", ""), name
    assert "X-Request-ID" in answer.headers, name
    if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
        assert not INLINE.findall(answer.content), name


@pytest.mark.django_db
def test_security_117_nothing_changes_by_opening_it(cast, queries):
    """GET and HEAD write no business row, and every answer says what its page may do (117)."""
    client = Client()
    client.force_login(cast.administrator)
    wrote = []
    for name, path in addresses():
        if name in {"logout"}:
            continue
        with queries() as made:
            answer = client.get(path)
        assert_safe(name, answer)
        writes = [
            one["sql"][:90]
            for one in made
            if re.match(r"(?i)(insert|update|delete)", one["sql"])
            and not re.search("session", one["sql"], re.I)
        ]
        if writes:
            wrote.append((name, writes))
    assert wrote == []
