"""The filter builder: what it makes of an address and back, each act, and what it refuses."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.http import QueryDict

from crm.access.policy import access_to
from crm.lists.query import query_from
from crm.views.filter_tree import act_on, conditions_of, tree_from, tree_of
from crm.views.words import sentence
from tests.kernel.helpers import add, ask
from tests.kernel.pages import browser

pytestmark = pytest.mark.django_db
LEVEL = {"field": "level", "op": "in", "value": ["A", "B"]}
NAME = {"field": "name", "op": "contains", "value": "pump"}
RECENT = {"field": "created_at", "op": "within", "value": "last_n_days:45"}
SIZE = {"field": "employees", "op": "between", "value": ["50", "500"]}
MINE = {"field": "owner", "op": "in", "value": ["@me"]}
LISTED = {"field": "city", "op": "in", "value": ["Wuxi", "Ningbo"]}
EMPTY = {"field": "phones", "op": "empty"}
PARENT = {"field": "parent.level", "op": "in", "value": ["A"]}
MAILS = {"field": "mails.address", "op": "contains", "value": "@"}
TREES = [
    [LEVEL],
    [LEVEL, NAME, RECENT, SIZE, MINE, LISTED, EMPTY, PARENT, MAILS],
    [{"any": [LEVEL, NAME]}],
    [NAME, {"any": [LEVEL, {"all": [RECENT, SIZE]}]}],
    [{"not": {"any": [LEVEL, NAME]}}, {"not": RECENT}],
    [{"any": [NAME, {"all": [LEVEL, {"any": [SIZE, MINE]}]}]}],
]


def posted(root, **more):
    """A tree as the builder's form sends it."""
    data = {"node": [], **more}

    def note(group):
        data[f"join-{group.key}"] = group.join
        for one in group.items:
            data["node"].append(f"{one.key}:{group.key}:{'group' if one.line is None else 'line'}")
            if one.line is None:
                note(one)
                continue
            line = one.line
            values = ["\n".join(line.values)] if line.path == "city" else line.values
            given = {"field": line.path, "op": line.op, "value": values, "number": line.number}
            data.update({f"{part}-{one.key}": value for part, value in given.items()})

    note(root)
    return data


def as_query(data):
    return QueryDict(urlencode(data, doseq=True))


def send(person, data, act, query="", **headers):
    given = {**data, "act": act, "query": query}
    return browser(person).post("/customers/filter/", given, headers=headers)


def test_every_tree_comes_back_as_it_was(cast):
    access = access_to(cast.owner, "customers")
    for conditions in TREES:
        root = tree_of(access, conditions)
        assert conditions_of(access, root) == conditions
        again = tree_from(as_query(posted(root)))
        assert conditions_of(access, again) == conditions


def test_acts_on_lines_and_groups(cast):
    access = access_to(cast.owner, "customers")
    root = tree_of(access, [NAME, LEVEL, {"any": [SIZE]}])
    name, level, group = root.items
    act_on(root, "down", name.key)
    assert [one.key for one in root.items] == [level.key, name.key, group.key]
    act_on(root, "down", name.key)  # into the group beside it
    assert [one.key for one in root.items] == [level.key, group.key]
    assert group.items[0] is name
    act_on(root, "up", name.key)  # and out again at its edge
    assert [one.key for one in root.items] == [level.key, name.key, group.key]
    copied = act_on(root, "copy", group.key)
    assert conditions_of(access, root) == [LEVEL, NAME, {"any": [SIZE]}, {"any": [SIZE]}]
    assert len({one.key for one in root.walk()}) == len(list(root.walk()))
    act_on(root, "drop", copied)
    fresh = act_on(root, "group", 0)
    assert root.items[-1].join == "any"
    assert root.items[-1].items[0].key == fresh
    act_on(root, "line", group.key)
    assert conditions_of(access, root) is None  # two lines have no field yet
    assert conditions_of(access, root, is_strict=False) == [LEVEL, NAME, {"any": [SIZE]}]
    for name in ("drop", "up", "copy"):
        assert act_on(root, name, 0) == 0  # the root stays
    assert act_on(root, "line", level.key) == level.key  # a line holds no lines


def test_the_panel_leads_to_the_list(cast):
    add(cast.owner, name="Alpha pumps", level="A", employees=100)
    add(cast.owner, name="Beta pumps", level="C", employees=100)
    page = browser(cast.owner)
    tree = {"any": [LEVEL, {"all": [NAME, SIZE]}]}
    query = urlencode({"q": "pumps", "sort": "-name", "filter": json.dumps(tree)})
    opened = page.get(f"/customers/filter/?{query}").content.decode()
    assert 'name="join-0"' in opened
    assert "Level is A" in opened
    root = tree_of(access_to(cast.owner, "customers"), [tree])
    root.join = "all"
    data = posted(root)
    said = send(cast.owner, data, "count", query).content.decode()
    assert "1 matches" in said
    answer = send(cast.owner, data, "apply", query)
    asked = parse_qs(urlsplit(answer.url).query)
    assert asked["q"] == ["pumps"]
    assert asked["sort"] == ["-name"]
    assert json.loads(asked["filter"][0]) == {"all": [LEVEL, {"all": [NAME, SIZE]}]}
    part = send(cast.owner, data, "apply", query, **{"HX-Request": "true"})
    assert part["HX-Redirect"] == answer.url
    shown = page.get(answer.url).content.decode()
    assert "Alpha pumps" in shown
    assert "Beta pumps" not in shown
    assert 'data-line-at="1"' in shown  # the group is one chip
    assert "Name contains pump, and Employees between 50 – 500" in shown


def test_what_is_typed_stays_where_it_is_refused(cast):
    access = access_to(cast.owner, "customers")
    root = tree_of(access, [NAME, SIZE, RECENT])
    root.items[1].line.values = ["about five hundred", ""]
    root.items[2].line.number = "many"
    act_on(root, "line", 0)
    answer = send(cast.owner, posted(root), "apply")
    said = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="about five hundred"' in said
    assert 'value="many"' in said
    assert 'value="pump"' in said
    assert said.count('class="wrong"') == 3
    assert "Choose a field, or remove the line." in said
    root = tree_of(access, [SIZE])
    root.items[0].line.values = ["１，０００", "2,000"]  # as Chinese input methods write digits
    assert conditions_of(access, root) == [{**SIZE, "value": ["1000", "2000"]}]


def test_limits_are_those_of_the_language(cast):
    access = access_to(cast.owner, "customers")
    root = tree_of(access, [NAME])
    for _time in range(50):
        act_on(root, "copy", root.items[0].key)
    answer = send(cast.owner, posted(root), "apply")
    assert answer.status_code == 400
    assert "At most 50 conditions." in answer.content.decode()
    root = tree_of(access, [NAME])
    key = 0
    for _time in range(5):
        act_on(root, "group", key)
        key = next(one.key for one in root.walk() if one.key == max(k.key for k in root.walk()) - 1)
    for one in root.walk():
        if one.line is not None:
            one.line.path, one.line.op, one.line.values = "name", "contains", ["x"]
    assert "5 deep" in send(cast.owner, posted(root), "apply").content.decode()
    for nodes in (["1:9:line"], ["1:0:line", "1:0:line"], ["x"], ["1:0:line", "2:1:line"]):
        assert send(cast.owner, {"node": nodes}, "redo").status_code == 400


def test_security_32_what_may_not_be_read_is_neither_offered_nor_taken(cast):
    boss = add(cast.owner, name="Parent firm", level="A")
    add(cast.owner, name="Daughter firm", parent=boss)
    cast.state("owner", "customers", "credit_limit", "hidden")
    cast.state("owner", "customers", "revenue", "masked")
    page = browser(cast.owner)
    opened = page.get("/customers/filter/").content.decode()
    listed = page.get("/customers/").content.decode()
    for text in (opened, listed):
        assert 'data-path="level"' in text
        assert 'data-path="parent.level"' in text
        for name in ("credit_limit", "revenue"):
            assert f'data-path="{name}"' not in text
            assert f'data-path="parent.{name}"' not in text
    for path in ("credit_limit", "parent.credit_limit", "parent.revenue", "owner.password", "x.y"):
        data = {"node": ["1:0:line"], "field-1": path, "op-1": "not_empty"}
        for act in ("apply", "redo"):
            said = send(cast.owner, data, act)
            assert said.status_code == (400 if act == "apply" else 200)
            assert b"you may use here" in said.content or b"is masked for you" in said.content
        counted = send(cast.owner, data, "count").content
        assert b"2 match" in counted  # nothing was asked by it
    cast.state("owner", "customers", "parent", "hidden")
    assert 'data-path="parent.level"' not in page.get("/customers/filter/").content.decode()
    refused = page.get("/customers/filter/", {"filter": json.dumps(PARENT)})
    assert refused.status_code == 400


def test_a_hidden_record_has_no_name_in_chips_and_controls(cast):
    secret = add(cast.stranger, name="Secret Holding")
    own = add(cast.owner, name="Own Holding")
    tree = {"field": "parent", "op": "in", "value": [str(secret), str(own), "999999999"]}
    page = browser(cast.owner)
    for path in ("/customers/", "/customers/filter/"):
        text = page.get(path, {"filter": json.dumps(tree)}).content.decode()
        assert "Own Holding" in text
        assert "Secret Holding" not in text
        assert text.count("(no access)") >= 2  # what is hidden looks like what is not there


def test_sentences(cast):
    access = access_to(cast.owner, "customers")

    def said(*conditions):
        return sentence(access, {"all": list(conditions)})

    assert said(LISTED) == "City is Wuxi or Ningbo"
    assert said(NAME, {"not": {"any": [LISTED, EMPTY]}}) == (
        "Name contains pump, and none of (City is Wuxi or Ningbo; Phones is empty)"
    )
    assert said({"any": [NAME, {"all": [RECENT, SIZE]}]}) == (
        "Name contains pump, or (Created is in the last 45 days, and Employees between 50 – 500)"
    )
    assert said({"field": "parent.level", "op": "in", "value": ["A"]}).startswith("Parent")


def test_totals_count_and_pages_agree_over_groups_and_related_conditions(cast):
    boss = add(cast.owner, level="A")
    for number in range(4):
        add(cast.owner, name=f"zqsum {number}", revenue="10", parent=boss if number % 2 else None)
    tree = {"any": [PARENT, {"all": [{"field": "name", "op": "eq", "value": "zqsum 0"}]}]}
    page = browser(cast.owner)
    asked = {"filter": json.dumps(tree), "columns": "name,revenue"}
    assert "30" in page.get("/customers/", {**asked, "part": "totals"}).content.decode()
    access = access_to(cast.owner, "customers")
    assert access.count(ask(access, tree).where) == (3, True)
    assert query_from(as_query({"filter": json.dumps(tree)}), access).conditions == [tree]
