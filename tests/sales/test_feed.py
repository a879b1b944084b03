"""What changed at my customers: whose, which changes, and under whose rights."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from crm.records.lifecycle import assign_records, delete_records
from sales.feed.following import follow
from sales.feed.models import Following
from sales.life.models import StageRule
from tests.kernel.helpers import add, change
from tests.people import Cast, share


def read(person, **query) -> str:
    """The feed as the person reads it."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    answer = client.get("/feed/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_changes_by_others_at_my_customers_stand_in_my_feed(cast: Cast):
    pk = add(cast.owner, name="Alpha works", credit_code="", level="B")
    other = add(cast.outsider, name="Beta works")
    change(cast.director, pk, level="A", industry="pharma")
    change(cast.director, other, level="A")
    page = read(cast.owner)
    assert "Alpha works" in page
    assert "Level" in page
    assert "<del>B important</del>" in page
    assert "<ins>A key</ins>" in page
    assert "Director" in page
    assert "Beta works" not in page


def test_my_own_changes_stand_there_only_when_asked_for(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    change(cast.owner, pk, level="A")
    assert "Alpha works" not in read(cast.owner)
    assert "Alpha works" in read(cast.owner, by="all")


def test_what_nobody_watches_is_no_news(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    change(cast.director, pk, remark="a note", preferences="tea")
    assert "Alpha works" not in read(cast.owner)


def test_stage_by_rule_and_a_new_owner_are_news(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    change(cast.director, pk, stage="repeat")
    assign_records(actor=cast.director, module="customers", pks=[pk], owner=cast.stranger.pk)
    page = read(cast.stranger)
    assert "<del>Owner</del>" in page
    assert "<ins>Stranger</ins>" in page
    assert "<ins>Repeat</ins>" in page
    assert "Alpha works" not in read(cast.owner)  # it is out of his reach


def test_a_rule_is_named_as_such(cast: Cast):
    StageRule.objects.all().update(is_on=False)
    StageRule.objects.create(
        stage="loyal", condition={"all": [{"field": "city", "op": "eq", "value": "Suzhou"}]},
        is_on=True, position=0,
    )  # fmt: skip
    add(cast.owner, name="Alpha works", city="Suzhou")
    page = read(cast.owner)
    assert '<span class="by">rule</span>' in page
    assert "<ins>Loyal</ins>" in page


def test_key_persons_are_news(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    person = add(cast.director, "contacts", name="Wang Min", customer=pk, job="Buyer")
    share("contacts", person, cast.owner)
    page = read(cast.owner)
    assert "new contact" in page
    assert "Wang Min" in page
    change(cast.director, person, "contacts", job="Head of buying", wechat="wm")
    page = read(cast.owner)
    assert "<ins>Head of buying</ins>" in page
    assert "<ins>wm</ins>" not in page
    delete_records(actor=cast.director, module="contacts", pks=[person])
    assert "Wang Min" not in read(cast.owner)


def test_rights_of_this_moment_hold(cast: Cast):
    pk = add(cast.owner, name="Alpha works", level="B", credit_limit=None)
    change(cast.director, pk, level="A", industry="pharma")
    cast.state("owner", "customers", "level", "hidden")
    page = read(cast.owner)
    assert "Alpha works" in page
    assert "A key" not in page
    cast.state("owner", "customers", "industry", "masked")
    page = read(cast.owner)
    assert "Alpha works" in page
    assert "harma" not in page.replace("Alpha", "")
    cast.state("owner", "customers", "industry", "hidden")
    assert "Alpha works" not in read(cast.owner)
    cast.right("owner", "customers", view="none")
    client = Client()
    client.force_login(cast.owner)
    assert client.get("/feed/").status_code in (200, 404)
    assert "Alpha works" not in client.get("/feed/").content.decode()


def test_contacts_that_may_not_be_seen_are_not_told_of(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    add(cast.director, "contacts", name="Wang Min", customer=pk)
    assert "Wang Min" not in read(cast.owner)  # the director's own contact
    cast.right("owner", "contacts", view="all")
    assert "Wang Min" in read(cast.owner)
    cast.state("owner", "contacts", "customer", "masked")
    assert "Wang Min" not in read(cast.owner)


def test_others_are_followed_and_own_ones_let_go(cast: Cast):
    mine, theirs = add(cast.owner, name="Alpha works"), add(cast.stranger, name="Beta works")
    share("customers", theirs, cast.owner)
    for pk in (mine, theirs):
        change(cast.director, pk, level="A")
    assert "Beta works" not in read(cast.owner)
    follow(actor=cast.owner, pk=theirs, is_on=True)
    follow(actor=cast.owner, pk=theirs, is_on=True)
    follow(actor=cast.owner, pk=mine, is_on=False)
    page = read(cast.owner)
    assert "Beta works" in page
    assert "Alpha works" not in page
    assert Following.objects.count() == 2
    follow(actor=cast.owner, pk=mine, is_on=True)
    assert "Alpha works" in read(cast.owner)


def test_a_followed_customer_that_is_out_of_reach_is_silent(cast: Cast):
    pk = add(cast.stranger, name="Beta works")
    given = share("customers", pk, cast.owner)
    follow(actor=cast.owner, pk=pk, is_on=True)
    change(cast.director, pk, level="A")
    assert "Beta works" in read(cast.owner)
    given.delete()
    cast.right("owner", "customers", share="own")  # raises the version of rights
    cast.right("owner", "customers", share="none")
    assert "Beta works" not in read(cast.owner)


def test_the_star_on_the_page_follows_and_lets_go(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    page = client.get(f"/customers/{pk}/").content.decode()
    assert f"/customers/{pk}/follow/?on=0" in page
    assert 'aria-pressed="true"' in page
    assert client.post(f"/customers/{pk}/follow/?on=0").status_code == 302
    assert f"/customers/{pk}/follow/?on=1" in client.get(f"/customers/{pk}/").content.decode()
    assert client.get(f"/customers/{pk}/follow/").status_code == 405
    outsider = Client()
    outsider.force_login(cast.outsider)
    assert outsider.post(f"/customers/{pk}/follow/?on=1").status_code == 404
    assert Following.objects.count() == 1


def test_the_star_stands_where_the_owner_may_not_be_read(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    cast.state("owner", "customers", "owner", "hidden")
    client = Client()
    client.force_login(cast.owner)
    assert f"/customers/{pk}/follow/?on=0" in client.get(f"/customers/{pk}/").content.decode()


def test_the_start_page_shows_the_latest(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    change(cast.director, pk, level="A")
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    page = client.get("/").content.decode()
    assert "What changed at my customers" in page
    assert "Level A key" in page


def test_pages_go_on_where_the_one_before_ended(cast: Cast):
    pks = [add(cast.owner, name=f"Works {chr(97 + n)}") for n in range(20)]
    for pk in pks:
        change(cast.director, pk, level="B")
        change(cast.director, pk, level="A")
    first, second, third = (read(cast.owner, page=n) for n in (1, 2, 3))
    assert [page.count('class="event"') for page in (first, second, third)] == [30, 10, 0]
    assert read(cast.owner, page="x").count('class="event"') == 30


def test_a_page_asks_as_much_for_many_as_for_few(cast: Cast, queries):
    def deeds(pk: int) -> None:
        above = add(cast.owner)
        person = add(cast.owner, "contacts", customer=pk)
        boss = add(cast.owner, "contacts", customer=pk)
        change(cast.director, pk, level="A", parent=above)
        change(cast.director, person, "contacts", reports_to=boss)

    deeds(add(cast.owner, name="Alpha works"))
    read(cast.owner, by="all")
    with queries() as few:
        read(cast.owner, by="all")
    for n in range(6):
        deeds(add(cast.owner, name=f"Works {chr(97 + n)}"))
    with queries() as many:
        read(cast.owner, by="all")
    assert len(many) == len(few)


def test_old_news_is_no_news(cast: Cast):
    pk = add(cast.owner, name="Alpha works")
    change(cast.director, pk, level="A")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_event SET at = at - interval '100 days'")
    assert "Alpha works" not in read(cast.owner)


@pytest.mark.parametrize("person", ["clerk", "manager", "administrator"])
def test_everybody_has_a_feed_of_his_own(cast: Cast, person):
    pk = add(cast.owner, name="Alpha works")
    change(cast.director, pk, level="A")
    assert "Alpha works" not in read(cast.people[person])
