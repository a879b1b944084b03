"""Search: by readable fields, within reach, and nothing typed is syntax (attacks 22, 35)."""
# ruff: noqa: E501  (tables)

import pytest

from crm.access.policy import access_to
from crm.records.lifecycle import delete_records
from crm.search import asking
from crm.search.models import SearchEntry
from tests.kernel.helpers import add, change, found
from tests.people import share


def search(person, text, module="customers"):
    return found(access_to(person, module), q=text)


@pytest.fixture(autouse=True, params=["few hold the word", "many do", "more than was thought"])
def _way(request, monkeypatch):
    """Every way that a list takes to what a word finds."""
    if request.param == "many do":
        monkeypatch.setattr(asking, "estimated", lambda _parts: asking.MOST_BY_INDEX + 1)
    if request.param == "more than was thought":
        monkeypatch.setattr(asking, "MOST_READ", 0)


@pytest.fixture
def firm(cast):
    return add(
        cast.owner, name="上海松屿制药有限公司", wechat="songyu88",
        phones=["13800138000", "021-62345678"], mails=["li@songyu.example"], tags=["重点客户"], remark="unsearched words",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["松屿", "松", "屿制药", "上海松屿制药有限公司", "songyu", "songyuzhiyao", "syzy", "songyu88", "8000", "138 0013 8000",
     "62345678", "+86 138-0013-8000", "021-62345678", "重点", "li@songyu", "shanghaisongyu", "shsy"],
)  # fmt: skip
def test_what_finds_it(cast, firm, text):
    assert search(cast.owner, text) == [firm], text


def test_a_person_is_found_without_the_surname(cast):
    person = add(cast.owner, name="欧阳晓梅", kind="person", phones=["13800138001"])
    other = add(cast.owner, name="陈晓梅", kind="person", phones=["13800138002"])
    assert sorted(search(cast.owner, "xiaomei")) == [person, other]
    assert search(cast.owner, "ouyangxiaomei") == [person]


@pytest.mark.parametrize(
    ("text", "why"),
    [("松屿", ""), ("songyuzhi", ""), ("syzy", ""), ("shsy", ""), ("songyu88", "songyu88"), ("li@songyu", "li@songyu")],
)  # fmt: skip
def test_the_reason_is_told_where_the_name_is_not_it(cast, firm, client, text, why):
    client.force_login(cast.owner)
    shown = client.get("/palette/", {"q": text}).content.decode()
    assert "上海松屿制药有限公司" in shown.replace("<mark>", "").replace("</mark>", "")
    assert ('class="because' in shown) == bool(why)
    assert f"<mark>{why}</mark>" in shown if why else "<mark>" in shown


@pytest.mark.parametrize(
    "text", ["松江", "unsearched", "13999", "制松", "@", "!!", "'", "n_松", "n:松屿"]
)
def test_what_does_not(cast, firm, text):
    assert search(cast.owner, text) == [], text


@pytest.mark.parametrize(
    "text",
    ["' | 'n_松", "a' & !'b", "\\", "'''", "(((", "a:*", "<->", "%",
     "x'; drop table crm_search_entry; --", "\x00", "松" * 400, "&|!()<>:*'\\"],
)  # fmt: skip
def test_security_52_syntax_is_inert(cast, firm, text):
    assert search(cast.owner, text) in ([], [firm])
    assert SearchEntry.objects.filter(record_id=firm).exists()


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", "松屿"), ("wechat", "songyu88"), ("phones.number", "13800138000"), ("phones", "8000"),
     ("mails.address", "li@songyu"), ("tags", "重点"), ("tags.name", "重点")],
)  # fmt: skip
@pytest.mark.parametrize("state", ["hidden", "masked"])
def test_security_35_a_field_one_may_not_read_finds_nothing(cast, firm, field, text, state):
    cast.state("owner", "customers", field, state)
    assert search(cast.owner, text) == []
    assert search(cast.director, text) == [firm]


def test_security_22_search_obeys_the_scope_and_shares(cast, firm):
    for person in ("stranger", "outsider", "leader", "inactive"):
        assert search(cast.people[person], "松屿") == [], person
    for person in ("teammate", "manager", "director", "administrator"):
        assert search(cast.people[person], "松屿") == [firm], person
    share("customers", firm, cast.outsider)
    assert search(cast.outsider, "松屿") == [firm]


def test_search_follows_every_write(cast, firm):
    change(cast.owner, firm, name="苏州岚泊仪器", phones=["13900139000"])
    assert search(cast.owner, "松屿") == search(cast.owner, "8000") == []
    assert search(cast.owner, "岚泊") == search(cast.owner, "13900139000") == [firm]
    delete_records(actor=cast.owner, module="customers", pks=[firm])
    assert search(cast.owner, "岚泊") == []
    assert not SearchEntry.objects.filter(module="customers", record_id=firm).exists()


def test_other_modules_words_are_not_mixed_up(cast, firm):
    person = add(cast.owner, "contacts", name="松屿")
    assert search(cast.owner, "松屿") == [firm]
    assert search(cast.owner, "松屿", "contacts") == [person]
