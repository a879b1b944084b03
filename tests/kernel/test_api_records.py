"""The API's records: list, create, read, change, delete, history, actions."""

from __future__ import annotations

import json

import pytest

from accounts.models import User
from crm.modules.registry import module_named
from crm.records.beside import AuditEntry
from tests.kernel.api_calls import Api, fixed_headers, ids, told
from tests.kernel.helpers import add, at_once, stored, unlike
from tests.people import share

CUSTOMERS = "customers/"


@pytest.fixture
def owner(cast):
    return Api(cast.owner)


def test_a_record_goes_in_and_comes_out_whole(owner, cast):
    values = {
        "name": unlike(),
        "level": "A",
        "revenue": "1250000.50",
        "employees": 40,
        "phones": [{"number": "138 0013 8000", "kind": "mobile"}],
        "tags": [{"name": "GMP"}],
        "addresses": [{"street": "金鸡湖大道 1 号", "city": "苏州"}],
    }
    made = owner.post(CUSTOMERS, values)
    assert made.status_code == 201, made.content
    body = made.json()
    assert made["Location"].endswith(f"/api/v1/customers/{body['id']}/")
    assert made["ETag"] == '"1"'
    assert made["Cache-Control"] == "private, no-store"
    assert body["version"] == 1
    assert body["number"].startswith("KH")
    assert body["revenue"] == "1250000.50"
    assert body["owner"] == {"id": cast.owner.pk, "label": "Owner"}
    assert body["phones"][0]["number"] == "138 0013 8000"
    assert body["tags"] == [{"id": body["tags"][0]["id"], "name": "GMP"}]
    assert body["created_at"].endswith("Z")
    assert body["_masked"] == []
    assert owner.get(f"{CUSTOMERS}{body['id']}/").json() == body
    assert owner.get(CUSTOMERS).json()["results"] == [body]


def test_relations_are_written_as_ids_and_read_as_objects(owner, cast):
    customer = add(cast.owner, name="Weld Works")
    contact = owner.post("contacts/", {"name": "顾言", "customer": customer}).json()
    assert contact["customer"] == {"id": customer, "label": "Weld Works"}
    for subject in (f"customers/{customer}", {"module": "customers", "id": customer}):
        made = owner.post("follow-ups/", {"subject": subject, "kind": "call", "text": "Called"})
        assert made.status_code == 201, made.content
        expected = {"module": "customers", "id": customer, "label": "Weld Works"}
        assert made.json()["subject"] == expected


def test_a_list_pages_sorts_filters_and_searches(owner, cast):
    made = [add(cast.owner, name=f"Turbine {n}", level="AB"[n % 2]) for n in range(5)]
    first = owner.get(f"{CUSTOMERS}?size=2&sort=name&columns=name").json()
    assert [one["id"] for one in first["results"]] == made[:2]
    assert set(first["results"][0]) == {"id", "version", "number", "name", "_masked"}
    assert (first["count"], first["count_exact"], first["previous"]) == (5, True, None)
    second = owner.get(first["next"].replace("http://testserver", "")).json()
    assert [one["id"] for one in second["results"]] == made[2:4]
    assert second["previous"].endswith("page=1")
    tree = json.dumps({"field": "level", "op": "in", "value": ["A"]})
    assert set(ids(owner.get(f"{CUSTOMERS}?filter={tree}"))) == set(made[0::2])
    assert set(ids(owner.get(f"{CUSTOMERS}?level=B&count=exact"))) == set(made[1::2])
    assert ids(owner.get(f"{CUSTOMERS}?q=Turbine%203")) == [made[3]]


def test_security_1_what_is_not_mine_is_not_there(cast, queries):
    pk, stranger = add(cast.owner), Api(cast.stranger)
    stranger.get(f"{CUSTOMERS}{pk}/")  # the first call of a token notes its use
    for method, tail, body in (
        ("GET", "", None), ("GET", "history/", None), ("PATCH", "", {"version": 1, "level": "A"}),
        ("DELETE", "", None), ("POST", "actions/assign/", {"owner": cast.stranger.pk}),
        ("POST", "actions/delete/", {}), ("POST", "actions/restore/", {}),
    ):  # fmt: skip
        answers, counts = [], []
        for one in (pk, 10**12):
            with queries() as seen:
                answers.append(stranger.call(method, f"{CUSTOMERS}{one}/{tail}", body))
            counts.append(len(seen))
        told(answers[0], 404)
        assert answers[0].content == answers[1].content
        assert fixed_headers(answers[0]) == fixed_headers(answers[1])
        assert counts[0] == counts[1], (method, tail, counts)
    assert stored("customers", pk).version == 1
    assert ids(stranger.get(CUSTOMERS)) == []


def test_security_1_what_is_seen_but_not_allowed_is_403(cast):
    pk = add(cast.owner)
    share("customers", pk, cast.stranger)
    stranger = Api(cast.stranger)
    assert stranger.get(f"{CUSTOMERS}{pk}/").status_code == 200
    told(stranger.patch(f"{CUSTOMERS}{pk}/", {"version": 1, "level": "A"}), 403)
    told(stranger.delete(f"{CUSTOMERS}{pk}/"), 403)
    told(stranger.post(f"{CUSTOMERS}{pk}/actions/assign/", {"owner": cast.stranger.pk}), 403)
    assert stored("customers", pk).version == 1


def test_a_module_that_is_closed_to_a_person_is_403_and_an_unknown_one_404(cast):
    cast.right("stranger", "customers", view="none", create="none", edit="none")
    stranger = Api(cast.stranger)
    told(stranger.get(CUSTOMERS), 403)
    told(stranger.post(CUSTOMERS, {"name": unlike()}), 403)
    for path in ("nonsense/", "nonsense/1/", "customers/x/", f"customers/{'9' * 30}/", "a/b/c/d/",
                 "customers", "customers/1/actions/nonsense/", "customers/²/"):  # fmt: skip
        method = "POST" if "actions" in path else "GET"
        told(stranger.call(method, path), 404)


def test_security_6_a_relation_to_what_is_not_mine_is_not_found(owner, cast):
    theirs, mine = add(cast.stranger), add(cast.owner)
    for value in (theirs, 10**12):
        body = told(owner.post("contacts/", {"name": unlike(), "customer": value}), 400)
        assert list(body["fields"]) == ["customer"]
    contact = owner.post("contacts/", {"name": unlike(), "customer": mine}).json()
    answer = owner.patch(f"contacts/{contact['id']}/", {"version": 1, "customer": theirs})
    assert "customer" in told(answer, 400)["fields"]
    told(owner.post("follow-ups/", {"subject": f"customers/{theirs}", "text": "x"}), 400)


@pytest.mark.parametrize(
    "name",
    ["created_by", "created_at", "number", "is_staff", "deleted_at", "deletion_id", "id", "version",
     "approved", "total", "department", "merged_into", "custom", "sort_name", "last_follow_up_at",
     "_masked", "owner_id"],
)  # fmt: skip
def test_security_7_nothing_is_assigned_by_the_way(owner, cast, name):
    body = told(owner.post(CUSTOMERS, {"name": unlike(), name: 1}), 400)
    assert list(body["fields"]) == [name]
    if name != "version":
        pk = add(cast.owner)
        body = told(owner.patch(f"{CUSTOMERS}{pk}/", {"version": 1, name: 1}), 400)
        assert list(body["fields"]) == [name]
        assert stored("customers", pk).version == 1


def test_security_7_an_owner_is_given_only_with_the_right_to_assign(owner, cast):
    cast.right("owner", "customers", assign="none")
    answer = owner.post(CUSTOMERS, {"name": unlike(), "owner": cast.stranger.pk})
    assert "owner" in told(answer, 400)["fields"]


def test_security_8_a_read_only_field_stays(cast):
    cast.state("owner", "customers", "level", "read")
    pk, owner = add(cast.administrator, level="A", owner=cast.owner.pk), Api(cast.owner)
    answer = owner.patch(f"{CUSTOMERS}{pk}/", {"version": 1, "level": "B", "city": "苏州"})
    assert list(told(answer, 400)["fields"]) == ["level"]
    row = stored("customers", pk)
    assert (row.level, row.city, row.version) == ("A", "", 1)


def test_a_change_needs_the_version_that_was_read(owner, cast):
    pk = add(cast.owner)
    url = f"{CUSTOMERS}{pk}/"
    told(owner.patch(url, {"level": "A"}), 428)
    told(owner.patch(url, {"level": "A"}, if_match="*"), 428)
    told(owner.patch(url, {"level": "A", "version": "x"}), 400)
    told(owner.patch(url, {"level": "A", "version": True}), 400)
    told(owner.patch(url, {"level": "A", "version": 1}, if_match='"2"'), 400)
    told(owner.patch(url, {"level": "A"}, if_match='"1", "2"'), 400)
    changed = owner.patch(url, {"level": "A"}, if_match='"1"')
    assert (changed.status_code, changed.json()["version"], changed["ETag"]) == (200, 2, '"2"')
    assert owner.patch(url, {"level": "B", "version": 2}).json()["level"] == "B"
    assert owner.patch(url, {"level": "C"}, if_match='W/"3"').json()["version"] == 4


def test_security_86_the_second_of_two_editors_sees_both_values(owner, cast):
    pk = add(cast.owner, level="A", city="苏州")
    manager = Api(cast.manager)
    assert manager.patch(f"{CUSTOMERS}{pk}/", {"version": 1, "level": "B"}).status_code == 200
    body = told(owner.patch(f"{CUSTOMERS}{pk}/", {"level": "C", "city": "无锡"}, if_match="1"), 409)
    assert body["version"] == 2
    assert body["changed_by"] == {"id": cast.manager.pk, "label": "Manager"}
    cast.state("owner", "customers", "changed_by", "hidden")
    body = told(owner.patch(f"{CUSTOMERS}{pk}/", {"level": "C"}, if_match="1"), 409)
    assert body["changed_by"] is None
    by_field = {one["field"]: one for one in body["conflicts"]}
    assert by_field["level"] == {"field": "level", "before": "A", "theirs": "B", "mine": "C"}
    assert stored("customers", pk).city == "苏州"
    told(owner.delete(f"{CUSTOMERS}{pk}/", if_match="1"), 409)
    assert stored("customers", pk).deleted_at is None


def test_security_86_a_conflict_shows_no_member_that_is_masked(cast):
    cast.right("clerk", "customers", edit="all")
    pk = add(cast.owner, phones=[{"number": "138 0013 8000", "kind": "mobile"}])
    clerk, url = Api(cast.clerk), f"{CUSTOMERS}{pk}/"
    row = clerk.get(url).json()["phones"][0]
    assert row["number"] == "138****8000"
    phones = [{"id": row["id"], "number": "139 1234 5678", "kind": "mobile"}]
    assert Api(cast.owner).patch(url, {"version": 1, "phones": phones}).status_code == 200
    answer = clerk.patch(url, {"version": 1, "phones": [{**row, "kind": "office"}]})
    conflict = told(answer, 409)["conflicts"][0]
    assert conflict["field"] == "phones"
    assert conflict["theirs"] == [{"id": row["id"], "kind": "mobile"}]
    assert b"8000" not in answer.content
    assert b"5678" not in answer.content


def test_security_85_one_key_makes_one_record(owner, cast):
    values = {"name": unlike(), "level": "A"}
    first = owner.post(CUSTOMERS, values, idempotency_key="k1")
    again = owner.post(CUSTOMERS, dict(reversed(values.items())), idempotency_key="k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    told(owner.post(CUSTOMERS, {**values, "level": "B"}, idempotency_key="k1"), 409)
    other = Api(cast.stranger).post(CUSTOMERS, {"name": unlike()}, idempotency_key="k1")
    assert other.json()["id"] != first.json()["id"]
    told(owner.post(CUSTOMERS, {"name": unlike()}, idempotency_key="k" * 81), 400)
    assert len(ids(owner.get(CUSTOMERS))) == 1


@pytest.mark.django_db(transaction=True)
def test_security_85_twenty_posts_at_once_make_one_record(lasting_cast):
    owner, values = Api(lasting_cast.owner), {"name": unlike()}
    call = lambda: owner.__class__.post(owner, CUSTOMERS, values, idempotency_key="same")  # noqa: E731
    answers = at_once([call] * 20)
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["id"] for one in answers}) == 1
    assert module_named("customers").rows.count() == 1


def test_delete_and_restore_go_through_the_bin(owner, cast):
    pk = add(cast.owner)
    contact = add(cast.owner, "contacts", customer=pk)
    assert owner.delete(f"{CUSTOMERS}{pk}/").status_code == 204
    told(owner.get(f"{CUSTOMERS}{pk}/"), 404)
    told(owner.get(f"contacts/{contact}/"), 404)
    assert ids(owner.get(CUSTOMERS)) == []
    assert ids(owner.get(f"{CUSTOMERS}?bin=1")) == [pk]
    assert ids(Api(cast.stranger).get(f"{CUSTOMERS}?bin=1")) == []
    told(Api(cast.stranger).post(f"{CUSTOMERS}{pk}/actions/restore/"), 404)
    restored = owner.post(f"{CUSTOMERS}{pk}/actions/restore/")
    assert (restored.status_code, restored.json()["id"]) == (200, pk)
    assert owner.get(f"contacts/{contact}/").status_code == 200
    assert owner.post(f"{CUSTOMERS}{pk}/actions/delete/", {"version": 3}).status_code == 204
    cast.right("owner", "customers", delete="none")
    told(owner.get(f"{CUSTOMERS}?bin=1"), 403)


def test_assign_gives_away_and_says_only_the_id_then(cast):
    owner, pk = Api(cast.owner), add(cast.owner)
    given = owner.post(f"{CUSTOMERS}{pk}/actions/assign/", {"owner": cast.stranger.pk})
    assert (given.status_code, given.json()) == (200, {"id": pk})
    told(owner.get(f"{CUSTOMERS}{pk}/"), 404)
    body = Api(cast.stranger).get(f"{CUSTOMERS}{pk}/").json()
    assert body["owner"]["id"] == cast.stranger.pk
    stranger = Api(cast.stranger)
    url = f"{CUSTOMERS}{pk}/actions/assign/"
    for wrong in ({}, {"owner": "x"}, {"owner": True}, {"owner": 10**30}, {"owner": 1, "x": 1}):
        assert told(stranger.post(url, wrong), 400)["fields"]
    told(stranger.post(url, {"owner": 10**9}), 400)
    told(stranger.post(url, [1]), 400)
    told(stranger.get(url), 405)


def test_history_tells_before_and_after_of_what_may_be_read(cast):
    owner, pk = Api(cast.owner), add(cast.owner, level="A", remark="first thought")
    owner.patch(f"{CUSTOMERS}{pk}/", {"version": 1, "level": "B", "remark": "second thought"})
    owner.patch(f"{CUSTOMERS}{pk}/", {"version": 2, "phones": ["138 0013 8000"]})
    body = owner.get(f"{CUSTOMERS}{pk}/history/").json()
    assert [one["version"] for one in body["results"]] == [3, 2, 1]
    assert {one["by"]["label"] for one in body["results"]} == {"Owner"}
    changes = {one["field"]: one for one in body["results"][1]["changes"]}
    assert (changes["level"]["before"], changes["level"]["after"]) == ("A", "B")
    assert "138 0013 8000" in json.dumps(body["results"][0]["changes"])
    cast.state("owner", "customers", "remark", "hidden")
    cast.state("owner", "customers", "phones", "hidden")
    content = owner.get(f"{CUSTOMERS}{pk}/history/").content
    assert b"thought" not in content
    assert b"8000" not in content
    assert b'"level"' in content
    page = owner.get(f"{CUSTOMERS}{pk}/history/?size=1&page=2").json()
    assert [one["version"] for one in page["results"]] == [2]
    assert page["count"] == 3
    told(owner.get(f"{CUSTOMERS}{pk}/history/?level=A"), 400)


def test_masked_values_are_covered_listed_and_uncovered_with_a_trace(cast):
    pk = add(cast.owner, phones=[{"number": "138 0013 8000"}], wechat="wx-sunny")
    clerk = Api(cast.clerk)
    body = clerk.get(f"{CUSTOMERS}{pk}/").json()
    assert body["_masked"] == ["phones.number", "wechat"]
    assert body["phones"][0]["number"] == "138****8000"
    told(clerk.get(f"{CUSTOMERS}?wechat=wx-sunny"), 400)
    url = f"{CUSTOMERS}{pk}/actions/unmask/"
    shown = clerk.post(url, {"field": "wechat"})
    assert shown.json() == {"field": "wechat", "value": "wx-sunny"}
    shown = clerk.post(url, {"field": "phones.number"}).json()
    assert shown["value"][0]["number"] == "138 0013 8000"
    assert (
        AuditEntry.objects.filter(actor=cast.clerk, record_id=pk, module="customers").count() == 2
    )
    told(clerk.post(url, {"field": "name"}), 400)
    told(clerk.post(url, {"field": "nonsense"}), 400)
    cast.state("clerk", "customers", "wechat", "hidden")
    told(clerk.post(url, {"field": "wechat"}), 400)
    told(Api(cast.leader).post(f"{CUSTOMERS}{pk}/actions/unmask/", {"field": "wechat"}), 400)
    cast.right("clerk", "customers", view="own")
    told(clerk.post(url, {"field": "phones"}), 404)


def test_uncovering_is_limited_by_the_hour(cast, settings):
    settings.UNCOVERS_PER_HOUR = 2
    pk, clerk = add(cast.owner, wechat="wx-sunny"), Api(cast.clerk)
    url = f"{CUSTOMERS}{pk}/actions/unmask/"
    statuses = [clerk.post(url, {"field": "wechat"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 403]


def test_security_31_deleted_records_are_nowhere(owner, cast):
    pk = add(cast.owner, name="Gone Glass", phones=["138 0013 8000"])
    contact = add(cast.owner, "contacts", customer=pk)
    add(cast.owner, "contacts", name="Stays")
    owner.delete(f"{CUSTOMERS}{pk}/")
    assert ids(owner.get(f"{CUSTOMERS}?q=Gone")) == []
    assert owner.get(CUSTOMERS).json()["count"] == 0
    assert contact not in ids(owner.get("contacts/"))
    assert owner.get("screen-pop/?phone=13800138000").json()["result"] == "unknown"
    told(owner.post("contacts/", {"name": unlike(), "customer": pk}), 400)
    told(owner.get(f"{CUSTOMERS}{pk}/history/"), 404)


def test_security_12_an_invisible_parent_is_not_named(cast):
    customer = add(cast.owner, name="Secret Parent")
    contact = add(cast.owner, "contacts", customer=customer)
    share("contacts", contact, cast.stranger)
    answer = Api(cast.stranger).get(f"contacts/{contact}/")
    assert answer.json()["customer"]["id"] is None
    assert b"Secret" not in answer.content


def test_a_known_customer_is_told_of_but_not_shown(cast):
    name = unlike("苏州精密仪器")
    add(cast.stranger, name=name)
    body = told(Api(cast.owner).post(CUSTOMERS, {"name": name}), 409)
    assert body["duplicates"][0]["exact"] is True
    assert "Stranger" in body["duplicates"][0]["whose"]
    assert "id" not in body["duplicates"][0]


def test_security_107_a_page_costs_the_same_whatever_its_size(cast, queries):
    for number in range(100):
        add(cast.owner, phones=[{"number": f"138 0013 {number:04d}"}], tags=["x"])
    owner, costs = Api(cast.owner), []
    owner.get(CUSTOMERS)
    for size in (20, 100):
        with queries() as seen:
            answer = owner.get(f"{CUSTOMERS}?size={size}")
        assert len(ids(answer)) == size
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 12, costs


def test_dropping_a_right_is_felt_by_the_next_call(owner, cast):
    pk = add(cast.owner, city="苏州")
    assert "city" in owner.get(f"{CUSTOMERS}{pk}/").json()
    cast.state("owner", "customers", "city", "hidden")
    assert "city" not in owner.get(f"{CUSTOMERS}{pk}/").json()
    cast.right("owner", "customers", view="none", edit="none")
    told(owner.get(f"{CUSTOMERS}{pk}/"), 404)
    User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    told(owner.get(f"{CUSTOMERS}{pk}/"), 401)
