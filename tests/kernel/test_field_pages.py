"""One value edited in place: as a part of the page, and by a browser that asks for a page."""

from tests.kernel.helpers import add, stored

PART = {"HX-Request": "true"}


def test_a_save_answers_with_the_value(cast, client):
    pk = add(cast.owner, city="Wuxi")
    client.force_login(cast.owner)
    where = f"/customers/{pk}/fields/city/edit/"
    assert b'name="city"' in client.get(where, headers=PART).content
    answer = client.post(where, {"city": "Suzhou", "version": "1"}, headers=PART)
    assert answer.status_code == 200
    assert b'id="field-city"' in answer.content
    assert stored("customers", pk).city == "Suzhou"


def test_without_script_the_same_leads_to_whole_pages(cast, client):
    pk = add(cast.owner, city="Wuxi")
    client.force_login(cast.owner)
    where = f"/customers/{pk}/fields/city/edit/"
    assert client.get(where).headers["Location"] == f"/customers/{pk}/edit/"
    answer = client.post(where, {"city": "Suzhou", "version": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/customers/{pk}/")
    assert stored("customers", pk).city == "Suzhou"
