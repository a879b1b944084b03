"""Attacks by what is typed or sent as a file: code, line breaks, long texts, names of files."""

from __future__ import annotations

import json
import logging
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from crm.celery import app
from crm.customfields.dictionaries import add_options
from crm.customfields.models import FieldDefinition, ModuleDefinition
from crm.documents.models import Attachment
from crm.documents.services import LARGEST, MOST_FILES, attach_files, clean_name
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.errors import Invalid, Refusal
from crm.records.numbers import make_sequence
from crm.records.services import create_record
from crm.views.logs import JsonFormatter
from tests.kernel.api_calls import Api
from tests.kernel.exchange_calls import exported, file_of
from tests.kernel.helpers import add, refused, unlike
from tests.kernel.pages import browser
from tests.people import everywhere, fill_role

pytestmark = pytest.mark.usefixtures("own_files")

HOSTILE = [
    "a'b\"c", "x; DROP TABLE crm_custom_record; --", "50%s (%d) %(x)s", "{0} {x.__class__}",
    "</script><script>alert(1)</script>", "'||pg_sleep(9)||'", "z" * 80, ") OR (1=1",
]  # fmt: skip
TEMPLATES = [
    "{{ settings.SECRET_KEY }}", "{{ x.__class__ }}", "{% load static %}{% include 'base.html' %}",
    "{% debug %}", "{{ request.user.password }}", "{{ 7|add:35 }}", "${7*6}", "#{7*6}",
    "<%= 7*6 %>",
]  # fmt: skip


def made_module(cast, labels):
    """A module made as rows with these labels for fields and options; answers the field names."""
    ModuleDefinition.objects.create(
        name="visits", labels={"en": "Visit"}, labels_plural={"en": "Visits"}, number_prefix="BF"
    )
    names = []
    add_options("visit_hostile", [(f"v{n}", {"en": text}) for n, text in enumerate(labels)])
    for place, text in enumerate(labels):
        kind = "choice" if place % 2 else "text"
        row = FieldDefinition.objects.create(
            module="visits", kind=kind, labels={"en": text}, position=place,
            dictionary="visit_hostile" if kind == "choice" else "",
        )  # fmt: skip
        names.append(f"cf_{row.pk}")
    raise_definitions_version()
    make_sequence("visits")
    fill_role(cast.roles["owner"], "visits", everywhere("own"))
    return names


def test_security_54_labels_and_options_of_made_fields_are_inert(cast, queries):
    names = made_module(cast, HOSTILE)
    values = {name: f"v{place}" for place, name in enumerate(names)}
    create_record(actor=cast.owner, module="visits", values={"name": "One", **values})
    client, api = browser(cast.owner), Api(cast.owner)
    with queries() as made:
        for name in names:
            tree = json.dumps({"field": name, "op": "eq", "value": values[name]})
            for query in (f"filter={tree}", f"{name}={values[name]}", f"sort=-{name}"):
                assert api.get(f"visits/?{query}").json()["count"] == 1, (name, query)
                page = client.get(f"/visits/?{query}&columns=name,{','.join(names)}")
                assert page.status_code == 200
                assert b"<script>alert(1)" not in page.content
        for path in ("1/", "new/", "export/", "import/"):
            assert b"<script>alert(1)" not in client.get(f"/visits/{path}").content
    for text in HOSTILE[:4]:
        assert not any(text in one["sql"] for one in made), text
    data = file_of(exported(cast.owner, module="visits", columns=",".join(names))).decode(
        "utf-8-sig"
    )
    assert "DROP TABLE" in data.splitlines()[0]
    for forged in ("cf_0", "cf_999999", "cf_1'", "cf_1) OR 1=1 --", "cf_", "custom->>'cf_1'"):
        assert api.get(f"visits/?sort={forged}").status_code == 400, forged


def test_security_56_template_code_in_texts_stays_as_typed(cast):
    pks = [add(cast.owner, name=f"{unlike()} {text}", remark=text) for text in TEMPLATES]
    add(cast.owner, "follow-ups", subject=f"customers/{pks[0]}", text=" ".join(TEMPLATES))
    client = browser(cast.owner)
    for path in ("/customers/", "/", "/follow-ups/", *(f"/customers/{pk}/" for pk in pks)):
        content = client.get(path).content.decode()
        assert settings.SECRET_KEY not in content
        assert cast.owner.password not in content
        assert "&#x27;add&#x27;: " not in content
    for pk, text in zip(pks, TEMPLATES, strict=True):
        content = client.get(f"/customers/{pk}/").content.decode()
        shown = text.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#x27;")
        assert shown in content, text
        assert module_named("customers").rows.filter(pk=pk, remark=text).exists()


def test_security_62_a_value_is_inert_in_each_context(cast):
    text = "</script><img src=x onerror=alert(1)>'\"`${1}"
    pk = add(cast.owner, name=f"Firm {text}", city=text[:40], website="https://x.example/?'\"<b>",
             tags=[text[:40]])  # fmt: skip
    add(cast.owner, "follow-ups", subject=f"customers/{pk}", text=text)
    client, api = browser(cast.owner), Api(cast.owner)
    for path in ("/customers/", f"/customers/{pk}/", f"/customers/{pk}/edit/",
                 f"/customers/{pk}/peek/", f"/customers/{pk}/history/", "/palette/?q=Firm",
                 "/search/?q=Firm", "/", "/follow-ups/",
                 "/customers/?q=%3C/script%3E%3Cimg", f"/customers/new/?name={text}"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert b"<img src=x" not in answer.content, path
        assert "unsafe-inline" not in answer["Content-Security-Policy"], path
    for answer in (api.get(f"customers/{pk}/"), client.get("/lookup/customers/?q=Firm")):
        assert answer["Content-Type"] == "application/json"
        assert answer["X-Content-Type-Options"] == "nosniff"
    for address in ("javascript:alert(1)", "data:text/html,x", " javascript:x", "vbscript:x"):
        problem = refused(
            Invalid, create_record, actor=cast.owner, module="customers",
            values={"name": unlike(), "website": address},
        )  # fmt: skip
        assert "website" in problem.fields


def test_security_65_line_breaks_reach_no_header_and_no_second_line_of_the_log(cast):
    pk = add(cast.owner)
    note = add(cast.owner, "follow-ups", subject=f"customers/{pk}", text="x")
    names = ["a\r\nX-Evil: 1.txt", "b\nSet-Cookie: c=1.txt", "c\u2028\u202egpj.exe", 'd"; x=".txt']
    files = attach_files(
        actor=cast.owner, module="follow-ups", pk=note,
        files=[SimpleUploadedFile(f"{n}.txt", b"inside %d" % n) for n, _name in enumerate(names)],
    )  # fmt: skip
    client = browser(cast.owner)
    for file, name in zip(sorted(files), names, strict=True):
        Attachment.rows.filter(pk=file).update(name=name)  # as if it had come in unclean
        answer = client.get(f"/files/{file}/")
        assert answer.status_code in {200, 400}
        assert not {"X-Evil", "Set-Cookie"} & set(answer.headers)
        assert not set("\r\n") & set(answer.headers.get("Content-Disposition", ""))
    for path in ("/login/?next=/%0d%0aX-Evil:1", "/customers/?q=%0d%0aX-Evil:1"):
        assert "X-Evil" not in client.get(path).headers
    record = logging.LogRecord("x", 30, "x", 1, "a\r\nb\x1b[31m %s", ("c\nd",), None)
    line = JsonFormatter().format(record)
    assert not {"\r", "\n", "\x1b"} & set(line)
    assert json.loads(line)["text"] == "a\r\nb\x1b[31m c\nd"


@pytest.mark.parametrize("sign", ["1", "a", "@", "-", " ", "(", "a@", "1 ", "+86", "有", "."])
def test_security_67_fifty_thousand_signs_take_no_second_in_any_field(cast, sign):
    text = (sign * 50_000)[:50_000]
    module = module_named("customers")
    for name, field in module.fields.items():
        members = list(field.members) or [None]
        for member in members:
            value = text if member is None else [{member: text}]
            start = time.process_time()
            try:
                create_record(
                    actor=cast.owner, module="customers", values={"name": "Firm", name: value}
                )
            except Refusal:
                pass
            else:
                module.rows.all().delete()
            assert time.process_time() - start < 1, (name, member)


def test_security_69_nothing_is_ever_unpickled():
    assert set(app.conf.accept_content) == {"json"}
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
    for cache in settings.CACHES.values():
        assert "pickle" not in json.dumps(cache, default=str).lower()


@pytest.mark.parametrize(
    ("name", "inside"),
    [("a.html", b"<script>alert(1)</script>"), ("a.svg", b"<svg onload=alert(1)/>"),
     ("a.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'/>"), ("a.xml", b"<?xml?>"),
     ("a.PdF", b"%PDF-1.4 /JavaScript"), ("a.HtMl", b"<b>"), ("a.jpg", b"GIF89a/*<html>*/")],
)  # fmt: skip
def test_security_70_no_file_is_shown_by_the_products_own_address(cast, name, inside):
    pk = add(cast.owner)
    note = add(cast.owner, "follow-ups", subject=f"customers/{pk}", text="x")
    (file,) = attach_files(
        actor=cast.owner, module="follow-ups", pk=note, files=[SimpleUploadedFile(name, inside)]
    )
    answer = browser(cast.owner).get(f"/files/{file}/")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "a\x00.txt", "CON", "x" * 300 + ".txt",
     "\u202egpj.exe", ".", "..", "中文 名字.xlsx", "a/b/../c.txt", ""],
)  # fmt: skip
def test_security_71_a_files_name_decides_nothing_on_the_disk(cast, name):
    assert not {"/", "\\", "\x00", "\u202e"} & set(clean_name(name))
    assert 0 < len(clean_name(name)) <= 255
    pk = add(cast.owner)
    note = add(cast.owner, "follow-ups", subject=f"customers/{pk}", text="x")
    file = SimpleUploadedFile("x.txt", b"inside")
    file._name = name  # Django takes the path away before we see it; another server may not
    (made,) = attach_files(actor=cast.owner, module="follow-ups", pk=note, files=[file])
    row = Attachment.rows.get(pk=made)
    assert row.stored.startswith("attachments/")
    assert row.stored.removeprefix("attachments/").isalnum()
    answer = browser(cast.owner).get(f"/files/{made}/")
    assert answer.status_code == 200
    assert "/" not in answer["Content-Disposition"].replace("filename*=utf-8''", "")


def test_security_81_files_are_counted_and_measured_with_a_message(cast):
    pk = add(cast.owner)
    note = add(cast.owner, "follow-ups", subject=f"customers/{pk}", text="x")

    def attach(*files):
        return refused(
            Invalid, attach_files, actor=cast.owner, module="follow-ups", pk=note, files=files
        ).fields["files"]

    large = SimpleUploadedFile("a.txt", b"x")
    large.size = LARGEST + 1
    assert "MB" in str(attach(large)[0])
    assert "empty" in str(attach(SimpleUploadedFile("a.txt", b""))[0])
    many = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(MOST_FILES + 1)]
    assert str(MOST_FILES) in str(attach(*many)[0])
    assert not Attachment.rows.exists()
