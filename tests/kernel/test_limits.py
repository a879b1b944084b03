"""Asking whether somebody is known is counted and audited alike on pages and over the API (23)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.records.beside import AuditEntry
from tests.kernel.api_calls import Api
from tests.kernel.helpers import add, stored

NAME = "Alpha Pumps"


@pytest.fixture
def known(cast, client, settings):
    """A firm of somebody else's; three questions an hour."""
    settings.DUPLICATE_CHECKS_PER_HOUR = 3
    client.force_login(cast.stranger)
    return add(cast.owner, name=NAME)


def ask(client, name=NAME):
    headers = {"HX-Request": "true", "accept-language": "en"}
    return client.post("/customers/duplicates/", {"name": name}, headers=headers)


def noted(cast):
    found = AuditEntry.objects.filter(action="duplicate_check", actor=cast.stranger)
    return list(found.order_by("id").values_list("detail__how", flat=True))


def test_typing_is_counted_with_the_api_and_ends(cast, client, known):
    assert NAME not in ask(client).content.decode()
    assert "belongs to Owner" in ask(client).content.decode()
    api = Api(cast.stranger)
    assert api.post("customers/duplicates/", {"name": NAME}).status_code == 200
    tired = ask(client)
    assert tired.status_code == 429
    assert "belongs to" not in tired.content.decode()
    assert api.post("customers/duplicates/", {"name": NAME}).status_code == 429
    assert noted(cast) == ["form", "form", "look-up"]


def test_who_has_typed_nothing_asks_nothing(cast, client, known):
    assert ask(client, "").status_code == 200
    assert noted(cast) == []


def test_a_refused_form_counts_and_in_the_end_tells_no_more(cast, client, known):
    posted = {"name": NAME, "kind": "company", "city": "Wuxi"}
    headers = {"accept-language": "en"}
    for _turn in range(3):
        answer = client.post("/customers/new/", posted, headers=headers)
        assert answer.status_code == 409
        assert "belongs to Owner" in answer.content.decode()
    answer = client.post("/customers/new/", posted, headers=headers)
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "Too many of these in a short time" in page
    assert "belongs to Owner" not in page
    assert 'value="Wuxi"' in page, "nothing typed is lost"
    assert noted(cast) == ["create"] * 3


def test_changing_a_name_to_a_known_one_counts_too(cast, client, known):
    mine = add(cast.stranger)
    for address in ("edit/", "fields/name/edit/"):
        posted = {"name": NAME, "version": "1"}
        answer = client.post(f"/customers/{mine}/{address}", posted)
        assert answer.status_code in {400, 409}, address
    assert noted(cast) == ["change", "change"]
    assert stored("customers", mine).version == 1


def test_the_hour_passes(cast, client, known, freeze):
    for _turn in range(4):
        ask(client)
    assert ask(client).status_code == 429
    with freeze((timezone.now() + timedelta(minutes=61)).isoformat()):
        client.force_login(cast.stranger)
        assert ask(client).status_code == 200
