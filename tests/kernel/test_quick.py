"""Quick create: the few fields, whose record it becomes, what the answer says, and the keys."""

import json

import pytest

from crm.access.policy import access_to
from crm.forms.quick import quick_fields
from crm.views.shortcuts import EVERYWHERE, LISTS, RECORDS, WRITING
from sales.contacts.models import Contact
from sales.customers.models import Customer
from tests.kernel.helpers import add

PART = {"HX-Request": "true"}


def names(person, module, errors=None):
    return [one["name"] for one in quick_fields(access_to(person, module), None, errors)]


def told(answer):
    return json.loads(answer.headers["HX-Trigger"])


def test_it_asks_for_the_main_fields_that_one_may_write_and_those_with_an_error(cast):
    assert names(cast.owner, "contacts") == ["name", "customer", "job", "part", "phones", "mails"]
    cast.state("owner", "contacts", "job", "read")
    cast.state("owner", "contacts", "part", "hidden")
    assert names(cast.owner, "contacts") == ["name", "customer", "phones", "mails"]
    assert names(cast.owner, "contacts", {"wechat": ["no"]})[-1] == "wechat"


def test_it_saves_and_says_where_and_knows_whose_contact_it_is(cast, client, queries):
    firm, others = add(cast.owner, name="上海松屿制药有限公司"), add(cast.stranger, name="别家公司")
    client.force_login(cast.owner)
    url = f"/contacts/new/quick/?customer={firm}"
    with queries() as seen:
        sheet = client.get(url, headers=PART).content.decode()
    assert len(seen) <= 12, "a sheet is a matter of a moment"
    assert f'value="{firm}"' in sheet
    assert "上海松屿制药有限公司" in sheet
    foreign = client.get(f"/contacts/new/quick/?customer={others}", headers=PART).content.decode()
    assert f'value="{others}"' not in foreign
    assert "别家" not in foreign
    assert client.get(url)["Location"] == f"/contacts/new/?customer={firm}"  # asked for as a page
    assert "上海松屿制药有限公司" in client.get(f"/contacts/new/?customer={firm}").content.decode()
    sent = {"name": "王建国", "customer": firm, "key": "k1"}
    saved = client.post(url, sent, headers=PART)
    made = Contact.unscoped.get()
    assert (saved.status_code, saved.content) == (204, b"")
    assert told(saved)["toast"]["url"] == f"/contacts/{made.pk}/"
    assert made.customer_id == firm
    assert client.post(url, sent, headers=PART).status_code == 204
    assert Contact.unscoped.count() == 1, "the same key makes no second one"
    opened = client.post(url, {"name": "李", "customer": firm, "then": "open"}, headers=PART)
    assert opened["HX-Redirect"] == f"/contacts/{Contact.unscoped.latest('pk').pk}/"
    fresh = client.post(url, {"name": "赵", "customer": firm, "then": "new"}, headers=PART)
    assert told(fresh)["quick-saved"] == {"module": "contacts", "then": "new"}
    assert 'value="赵"' not in fresh.content.decode()
    assert "上海松屿制药有限公司" in fresh.content.decode()


def test_what_was_wrong_comes_back_and_all_fields_carry_what_was_typed(cast, client):
    client.force_login(cast.owner)
    wrong = client.post("/contacts/new/quick/", {"name": "", "job": "经理"}, headers=PART)
    assert wrong.status_code == 400
    assert 'href="#qid-name"' in wrong.content.decode()
    assert 'value="经理"' in wrong.content.decode()
    sent = {"name": "半途而废有限公司", "phones-TOTAL": "1", "phones-0-number": "13800138012"}
    whole = client.post("/customers/new/", {**sent, "carried": "1"}).content.decode()
    assert 'value="半途而废有限公司"' in whole
    assert "13800138012" in whole
    assert "data-dirty" in whole
    assert not Customer.unscoped.exists()
    add(cast.stranger, name="半途而废有限公司")
    known = client.post("/customers/new/quick/", sent, headers=PART)
    assert known.status_code == 409
    assert "data-duplicates-here" in known.content.decode()


def test_who_may_not_create_gets_no_sheet(cast, client):
    cast.right("owner", "contacts", create="none")
    client.force_login(cast.owner)
    for ask in (client.get, client.post):
        assert ask("/contacts/new/quick/", headers=PART).status_code == 403
    assert client.get("/follow-ups/new/quick/", headers=PART).status_code == 404


@pytest.mark.parametrize("lines", [EVERYWHERE, LISTS, RECORDS, WRITING])
def test_no_key_means_two_things_in_one_place(lines):
    keys = [key for line in {*EVERYWHERE, *lines} for key in line.keys]
    assert len(keys) == len(set(keys))
