"""Attacks on records by their addresses, by bulk acts, shares and forged fields."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from accounts.services.act import COMMAND_LINE
from accounts.services.people import move_user
from accounts.services.teams import set_team_members
from crm.documents.services import attach_files
from crm.records.beside import Event
from crm.records.history import history_model
from sales.customers.models import Customer
from tests.kernel.api_calls import Api, told
from tests.kernel.exchange_calls import exported, file_of, imported, table
from tests.kernel.helpers import add, stored, unlike
from tests.kernel.pages import NEVER, browser, everything_said
from tests.people import share

pytestmark = pytest.mark.usefixtures("own_files")


def record_addresses():
    """The path of every page of one record, with %d for its id."""

    def walk(patterns, above=""):
        for one in patterns:
            path = above + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, path)
            else:
                yield path

    for path in walk(get_resolver().url_patterns):
        if path.startswith(("<module:module>/<record:pk>", "customers/<int:pk>")):
            filled = re.sub(r"<record:pk>|<int:pk>", "%d", path.replace("<module:module>", "{}"))
            yield "/" + filled.replace("<slug:name>", "name")


def test_security_1_every_address_with_an_id_is_as_one_that_never_was(cast):
    ids = {"customers": add(cast.owner, name="Zqcanary Works")}
    ids["contacts"] = add(cast.owner, "contacts", name="Zqcanary", customer=ids["customers"])
    subject = f"customers/{ids['customers']}"
    ids["follow-ups"] = add(cast.owner, "follow-ups", subject=subject, text="zqcanary")
    before = [(stored(name, pk).version, Event.objects.count()) for name, pk in ids.items()]
    paths = list(record_addresses())
    assert len(paths) > 10
    for person in (cast.stranger, cast.leader, cast.outsider):
        client = browser(person)
        for path in paths:
            for module in ids if "{}" in path else ["customers"]:
                for method in ("get", "post", "put", "patch", "delete"):
                    two = []
                    for pk in (ids[module], NEVER):
                        answer = getattr(client, method)(path.format(module) % pk, {})
                        assert answer.status_code in {404, 405}, (path, method, answer.status_code)
                        two.append(everything_said(answer, pk))
                    assert two[0] == two[1], (path, module, method)
    assert before == [(stored(name, pk).version, Event.objects.count()) for name, pk in ids.items()]


def test_security_1_visible_but_not_allowed_is_403_and_changes_nothing(cast):
    pk = add(cast.owner)
    share("customers", pk, cast.stranger)
    client = browser(cast.stranger)
    assert client.get(f"/customers/{pk}/").status_code == 200
    for path in ("edit/", "fields/city/edit/"):
        for method in ("get", "post"):
            answer = getattr(client, method)(f"/customers/{pk}/{path}", {"version": 1, "city": "x"})
            assert answer.status_code == 403, (path, method)
    assert stored("customers", pk).version == 1


def test_security_4_a_bulk_act_with_one_invisible_record_is_as_with_none(cast):
    mine, theirs = add(cast.owner), add(cast.stranger, name="Zqcanary Works")
    client = browser(cast.owner)
    for path, more in (
        ("bulk/delete/", {}), ("bulk/assign/", {"owner": cast.owner.pk}),
    ):  # fmt: skip
        for confirmed in ({}, {"confirmed": "1"}):
            two = []
            for other in (theirs, NEVER):
                data = {"pk": [mine, other], **more, **confirmed}
                answer = client.post(f"/customers/{path}", data)
                assert answer.status_code == 404
                assert b"Zqcanary" not in answer.content
                two.append(everything_said(answer, other))
            assert two[0] == two[1]
    assert stored("customers", theirs).version == stored("customers", mine).version == 1


def test_security_5_all_that_match_is_asked_anew_under_the_readers_rights(cast):
    inside = [add(cast.owner, level="A") for _turn in range(3)]
    other, foreign = add(cast.owner, level="B"), add(cast.stranger, level="A")
    client = browser(cast.owner)
    asked = {"everything": "1", "query": "level=A"}
    shown = client.post("/customers/bulk/delete/", asked)
    assert b"Delete 3 records?" in shown.content
    assert str(foreign).encode() not in re.findall(rb'name="pk" value="(\d+)"', shown.content)
    cast.state("owner", "customers", "revenue", "hidden")
    for forged in ("revenue__gt=1", "owner__password=x", "nonsense=1", "sort=revenue"):
        data = {"everything": "1", "query": forged, "confirmed": "1"}
        assert client.post("/customers/bulk/delete/", data).status_code == 400, forged
    late = add(cast.owner, level="A")  # came in between the question and the answer
    ids = [int(pk) for pk in re.findall(rb'name="pk" value="(\d+)"', shown.content)]
    assert sorted(ids) == inside
    client.post("/customers/bulk/delete/", {"pk": ids, "confirmed": "1"})
    gone = Customer.unscoped.filter(deleted_at__isnull=False).values_list("pk", flat=True)
    assert sorted(gone) == inside
    client.post("/customers/bulk/delete/", {"everything": "1", "query": "", "confirmed": "1"})
    left = Customer.unscoped.filter(deleted_at__isnull=True).values_list("pk", flat=True)
    assert list(left) == [foreign]
    assert {other, late} <= set(
        Customer.unscoped.filter(deleted_at__isnull=False).values_list("pk", flat=True)
    )


def test_security_6_no_form_links_to_an_invisible_record(cast):
    mine, theirs = add(cast.owner), add(cast.stranger, name="Zqcanary Works")
    client = browser(cast.owner)
    answers = {"new": [], "edit": [], "inline": []}
    for target in (theirs, NEVER):
        form = {"name": "New one", "parent": target}
        answers["new"].append(client.post("/customers/new/", form))
        form = {"version": 1, "parent": target}
        answers["edit"].append(client.post(f"/customers/{mine}/edit/", form))
        answers["inline"].append(client.post(f"/customers/{mine}/fields/parent/edit/", form))
    for name, two in answers.items():
        assert [one.status_code for one in two] == [400, 400], name
        said = [
            re.search(rb"[^>]*not found[^<]*|[^>]*no such[^<]*", one.content, re.I) for one in two
        ]
        assert [b"Zqcanary" in one.content for one in two] == [False, False]
        assert (said[0] and said[0][0]) == (said[1] and said[1][0]), name
    note = client.post(f"/customers/{theirs}/follow-up/", {"text": "x", "kind": "call"})
    assert note.status_code == 404
    assert stored("customers", mine).version == 1


@pytest.mark.parametrize(
    "name",
    ["owner", "created_by", "number", "deleted_at", "version_", "is_staff", "merged_into",
     "department", "created_at", "custom", "sort_name", "last_follow_up_at", "deletion_id"],
)  # fmt: skip
def test_security_7_a_form_assigns_nothing_by_the_way(cast, name):
    cast.right("owner", "customers", assign="none")
    pk = add(cast.owner, city="Wuxi")
    before = Customer.unscoped.filter(pk=pk).values().get()
    client = browser(cast.owner)
    for path, more in (
        (f"{pk}/edit/", {"version": 1}),
        (f"{pk}/fields/city/edit/", {"version": 1}),
    ):
        answer = client.post(f"/customers/{path}", {**more, name: cast.stranger.pk})
        known = name in before or name in {"owner", "created_by", "department"}
        if known and name != "version_":
            assert answer.status_code in {400, 403}, (name, path, answer.status_code)
        assert Customer.unscoped.filter(pk=pk).values().get() == before
    made = client.post("/customers/new/", {"name": unlike(), name: cast.stranger.pk})
    if made.status_code == 302:  # a name that no record has is no field of any kind
        assert name in {"version_", "is_staff"}


def test_security_8_a_read_only_field_stays_by_every_way_and_nothing_says_otherwise(cast):
    name = unlike()
    pk = add(cast.owner, name=name, level="A")
    cast.state("owner", "customers", "level", "read")
    before = (
        Customer.unscoped.filter(pk=pk).values().get(),
        history_model(Customer).objects.filter(id=pk).count(),
        Event.objects.filter(module="customers", record_id=pk).count(),
    )
    client, api = browser(cast.owner), Api(cast.owner)
    for path in ("edit/", "fields/level/edit/", "fields/city/edit/"):
        answer = client.post(f"/customers/{pk}/{path}", {"version": 1, "level": "B"})
        assert answer.status_code in {400, 403}, path
    told(api.patch(f"customers/{pk}/", {"version": 1, "level": "B"}), 400)
    number = stored("customers", pk).number
    job = imported(cast.owner, table("number|level", f"{number}|B"), policy="update", key="number")
    assert job.done == 1
    assert before == (
        Customer.unscoped.filter(pk=pk).values().get(),
        history_model(Customer).objects.filter(id=pk).count(),
        Event.objects.filter(module="customers", record_id=pk).count(),
    )


def test_security_11_a_read_share_opens_looking_only_and_ends_at_once(cast):
    pk = add(cast.owner, name="Zqcanary Works")
    note = add(cast.owner, "follow-ups", subject=f"customers/{pk}", text="zqcanary said")
    (file,) = attach_files(
        actor=cast.owner, module="follow-ups", pk=note,
        files=[SimpleUploadedFile("a.txt", b"zqcanary inside")],
    )  # fmt: skip
    given = share("customers", pk, cast.stranger)
    client, api = browser(cast.stranger), Api(cast.stranger)
    pages = (f"/customers/{pk}/", f"/customers/{pk}/history/", f"/customers/{pk}/peek/",
             f"/files/{file}/")  # fmt: skip
    for path in pages:
        assert client.get(path).status_code == 200, path
    assert client.post(f"/customers/{pk}/edit/", {"version": 1, "city": "x"}).status_code == 403
    told(api.post(f"customers/{pk}/actions/assign/", {"owner": cast.stranger.pk}), 403)
    told(api.post(f"customers/{pk}/actions/share/", {"user": cast.outsider.pk}), 404)
    assert b"Zqcanary" not in file_of(exported(cast.stranger, columns="name"))
    given.delete()
    for path in pages:
        two = [client.get(one) for one in (path, re.sub(r"\d+", str(NEVER), path, count=1))]
        assert [one.status_code for one in two] == [404, 404], path
        assert b"anary" not in two[0].content
    told(api.get(f"customers/{pk}/"), 404)
    assert api.get("customers/").json()["count"] == 0


def test_security_12_what_hangs_on_an_invisible_record_does_not_name_it(cast):
    parent = add(cast.owner, name="Zqcanary Holding")
    chief = add(cast.owner, "contacts", name="Zqcanary Chief", customer=parent)
    child = add(cast.owner, "contacts", name="Shared", customer=parent, reports_to=chief)
    share("contacts", child, cast.stranger)
    client, api = browser(cast.stranger), Api(cast.stranger)
    shown = [
        client.get(f"/contacts/{child}/{path}")
        for path in ("", "peek/", "history/", "fields/customer/", "fields/reports_to/",
                     "?show=changes")
    ]  # fmt: skip
    shown += [client.get("/contacts/?columns=name,customer,reports_to"), client.get("/"),
              client.get("/palette/?q=Shared"), client.get("/search/?q=Shared"),
              api.get(f"contacts/{child}/"), api.get("contacts/"),
              api.get(f"contacts/{child}/history/")]  # fmt: skip
    for answer in shown:
        assert answer.status_code == 200, answer.request["PATH_INFO"]
        assert b"anary" not in answer.content, answer.request["PATH_INFO"]
    assert b"Shared" in shown[0].content
    for path in (f"/customers/{parent}/", f"/customers/{parent}/people/", f"/contacts/{chief}/"):
        assert client.get(path).status_code == 404, path


def test_security_46_labels_of_invisible_records_stand_in_no_attribute(cast):
    parent = add(cast.stranger, name="Zqcanary Holding")
    share("customers", parent, cast.director)
    child = add(cast.director, parent=parent)
    share("customers", child, cast.owner, edit=True)
    client = browser(cast.owner)
    cast.right("owner", "customers", edit="own")
    for path in ("", "peek/", "edit/", "history/", "fields/parent/", "fields/parent/edit/",
                 "fields/relations/"):  # fmt: skip
        answer = client.get(f"/customers/{child}/{path}")
        assert answer.status_code in {200, 302, 403}, path
        assert b"anary" not in answer.content, path
    listed = client.get("/customers/?columns=name,parent,relations")
    assert listed.status_code == 200
    assert b"anary" not in listed.content


def test_security_13_a_warm_session_obeys_the_first_request_after_a_change(cast):
    pk = add(cast.teammate, city="Zqcanary")
    client, path = browser(cast.owner), f"/customers/{pk}/"

    def status():
        return client.get(path).status_code

    assert status() == 404
    cast.right("owner", "customers", view="department")
    assert status() == 200
    move_user(actor=COMMAND_LINE, user=cast.owner, department=cast.departments["west"])
    assert status() == 404
    cast.right("owner", "customers", view="team")
    assert status() == 200
    assert b"Zqcanary" in client.get(path).content
    cast.state("owner", "customers", "city", "hidden")
    assert b"Zqcanary" not in client.get(path).content
    set_team_members(actor=COMMAND_LINE, team=cast.team, members=[cast.teammate])
    assert status() == 404
    set_team_members(actor=COMMAND_LINE, team=cast.team, members=[cast.teammate, cast.owner])
    assert status() == 200
    move_user(actor=COMMAND_LINE, user=cast.teammate, department=cast.departments["west"])
    assert status() == 200  # the record went along with its owner; the team is the same
    cast.right("owner", "customers", view="none", edit="none")
    assert status() in {403, 404}


def test_security_85_a_form_sent_again_makes_no_second_record(cast):
    client = browser(cast.owner)
    form = {"name": unlike(), "key": "form-key-1"}
    first, again = (client.post("/customers/new/", form) for _turn in range(2))
    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]  # the back button and a reload lead there too
    other = client.post("/customers/new/", {**form, "name": unlike()})
    assert other.status_code == 409
    theirs = browser(cast.teammate).post("/customers/new/", {"name": unlike(), "key": "form-key-1"})
    assert theirs["Location"] != first["Location"]
    assert Customer.unscoped.count() == 2


def test_security_89_a_number_that_was_rolled_back_is_not_given_twice(cast):
    numbers = [stored("customers", add(cast.owner)).number]
    with transaction.atomic():
        numbers.append(stored("customers", add(cast.owner)).number)
        transaction.set_rollback(True)
    numbers.append(stored("customers", add(cast.owner)).number)
    assert sorted(set(numbers)) == numbers  # a gap, as documented; never a double
