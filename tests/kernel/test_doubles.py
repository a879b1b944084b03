"""Possible doubles: only what one sees and reads, told why, merged or set apart for good."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from crm.access.policy import access_to
from crm.records.beside import AuditEntry, NotDouble
from crm.records.doubles import doubles_of, groups_of, set_apart, take_apart_back
from crm.records.duplicates import matches_of
from crm.records.errors import NotAllowed, NotVisible
from crm.records.lifecycle import delete_records
from tests.kernel.helpers import add, change, refused
from tests.kernel.pages import browser
from tests.people import Cast

PAGE = "/customers/doubles/"
MAIL = [{"address": "office@boda-pumps.cn"}]


@pytest.fixture
def pair(cast: Cast) -> list[int]:
    return [add(cast.owner, name=name, mails=MAIL) for name in ("Boda Pumps", "Haiyan Trading")]


def groups(person):
    found, _more = groups_of(access_to(person, "customers"))
    return [(one.ids, one.rules) for one in found]


def test_records_with_a_near_key_in_common_are_a_group_told_once(cast: Cast, pair):
    assert groups(cast.owner) == [(pair, ["mail", "domain"])]
    third = add(cast.owner, name="Other Works", website="https://www.boda-pumps.cn")
    assert groups(cast.owner) == [(pair, ["mail", "domain"]), ([*pair, third], ["domain"])]
    delete_records(actor=cast.owner, module="customers", pks=[pair[0], third])
    assert groups(cast.owner) == []


def test_security_22_what_one_does_not_see_makes_no_group(cast: Cast, pair):
    theirs = add(cast.stranger, name="Zqcanary Works", mails=MAIL)
    assert groups(cast.owner) == [(pair, ["mail", "domain"])]
    assert groups(cast.stranger) == []
    assert doubles_of(access_to(cast.stranger, "customers"), theirs) == {}
    assert list(doubles_of(access_to(cast.owner, "customers"), pair[0])) == [pair[1]]
    page = browser(cast.owner).get(PAGE).content.decode()
    assert "Zqcanary" not in page
    assert page.count('name="pk"') == 2
    assert "Zqcanary" not in browser(cast.owner).get(f"/customers/{pair[0]}/").content.decode()


def test_security_23_a_field_that_is_not_read_makes_no_group(cast: Cast, pair):
    alike = [add(cast.owner, name=name) for name in ("Linhai Valves Co., Ltd.", "Linhai Valves")]
    for state in ("masked", "hidden"):
        cast.state("owner", "customers", "mails.address", state)
        assert groups(cast.owner) == [(alike, ["bare_name"])]
        assert doubles_of(access_to(cast.owner, "customers"), pair[0]) == {}
    assert len(groups(cast.director)) == 2


def test_two_that_are_not_the_same_are_offered_nowhere_again(cast: Cast, pair):
    one, two = pair
    client = browser(cast.owner)
    assert "Compare and merge" in client.get(f"/customers/{one}/").content.decode()
    said = client.post(f"{PAGE}apart/", {"pk": pair, "page": "1"}, follow=True)
    assert "Nothing looks the same" in said.content.decode()
    assert groups(cast.owner) == groups(cast.director) == []
    assert "Compare and merge" not in client.get(f"/customers/{one}/").content.decode()
    access = access_to(cast.owner, "customers")
    values = {"name": "Boda Pumps", "kind": "company", "mails": MAIL}
    assert [match.pk for match in matches_of(access, values, but=one)] == []
    kept = client.get(f"{PAGE}?apart=1").content.decode()
    assert "Owner" in kept
    assert "Offer again" in kept
    third = add(cast.owner, name="Third Works", mails=MAIL)
    assert groups(cast.owner) == [([one, two, third], ["mail", "domain"])]
    undo = re.search(r"/customers/doubles/[0-9a-f-]{36}/undo/", kept)
    assert undo is not None
    client.post(undo[0])
    assert not NotDouble.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="doubles.").order_by("pk")
    assert list(actions.values_list("action", "actor")) == [
        ("doubles.apart", cast.owner.pk), ("doubles.again", cast.owner.pk),
    ]  # fmt: skip


def test_who_may_not_edit_them_says_nothing_of_them(cast: Cast, pair):
    theirs = add(cast.stranger, mails=MAIL)
    refused(NotVisible, set_apart, actor=cast.owner, module="customers", pks=[pair[0], theirs])
    act = set_apart(actor=cast.owner, module="customers", pks=pair)
    refused(NotVisible, take_apart_back, actor=cast.stranger, module="customers", act=act)
    client = browser(cast.stranger)
    answers = [
        client.post(reverse("doubles-again", kwargs={"module": "customers", "act": one}))
        for one in (act, "00000000-0000-4000-8000-000000000000")
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert client.post(f"{PAGE}apart/", {"pk": pair}).status_code == 404
    assert client.post(f"{PAGE}apart/", {"pk": [theirs]}).status_code == 400
    cast.right("owner", "customers", delete="none")
    assert browser(cast.owner).get(PAGE).status_code == 403
    assert "customers/doubles/" not in browser(cast.owner).get("/customers/").content.decode()
    cast.right("owner", "customers", edit="none")
    refused(NotAllowed, set_apart, actor=cast.owner, module="customers", pks=pair)


def test_many_groups_take_as_many_queries_as_one(cast: Cast, pair, queries):
    client = browser(cast.owner)
    client.get(PAGE)
    with queries() as for_one:
        client.get(PAGE)
    for number in range(30):
        mails = [{"address": f"no{number}@many-{number}.cn"}]
        for word in ("Alpha", "Omega"):
            add(cast.owner, name=f"{word} {number} Works", mails=mails)
    with queries() as for_many:
        page = client.get(PAGE).content.decode()
    assert len(for_many) <= len(for_one)
    assert page.count("Compare and merge") == 25
    assert "page=2" in page
    assert client.get(f"{PAGE}?page=2").content.decode().count("Compare and merge") == 6


def test_a_change_that_meets_a_known_record_offers_to_merge(cast: Cast, pair):
    one, two = pair
    code = "91350211M000100Y46"
    change(cast.owner, one, credit_code=code)
    client = browser(cast.owner)
    asked = {"version": "1", "name": "Haiyan Trading", "credit_code": code}
    answer = client.post(f"/customers/{two}/edit/", asked)
    assert answer.status_code == 409
    assert f"/customers/merge/?pk={two}&amp;pk={one}" in answer.content.decode()
