"""Finding in one module: name starts first, then the latest; pages; nothing of unreadable fields."""
# ruff: noqa: E501  (tables)

import re

import pytest

from crm.access.policy import access_to
from crm.search import finding
from crm.search.finding import find
from crm.search.reasons import marked
from tests.kernel.helpers import add
from tests.people import share


def _page(client, page, asked):
    """What is shown for a question, without the question itself and the token of each answer."""
    shown = client.get(page, {"q": asked}).content.decode()
    return re.sub(r'(Token": |name="csrfmiddlewaretoken" value=)"\w+"', "", shown).replace(
        asked, ""
    )


def firms(person, *names):
    return [add(person, name=name) for name in names]


@pytest.fixture(params=[1000, 2], ids=["among the newest", "by the index"])
def looked_through(request, monkeypatch):
    """Both ways to a hit: the newest records looked through, the index asked."""
    monkeypatch.setattr(finding, "NEWEST", request.param)


def test_names_that_begin_so_come_first_then_the_latest(cast, looked_through):
    begins, old, other, late = firms(
        cast.owner, "松屿制药", "江北松屿仪器", "岚泊科技", "苏州松屿水务"
    )
    door = access_to(cast.owner, "customers")
    assert find(door, "松屿", 8).ids == [begins, late, old]
    assert find(door, "松", 8).ids[0] == begins
    assert find(door, "岚泊", 8).ids == [other]
    assert find(door, "嵩", 8) == finding.Hits()


def test_pages_hold_every_hit_once(cast, looked_through):
    made = firms(cast.owner, *[f"{'' if place % 3 else '北'}松屿{place}" for place in range(23)])
    door = access_to(cast.owner, "customers")
    seen, after, pages = [], "", 0
    while pages == 0 or after:
        hits = find(door, "松屿", 6, after)
        seen, after, pages = [*seen, *hits.ids], hits.after, pages + 1
        assert len(hits.ids) <= 6
        assert pages < 9
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))
    assert find(door, "松屿", 30).count == 23


@pytest.mark.parametrize(
    "after", ["0", "x", "-1", "99999999999999999999", "1.2.3.x", "0.0", "٣", "." * 400]
)
def test_security_52_a_cursor_made_up_is_inert(cast, after):
    (made,) = firms(cast.owner, "松屿制药")
    assert find(access_to(cast.owner, "customers"), "松屿", 8, after).ids in ([made], [])


def test_security_22_nobody_is_told_of_records_out_of_reach(cast, client, looked_through):
    (made,) = firms(cast.owner, "松屿制药")
    for person, count in ((cast.owner, 1), (cast.stranger, 0), (cast.director, 1)):
        hits = find(access_to(person, "customers"), "松屿", 8)
        assert (hits.count, len(hits.ids)) == (count, count), person
    share("customers", made, cast.outsider)
    assert find(access_to(cast.outsider, "customers"), "松屿", 8).ids == [made]
    client.force_login(cast.stranger)
    shown = client.get(
        "/palette/", {"record": f"customers/{made}", "recent": f"customers/{made},x/1,customers/9x"}
    )
    assert shown.status_code == 200
    assert "松屿" not in shown.content.decode()


@pytest.mark.parametrize("state", ["hidden", "masked"])
@pytest.mark.parametrize("page", ["/palette/", "/search/"])
def test_security_35_a_hit_by_an_unreadable_field_shows_nowhere(cast, client, state, page):
    add(
        cast.owner,
        name="岚泊科技",
        wechat="songyu88",
        phones=["13800138000"],
        mails=["li@songyu.example"],
    )
    for field in ("wechat", "phones.number", "mails.address"):
        cast.state("owner", "customers", field, state)
    client.force_login(cast.owner)
    for asked in ("songyu88", "0138000", "li@songyu"):
        assert _page(client, page, asked) == _page(client, page, "nosuchword"), asked
    shown = client.get(page, {"q": "岚泊"}).content.decode()
    assert "<mark>岚泊</mark>" in shown
    assert "songyu" not in shown


def test_the_page_has_tabs_with_counts_and_goes_on(cast, client):
    firms(cast.owner, *[f"松屿{place}" for place in range(34)])
    add(cast.owner, "contacts", name="松屿")
    client.force_login(cast.owner)
    first = client.get("/search/", {"q": "松屿"}).context
    assert [(tab["label"], tab["count"]) for tab in first["tabs"]] == [
        ("Customers", "34"),
        ("Contacts", "1"),
    ]
    page = client.get("/search/", {"q": "松屿", "module": "customers"}).context
    later = client.get(page["next_url"]).context
    assert [len(one["groups"][0]["items"]) for one in (page, later)] == [30, 4]
    assert not later["next_url"]


def test_a_number_is_found_by_its_count(cast, client):
    (made,) = firms(cast.owner, "松屿制药")
    door = access_to(cast.owner, "customers")
    number = door.get(made)["number"]
    for asked in (number, number.lower(), number[:5], str(int(number[2:]))):
        assert made in find(door, asked, 30).ids, asked


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("上海松屿制药", "松屿", "上海<mark>松屿</mark>制药"), ("上海松屿制药", "syzy", "上海<mark>松屿制药</mark>"),
        ("上海松屿制药", "shangh", "<mark>上海</mark>松屿制药"), ("上海（中国）", "海中", "上<mark>海（中</mark>国）"),
        ("ABC Trading", "trad", "ABC <mark>Trad</mark>ing"), ("+86 138-0013-8000", "8000", "+86 138-0013-<mark>8000</mark>"),
        ("<b>松屿", "松", "&lt;b&gt;<mark>松</mark>屿"), ("松屿", "</mark>", "松屿"), ("", "松", ""), ("松屿", "", "松屿"),
    ],
)  # fmt: skip
def test_the_hit_is_marked(text, asked, shown):
    assert str(marked(text, asked)) == shown
