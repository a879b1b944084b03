"""Every line of the log is one JSON object that names its request."""

import json
import logging

import pytest

from crm.views.logs import JsonFormatter

ID = "0123456789abcdef"


@pytest.fixture
def lines():
    """What the log says while the test runs, as the product writes it."""
    found = []

    class Keep(logging.Handler):
        def emit(self, record):
            found.append(json.loads(JsonFormatter().format(record)))

    keep = Keep()
    logging.getLogger().addHandler(keep)
    yield found
    logging.getLogger().removeHandler(keep)


@pytest.mark.parametrize(
    ("address", "more", "status", "logger"),
    [
        ("/nowhere/", {}, 404, "django.request"),
        ("/customers/999999999/", {}, 404, "django.request"),
        ("/customers/?sort=nothing", {}, 400, "django.request"),
        ("/login/", {"HTTP_HOST": "evil.example"}, 400, "django.security.DisallowedHost"),
        ("/api/v1/nowhere/", {}, 401, "django.request"),
    ],
)
def test_what_is_refused_is_logged_with_its_request(
    cast, client, lines, address, more, status, logger
):
    if status != 401:
        client.force_login(cast.owner)
    answer = client.get(address, headers={"X-Request-ID": ID}, **more)
    assert (answer.status_code, answer["X-Request-ID"]) == (status, ID)
    mine = [line for line in lines if line["logger"] == logger]
    assert [line["request"] for line in mine] == [ID], lines


def test_a_forged_id_and_a_broken_line_forge_nothing(cast, client, lines):
    client.force_login(cast.owner)
    answer = client.get("/nowhere/%0d%0aforged/", headers={"X-Request-ID": "x\r\ny"})
    assert answer.status_code == 404
    (line,) = [line for line in lines if line["logger"] == "django.request"]
    assert line["request"] == answer["X-Request-ID"]
    assert len(line["request"]) == 32
