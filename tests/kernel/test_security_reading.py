"""Attacks by reading: files, history, traces, filters, exports, downloads."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.documents.models import Attachment
from crm.documents.services import attach_files
from crm.exchange.services import start_export
from crm.records.beside import AuditEntry
from tests.kernel.api_calls import Api, told
from tests.kernel.exchange_calls import exported, sheet_of
from tests.kernel.helpers import add, change, refused, stored, unlike
from tests.kernel.pages import NEVER, browser, everything_said

pytestmark = pytest.mark.usefixtures("own_files")

HTMX = {"HX-Request": "true"}


def test_security_21_anothers_file_is_as_one_that_never_was(cast):
    theirs = add(cast.stranger)
    note = add(cast.stranger, "follow-ups", subject=f"customers/{theirs}", text="x")
    (file,) = attach_files(
        actor=cast.stranger, module="follow-ups", pk=note,
        files=[SimpleUploadedFile("zqcanary.txt", b"zqcanary inside")],
    )  # fmt: skip
    client, api = browser(cast.owner), Api(cast.owner)
    two = [everything_said(client.get(f"/files/{pk}/"), pk) for pk in (file, NEVER)]
    assert two[0] == two[1]
    assert two[0][0] == 404
    mine = add(cast.owner)
    own = add(cast.owner, "follow-ups", subject=f"customers/{mine}", text="x")
    for body in ({"files": [{"id": file}]}, {"files": [file]}, {"files": file}):
        told(api.patch(f"follow-ups/{own}/", {"version": 1, **body}), 400)
        told(api.post("follow-ups/", {"subject": f"customers/{mine}", "text": "y", **body}), 400)
    client.post(f"/follow-ups/{own}/edit/", {"version": 1, "files-0-id": file, "files-TOTAL": 1})
    client.post(f"/customers/{mine}/follow-up/", {"text": "z", "files": file, "kind": "call"})
    assert Attachment.rows.filter(pk=file, record_id=note).exists()
    assert Attachment.rows.count() == 1
    cast.state("stranger", "follow-ups", "files.name", "hidden")
    assert browser(cast.stranger).get(f"/files/{file}/").status_code == 404


def test_security_20_a_history_entry_shows_no_value_of_an_unreadable_field(cast):
    pk = add(cast.owner, remark="zqcanary one", phones=["13800138000"], city="Wuxi")
    change(cast.owner, pk, remark="zqcanary two", city="Suzhou", phones=["13912345678"])
    cast.state("administrator", "customers", "remark", "hidden")
    cast.state("administrator", "customers", "phones.number", "masked")
    client, api = browser(cast.administrator), Api(cast.administrator)
    for answer in (
        client.get(f"/customers/{pk}/history/"), client.get(f"/customers/{pk}/?show=changes"),
        client.get("/setup/audit/"), api.get(f"customers/{pk}/history/"),
    ):  # fmt: skip
        text = re.sub(rb"\s", b"", answer.content)
        assert b"zqcanary" not in text
        assert b"12345678" not in text
        assert b"139****5678" in text or b"139" not in text
    assert b"Suzhou" in client.get(f"/customers/{pk}/history/").content


def test_security_49_a_change_of_a_hidden_field_leaves_no_trace_of_its_name(cast):
    pk = add(cast.director, owner=cast.owner.pk)
    for name in ("owner", "administrator"):
        cast.state(name, "customers", "revenue", "hidden")
    label = str(stored("customers", pk)._meta.get_field("revenue").verbose_name)
    change(cast.director, pk, revenue="123")
    for person in (cast.owner, cast.administrator):
        client, api = browser(person), Api(person)
        for answer in (
            client.get(f"/customers/{pk}/history/"), client.get(f"/customers/{pk}/"),
            client.get("/setup/audit/?kind=changes"), client.get("/"), client.get("/feed/?by=all"),
            api.get(f"customers/{pk}/history/"),
        ):  # fmt: skip
            assert label.encode().lower() not in answer.content.lower(), answer.request["PATH_INFO"]
            assert b"revenue" not in answer.content, answer.request["PATH_INFO"]


def test_security_44_an_export_holds_what_the_list_holds_for_each_person(cast):
    for person in ("owner", "teammate", "outsider"):
        for level in "AB":
            add(cast.people[person], level=level, city=unlike(), phones=["13800138000"])
    for person in ("owner", "teammate", "clerk", "manager", "director"):
        api = Api(cast.people[person])
        query = {"level": "A", "sort": "-number", "columns": "number,city,level,phones"}
        rows = api.get(f"customers/?{'&'.join(f'{k}={v}' for k, v in query.items())}&size=100")
        screen = [
            [one["number"], one["city"], one["phones"][0]["number"]]
            for one in rows.json()["results"]
        ]
        for format in ("csv", "xlsx"):
            job = exported(
                cast.people[person], columns="number,city,phones", format=format,
                level="A", sort="-number",
            )  # fmt: skip
            sheet = [[str(cell) for cell in row[:3]] for row in sheet_of(job)[1:-1]]
            assert sheet == screen, (person, format)
        assert screen


def test_security_34_no_address_groups_or_sums_by_a_hidden_field(cast):
    cast.state("owner", "customers", "revenue", "hidden")
    add(cast.director, owner=cast.owner.pk, revenue="5")
    client, api = browser(cast.owner), Api(cast.owner)
    for query in ("group=revenue", "group_by=revenue", "sum=revenue", "avg=revenue", "min=revenue",
                  "having=revenue", "axis=revenue", "pivot=revenue", "aggregate=max(revenue)",
                  "totals=revenue"):  # fmt: skip
        told(api.get(f"customers/?{query}"), 400)
        assert client.get(f"/customers/?{query}").status_code == 400, query
        assert client.get(f"/customers/?part=count&{query}").status_code == 400, query


@pytest.mark.parametrize("op", ["eq", "gt", "in", "empty", "contains", "starts", "between"])
def test_security_32_no_surface_filters_by_a_hidden_field(cast, op):
    cast.state("owner", "customers", "remark", "hidden")
    cast.state("owner", "customers", "revenue", "masked")
    add(cast.director, owner=cast.owner.pk, remark="zq", revenue="5")
    client, api = browser(cast.owner), Api(cast.owner)
    for name in ("remark", "revenue"):
        tree = json.dumps({"any": [{"field": name, "op": op, "value": "1"}]})
        for part in ("", "&part=count"):
            answer = client.get(f"/customers/?filter={tree}{part}", headers=HTMX)
            assert answer.status_code == 400, (name, part)
        assert client.get(f"/customers/export/?filter={tree}").status_code == 400
        told(api.post("customers/export/", {"filter": json.loads(tree)}), 400)
        data = {"everything": "1", "query": f"filter={tree}"}
        assert client.post("/customers/bulk/delete/", data).status_code == 400


def test_security_33_no_surface_sorts_by_a_hidden_field(cast):
    cast.state("owner", "customers", "revenue", "hidden")
    client, api = browser(cast.owner), Api(cast.owner)
    for sort in ("revenue", "-revenue", "name,-revenue", "owner.password", "parent.revenue",
                 "revenue nulls first", "owner__password", "-owner.password"):  # fmt: skip
        assert client.get("/customers/", {"sort": sort}).status_code == 400, sort
        assert client.get("/customers/export/", {"sort": sort}).status_code == 400, sort
        told(api.get(f"customers/?sort={sort}"), 400)
        told(api.post("customers/export/", {"sort": sort}), 400)


def test_security_80_a_download_ends_with_the_right_by_every_method(cast):
    pk = add(cast.owner, name="Zqcanary Works")
    job = exported(cast.owner, columns="name")
    note = add(cast.owner, "follow-ups", subject=f"customers/{pk}", text="x")
    (file,) = attach_files(
        actor=cast.owner, module="follow-ups", pk=note,
        files=[SimpleUploadedFile("a.txt", b"zqcanary inside")],
    )  # fmt: skip
    client = browser(cast.owner)
    paths = (f"/jobs/{job.pk}/file/", f"/files/{file}/")
    first = [client.get(path) for path in paths]
    assert [one.status_code for one in first] == [200, 200]
    tags = {"if-none-match": "*", "range": "bytes=0-3", "if-modified-since": "Mon, 23 Nov 2026"}
    cast.right("owner", "customers", export="none")
    cast.state("owner", "follow-ups", "files.name", "hidden")
    for path in paths:
        for headers in ({}, *({name: value} for name, value in tags.items())):
            for method in (client.get, client.head):
                answer = method(path, headers=headers)
                assert answer.status_code == 404, (path, headers)
                assert b"anary" not in answer.content
    told(Api(cast.owner).get(f"jobs/{job.pk}/file/"), 404)
    refused(Exception, start_export, actor=cast.owner, module="customers", query={})
    assert AuditEntry.objects.filter(action="export").count() == 1


@pytest.mark.parametrize(
    "word",
    ["x' OR '1'='1", "en; DROP TABLE x", "../../etc/passwd", "Europe/Nowhere", "\x00", "x" * 500],
)
def test_security_53_zone_and_language_are_words_from_a_list(cast, word):
    client = browser(cast.owner)
    for name in ("time_zone", "language", "theme", "density"):
        assert client.post("/me/preferences/", {name: word}).status_code == 400, name
        before = type(cast.owner).objects.values().get(pk=cast.owner.pk)
        assert before["language"] == "en"
    for query in ("tz=", "timezone=", "date_unit=", "currency=", "locale=", "nulls=", "direction="):
        assert client.get(f"/customers/?{query}{word[:40]}").status_code == 400, query
        told(Api(cast.owner).get(f"customers/?{query}x"), 400)
    answer = client.get("/customers/", headers={"accept-language": word.replace("\x00", "")})
    assert answer.status_code == 200
