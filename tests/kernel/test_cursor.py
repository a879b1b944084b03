"""Lists beyond the counted pages: each page goes on behind the last row of the one before."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.access import paging
from crm.access.paging import Key, Slice
from crm.access.policy import access_to
from crm.lists import query as list_query
from crm.lists import turning
from crm.lists.cursor import place_of, token_for
from crm.lists.errors import BadQuery
from crm.lists.query import query_from
from crm.lists.turning import read_page
from crm.modules.stamp import raise_rights_version
from sales.models import Customer
from tests.kernel.api_calls import Api, ids, told
from tests.kernel.helpers import add, ask
from tests.kernel.test_paging import Back, door, in_order, orders, rows

SIZE = 3
EXAMPLES = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def walk(access, first, limit=40):
    """All ids, page by page forward, then all of them backward from the last row."""
    forward, wanted = [], first
    for _page in range(limit):
        found, marks = access.marked_page(wanted, [])
        forward += found
        if len(found) < first.size:
            break
        wanted = replace(first, offset=0, mark=marks[-1])
    if not forward:
        return [], []
    backward, mark = [forward[-1]], access.marked_page(replace(first, size=99), [])[1][-1]
    for _page in range(limit):
        found, marks = access.marked_page(replace(first, mark=mark).backward(), [])
        backward = found + backward
        if len(found) < first.size:
            break
        mark = marks[0]
    return [row.pk for row in forward], [row.pk for row in backward]


@pytest.mark.parametrize("lateral_depth", [1000, 0])
@EXAMPLES
@given(
    drawn=rows,
    owners=st.sets(st.integers(0, 4), max_size=3),
    below=st.sets(st.integers(0, 2), max_size=2),
    order=orders,
    only_a=st.booleans(),
    id_descending=st.sampled_from([None, True, False]),
    size=st.integers(1, 5),
)
def test_all_pages_together_are_the_ordered_set(
    cast, monkeypatch, lateral_depth, drawn, owners, below, order, only_a, id_descending, size
):
    monkeypatch.setattr(paging, "LATERAL_DEPTH", lateral_depth)

    @transaction.atomic
    def check():
        access, reached = door(cast, drawn, owners, below)
        keys = tuple(Key(access.module.fields[name], falls) for name, falls in order)
        first = Slice(Q(level="A") if only_a else Q(), keys, 0, size, id_descending, is_marked=True)
        wanted = [row for row in reached if row.level == "A" or not only_a]
        expected = [row.pk for row in in_order(wanted, order, first.is_id_descending)]
        assert walk(access, first) == (expected, expected)
        raise Back

    with pytest.raises(Back):
        check()


@EXAMPLES
@given(
    drawn=rows.filter(lambda found: len(found) > SIZE),
    changes=st.lists(
        st.tuples(
            st.sampled_from(["move", "delete", "add"]), st.integers(0, 13), st.integers(0, 3)
        ),
        max_size=8,
    ),
    order=orders,
)
def test_what_did_not_change_shows_once_whatever_else_changes(cast, drawn, changes, order):
    @transaction.atomic
    def check():
        access, reached = door(cast, drawn, range(5), range(3))
        keys = tuple(Key(access.module.fields[name], falls) for name, falls in order)
        wanted = first = Slice(order=keys, size=SIZE, is_marked=True)
        touched, seen, left = set(), [], list(changes)
        while True:
            found, marks = access.marked_page(wanted, [])
            seen += [row.pk for row in found]
            if len(found) < SIZE:
                break
            wanted = replace(first, mark=marks[-1])
            if left:
                act, number, value = left.pop(0)
                row = reached[number % len(reached)]
                touched.add(row.pk)
                disturb(act, row, drawn[0], value, cast)
        still = [row.pk for row in reached if row.pk not in touched]
        assert sorted(pk for pk in seen if pk in still) == sorted(still)
        raise Back

    with pytest.raises(Back):
        check()


def disturb(act, row, pattern, value, cast):
    """Change one row so that it stands elsewhere, delete it, or enter another beside it."""
    if act == "move":
        values = {"employees": value, "sort_name": "abc?"[value], "level": "AB "[value % 3].strip()}
        Customer.unscoped.filter(pk=row.pk).update(**values, last_follow_up_at=None)
    elif act == "delete":
        Customer.unscoped.filter(pk=row.pk).update(deleted_at="2026-01-01T00:00Z")
    else:
        Customer.unscoped.bulk_create([Customer(owner_id=row.owner_id, name="x", employees=value)])


@pytest.fixture
def shallow(monkeypatch):
    """Pages are counted down to four rows."""
    monkeypatch.setattr(list_query, "DEEPEST", 4)
    monkeypatch.setattr(turning, "DEEPEST", 4)


@pytest.fixture
def firms(cast):
    return [
        add(cast.owner, name=f"Firm {letter}", employees=number % 3 or None, revenue="7700")
        for number, letter in enumerate("abcdefghijk")
    ]


def local(link):
    """An absolute address as a path; None stays None."""
    return link and link.removeprefix("http://testserver")


SORTS = (
    "name", "-name", "owner,-name", "-department,name", "employees,-name", "-employees,name",
    "-changed_at", "id", "level,-id",
)  # fmt: skip


@pytest.mark.parametrize("sort", SORTS)
def test_the_api_links_from_page_to_page_to_the_end_and_back(cast, shallow, firms, sort):
    owner = Api(cast.owner)
    whole = ids(owner.get(f"customers/?sort={sort}&size=100"))
    assert sorted(whole) == firms
    path, forward, last = f"customers/?sort={sort}&size=2&columns=name", [], ""
    while path:
        answer = owner.get(path)
        forward += ids(answer)
        last, path = path, local(answer.json()["next"])
    assert forward == whole
    assert "after=" in last
    assert f"sort={sort}" in last.replace("%2C", ",")
    backward, path = [], last
    while path:
        answer = owner.get(path)
        backward = ids(answer) + backward
        path = local(answer.json()["previous"])
    assert backward == whole


def test_a_page_before_offers_the_page_behind_it(cast, shallow, firms):
    access = access_to(cast.owner, "customers")
    seen = []
    params = QueryDict("sort=name&size=2&page=3")
    for turn in ("next", "next", "previous", "next", "previous", "previous"):
        page = read_page(query_from(params, access))
        seen.append((page.before, [row.pk for row in page.rows]))
        params = QueryDict("sort=name&size=2", mutable=True)
        params.update(getattr(page, turn))
    assert [before for before, _ids in seen] == [4, 6, 8, 6, 8, 6]
    assert [found for _before, found in seen] == [
        firms[before : before + 2] for before, _ids in seen
    ]


def test_the_list_page_turns_by_links(cast, client, shallow, firms):
    client.force_login(cast.owner)
    path, titles, numbers = "/customers/?sort=name&size=2&page=2", [], []
    while path:
        page = client.get(path)
        assert page.status_code == 200
        titles += [str(row["title"]) for row in page.context["rows"]]
        pager = page.context["pager"]
        numbers.append((pager["first"], pager["last"]))
        path = pager["next_url"]
    assert titles == [f"Firm {letter}" for letter in "cdefghijk"]
    assert numbers == [(3, 4), (5, 6), (7, 8), (9, 10), (11, 11)]
    back = client.get(pager["prev_url"])
    assert [str(row["title"]) for row in back.context["rows"]] == ["Firm i", "Firm j"]
    assert b'rel="prev"' in back.content
    assert b'rel="next"' in back.content


def after_of(api, path):
    return parse_qs(urlsplit(api.get(path).json()["next"]).query)["after"][0]


def test_a_token_is_for_its_own_order_only(cast, shallow, firms):
    owner = Api(cast.owner)
    token = after_of(owner, "customers/?sort=name&size=2&page=3")
    assert len(ids(owner.get(f"customers/?sort=name&size=2&after={token}"))) == 2
    for sort in ("-name", "number", "name,level", "name,-id", ""):
        body = told(owner.get(f"customers/?sort={sort}&after={token}"), 400)
        assert "another order" in body["detail"]
    told(owner.get(f"contacts/?sort=name&after={token}"), 400)
    other = Api(cast.teammate)
    assert ids(other.get(f"customers/?sort=name&after={token}")), "a link may be passed on"


@pytest.mark.parametrize("token", ["x", "~", "~~", "e30~x", "%00", "é", "9" * 20_000, "W10~"])
def test_a_token_that_nobody_gave_is_refused(cast, token):
    owner = Api(cast.owner)
    for name in ("after", "before"):
        body = told(owner.get(f"customers/?sort=name&{name}={token}"), 400)
        assert "first page" in body["detail"]


def test_a_changed_token_is_refused(cast, shallow, firms):
    owner = Api(cast.owner)
    token = after_of(owner, "customers/?sort=name&size=2&page=3")
    for at in range(0, len(token), 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        told(owner.get(f"customers/?sort=name&after={changed}"), 400)
    told(owner.get(f"customers/?sort=name&page=2&after={token}"), 400)
    told(owner.get(f"customers/?sort=name&before={token}&after={token}"), 400)
    told(owner.get(f"customers/?sort=name&after={token}&after={token}"), 400)


def test_a_token_tells_only_what_the_order_tells(cast, shallow, firms):
    """Order and token hold fields that one may read; a right taken away takes the order away."""
    owner = Api(cast.owner)
    token = after_of(owner, "customers/?sort=-revenue,name&size=2&page=3")
    access = access_to(cast.owner, "customers")
    order = ask(access, sort="-revenue,name").order_text
    mark, place = place_of(order, token)
    assert (len(mark.values), place) == (2, 6)
    assert str(mark.values[0]) == "7700.00"
    for state in ("masked", "hidden"):
        cast.state("owner", "customers", "revenue", state)
        told(owner.get(f"customers/?sort=-revenue,name&after={token}"), 400)
        plain = after_of(owner, "customers/?size=2&page=3")
        order = ask(access_to(cast.owner, "customers")).order_text
        assert "7700" not in json.dumps([str(v) for v in place_of(order, plain)[0].values])


def test_a_row_taken_away_leaves_its_place(cast, shallow, firms):
    owner = Api(cast.owner)
    token = after_of(owner, "customers/?sort=name&size=2&page=3")
    Customer.unscoped.filter(pk=firms[5]).update(deleted_at="2026-01-01T00:00Z")
    assert ids(owner.get(f"customers/?sort=name&size=2&after={token}")) == firms[6:8]


def test_long_values_fit_into_an_address():
    mark = paging.Mark(tuple("云起精密仪器（苏州）有限公司" * 14 for _key in range(4)), 7)
    token = token_for("customers name", mark, 10_050)
    assert len(token) < 2000
    assert place_of("customers name", token) == (mark, 10_050)
    with pytest.raises(BadQuery):
        place_of("customers -name", token)


def renamed(person, name):
    type(person).objects.filter(pk=person.pk).update(display_name=name)
    raise_rights_version()


def test_people_and_departments_sort_by_the_sound_of_their_names(cast):
    """Not by their ids, which nobody knows; rows without a person come last both ways."""
    people = (cast.teammate, cast.owner, cast.stranger, cast.clerk)
    for person, name in zip(people, ("王芳", "单雄", "Bo Li", "李雷"), strict=True):
        renamed(person, name)
    made = [add(cast.director, owner=one.pk) for one in people]
    Customer.unscoped.filter(pk=made[3]).update(owner=None)
    access = access_to(cast.director, "customers")
    wang, shan, bo, nobody = made
    for sort, expected in (
        ("owner", [bo, shan, wang, nobody]),
        ("-owner", [wang, shan, bo, nobody]),
    ):
        assert [row.pk for row in access.page(ask(access, sort=sort).slice, [])] == expected
    east, west = add(cast.owner, name="East"), add(cast.outsider, name="West")
    access = access_to(cast.director, "customers")
    tree = {"field": "name", "op": "in", "value": ["East", "West"]}
    for sort, expected in (("department", [east, west]), ("-department", [west, east])):
        assert [row.pk for row in access.page(ask(access, tree, sort=sort).slice, [])] == expected


def test_a_token_of_names_ends_with_the_names(cast, shallow, firms):
    owner = Api(cast.owner)
    token = after_of(owner, "customers/?sort=owner,name&size=2&page=3")
    assert ids(owner.get(f"customers/?sort=owner,name&size=2&after={token}")) == firms[6:8]
    renamed(cast.stranger, "阿明")
    told(owner.get(f"customers/?sort=owner,name&size=2&after={token}"), 400)


def test_relations_are_no_order(cast):
    """Whose labels one may see differs from reader to reader; ids would tell of hidden records."""
    owner = Api(cast.owner)
    for path in ("customers/?sort=parent", "contacts/?sort=-customer", "contacts/?sort=reports_to"):
        body = told(owner.get(path), 400)
        assert "Filter by it instead" in body["detail"]
    modules = {one["name"]: one for one in owner.get("/api/v1/").json()["modules"]}
    fields = {one["name"]: one for one in modules["customers"]["fields"]}
    assert not fields["parent"]["is_sortable"]
    assert fields["owner"]["is_sortable"]
