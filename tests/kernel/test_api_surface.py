"""The API around the records: tokens, sessions, bodies, limits, index, schema, screen pop."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from drf_spectacular.validation import validate_schema
from openapi_spec_validator import validate

from accounts.models import ApiToken
from accounts.services.people import deactivate_user
from crm.api import actions
from crm.api.limits import CallThrottle
from crm.customfields.models import FieldDefinition, ModuleDefinition
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from tests.kernel.api_calls import Api, ids, told
from tests.kernel.helpers import add, unlike
from tests.people import everywhere, fill_role, share

CUSTOMERS = "customers/"
MEGABYTE = 1024 * 1024


@pytest.fixture
def owner(cast):
    return Api(cast.owner)


# Who asks ----------


@pytest.mark.parametrize(
    "path", ["", "customers/", "customers/1/", "screen-pop/?phone=1", "x/y/z/"]
)
def test_security_2_nobody_gets_nothing(db, path):
    for url in (f"/api/v1/{path}", "/api/schema/"):
        answer = Client().get(url)
        told(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"
    told(Client().get(f"/api/v1/{path}", headers={"authorization": "Bearer kyt_wrong"}), 401)


def test_security_118_a_token_that_reads_changes_nothing(cast):
    pk, reader = add(cast.owner), Api(cast.owner, scope="read")
    assert ids(reader.get(CUSTOMERS)) == [pk]
    for method, path, body in (
        ("POST", CUSTOMERS, {"name": unlike()}),
        ("PATCH", f"{CUSTOMERS}{pk}/", {"version": 1, "level": "A"}),
        ("DELETE", f"{CUSTOMERS}{pk}/", None),
        ("POST", f"{CUSTOMERS}{pk}/actions/assign/", {"owner": cast.stranger.pk}),
        ("POST", f"{CUSTOMERS}{pk}/actions/unmask/", {"field": "name"}),
    ):
        told(reader.call(method, path, body), 403)
    assert module_named("customers").rows.get().version == 1


def test_security_118_a_token_for_some_modules_reaches_no_other(cast):
    customer = add(cast.owner, phones=["138 0013 8000"])
    add(cast.owner, "contacts", name="Gu", customer=customer, phones=["138 0013 8000"])
    narrow = Api(cast.owner, modules=["contacts"])
    told(narrow.get(CUSTOMERS), 403)
    told(narrow.get(f"{CUSTOMERS}{customer}/"), 403)
    told(narrow.post(CUSTOMERS, {"name": unlike()}), 403)
    assert [one["name"] for one in narrow.get("").json()["modules"]] == ["contacts"]
    matches = narrow.get("screen-pop/?phone=13800138000").json()["matches"]
    assert [one["module"] for one in matches] == ["contacts"]
    paths = narrow.get("/api/schema/").json()["paths"]
    assert not [path for path in paths if path.startswith("/api/v1/customers/")]


def test_security_118_dead_tokens_open_nothing(cast):
    live, revoked, late = Api(cast.owner), Api(cast.owner), Api(cast.owner)
    ApiToken.objects.filter(pk=revoked.token.pk).update(revoked_at=timezone.now())
    ApiToken.objects.filter(pk=late.token.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert live.get(CUSTOMERS).status_code == 200
    for one in (revoked, late):
        told(one.get(CUSTOMERS), 401)
    deactivate_user(actor=cast.administrator, user=cast.owner)
    told(live.get(CUSTOMERS), 401)


def test_our_own_pages_call_with_their_session_and_csrf(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert client.get("/api/v1/customers/").status_code == 200
    body = json.dumps({"name": unlike()})
    kind = {"content_type": "application/json"}
    told(client.post("/api/v1/customers/", body, **kind), 403)
    page = client.get("/api/v1/")
    assert page["Cache-Control"] == "private, no-store"
    secret = "a" * 32
    client.cookies["csrftoken"] = secret
    answer = client.post("/api/v1/customers/", body, headers={"X-CSRFToken": secret}, **kind)
    assert answer.status_code == 201, answer.content


# Bodies ----------


def deep(levels: int) -> bytes:
    return b'{"name": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"nonsense", b"[]", b'"x"', b"1", b"null", b"", b"\xff\xfe", b'{"name": NaN}',
        b'{"revenue": Infinity, "name": "x"}', b'{"name": "a", "name": "b"}', deep(51),
        deep(10_000),
        b'{"name": "\\ud800"}', b'{"name": "a\\u0000b"}', b'{"name": "x", "revenue": 1e400}',
        b'{"name": "x", "revenue": 1e99999999999999999999}', b'{"name": {"a": 1}}',
        b'{"name": "x", "revenue": -1}', b'{"name": "x", "employees": 99999999999}',
        b'{"name": "x", "employees": ' + b"9" * 5000 + b"}", b'{"name": ""}', b'{"name": "  "}',
        b'{"name": "' + b"x" * 300 + b'"}', b'{"name": "x", "phones": {"a": 1}}',
        b'{"name": "x", "phones": [[["1"]]]}', b'{"name": "x", "phones": [{"number": "1"}]}',
        b'{"name": "x", "phones": ' + json.dumps(["13800138000"] * 21).encode() + b"}",
        b'{"name": "x", "parent": 1.5}', b'{"name": "x", "birthday": "2026-02-30"}',
        b'{"name": "x", "tags": [{"name": "' + b"y" * 60 + b'"}]}', b'{"": 1}',
        b'{"name": "x", "addresses": [{"street": {"deep": 1}}]}',
    ],
)  # fmt: skip
def test_security_119_bodies_that_mean_nothing_are_refused(owner, body):
    told(owner.call("POST", CUSTOMERS, body), 400)
    assert module_named("customers").rows.count() == 0


def test_security_119_large_bodies_and_other_kinds(owner, cast):
    body = b'{"name": "' + b"x" * (11 * MEGABYTE) + b'"}'
    told(owner.call("POST", CUSTOMERS, body), 413)
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", ""):
        told(owner.post(CUSTOMERS, {"name": "x"}, content_type=kind), 415)
    accepted = owner.post(
        CUSTOMERS, {"name": unlike()}, content_type="application/json; charset=utf-8"
    )
    assert accepted.status_code == 201
    pk = add(cast.owner)
    for method, path in (("PUT", f"{CUSTOMERS}{pk}/"), ("DELETE", CUSTOMERS), ("PUT", CUSTOMERS),
                         ("POST", f"{CUSTOMERS}{pk}/"), ("PATCH", CUSTOMERS), ("POST", ""),
                         ("OPTIONS", CUSTOMERS), ("TRACE", CUSTOMERS)):  # fmt: skip
        told(owner.call(method, path, {}), 405)
    assert owner.get(CUSTOMERS, accept="text/html")["Content-Type"] == "application/json"


def test_an_accident_is_told_without_its_words(owner, monkeypatch):
    def broken(*_args, **_more):
        raise ZeroDivisionError("secret words")

    monkeypatch.setattr("crm.api.records.query_from", broken)
    answer = owner.get(CUSTOMERS)
    told(answer, 500)
    assert b"secret" not in answer.content


# Limits ----------


def test_calls_are_counted_by_person_and_minute(cast, settings):
    settings.API_CALLS_PER_MINUTE = 3
    owner, other = Api(cast.owner), Api(cast.stranger)
    minute = int(time.time() // 60)  # ids of an earlier run's people may come again
    cache.delete_many(f"api-calls:{cast.owner.pk}:{minute + n}" for n in (0, 1))
    answers = [owner.get(CUSTOMERS) for _ in range(8)]  # more than three in one minute of the clock
    assert answers[0].status_code == 200
    told(answers[-1], 429)
    assert 1 <= int(answers[-1]["Retry-After"]) <= 61
    assert other.get(CUSTOMERS).status_code == 200


def test_security_95_without_a_cache_nobody_is_held_up(cast, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    owner = Api(cast.owner)
    try:
        assert owner.get(CUSTOMERS).status_code == 200
        assert CallThrottle.cache_rests_until > 0
    finally:
        CallThrottle.cache_rests_until = 0.0


# Index and schema ----------


def test_the_index_lets_a_client_build_itself(cast):
    cast.state("clerk", "customers", "remark", "hidden")
    modules = {one["name"]: one for one in Api(cast.clerk).get("").json()["modules"]}
    assert {"customers", "contacts", "follow-ups"} <= set(modules)
    customers = modules["customers"]
    fields = {one["name"]: one for one in customers["fields"]}
    assert "remark" not in fields
    assert fields["wechat"]["state"] == "masked"
    assert not fields["wechat"]["is_filterable"]
    assert fields["kind"]["options"][0] == {"value": "company", "label": "Company"}
    assert fields["parent"]["target"] == "customers"
    assert [one["name"] for one in fields["phones"]["members"]] == ["number", "kind"]
    assert customers["actions"]["assign"]["required"] == ["owner"]
    cast.right("clerk", "contacts", view="none", edit="none")
    assert "contacts" not in {one["name"] for one in Api(cast.clerk).get("").json()["modules"]}


def test_the_schema_is_valid_and_says_what_the_person_may(cast):
    cast.state("owner", "customers", "remark", "hidden")
    cast.state("owner", "customers", "level", "read")
    answer = Api(cast.owner).get("/api/schema/?format=json")
    assert answer.status_code == 200, answer.content[:500]
    schema = answer.json()
    validate(schema)
    validate_schema(schema)
    parts = schema["components"]["schemas"]
    read, new = parts["customers"]["properties"], parts["customers-new"]["properties"]
    assert "remark" not in read
    assert read["level"]["readOnly"] is True
    assert "level" not in new
    assert new["kind"]["enum"][:2] == ["company", "person"]
    assert new["parent"]["type"] == "integer"
    assert parts["customers-new"]["required"] == ["name"]
    assert "version" in parts["customers-change"]["properties"]
    paths = schema["paths"]
    assign = paths["/api/v1/customers/{id}/actions/assign/"]["post"]
    body = assign["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["owner"]
    assert {"/api/v1/", "/api/v1/auth/token/", "/api/v1/screen-pop/"} <= set(paths)
    assert not [path for path in paths if "{module}" in path]
    told(Api(cast.owner).get("/api/schema/?format=yaml"), 400)


def test_every_answer_fits_the_schema(cast):
    from jsonschema import Draft4Validator

    customer = add(
        cast.owner, level="A", phones=["138 0013 8000"], tags=["x"], revenue="5", birthday=None
    )
    add(cast.owner, "contacts", customer=customer, birthday="1990-05-01")
    add(cast.owner, "follow-ups", subject=f"customers/{customer}", text="x")
    for person in (cast.owner, cast.clerk):
        api = Api(person)
        schema = json.loads(json.dumps(api.get("/api/schema/").json()), object_hook=_nullable)
        for module in ("customers", "contacts", "follow-ups"):
            part = {"$ref": f"#/components/schemas/{module}-page", **schema}
            answer = api.get(f"{module}/").json()
            assert answer["results"]
            Draft4Validator({**schema, "allOf": [{"$ref": part["$ref"]}]}).validate(answer)


def _nullable(node):
    """OpenAPI 3.0's `nullable` as JSON Schema says it."""
    if node.pop("nullable", False):
        node.pop("x-labels", None)
        return {"anyOf": [node, {"type": "null"}]}
    return node


def test_a_module_made_in_the_database_is_there_at_once(cast):
    ModuleDefinition.objects.create(
        name="visits", labels={"en": "Visit"}, labels_plural={"en": "Visits"}, number_prefix="BF"
    )
    kinds = ("text", "integer", "date", "boolean", "money", "relation", "datetime")
    fields = {
        kind: FieldDefinition.objects.create(
            module="visits", kind=kind, labels={"en": kind},
            target="customers" if kind == "relation" else "",
        ).pk
        for kind in kinds
    }  # fmt: skip
    raise_definitions_version()
    fill_role(cast.roles["owner"], "visits", everywhere("own"))
    owner, customer = Api(cast.owner), add(cast.owner, name="Weld Works")
    values = {
        "text": "hello", "integer": 3, "date": "2026-11-23", "boolean": True, "money": "12.50",
        "relation": customer, "datetime": "2026-11-23T10:00:00+08:00",
    }  # fmt: skip
    given = {f"cf_{fields[kind]}": value for kind, value in values.items()}
    made = owner.post("visits/", {"name": "First visit", **given})
    assert made.status_code == 201, made.content
    shown = {kind: made.json()[f"cf_{fields[kind]}"] for kind in kinds}
    expected = {"id": customer, "label": "Weld Works"}
    assert shown == {**values, "relation": expected, "datetime": "2026-11-23T02:00:00Z"}
    url = f"visits/{made.json()['id']}/"
    changed = owner.patch(url, {"version": 1, f"cf_{fields['integer']}": 4}).json()
    assert changed[f"cf_{fields['integer']}"] == 4
    assert ids(owner.get(f"visits/?cf_{fields['integer']}__gte=4&sort=-cf_{fields['money']}"))
    assert owner.get(f"{url}history/").json()["results"][0]["changes"][0]["after"] == 4
    schema = owner.get("/api/schema/").json()
    validate(schema)
    assert schema["components"]["schemas"]["visits"]["properties"][f"cf_{fields['integer']}"]
    assert "visits" in {one["name"] for one in owner.get("").json()["modules"]}
    assert owner.delete(url).status_code == 204
    told(Api(cast.stranger).get("visits/"), 403)


def test_a_module_may_add_an_action_of_its_own(cast, monkeypatch):
    monkeypatch.setattr(actions, "_actions", {k: [*v] for k, v in actions._actions.items()})
    greet = actions.Action(
        "greet", "Greet", lambda call: {"said": call.body["word"], "to": call.pk},
        {"word": actions.Parameter({"type": "string", "maxLength": 5})},
        lambda access: access.may("view"), {"type": "object"},
    )  # fmt: skip
    actions.register(greet, "contacts")
    owner = Api(cast.owner)
    pk = add(cast.owner, "contacts")
    answer = owner.post(f"contacts/{pk}/actions/greet/", {"word": "hi"})
    assert answer.json() == {"said": "hi", "to": pk}
    told(owner.post(f"contacts/{pk}/actions/greet/", {"word": "too long"}), 400)
    told(owner.post(f"{CUSTOMERS}{pk}/actions/greet/", {"word": "hi"}), 404)
    assert "/api/v1/contacts/{id}/actions/greet/" in owner.get("/api/schema/").json()["paths"]


def test_security_11_a_share_that_ends_is_felt_at_once(cast):
    pk, stranger = add(cast.owner), Api(cast.stranger)
    given = share("customers", pk, cast.stranger)
    assert stranger.get(f"{CUSTOMERS}{pk}/").status_code == 200
    given.delete()
    told(stranger.get(f"{CUSTOMERS}{pk}/"), 404)
