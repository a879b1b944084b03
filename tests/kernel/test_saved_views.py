"""Saved views: what they keep, who has them, and that they open nothing."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from crm.access import policy
from crm.access.holders import DEPARTMENT, PERSON, TEAM, Holder
from crm.access.policy import access_to
from crm.lists.models import SavedView
from crm.lists.views import Audience, arrange_view, create_view, delete_view, views_of
from crm.modules.stamp import raise_rights_version
from crm.records.beside import AuditEntry
from tests.kernel.api_calls import Api
from tests.kernel.helpers import add
from tests.kernel.pages import browser

pytestmark = pytest.mark.django_db
WORD = "zqviewed"


def only(*conditions):
    return json.dumps({"all": list(conditions)})


LEVEL_A = {"field": "level", "op": "eq", "value": "A"}


def save(person, name="Best", **state):
    return create_view(access_to(person, "customers"), name, state)


def arrange(person, view, **audience):
    holders = tuple(audience.pop("to", ()))
    door = access_to(person, "customers")
    return arrange_view(door, view.pk, view.name, Audience(holders=holders, **audience))


def opened(person, view, **headers):
    return browser(person).get(f"/customers/?view={view.pk}", follow=True, headers=headers)


def has(person, view):
    return views_of(access_to(person, "customers")).filter(pk=view.pk).exists()


def test_what_is_seen_is_saved_and_its_address_says_all_of_it(cast):
    add(cast.owner, name=f"{WORD} best", level="A")
    add(cast.owner, name=f"{WORD} other", level="C")
    page = browser(cast.owner)
    seen = "filter=" + only(LEVEL_A) + f"&sort=-name&columns=name,level&q={WORD}"
    answer = page.post("/customers/views/", {"name": "  Best   ones ", "query": seen})
    view = SavedView.objects.get(name="Best ones", owner=cast.owner)
    assert answer.url == f"/customers/?view={view.pk}"
    full = page.get(answer.url).url
    asked = parse_qs(urlsplit(full).query)
    assert asked["sort"] == ["-name"]
    assert asked["columns"] == ["name,level"]
    assert json.loads(asked["filter"][0]) == {"all": [LEVEL_A]}
    shown = page.get(full).content.decode()
    assert f"{WORD} best" in shown
    assert f"{WORD} other" not in shown
    assert "<h1>Best ones</h1>" in shown
    assert "This view has changes" not in shown

    cleared = page.get(f"/customers/?view={view.pk}&filter=&sort=-name").content.decode()
    assert f"{WORD} other" in cleared
    assert "This view has changes" in cleared
    changed = f"view={view.pk}&filter=&sort=name&page=1"
    page.post(f"/customers/views/{view.pk}/save/", {"query": changed})
    view.refresh_from_db()
    assert view.state == {"sort": "name"}
    assert view.version == 2


def test_a_condition_made_in_a_view_stays_in_it(cast):
    view = save(cast.owner, sort="-name")
    asked = f"/customers/?view={view.pk}&filter=&sort=-name&add_field=level&add_op=in&add_value=A"
    full = browser(cast.owner).get(asked).url
    assert f"view={view.pk}" in full
    assert "level" in full
    assert "sort=-name" in full


def test_security_16_a_view_of_another_gives_my_rows_and_my_columns(cast):
    add(cast.owner, name=f"{WORD} mine", credit_limit=123454321)
    add(cast.outsider, name=f"{WORD} not mine")
    view = save(cast.director, q=WORD, columns="name,level")
    secret = save(cast.director, "By limit", sort="-credit_limit")
    silent = save(cast.director, "Limit", columns="name,credit_limit")
    asked = save(
        cast.director, "Over", filter=only({"field": "credit_limit", "op": "gt", "value": "1"})
    )
    for one in (view, secret, silent, asked):
        arrange(cast.director, one, to=[Holder(PERSON, cast.owner.pk)])
    cast.state("owner", "customers", "credit_limit", "hidden")
    found = opened(cast.owner, view).content.decode()
    assert f"{WORD} mine" in found
    assert f"{WORD} not mine" not in found
    for one in (secret, silent, asked):
        refused = opened(cast.owner, one)
        assert refused.status_code == 400
        assert one.name in refused.content.decode()
        assert b"credit_limit" not in refused.content
        assert opened(cast.director, one).status_code == 200
    cast.state("owner", "customers", "credit_limit", "masked")
    assert opened(cast.owner, secret).status_code == 400
    assert opened(cast.owner, silent).status_code == 200
    assert b"123454321" not in opened(cast.owner, silent).content


def test_who_has_a_view(cast):
    view = save(cast.owner)
    assert not has(cast.stranger, view)
    assert opened(cast.stranger, view).status_code == 404
    east, team = cast.departments["east"].pk, cast.team.pk
    arrange(cast.owner, view, to=[Holder(DEPARTMENT, east)])
    assert has(cast.stranger, view)
    assert not has(cast.outsider, view)
    arrange(cast.owner, view, to=[Holder(DEPARTMENT, cast.departments["centre"].pk)])
    assert has(cast.stranger, view)
    assert has(cast.outsider, view)
    arrange(cast.owner, view, to=[Holder(TEAM, team)])
    assert has(cast.teammate, view)
    assert not has(cast.stranger, view)
    arrange(cast.owner, view)
    assert not has(cast.teammate, view)
    assert AuditEntry.objects.filter(action="view.shared", actor=cast.owner).count() >= 3
    # The state in a sent address works without the view.
    sent = browser(cast.stranger).get(f"/customers/?view={view.pk}&filter=&sort=-name")
    assert sent.status_code == 200
    assert b"<h1>All customers</h1>" in sent.content


def test_locked_and_foreign_views_are_not_changed(cast):
    view = save(cast.owner, sort="name")
    arrange(cast.owner, view, to=[Holder(PERSON, cast.stranger.pk)], is_locked=True)
    page, post = browser(cast.stranger), {"query": "sort=-name"}
    assert page.post(f"/customers/views/{view.pk}/save/", post).status_code == 403
    for way in ("", "delete/"):
        assert page.post(f"/customers/views/{view.pk}/{way}", {"name": "x"}).status_code == 403
    assert page.post(f"/customers/views/{view.pk}/restore/").status_code == 404
    arrange(cast.owner, view, to=[Holder(PERSON, cast.stranger.pk)])
    assert page.post(f"/customers/views/{view.pk}/save/", post).status_code == 302
    outsider = browser(cast.outsider)
    for way in ("", "save/", "delete/", "restore/", "start/"):
        assert outsider.post(f"/customers/views/{view.pk}/{way}", post).status_code == 404
    mine = {"name": view.name, "everyone": "1", "starts_for": cast.roles["owner"].pk}
    browser(cast.owner).post(f"/customers/views/{view.pk}/", mine)
    view.refresh_from_db()
    assert not view.is_for_everyone
    assert view.starts_for == []
    assert view.state == {"sort": "-name"}


def test_two_who_arrange_the_same_view_are_told(cast):
    view = save(cast.owner)
    page = browser(cast.owner)
    first = {"name": "One", "version": "1"}
    assert page.post(f"/customers/views/{view.pk}/", first).status_code == 302
    assert (
        page.post(f"/customers/views/{view.pk}/", {"name": "Two", "version": "1"}).status_code
        == 409
    )


@pytest.mark.parametrize(
    "query",
    [
        "filter={", 'filter={"field":"owner__password","op":"starts","value":"p"}',
        'filter={"all":[{"field":"name","op":"regex","value":"."}]}', "sort=owner__password",
        "columns=name,password", "sort=name,name,name,name,name", "_connector=OR", "pk__in=1",
    ],
)  # fmt: skip
def test_security_52_what_is_no_list_is_no_view(cast, query):
    answer = browser(cast.owner).post("/customers/views/", {"name": "Bad", "query": query})
    assert answer.status_code == 400
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "Best"])
def test_a_view_needs_a_name_of_its_own(cast, name):
    save(cast.owner)
    answer = browser(cast.owner).post("/customers/views/", {"name": name, "query": "sort=name"})
    assert answer.status_code == 400
    assert SavedView.objects.count() == 1


def test_a_list_begins_with_the_role_s_view_until_a_person_chooses(cast):
    cast.roles["director"].administer = True
    cast.roles["director"].save()
    raise_rights_version()
    role = cast.roles["owner"].pk
    view = save(cast.director, sort="-name")
    own = save(cast.owner, "Own", sort="name")
    start = f"/customers/?view={view.pk}"
    arrange(cast.director, view, is_for_everyone=True, starts_for=(role,))
    page = browser(cast.owner)
    assert page.get("/customers/").url.startswith(start)
    assert browser(cast.stranger).get("/customers/").status_code == 200
    assert page.get("/customers/?view=all").status_code == 200
    page.post(f"/customers/views/{own.pk}/start/")
    assert page.get("/customers/").url.startswith(f"/customers/?view={own.pk}")
    page.post("/customers/views/start/")
    assert page.get("/customers/").status_code == 200
    page.post(f"/customers/views/{view.pk}/start/")
    cast.state("owner", "customers", "name", "hidden")
    assert page.get("/customers/").status_code == 200  # what he may not use is passed over


def test_security_34_the_foot_adds_up_what_i_see_of_what_i_may_read(cast, monkeypatch):
    for person, value in ((cast.owner, 1000), (cast.owner, 234), (cast.outsider, 70000)):
        add(person, name=f"{WORD} {value}", revenue=value)
    add(cast.owner, name="another", revenue=500000)
    asked = f"/customers/?q={WORD}&columns=name,revenue"
    page = browser(cast.owner)
    assert "part=totals" in page.get(asked).content.decode()
    assert "<b>1,234</b>" in page.get(f"{asked}&part=totals").content.decode()
    assert "<b>71,234</b>" in browser(cast.director).get(f"{asked}&part=totals").content.decode()
    monkeypatch.setattr(policy, "SUM_LIMIT", 1)  # of more rows it is asked for by hand
    offered = page.get(f"{asked}&part=totals").content.decode()
    assert "<b>" not in offered
    assert "count=exact" in offered
    assert "<b>1,234</b>" in page.get(f"{asked}&part=totals&count=exact").content.decode()
    for state in ("masked", "hidden"):
        cast.state("owner", "customers", "revenue", state)
        columns = "name,revenue" if state == "masked" else "name"
        asked = f"/customers/?q={WORD}&columns={columns}"
        assert "part=totals" not in page.get(asked).content.decode()
        assert "<b>" not in page.get(f"{asked}&part=totals").content.decode()


def test_deleted_and_given_back(cast):
    view = save(cast.owner)
    delete_view(access_to(cast.owner, "customers"), view.pk)
    assert opened(cast.owner, view).status_code == 404
    browser(cast.owner).post(f"/customers/views/{view.pk}/restore/")
    assert opened(cast.owner, view).status_code == 200
    assert browser(cast.owner).get("/customers/views/").content.count(b"Best") >= 1


def test_a_program_keeps_views_too(cast):
    api, other = Api(cast.owner), Api(cast.stranger)
    made = api.post("customers/views/", {"name": "Best", "filter": {"all": [LEVEL_A]}, "size": 20})
    assert made.status_code == 201
    view = made.json()
    assert view["state"] == {"filter": {"all": [LEVEL_A]}, "size": "20"}
    assert [one["id"] for one in api.get("customers/views/").json()["results"]] == [view["id"]]
    path = f"customers/views/{view['id']}/"
    for answer in (other.get(path), other.call("PUT", path, {"q": "x"}), other.delete(path)):
        assert answer.status_code == 404
    assert api.call("PUT", path, {"sort": "-name"}).json()["state"] == {"sort": "-name"}
    for wrong in ({"filter": {"field": "pk"}}, {"sort": "nothing"}, {"page": "2"}, {"q": 5}):
        assert api.call("PUT", path, wrong).status_code == 400
        assert api.post("customers/views/", {"name": "Bad", **wrong}).status_code == 400
    assert api.get(path).json()["state"] == {"sort": "-name"}
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_the_state_of_a_view_is_kept_from_a_program_that_may_not_read_it(cast):
    over = {"field": "credit_limit", "op": "gt", "value": "987654"}
    view = save(cast.director, "Over", filter=only(over))
    arrange(cast.director, view, to=[Holder(PERSON, cast.owner.pk)])
    cast.state("owner", "customers", "credit_limit", "hidden")
    answer = Api(cast.owner).get(f"customers/views/{view.pk}/")
    assert answer.json()["state"] is None
    assert b"987654" not in answer.content
