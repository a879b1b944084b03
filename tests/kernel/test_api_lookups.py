"""The API's look-ups: is this known, and who is calling."""

from __future__ import annotations

import pytest

from crm.records.beside import AuditEntry
from tests.kernel.api_calls import Api, told
from tests.kernel.helpers import add, unlike

CUSTOMERS = "customers/"


@pytest.fixture
def owner(cast):
    return Api(cast.owner)


def test_security_23_a_duplicate_check_tells_only_that_and_whose(cast, settings):
    settings.DUPLICATE_CHECKS_PER_HOUR = 3
    name = unlike("苏州精密仪器有限公司")
    pk = add(cast.stranger, name=name, city="苏州", revenue="5", phones=["138 0013 8000"])
    owner = Api(cast.owner)
    body = owner.get(f"{CUSTOMERS}duplicates/?name={name}").json()
    assert body["exists"] is True
    assert set(body["matches"][0]) == {"exact", "whose"}
    assert "Stranger" in body["matches"][0]["whose"]
    mine = Api(cast.stranger).post(f"{CUSTOMERS}duplicates/", {"name": name}).json()
    assert mine["matches"][0]["id"] == pk
    assert owner.post(f"{CUSTOMERS}duplicates/", {"name": unlike()}).json() == {
        "exists": False, "matches": [],
    }  # fmt: skip
    told(owner.get(f"{CUSTOMERS}duplicates/"), 400)
    told(owner.get(f"{CUSTOMERS}duplicates/?nonsense=1"), 400)
    told(owner.post(CUSTOMERS, {"name": name}), 409)
    answer = owner.post(CUSTOMERS, {"name": name})
    told(answer, 429)
    assert int(answer["Retry-After"]) > 3000
    assert AuditEntry.objects.filter(action="duplicate_check", actor=cast.owner).count() == 3
    cast.right("leader", "customers", create="none", edit="none")
    told(Api(cast.leader).get(f"{CUSTOMERS}duplicates/?name={name}"), 403)


@pytest.mark.parametrize(
    "written",
    ["13800138000", "+8613800138000", "008613800138000", "013800138000", "138 0013 8000",
     "138-0013-8000", "（+86）138 0013 8000", "１３８００１３８０００"],
)  # fmt: skip
def test_security_123_a_caller_is_found_however_the_number_comes(cast, written):
    pk = add(cast.owner, name="Sunny Labs", phones=["13800138000"])
    body = Api(cast.owner).get(f"screen-pop/?phone={written.replace('+', '%2B')}").json()
    assert body["result"] == "known"
    assert body["matches"] == [
        {
            "module": "customers", "module_label": "Customer", "id": pk, "label": "Sunny Labs",
            "url": f"/customers/{pk}/",
        }
    ]  # fmt: skip


def test_security_123_landlines_with_and_without_their_area(cast):
    pk = add(cast.owner, phones=["021-62345678"])
    add(cast.owner, phones=["138 6234 5678"])
    owner = Api(cast.owner)
    for written in ("021-62345678", "+862162345678", "2162345678", "62345678"):
        answer = owner.get(f"screen-pop/?phone={written.replace('+', '%2B')}").json()
        assert [one["id"] for one in answer["matches"]] == [pk], written
    assert owner.get("screen-pop/?phone=345678").json()["result"] == "unknown"


def test_security_123_what_is_not_mine_is_unknown_like_no_number_at_all(cast, queries):
    add(cast.stranger, name="Not Yours", phones=["138 0013 8000"])
    owner = Api(cast.owner)
    owner.get("screen-pop/?phone=13900000000")
    answers, counts = [], []
    for number in ("13800138000", "13900000000"):
        with queries() as seen:
            answers.append(owner.get(f"screen-pop/?phone={number}"))
        counts.append(len(seen))
    assert answers[0].content == answers[1].content
    assert answers[0].json() == {"result": "unknown", "matches": []}
    assert counts[0] == counts[1]
    entry = AuditEntry.objects.filter(action="screen_pop").latest("id")
    assert entry.detail == {"phone": "139****0000", "found": 0}


def test_security_123_masked_numbers_are_found_and_hidden_ones_are_not(cast):
    pk = add(cast.owner, phones=["138 0013 8000"])
    clerk = Api(cast.clerk)
    answer = clerk.get("screen-pop/?phone=13800138000").json()
    assert [one["id"] for one in answer["matches"]] == [pk]
    cast.state("clerk", "customers", "phones.number", "hidden")
    assert clerk.get("screen-pop/?phone=13800138000").json()["result"] == "unknown"


@pytest.mark.parametrize(
    "phone",
    ["", "x", "'; DROP TABLE crm_phone; --", "%25", "%00%00%00%00%00", "9" * 200, "1234", "_____"],
)  # fmt: skip
def test_security_123_what_is_no_number_is_refused(owner, phone):
    told(owner.get(f"screen-pop/?phone={phone}"), 400)
    told(owner.get(f"screen-pop/?phone=13800138000&x={phone}"), 400)


def test_security_123_signs_around_digits_are_only_signs(owner):
    answer = owner.get("screen-pop/?phone=138%27OR%271%27=%271")
    assert answer.json() == {"result": "unknown", "matches": []}


def test_security_123_the_screen_pop_is_limited(cast, settings):
    settings.SCREEN_POPS_PER_HOUR = 2
    owner = Api(cast.owner)
    statuses = [owner.get("screen-pop/?phone=13800138000").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
