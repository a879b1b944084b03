"""Many records at once over the API: told row by row, done once, the same rights and errors."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from crm.access.sharing import EDIT, shares_of
from crm.jobs import deeds
from crm.jobs.models import Job
from crm.jobs.running import run
from sales.customers.models import Customer
from tests.kernel.api_calls import Api, told
from tests.kernel.helpers import add, stored
from tests.people import Cast

BULK = "customers/bulk/"


@pytest.fixture
def owner(cast: Cast) -> Api:
    return Api(cast.owner)


def outcomes(answer):
    assert answer.status_code == 200, answer.content
    return [one["outcome"] for one in answer.json()["results"]]


def test_each_id_is_answered_and_one_unseen_is_as_one_that_never_was(cast: Cast, owner):
    mine, same, theirs = (add(cast.owner), add(cast.owner, level="B"), add(cast.stranger))
    asked = {"action": "edit", "ids": [mine, same, theirs, 10**12], "values": {"level": "B"}}
    answer = owner.post(BULK, asked)
    assert outcomes(answer) == ["changed", "same", "refused", "refused"]
    left = answer.json()["results"][2:]
    assert left[0] | {"id": 0} == left[1] | {"id": 0}
    assert (stored("customers", mine).level, stored("customers", theirs).version) == ("B", 1)
    wrong = owner.post(BULK, {**asked, "values": {"level": "Z"}, "ids": [mine]}).json()
    assert list(wrong["results"][0]["fields"]) == ["level"]
    undone = owner.post(f"jobs/{answer.json()['job']}/undo/")
    run(undone.json()["id"])
    assert stored("customers", mine).level != "B"


def test_every_action_is_done_and_told(cast: Cast, owner):
    pks = [add(cast.owner) for _n in range(2)]
    other = f"person-{cast.stranger.pk}"
    for asked in (
        {"action": "tag", "add": ["VIP", "展会"]},
        {"action": "share", "to": [other], "level": EDIT, "part": "support"},
        {"action": "edit", "values": {"city": "无锡", "website": None}},
        {"action": "assign", "owner": cast.teammate.pk, "reason": "on leave"},
    ):
        assert outcomes(owner.post(BULK, {"ids": pks, **asked})) == ["changed"] * 2, asked
    assert [(one.record, one.part) for one in shares_of(Customer, pks)] == [
        (pk, "support") for pk in pks
    ]
    assert [stored("customers", pk).owner_id for pk in pks] == [cast.teammate.pk] * 2
    gone = Api(cast.teammate).post(
        BULK,
        {
            "action": "delete",
            "filter": {"field": "city", "op": "eq", "value": "无锡"},
            "expected": 2,
        },
    )
    assert outcomes(gone) == ["changed"] * 2
    assert all(stored("customers", pk).deleted_at for pk in pks)


def test_what_cannot_be_is_refused_before_anything_is_done(cast: Cast, owner):
    pk = add(cast.owner, level="A")
    whole = {"action": "delete"}
    assert "action" in told(owner.post(BULK, {"ids": [pk]}), 400)["fields"]
    for which in (
        {},
        {"ids": []},
        {"ids": [pk], "q": "x"},
        {"ids": [True]},
        {"filter": {}},
        {"ids": [pk], "level": "B"},
        {"ids": "all"},
        {"filter": {"field": "nonsense"}},
    ):
        told(owner.post(BULK, {**whole, **which}), 400)
    level = {"filter": {"field": "level", "op": "eq", "value": "A"}}
    told(owner.post(BULK, {**whole, **level, "expected": 2}), 409)
    cast.state("owner", "customers", "revenue", "hidden")
    cast.state("owner", "customers", "city", "read")
    for name in ("revenue", "city", "number", "nonsense", "phones", "owner"):
        asked = {"action": "edit", "ids": [pk], "values": {name: "1"}}
        assert list(told(owner.post(BULK, asked), 400)["fields"]) == [name]
    cast.right("owner", "customers", delete="none", assign="none", share="none")
    for asked in (
        whole,
        {"action": "assign", "owner": cast.owner.pk},
        {"action": "share", "to": [f"person-{cast.stranger.pk}"]},
    ):
        told(owner.post(BULK, {**asked, "ids": [pk]}), 403)
    told(Api(cast.owner, scope="read").post(BULK, {**whole, "ids": [pk]}), 403)
    assert stored("customers", pk).version == 1
    assert not Job.objects.exists()


def test_many_are_a_job_and_a_call_with_a_key_is_done_once(cast: Cast, owner, monkeypatch):
    pks = [add(cast.owner) for _n in range(3)]
    asked = {"action": "assign", "ids": pks, "owner": cast.teammate.pk}
    first = owner.post(BULK, asked, idempotency_key="one").json()
    assert owner.post(BULK, asked, idempotency_key="one").json() == first
    told(owner.post(BULK, {**asked, "reason": "x"}, idempotency_key="one"), 409)
    assert Job.objects.count() == 1
    monkeypatch.setattr(deeds, "AT_ONCE", 2)
    mate = Api(cast.teammate)
    answer = mate.post(BULK, {"action": "delete", "ids": [*pks, 10**12]}, idempotency_key="two")
    assert answer.status_code == 202
    number = answer.json()["job"]
    run(number)
    job = mate.get(f"jobs/{number}/").json()
    assert (job["state"], job["done"], job["errors"]) == ("done", 4, 1)
    assert [one["id"] for one in job["detail"]["refused"]] == [10**12]


def test_the_schema_offers_what_one_may(cast: Cast, owner):
    schema = owner.get("/api/schema/?format=json").json()
    validate(schema)
    asked = schema["paths"]["/api/v1/customers/bulk/"]["post"]["requestBody"]
    kinds = asked["content"]["application/json"]["schema"]["oneOf"]
    names = [one["properties"]["action"]["enum"][0] for one in kinds]
    assert names == ["edit", "tag", "assign", "delete", "share"]
