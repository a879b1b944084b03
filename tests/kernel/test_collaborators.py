"""Collaborators: people with a part in a record. A share says who, the field shows it."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone

from crm.access.errors import NotAllowed
from crm.access.holders import PERSON, TEAM, Holder
from crm.access.policy import access_to
from crm.access.sharing import EDIT, VIEW, shares_of
from crm.customfields.models import Option
from crm.customfields.usage import is_used, uses_of
from crm.exchange.exporter import columns_of
from crm.lists.errors import BadQuery
from crm.modules.registry import module_named
from crm.records.errors import Invalid
from crm.records.merging import merge_records
from crm.records.sharing import Terms, share_records, unshare_records
from crm.records.unmerging import undo_merge
from sales.models import Customer
from tests.kernel.api_calls import Api, ids, told
from tests.kernel.helpers import add, ask, found, refused
from tests.kernel.pages import browser

pytestmark = pytest.mark.django_db
WORD = "zqalong"


@pytest.fixture
def firm(cast):
    """A customer of the stranger's that the owner may not know of."""
    return add(cast.stranger, name=f"{WORD} works")


def join(actor, pk, person, part="delivery", level=VIEW, until=None, **more):
    return share_records(
        actor=actor, module="customers", pks=[pk], to=[Holder(PERSON, person.pk)],
        terms=Terms(level, until, part=part), **more
    )  # fmt: skip


def parts(person, pk):
    """Who works along, as this person reads it."""
    row = access_to(person, "customers").get(pk)
    return [(one["person"].label, one["part"], one["level"]) for one in row["collaborators"]]


def along(person, op="eq", value="@me", **more):
    tree = {"field": "collaborators", "op": op, "value": value}
    return found(access_to(person, "customers"), tree, **more)


def test_a_part_opens_the_record_and_stands_as_field_column_filter_file_and_answer(cast, firm):
    other = add(cast.owner)
    join(cast.stranger, firm, cast.owner, level=EDIT)
    assert parts(cast.owner, firm) == [("Owner", "delivery", "edit")]
    assert along(cast.owner) == [firm]
    assert along(cast.owner, "ne") == [other]
    assert along(cast.owner, "not_empty", None) == [firm]
    assert along(cast.owner, "empty", None) == [other]
    assert along(cast.owner, "in", [cast.owner.pk, cast.clerk.pk]) == [firm]
    page = browser(cast.owner)
    shown = page.get(f"/customers/{firm}/").content.decode()
    assert 'Owner <span class="dim">Delivery</span>' in shown
    listed = page.get("/customers/?columns=collaborators&view=along&filter=" + json.dumps(
        {"all": [{"field": "collaborators", "op": "eq", "value": "@me"}]}
    )).content.decode()  # fmt: skip
    assert "Delivery" in listed
    assert "I work along" in listed
    assert (
        "Collaborators" in page.get("/customers/?part=filter&field=collaborators").content.decode()
    )
    answer = Api(cast.owner).get(f"customers/{firm}/").json()["collaborators"]
    assert answer == [
        {"person": {"id": cast.owner.pk, "label": "Owner"}, "part": "delivery", "level": "edit",
         "until": None}
    ]  # fmt: skip
    assert ids(Api(cast.owner).get("customers/?collaborators=@me")) == [firm]
    access = access_to(cast.owner, "customers")
    (column,) = columns_of(access, ["collaborators"])
    assert column.value(access.get(firm)) == "Owner (Delivery)"
    with pytest.raises(BadQuery):
        ask(access, sort="collaborators")


def test_it_ends_with_its_day_and_is_told_in_the_history(cast, firm):
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    join(cast.stranger, firm, cast.owner, until=today)
    assert along(cast.owner) == [firm]
    Customer.user_shares.objects.update(until=timezone.now() - dt.timedelta(seconds=1))
    assert along(cast.owner) == []
    assert along(cast.stranger, "not_empty", None) == []
    assert parts(cast.stranger, firm) == []
    said = browser(cast.stranger).get(f"/customers/{firm}/history/").content.decode()
    assert "Shared: Owner · may read · Delivery" in said
    unshare_records(
        actor=cast.stranger, module="customers", pks=[firm], holder=Holder(PERSON, cast.owner.pk)
    )
    said = browser(cast.stranger).get(f"/customers/{firm}/history/").content.decode()
    assert "Share taken back: Owner" in said


def test_who_may_not_read_collaborators_finds_no_trace_of_a_part(cast, firm):
    cast.right("clerk", "customers", view="all", share="all")
    cast.state("clerk", "customers", "collaborators", "hidden")
    join(cast.stranger, firm, cast.owner)
    page, api = browser(cast.clerk), Api(cast.clerk)
    for path in ("", "history/", "shares/", "peek/"):
        text = page.get(f"/customers/{firm}/{path}").content.decode()
        assert "Delivery" not in text, path
        assert "I work along" not in text
    for path in ("", "history/", "shares/"):
        text = api.get(f"customers/{firm}/{path}").content.decode()
        assert "delivery" not in text, path
    told(api.get("customers/?collaborators=1"), 400)
    told(api.get(f"customers/?filter={json.dumps({'field': 'collaborators', 'op': 'empty'})}"), 400)
    refused(NotAllowed, join, cast.clerk, firm, cast.outsider)
    refused(Invalid, cast.state, "clerk", "customers", "collaborators", "masked")


def test_parts_are_for_people_are_of_the_list_and_stay_when_terms_change(cast, firm):
    team = Holder(TEAM, cast.team.pk)
    wrong = [(Holder(PERSON, cast.owner.pk), "nothing"), (team, "delivery")]
    for holder, part in wrong:
        with pytest.raises(Invalid) as error:
            share_records(
                actor=cast.stranger, module="customers", pks=[firm], to=[holder],
                terms=Terms(part=part),
            )  # fmt: skip
        assert set(error.value.fields) == {"part"}
    join(cast.stranger, firm, cast.owner)
    join(cast.stranger, firm, cast.owner, part=None, level=EDIT)
    assert parts(cast.stranger, firm) == [("Owner", "delivery", "edit")]
    join(cast.stranger, firm, cast.owner, part="")
    assert parts(cast.stranger, firm) == []
    assert shares_of(Customer, [firm])[0].level == VIEW
    told(Api(cast.stranger).patch(f"customers/{firm}/", {"collaborators": [], "version": 1}), 400)
    answer = Api(cast.stranger).post(
        f"customers/{firm}/shares/", {"to": [f"person-{cast.owner.pk}"], "part": "support"}
    )
    assert answer.json()["results"][0]["part"] == "support"
    values = list(
        Option.objects.filter(dictionary="collaborator_part").values_list("value", flat=True)
    )
    assert "support" in values
    assert is_used("collaborator_part", "support")
    assert uses_of("collaborator_part", values)["support"] == 1
    assert (
        browser(cast.administrator).get("/setup/dictionaries/collaborator_part/").status_code == 200
    )


def test_a_merge_carries_them_and_its_undo_takes_them_back(cast):
    kept, gone = add(cast.stranger, city="a"), add(cast.stranger, city="a")
    join(cast.stranger, gone, cast.owner, part="finance")
    module = module_named("customers")
    assert module.user_shares is Customer.user_shares
    merge = merge_records(
        actor=cast.stranger, module="customers", survivor=kept, losers=[gone]
    )  # fmt: skip
    assert parts(cast.stranger, kept) == [("Owner", "finance", "view")]
    undo_merge(actor=cast.stranger, pk=merge.pk)
    assert parts(cast.stranger, kept) == []
    assert parts(cast.stranger, gone) == [("Owner", "finance", "view")]


def test_security_11_a_reading_collaborator_reads_and_no_more(cast, firm):
    join(cast.stranger, firm, cast.owner)
    page, api = browser(cast.owner), Api(cast.owner)
    refused(NotAllowed, join, cast.owner, firm, cast.outsider)
    refused(NotAllowed, join, cast.owner, firm, cast.owner, level=EDIT)
    told(
        api.post(
            f"customers/{firm}/shares/", {"to": [f"person-{cast.outsider.pk}"], "part": "legal"}
        ),
        403,
    )
    told(api.delete(f"customers/{firm}/shares/person-{cast.owner.pk}/"), 403)
    bulk = page.post("/customers/bulk/share/", {
        "pk": firm, "confirmed": "1", "to": f"person-{cast.outsider.pk}", "level": "view",
    })  # fmt: skip
    assert b"shared" not in bulk.content.lower() or bulk.status_code >= 400
    assert not access_to(cast.outsider, "customers").rows().filter(pk=firm).exists()
    assert b'name="part"' not in page.get(f"/customers/{firm}/shares/").content
    version = api.get(f"customers/{firm}/").json()["version"]
    told(api.patch(f"customers/{firm}/", {"city": "x", "version": version}), 403)
    assert not access_to(cast.owner, "customers").rows("export").filter(pk=firm).exists()
    before = page.get(f"/customers/{10**9}/").content
    unshare_records(
        actor=cast.stranger, module="customers", pks=[firm], holder=Holder(PERSON, cast.owner.pk)
    )
    assert page.get(f"/customers/{firm}/").status_code == 404
    assert len(page.get(f"/customers/{firm}/").content) == pytest.approx(len(before), abs=20)
    assert ids(api.get("customers/?collaborators=@me")) == []


@pytest.fixture
def shared(cast, firm):
    """The same team has a customer of the owner's and one of the stranger's: (own, theirs)."""
    mine = add(cast.owner, name=f"{WORD} own")
    for giver, pk in ((cast.owner, mine), (cast.stranger, firm)):
        share_records(
            actor=giver, module="customers", pks=[pk], to=[Holder(TEAM, cast.team.pk)],
            terms=Terms(),
        )  # fmt: skip
    return mine, firm


def test_shared_with_me_is_one_branch_and_leaves_out_what_is_mine(cast, shared):
    mine, theirs = shared
    access = access_to(cast.owner, "customers")
    assert set(found(access)) == {mine, theirs}
    assert found(access, scope="shared") == [theirs]
    assert set(found(access_to(cast.teammate, "customers"), scope="shared")) == {mine, theirs}
    assert found(access_to(cast.outsider, "customers"), scope="shared") == []
    assert len(ask(access, scope="shared").access.branches()) == 1
    with pytest.raises(BadQuery):
        ask(access, scope="mine")
    team = Holder(TEAM, cast.team.pk)
    unshare_records(actor=cast.stranger, module="customers", pks=[theirs], holder=team)
    assert found(access_to(cast.owner, "customers"), scope="shared") == []


def test_bulk_export_views_and_api_take_exactly_what_the_list_shows(cast, shared):
    _mine, theirs = shared
    page, api = browser(cast.owner), Api(cast.owner)
    query = "view=shared&scope=shared&page=1"
    cast.right("owner", "customers", delete="all", export="all")
    shown = page.get(f"/customers/?{query}").content.decode()
    asked = page.post("/customers/bulk/delete/", {"everything": "1", "query": query})
    exported = page.get(f"/customers/export/?{query}").content.decode()
    for text in (shown, asked.content.decode()):
        assert f"{WORD} works" in text
        assert f"{WORD} own" not in text
        assert "scope=shared" in text
    assert "scope=shared" in exported
    assert '<span class="faint fig">1</span>' in exported
    counted = page.get("/customers/?scope=shared&part=count").content
    assert b"1" in counted
    answer = api.get("customers/?scope=shared").json()
    assert (answer["count"], [one["id"] for one in answer["results"]]) == (1, [theirs])
    saved = page.post("/customers/views/", {"name": "From others", "query": query})
    opened = page.get(saved.url, follow=True)
    assert "scope=shared" in opened.request["QUERY_STRING"]
    assert f"{WORD} own" not in opened.content.decode()
