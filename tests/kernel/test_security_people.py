"""Attacks around people: searching, leaving, the tree, roles, the bin, caches, races, secrets."""

from __future__ import annotations

import json
import logging
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from accounts.models import Department
from accounts.services.act import COMMAND_LINE
from accounts.services.departments import delete_department, move_department
from accounts.services.people import deactivate_user
from accounts.services.roles import give_role
from crm.access.grants import State
from crm.access.policy import access_to
from crm.customfields.dictionaries import add_options
from crm.customfields.models import Option
from crm.documents.services import attach_files
from crm.exchange.services import start_export
from crm.jobs.models import Job
from crm.jobs.running import run
from crm.modules.stamp import raise_definitions_version
from crm.records.beside import AuditEntry
from crm.records.errors import Refusal
from crm.records.lifecycle import assign_records, delete_records
from crm.records.services import update_record
from sales.contacts.models import Contact
from sales.customers.models import Customer
from tests.kernel.api_calls import Api, told
from tests.kernel.exchange_calls import exported, file_of
from tests.kernel.helpers import add, at_once, change, found, refused, stored
from tests.kernel.pages import browser
from tests.people import PASSWORD, PEOPLE, fill_role, make_role

pytestmark = pytest.mark.usefixtures("own_files")

WORD = "zqcanary"


def asked_everywhere(person, word):
    """What every place answers that finds records by a word, without the word itself."""
    client, api = browser(person), Api(person)
    answers = [
        client.get(path, {"q": word})
        for path in ("/palette/", "/search/", "/lookup/customers/", "/lookup/any/",
                     "/lookup/contacts/", "/customers/", "/contacts/", "/follow-ups/")
    ]  # fmt: skip
    answers += [
        api.get(f"{module}/?q={word}") for module in ("customers", "contacts", "follow-ups")
    ]
    return b"".join(one.content for one in answers)


def test_security_22_nothing_is_found_that_is_not_mine_to_read(cast):
    firm = add(cast.stranger, name=f"{WORD}alpha", city="Hiddentown", phones=["13800138000"])
    add(cast.stranger, "contacts", name=f"{WORD}beta", customer=firm)
    add(cast.stranger, "follow-ups", subject=f"customers/{firm}", text=f"{WORD}gamma")
    mine = add(cast.owner, name=f"{WORD}delta", wechat=f"{WORD}wx", phones=["13912345678"])
    said = asked_everywhere(cast.owner, WORD)
    for hidden in ("alpha", "beta", "gamma", "Hiddentown"):
        assert f"{WORD}{hidden}".encode() not in said
        assert hidden.encode() not in said or hidden in {"alpha", "beta", "gamma"}
    assert f"{WORD}delta".encode() in said
    assert f"{WORD}alpha".encode() in asked_everywhere(cast.stranger, WORD)
    cast.state("owner", "customers", "wechat", "hidden")
    cast.state("owner", "customers", "phones.number", "masked")
    for word in (f"{WORD}wx", "13912345678", "5678"):
        assert b"delta" not in asked_everywhere(cast.owner, word), word
    answer = Api(cast.owner).get("screen-pop/?phone=13800138000").json()
    assert answer == {"result": "unknown", "matches": []}
    people = browser(cast.owner).get(f"/customers/{mine}/").content  # the mention picker
    assert b"Inactive" not in people


def test_security_35_words_of_an_invisible_follow_up_find_nothing(cast):
    firm = add(cast.owner, name="Shared Works")
    cast.right("owner", "follow-ups", view="own")
    add(cast.stranger, "follow-ups", subject=f"customers/{add(cast.stranger)}", text=f"{WORD} x")
    note = add(cast.owner, "follow-ups", subject=f"customers/{firm}", text="plain")
    attach_files(
        actor=cast.owner, module="follow-ups", pk=note,
        files=[SimpleUploadedFile(f"{WORD}.txt", WORD.encode())],
    )  # fmt: skip
    cast.state("owner", "follow-ups", "files.name", "hidden")
    said = asked_everywhere(cast.owner, WORD)
    assert b"Shared Works" not in said
    assert WORD.encode() + b" x" not in said


def test_security_27_with_the_account_everything_of_it_ends(cast):
    pk = add(cast.owner, name="Left Behind")
    client, api = browser(cast.owner), Api(cast.owner)
    job = start_export(actor=cast.owner, module="customers", query=QueryDict("columns=name"))
    done = exported(cast.owner, columns="name")
    assert client.get("/customers/").status_code == 200
    owned = deactivate_user(actor=cast.administrator, user=cast.owner)
    assert owned["customers"] == 1
    assert client.get("/customers/")["Location"].startswith("/login/")
    assert client.get(f"/jobs/{done.pk}/file/").status_code in {302, 404}
    told(api.get("customers/"), 401)
    told(api.get(f"jobs/{done.pk}/file/"), 401)
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.FAILED, "")
    door = Client()
    door.post("/login/", {"username": "owner", "password": PASSWORD})
    assert door.get("/customers/")["Location"].startswith("/login/")
    answer = Client().post(
        "/api/v1/auth/token/", json.dumps({"username": "owner", "password": PASSWORD}),
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code in {400, 401, 403}
    assert found(access_to(cast.manager, "customers")) == [pk]
    assign_records(
        actor=cast.manager, module="customers", pks=[pk], owner=cast.teammate.pk
    )  # whoever is above gives it to somebody who is there
    assert found(access_to(cast.teammate, "customers")) == [pk]


def oracle(cast, person, owners):
    """By the rule's text alone: whose records somebody with this scope sees."""
    scope = PEOPLE[person][1]
    place = {one.pk: one for one in Department.objects.all()}

    def above(department):
        chain = []
        while department:
            chain.append(department)
            department = place[department].parent_id
        return chain

    own = cast.people[person]
    here = type(own).objects.get(pk=own.pk).department_id
    for name in owners:
        other = type(own).objects.get(username=name)
        together = {person, name} <= {"owner", "teammate"}
        sees = {
            "own": person == name,
            "team": person == name or together,
            "department": other.department_id == here,
            "subtree": here in above(other.department_id),
            "all": True,
        }[scope]
        if sees:
            yield name


def test_security_28_after_each_move_of_a_branch_everybody_sees_what_the_rule_says(cast):
    owners = ("owner", "stranger", "outsider", "manager", "director")
    pks = {name: add(cast.people[name]) for name in owners}
    readers = ("owner", "teammate", "clerk", "leader", "manager", "director", "outsider")

    def check():
        for reader in readers:
            seen = set(found(access_to(cast.people[reader], "customers")))
            wanted = {pks[name] for name in oracle(cast, reader, owners)}
            assert seen == wanted, reader

    check()
    places = cast.departments
    for what, below in (("west", "east"), ("east", "office"), ("west", "group"), ("east", "west")):
        move_department(
            actor=COMMAND_LINE,
            department=Department.objects.get(pk=places[what].pk),
            parent=Department.objects.get(pk=places[below].pk),
        )
        check()
    circle = {"department": "west", "parent": "east"}
    rows = {key: Department.objects.get(pk=places[name].pk) for key, name in circle.items()}
    refused(Refusal, move_department, actor=COMMAND_LINE, **rows)
    east = Department.objects.get(pk=places["east"].pk)
    refused(Refusal, delete_department, actor=COMMAND_LINE, department=east)
    check()


def test_security_29_the_more_open_of_two_roles_counts_on_every_surface(cast):
    pk = add(cast.owner, name="Two Roles")
    change(cast.director, pk, wechat=WORD)
    cast.state("owner", "customers", "wechat", "hidden")
    client, api = browser(cast.owner), Api(cast.owner)

    def shows():
        job = exported(cast.owner, columns="name" + (",wechat" if may else ""))
        pages = [f"/customers/{pk}/", f"/customers/{pk}/history/", f"/customers/{pk}/edit/"]
        answers = [client.get(path).content for path in pages]
        answers += [
            api.get(f"customers/{pk}/").content,
            api.get("customers/").content,
            file_of(job),
        ]
        is_found = b"Two Roles" in asked_everywhere(cast.owner, WORD)
        answers.append(WORD.encode() if is_found else b"")
        return {WORD.encode() in one for one in answers}

    may = False
    assert shows() == {False}
    told(api.get(f"customers/?wechat={WORD}"), 400)
    second = make_role("second", {}, modules=[])
    fill_role(second, "customers", {})
    second.fields.exclude(field="wechat").update(state=State.HIDDEN)
    give_role(actor=COMMAND_LINE, role=second, holder=cast.owner)
    may = True
    assert shows() == {True}
    assert api.get(f"customers/?wechat={WORD}").json()["count"] == 1


def test_security_31_what_lies_in_the_bin_is_nowhere_else(cast):
    pk = add(cast.owner, name=f"{WORD} Works")
    add(cast.owner, "contacts", name=f"{WORD} Li", customer=pk)
    other = add(cast.owner, name="Stays")
    delete_records(actor=cast.owner, module="customers", pks=[pk])
    said = asked_everywhere(cast.owner, WORD)
    assert f"{WORD} Works".encode() not in said
    client, api = browser(cast.owner), Api(cast.owner)
    for path in ("/", "/customers/", "/contacts/", "/feed/?by=all", "/customers/export/"):
        assert WORD.encode() not in client.get(path).content, path
    assert api.get("customers/").json()["count"] == 1
    assert WORD.encode() not in file_of(exported(cast.owner, columns="name"))
    told(api.patch(f"customers/{other}/", {"version": 1, "parent": pk}), 400)
    assert WORD.encode() in client.get("/bin/").content
    assert WORD.encode() not in browser(cast.outsider).get("/bin/").content
    assert browser(cast.outsider).post(f"/customers/{pk}/restore/").status_code == 404
    cast.right("owner", "customers", delete="none")
    assert client.post(f"/customers/{pk}/restore/").status_code in {403, 404}
    assert stored("customers", pk).deleted_at is not None
    cast.right("owner", "customers", delete="own")
    assert client.post(f"/customers/{pk}/restore/").status_code == 302
    assert set(found(access_to(cast.owner, "customers"))) == {pk, other}
    assert found(access_to(cast.outsider, "customers")) == []


def test_security_50_no_answer_is_kept_for_another_reader(cast):
    add(cast.owner, name=f"{WORD} Works")
    addresses = ("/", "/customers/", "/customers/?part=count", "/palette/?q=zq", "/search/?q=zq",
                 "/follow-ups/", "/bin/", "/jobs/", "/api/v1/customers/", "/api/v1/", "/me/",
                 "/api/schema/")  # fmt: skip
    mine, theirs = browser(cast.owner), browser(cast.outsider)
    for path in addresses:
        first, second = mine.get(path), theirs.get(path)
        for answer in (first, second):
            assert answer["Cache-Control"] == "private, no-store", path
            assert "ETag" not in answer.headers or path.startswith("/api/")
        assert WORD.encode() not in second.content, path
    assert f"{WORD} Works".encode() in mine.get("/customers/").content


def test_security_86_forms_show_both_values_of_a_conflict(cast):
    pk = add(cast.owner, city="Wuxi", level="A")
    change(cast.teammate, pk, city="Zqtheirs")
    client = browser(cast.owner)
    for path in ("edit/", "fields/city/edit/"):
        answer = client.post(f"/customers/{pk}/{path}", {"version": 1, "city": "Zqmine"})
        assert answer.status_code == 409, path
        assert b"Zqtheirs" in answer.content
        assert b"Zqmine" in answer.content
    told(Api(cast.owner).patch(f"customers/{pk}/", {"city": "Zqmine"}, if_match='"1"'), 409)
    assert stored("customers", pk).city == "Zqtheirs"


@pytest.mark.django_db(transaction=True)
def test_security_86_twenty_editors_of_one_version_have_one_winner(lasting_cast):
    pk = add(lasting_cast.owner)

    def edit(number):
        return update_record(
            actor=lasting_cast.owner, module="customers", pk=pk, version=1,
            values={"city": f"City {number}"},
        )  # fmt: skip

    answers = at_once([lambda number=number: edit(number) for number in range(20)])
    assert sum(isinstance(one, int) for one in answers) == 1
    assert all(isinstance(one, int | Refusal) for one in answers), answers
    assert stored("customers", pk).version == 2


@pytest.mark.django_db(transaction=True)
def test_security_91_what_is_deleted_gets_no_child_and_no_file(lasting_cast):
    owner = lasting_cast.owner
    for turn in range(6):
        pk = add(owner)
        note = add(owner, "follow-ups", subject=f"customers/{pk}", text="x")
        calls = [lambda pk=pk: delete_records(actor=owner, module="customers", pks=[pk])]
        calls += [
            lambda pk=pk, n=n: add(owner, "contacts", name=f"Li {n}", customer=pk) for n in range(8)
        ]
        calls += [
            lambda pk=pk: add(owner, "follow-ups", subject=f"customers/{pk}", text="y")
        ] * 6  # fmt: skip
        calls += [
            lambda note=note, n=n: attach_files(
                actor=owner, module="follow-ups", pk=note,
                files=[SimpleUploadedFile(f"{n}.txt", b"x%d" % n)],
            )
            for n in range(5)
        ]  # fmt: skip
        answers = at_once(calls)
        for answer in answers:
            assert not isinstance(answer, Exception) or isinstance(answer, Refusal), answer
        if stored("customers", pk).deleted_at is not None:
            living = Contact.unscoped.filter(customer=pk, deleted_at__isnull=True)
            assert not living.exists(), turn
            assert found(access_to(owner, "follow-ups")) == []
        for person in Customer.unscoped.filter(deleted_at__isnull=True):
            delete_records(actor=owner, module="customers", pks=[person.pk])


def test_security_117_every_page_says_how_it_may_be_used(cast):
    client = browser(cast.owner)
    pk = add(cast.owner)
    for path in ("/", "/customers/", f"/customers/{pk}/", "/customers/new/", "/me/", "/nothing/",
                 "/api/v1/customers/", "/api/v1/nothing/"):  # fmt: skip
        answer = client.get(path, headers={"origin": "https://evil.example"})
        assert answer["X-Frame-Options"] == "DENY", path
        assert answer["X-Content-Type-Options"] == "nosniff", path
        assert answer["Referrer-Policy"] == "same-origin", path
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert "Access-Control-Allow-Origin" not in answer.headers, path
        policy = answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy.replace("'unsafe-hashes'", ""), path
    door = Client()
    door.get("/login/")
    door.post("/login/", {"username": "owner", "password": PASSWORD})
    assert "keyuan_session" in door.cookies
    for name, cookie in door.cookies.items():
        assert cookie["samesite"] in {"Lax", "Strict"}, name
        assert cookie["httponly"] or name == "csrftoken", name
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.owner)
    for path in ("/customers/new/", f"/customers/{pk}/edit/", "/customers/bulk/delete/",
                 f"/customers/{pk}/restore/", "/logout/", "/me/tokens/"):  # fmt: skip
        assert strict.post(path, {"name": "x", "pk": pk}).status_code == 403, path


def test_security_130_an_option_renamed_or_retired_rewrites_no_history(cast):
    add_options("source", [("zqfair", {"en": "Trade fair zq"})])
    pk = add(cast.owner, source="zqfair")
    change(cast.owner, pk, source=None, city="Wuxi")
    client, api = browser(cast.owner), Api(cast.owner)
    before = api.get(f"customers/{pk}/history/").json()
    option = Option.objects.get(dictionary="source", value="zqfair")
    option.labels, option.is_active = {"en": "Exhibition zq"}, False
    option.save()
    raise_definitions_version()
    assert api.get(f"customers/{pk}/history/").json() == before
    assert b"zq" in client.get(f"/customers/{pk}/history/").content
    second = add(cast.director, owner=cast.owner.pk)
    told(api.patch(f"customers/{second}/", {"version": 1, "source": "zqfair"}), 400)
    Customer.unscoped.filter(pk=second).update(source="zqfair")  # from before it was retired
    assert b"Exhibition zq" in client.get(f"/customers/{second}/").content
    saved = client.post(
        f"/customers/{second}/edit/", {"version": 1, "source": "zqfair", "city": "x"}
    )
    assert saved.status_code == 302
    assert stored("customers", second).source == "zqfair"


def test_security_131_no_secret_stands_in_log_audit_or_error(cast):
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    keep = Keep()
    logging.getLogger().addHandler(keep)
    try:
        secret = "zqsecretzq 99"
        client = Client()
        pages = [client.post("/login/", {"username": "owner", "password": secret})]
        pages.append(client.post("/login/", {"username": secret, "password": "x"}))
        api = Api(cast.owner)
        bearer = {"authorization": f"Bearer {api.secret}x"}
        pages.append(client.get("/api/v1/customers/", headers=bearer))
        pages.append(client.get("/nothing/", {"password": secret}))
        pages.append(api.post("customers/", {"name": "x", "password": secret}))
        signed = browser(cast.owner)
        given = {"old": PASSWORD, "password": secret, "again": secret}
        pages.append(signed.post("/me/password/", given))
    finally:
        logging.getLogger().removeHandler(keep)
    entries = json.dumps(list(AuditEntry.objects.values_list("action", "detail")), default=str)
    cast.owner.refresh_from_db()
    for hidden in (secret, PASSWORD, api.secret, cast.owner.password, cast.owner.security_stamp):
        assert hidden not in entries
        assert not [line for line in lines if hidden in line]
        for page in pages:
            shown = re.sub(rb'value="[^"]*"', b"", page.content)  # a name typed stands in its field
            assert hidden.encode() not in shown
