"""Paste to record: what a text holds, and what of it one person is offered (mission row N5)."""
# ruff: noqa: E501  (texts)

import re
import time

import pytest

from crm.lib.addresses import place_in
from crm.lib.pasted import LONGEST, read_pasted
from sales.customers.models import Customer
from sales.pasted import WORDS
from tests.kernel.helpers import add
from tests.kernel.pasted_texts import TEXTS, UNSEEN

CARD = "王建国 采购经理\n上海松屿制药有限公司\n手机 13800138001 微信同号\nwang@songyu.example\n上海市浦东新区碧波路690号"


def answers(text):
    """The likeliest of each sort, as the texts say what is right."""
    found = read_pasted(text, WORDS)
    first = {
        "person": found.people, "company": found.companies, "job": found.jobs, "unit": found.units,
        "mail": found.mails, "site": found.sites, "code": found.codes,
        "wechat": found.labelled.get("wechat", []), "place": [tuple(one) for one in found.places],
    }  # fmt: skip
    phones = [re.sub(r"\D", "", number.split(" 转 ")[0]) for number, _kind in found.phones]
    likeliest = {name: (values or [None])[0] for name, values in first.items()}
    return {**likeliest, "phones": phones, "postcode": found.postcode}


def share(texts):
    """How many of the fields that a person would fill in were read right, of one."""
    right = [
        answers(text)[name] == value for text, wanted in texts for name, value in wanted.items()
    ]
    return sum(right) / len(right)


@pytest.mark.parametrize(("text", "wanted"), TEXTS)
def test_what_a_text_holds(text, wanted):
    found = answers(text)
    assert {name: found[name] for name in wanted} == wanted


def test_nine_of_ten_fields_are_right_in_texts_never_seen():
    assert len(TEXTS) >= 60
    assert share(UNSEEN) >= 0.9


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("鼓楼区中山路1号", ("", "", "鼓楼区", "中山路1号")), ("恩施州恩施市航空大道", ("湖北", "恩施", "恩施市", "航空大道")),
        ("吉林省吉林市船营区解放大路", ("吉林", "吉林", "船营区", "解放大路")), ("上海松屿制药有限公司", None), ("朝阳", None), ("", None),
        ("北京 北京市 海淀区 中关村大街1号", ("北京", "北京", "海淀区", "中关村大街1号")),
    ],
)  # fmt: skip
def test_addresses_with_and_without_suffixes(text, place):
    found = place_in(text)
    assert (found and tuple(found)) == place


@pytest.mark.parametrize(
    "text",
    ["a" * LONGEST, "1" * LONGEST, "1 " * 2500, "(" * LONGEST, "王" * LONGEST, "上海" * 2500, "a@" * 2500, "江苏省" * 1600,
     "微信" * 2500, "公司" * 2500, "A. " * 1600, "有限" * 2500, ":" * LONGEST, "王·" * 2500, "-" * LONGEST, "区" * LONGEST,
     "www." * 1200, "\x00\u202e<script>alert(1)</script>\ud800", "Co., " * 1000, "a-" * 2500, "12:" * 1600, "\n" * LONGEST],
)  # fmt: skip
def test_security_52_hostile_texts_cost_nothing(text):
    start = time.process_time()
    read_pasted(text, WORDS)
    assert time.process_time() - start < 1


def test_a_form_opens_filled_and_nothing_is_saved(cast, client):
    client.force_login(cast.owner)
    shown = client.post("/customers/propose/", {"text": CARD, "keep": "1"})
    page = shown.content.decode()
    assert shown.status_code == 200
    for value in (
        "上海松屿制药有限公司",
        "138 0013 8001",
        "wang@songyu.example",
        "碧波路690号",
        "浦东新区",
    ):
        assert f'value="{value}"' in page, value
    assert 'value="13800138001"' in page  # the account is that of the mobile
    assert "王建国 采购经理" in page
    assert [other["values"] for other in shown.context["others"]] == [["王建国"]]
    assert not Customer.unscoped.exists()


def test_a_contact_is_offered_his_company_only_where_it_may_be_seen(cast, client):
    firm = add(cast.owner, name="上海松屿制药有限公司")
    for person, known in ((cast.owner, True), (cast.stranger, False)):
        client.force_login(person)
        page = client.post("/contacts/propose/", {"text": CARD}).content.decode()
        form = page.partition('<form class="work"')[2]
        assert ("上海松屿制药有限公司" in form) == known, (person, firm)
        assert 'value="王建国"' in page
        assert 'value="采购经理"' in page


def test_who_is_known_already_is_told_before_saving(cast, client):
    firm = add(cast.owner, name="上海松屿制药有限公司")
    for person in (cast.teammate, cast.stranger):
        client.force_login(person)
        shown = client.post("/customers/propose/", {"text": CARD})
        (match,) = shown.context["duplicates"]
        assert "Owner" in match["owner"], person
        assert bool(match["url"]) == (person is cast.teammate), firm


def test_security_12_only_what_may_be_written_is_proposed(cast, client):
    for name in ("wechat", "phones.number", "mails", "remark", "city"):
        cast.state("owner", "customers", name, "read")
    client.force_login(cast.owner)
    page = client.post("/customers/propose/", {"text": CARD, "keep": "1"})
    form = page.content.decode().partition('<form class="work"')[2]
    for hidden in ("0013", "wang@songyu", "采购经理"):
        assert hidden not in form, hidden
    assert "上海松屿制药有限公司" in form


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST + 1), "谢谢，收到", "\x00"])
def test_a_text_that_says_nothing_is_answered_in_words(cast, client, text):
    client.force_login(cast.owner)
    shown = client.post("/customers/propose/", {"text": text})
    assert shown.status_code == 400
    assert shown.context["paste_problem"]


def test_who_may_not_create_is_offered_nothing(cast, client):
    cast.right("outsider", "customers", view="all", create="none")
    client.force_login(cast.outsider)
    assert client.post("/customers/propose/", {"text": CARD}).status_code == 403
    assert client.get("/customers/propose/").status_code == 405


def test_the_api_proposes_the_same(cast, client):
    add(cast.owner, name="上海松屿制药有限公司")
    client.force_login(cast.owner)

    def ask(body):
        return client.post("/api/v1/customers/propose/", body, content_type="application/json")

    found = ask({"text": CARD}).json()
    assert found["values"]["name"] == "上海松屿制药有限公司"
    assert found["values"]["phones"] == [{"number": "138 0013 8001", "kind": "mobile"}]
    assert found["duplicates"][0]["exact"] is True
    for body in ({}, {"text": 5}, {"text": CARD, "more": 1}, {"text": "x" * (LONGEST + 1)}, []):
        assert ask(body).status_code == 400, body
    assert ask({"text": "<script>alert(1)</script>"}).status_code == 200
