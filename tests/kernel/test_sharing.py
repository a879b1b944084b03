"""Sharing of one record: who sees it, on every way, what a share gives, and when it ends."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from crm.access.errors import NotAllowed, NotVisible
from crm.access.holders import DEPARTMENT, PERSON, TEAM, Holder
from crm.access.policy import access_to
from crm.access.sharing import EDIT, VIEW, shares_of
from crm.records.beside import AuditEntry, Event
from crm.records.errors import Invalid
from crm.records.sharing import Terms, share_records, unshare_records
from sales.models import Contact, Customer
from tests.kernel.api_calls import Api, ids, told
from tests.kernel.helpers import add, change, refused
from tests.kernel.pages import browser

pytestmark = pytest.mark.django_db
WORD = "zqshared"


@pytest.fixture
def firm(cast):
    """A customer of the stranger's that the owner may not know of."""
    return add(cast.stranger, name=f"{WORD}alpha works")


def give(actor, pk, *holders, module="customers", level=VIEW, until=None, note="", **more):
    to = [Holder(PERSON, one.pk) if hasattr(one, "username") else one for one in holders]
    return share_records(
        actor=actor, module=module, pks=[pk], to=to, terms=Terms(level, until, note), **more
    )


def ways(person, pk):
    """Whether each way leads to the record: the list, its page, search, the palette, the API."""
    client, api = browser(person), Api(person)
    name = f"{WORD}alpha".encode()
    return {
        "list": name in client.get("/customers/").content,
        "page": client.get(f"/customers/{pk}/").status_code == 200,
        "peek": client.get(f"/customers/{pk}/peek/").status_code == 200,
        "timeline": b"said to all"
        in client.get(f"/customers/{pk}/", headers={"HX-Target": "timeline"}).content,
        "search": name
        in re.sub(rb"</?mark[^>]*>", b"", client.get("/search/", {"q": WORD}).content),
        "lookup": name in client.get("/lookup/customers/", {"q": WORD}).content,
        "api list": pk in ids(api.get("customers/")),
        "api": api.get(f"customers/{pk}/").status_code == 200,
        "api history": api.get(f"customers/{pk}/history/").status_code == 200,
        "api shares": api.get(f"customers/{pk}/shares/").status_code == 200,
    }


def test_security_11_a_read_share_opens_every_way_at_once_and_closes_them_at_once(cast, firm):
    add(cast.stranger, "follow-ups", subject=f"customers/{firm}", kind="call", text="said to all")
    assert not any(ways(cast.owner, firm).values())
    give(cast.stranger, firm, cast.owner, note="for the fair")
    assert all(ways(cast.owner, firm).values()), ways(cast.owner, firm)
    client, api = browser(cast.owner), Api(cast.owner)
    version = api.get(f"customers/{firm}/").json()["version"]
    told(api.patch(f"customers/{firm}/", {"city": "x", "version": version}), 403)
    told(api.delete(f"customers/{firm}/", if_match=f'"{version}"'), 403)
    told(api.post(f"customers/{firm}/actions/assign/", {"owner": cast.owner.pk}), 403)
    told(api.post(f"customers/{firm}/shares/", {"to": [f"person-{cast.clerk.pk}"]}), 403)
    told(api.delete(f"customers/{firm}/shares/person-{cast.owner.pk}/"), 403)
    posted = client.post(f"/customers/{firm}/shares/", {"to": f"person-{cast.clerk.pk}"})
    assert posted.status_code == 403
    page = client.get(f"/customers/{firm}/shares/")
    assert b"for the fair" in page.content
    assert b"Take back" not in page.content
    holder = Holder(PERSON, cast.owner.pk)
    unshare_records(actor=cast.stranger, module="customers", pks=[firm], holder=holder)
    assert not any(ways(cast.owner, firm).values())


def test_a_share_is_told_in_history_events_and_audit_and_leaves_the_version(cast, firm):
    version = access_to(cast.stranger, "customers").get(firm, []).version
    act = give(cast.stranger, firm, cast.owner, level=EDIT, note="why")
    assert Event.objects.filter(act=act.id, record_id=firm, kind="shared").count() == 1
    entry = AuditEntry.objects.get(action="shared", record_id=firm)
    assert entry.actor_id == cast.stranger.pk
    assert entry.detail["holders"] == [f"person-{cast.owner.pk}"]
    assert entry.detail["level"] == EDIT
    assert entry.detail["note"] == "why"
    assert access_to(cast.stranger, "customers").get(firm, []).version == version
    kinds = [
        one["kind"]
        for one in Api(cast.stranger).get(f"customers/{firm}/history/").json()["results"]
    ]
    assert kinds == ["shared", "created"]


def test_shared_until_tomorrow_and_gone_the_day_after(cast, firm, freeze):
    """The database's clock cannot be stopped, so the share is given earlier and earlier."""
    now = timezone.now()
    zone = timezone.get_default_timezone()
    for days, is_seen in ((0, True), (1, True), (2, False)):
        with freeze(now - dt.timedelta(days=days)):
            today = timezone.localdate(timezone=zone)
            give(cast.stranger, firm, cast.owner, until=today + dt.timedelta(days=1))
        held = shares_of(Customer, [firm])[0]
        assert held.until.astimezone(zone).time() == dt.time.min
        assert held.last_day == today + dt.timedelta(days=1)
        assert held.has_ended is not is_seen
        assert set(ways(cast.owner, firm).values()) - {False} == ({True} if is_seen else set())
    assert shares_of(Customer, [firm], with_ended=False) == []


def test_an_edit_share_gives_edit_and_needs_edit(cast, firm):
    give(cast.stranger, firm, cast.owner, level=EDIT)
    change(cast.owner, firm, city="Wuxi")
    door = access_to(cast.owner, "customers")
    for action in ("delete", "assign", "share", "export"):
        assert not door.decide(action, firm)
    give(cast.stranger, firm, cast.owner)  # changed to reading: one share, not two
    refused(NotAllowed, change, cast.owner, firm, city="Suzhou")
    assert len(shares_of(Customer, [firm])) == 1
    cast.right("stranger", "customers", edit="none")
    refused(NotAllowed, give, cast.stranger, firm, cast.owner, level=EDIT)
    refused(NotVisible, give, cast.outsider, firm, cast.outsider)


def test_departments_and_teams_hold_shares_for_all_who_belong_to_them(cast, firm):
    west = Holder(DEPARTMENT, cast.departments["west"].pk)
    give(cast.stranger, firm, west, Holder(TEAM, cast.team.pk))
    for name, is_seen in (("outsider", True), ("owner", True), ("leader", True)):
        person = cast.people[name]
        assert access_to(person, "customers").rows().filter(pk=firm).exists() is is_seen
    unshare_records(actor=cast.stranger, module="customers", pks=[firm], holder=west)
    assert not access_to(cast.outsider, "customers").rows().filter(pk=firm).exists()
    assert access_to(cast.owner, "customers").rows().filter(pk=firm).exists()
    refused(NotVisible, unshare_records, actor=cast.stranger, module="customers", pks=[firm],
            holder=west)  # fmt: skip


def test_security_12_a_shared_contact_tells_nothing_of_its_hidden_customer(cast, firm):
    pk = add(cast.stranger, "contacts", name="Ms Zhao", customer=firm)
    give(cast.stranger, pk, cast.owner, module="contacts")
    client, api, secret = browser(cast.owner), Api(cast.owner), f"{WORD}alpha".encode()
    answers = [
        client.get(f"/contacts/{pk}{way}") for way in ("/", "/peek/", "/history/", "/shares/")
    ]
    answers += [client.get("/contacts/?columns=name,customer"), api.get(f"contacts/{pk}/")]
    answers += [api.get("contacts/"), api.get(f"contacts/{pk}/history/")]
    assert [one.status_code for one in answers] == [200] * len(answers)
    assert all(b"Zhao" in one.content for one in answers[:2])
    assert not any(secret in one.content for one in answers)
    assert client.get(f"/customers/{firm}/").status_code == 404


def test_what_hangs_on_a_record_comes_along_and_goes_along(cast, firm):
    pk = add(cast.stranger, "contacts", name="Ms Zhao", customer=firm)
    give(cast.stranger, firm, cast.owner)
    contacts = access_to(cast.owner, "contacts")
    assert not contacts.rows().filter(pk=pk).exists()
    give(cast.stranger, firm, cast.owner, along=True)
    assert access_to(cast.owner, "contacts").rows().filter(pk=pk).exists()
    client = browser(cast.stranger)
    base, holder = f"/customers/{firm}/shares/", f"person-{cast.owner.pk}"
    answer = client.post(f"{base}{holder}/take-back/", follow=True)
    assert b"No longer shared with Owner" in answer.content
    assert shares_of(Contact, [pk]) == [] == shares_of(Customer, [firm])
    undo = answer.context["shell"]["toasts"][0]["undo_url"]
    assert undo.startswith(f"{base}again/")
    assert client.post(undo).status_code == 302
    assert [one.holder.text for one in shares_of(Customer, [firm])] == [holder]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": []}, "to"),
        ({"to": ["person-999999"]}, "to"),
        ({"to": ["robot-1"]}, "to"),
        ({"to": "person-1"}, "to"),
        ({"to": ["ME"], "level": "delete"}, "level"),
        ({"to": ["ME"], "until": "2020-01-01"}, "until"),
        ({"to": ["ME"], "until": "9999-12-31"}, "until"),
        ({"to": ["ME"], "until": "soon"}, "until"),
        ({"to": ["ME"], "note": "x" * 201}, "note"),
        ({"to": ["ME"], "given_by": 1}, "given_by"),
    ],
)
def test_what_is_no_share_is_refused_by_field(cast, firm, body, field):
    me = f"person-{cast.owner.pk}"
    if isinstance(body["to"], list):
        body = {**body, "to": [me if one == "ME" else one for one in body["to"]]}
    answer = Api(cast.stranger).post(f"customers/{firm}/shares/", body)
    assert field in told(answer, 400)["fields"]
    assert shares_of(Customer, [firm]) == []


def test_only_what_has_shares_is_shared(cast, firm):
    pk = add(cast.stranger, "follow-ups", subject=f"customers/{firm}", kind="call", text="said")
    refused(Invalid, give, cast.stranger, pk, cast.owner, module="follow-ups")
    assert browser(cast.stranger).get(f"/follow-ups/{pk}/shares/").status_code == 404


def test_security_4_a_selection_is_shared_whole_or_not_at_all(cast, firm):
    mine = [add(cast.owner) for _number in range(3)]
    client, other = browser(cast.owner), f"person-{cast.stranger.pk}"
    terms = {"to": other, "level": VIEW, "confirmed": "1"}
    assert client.post("/customers/bulk/share/", {"pk": [*mine, firm], **terms}).status_code == 404
    assert shares_of(Customer, mine) == []
    wrong = client.post("/customers/bulk/share/", {"pk": mine, **terms, "to": "robot-1"})
    assert wrong.status_code == 400
    assert client.post("/customers/bulk/share/", {"pk": mine, **terms}).status_code == 302
    assert [one.record for one in shares_of(Customer, mine)] == mine
    answer = client.post("/customers/bulk/share/", {"everything": "1", "query": "", **terms})
    assert answer.status_code == 302
    cast.right("owner", "customers", share="none")
    assert client.post("/customers/bulk/share/", {"pk": mine, **terms}).status_code == 403


def test_changing_a_share_is_undone_to_what_it_was(cast, firm):
    give(cast.stranger, firm, cast.owner, note="first")
    client = browser(cast.stranger)
    new = {"to": f"person-{cast.owner.pk}", "level": EDIT}
    answer = client.post(f"/customers/{firm}/shares/", new, follow=True)
    assert shares_of(Customer, [firm])[0].level == EDIT
    assert client.post(answer.context["shell"]["toasts"][0]["undo_url"]).status_code == 302
    assert [(one.level, one.note) for one in shares_of(Customer, [firm])] == [(VIEW, "first")]
