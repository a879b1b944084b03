"""Merging: what the survivor holds, what moves, who may, two at once, and taking it back."""

import pytest

from crm.access.errors import NotAllowed, NotVisible
from crm.access.policy import access_to
from crm.documents.models import Document
from crm.records.beside import ExternalId, Merge
from crm.records.errors import Invalid, StaleRecord
from crm.records.lifecycle import restore_record
from crm.records.merging import leads_on, merge_records
from crm.records.unmerging import undo_merge
from sales.contacts.models import Employment
from tests.kernel.api_calls import Api, told
from tests.kernel.helpers import add, at_once, change, found, stored, unlike
from tests.people import share


def merge(actor, survivor, *losers, module="customers", **more):
    return merge_records(actor=actor, module=module, survivor=survivor, losers=losers, **more)


def read(actor, pk, module="customers"):
    return access_to(actor, module).get(pk)


@pytest.fixture
def pair(cast):
    """Two customers of the owner with much around the second."""
    one = add(cast.owner, name="Boda Pumps", city="Suzhou", phones=["13800138001"], tags=["vip"])
    two = add(
        cast.owner, name="Bota Pumps Trade", city="Wuxi", wechat="bota", credit_limit="90000",
        phones=["+86 138 0013 8001", "13900139002"], tags=["fair", "vip"],
    )  # fmt: skip
    return one, two


@pytest.fixture
def around(cast, pair):
    """What hangs on the second one and what points to it: name → id."""
    one, two = pair
    person = add(cast.owner, "contacts", name="Han Mei", customer=two)
    note = add(cast.owner, "follow-ups", subject=f"customers/{two}", text="called about valves")
    child = add(cast.owner, parent=two)
    worked = add(cast.owner, "contacts", name="Lin Tao", employments=[{"customer": two}])
    ExternalId.objects.create(system="erp", value="K9", module="customers", record_id=two)
    file = Document.objects.create(module="customers", record_id=two, name="offer.pdf")
    Document.objects.create(module="customers", record_id=one, name="offer.pdf")
    share("customers", two, cast.stranger)
    return {"person": person, "note": note, "child": child, "worked": worked, "file": file.pk}


def test_choices_rule_and_union_make_the_survivor(cast, pair):
    one, two = pair
    merge(cast.owner, one, two, choices={"name": two, "city": one})
    row = read(cast.owner, one)
    assert (row["name"], row["city"], row["wechat"]) == ("Bota Pumps Trade", "Suzhou", "bota")
    assert [phone["number"] for phone in row["phones"]] == ["138 0013 8001", "139 0013 9002"]
    assert [tag["name"] for tag in row["tags"]] == ["vip", "fair"]
    assert found(access_to(cast.owner, "customers"), q="Bota") == [one]
    with pytest.raises(NotVisible):
        read(cast.owner, two)
    assert leads_on(access_to(cast.owner, "customers"), two) == one
    assert leads_on(access_to(cast.outsider, "customers"), two) is None


def test_everything_that_pointed_to_the_loser_points_to_the_survivor_and_back(cast, pair, around):
    one, two = pair
    done = merge(cast.owner, one, two)
    assert _pointing(around) == {one}
    assert ExternalId.objects.get(value="K9").record_id == one
    assert Document.objects.get(pk=around["file"]).name == "offer (2).pdf"
    assert read(cast.stranger, one)["name"] == "Boda Pumps"
    assert stored("contacts", around["person"]).history.filter(act=done.act).count() == 1
    assert read(cast.owner, around["person"], "contacts")["employments"] == ()
    left = undo_merge(actor=cast.owner, pk=done.pk)
    assert (left.fields, left.links) == ([], 0)
    assert _pointing(around) == {two}
    assert ExternalId.objects.get(value="K9").record_id == two
    assert Document.objects.get(pk=around["file"]).name == "offer.pdf"
    with pytest.raises(NotVisible):
        read(cast.stranger, one)
    row = read(cast.owner, one)
    assert (row["wechat"], [phone["number"] for phone in row["phones"]]) == ("", ["138 0013 8001"])
    assert read(cast.owner, two)["city"] == "Wuxi"
    assert found(access_to(cast.owner, "customers"), q="Bota") == [two]


def _pointing(around):
    worked = Employment.rows.filter(module="contacts", record_id=around["worked"])
    return {
        stored("contacts", around["person"]).customer_id,
        int(stored("follow-ups", around["note"]).subject.removeprefix("customers/")),
        stored("customers", around["child"]).parent_id,
        Document.objects.get(pk=around["file"]).record_id,
        *worked.values_list("customer", flat=True),
    }


def test_taking_back_leaves_what_somebody_changed_since(cast, pair, around):
    one, two = pair
    done = merge(cast.owner, one, two, choices={"city": two})
    change(cast.owner, one, city="Kunshan")
    change(cast.owner, around["person"], "contacts", customer=add(cast.owner))
    left = undo_merge(actor=cast.owner, pk=done.pk)
    assert (left.fields, left.links) == (["city"], 1)
    assert (read(cast.owner, one)["city"], read(cast.owner, one)["wechat"]) == ("Kunshan", "")
    with pytest.raises(Invalid):
        undo_merge(actor=cast.owner, pk=done.pk)


def test_a_merged_record_comes_back_by_undo_alone_and_only_for_days(cast, pair, settings):
    one, two = pair
    done = merge(cast.owner, one, two)
    with pytest.raises(NotAllowed):
        restore_record(actor=cast.owner, module="customers", pk=two)
    settings.MERGE_UNDO_DAYS = 0
    with pytest.raises(Invalid):
        undo_merge(actor=cast.owner, pk=done.pk)
    settings.MERGE_UNDO_DAYS = 30
    with pytest.raises(NotVisible):
        undo_merge(actor=cast.outsider, pk=done.pk)
    undo_merge(actor=cast.owner, pk=done.pk)
    assert stored("customers", two).merged_into_id is None


def test_who_may_merge(cast, pair):
    one, two = pair
    foreign = add(cast.outsider)
    with pytest.raises(NotVisible):
        merge(cast.owner, one, foreign)
    share("customers", two, cast.stranger, edit=True)
    mine = add(cast.stranger)
    with pytest.raises(NotAllowed):  # edit by share, but no right to delete it
        merge(cast.stranger, mine, two)
    with pytest.raises(StaleRecord):
        merge(cast.owner, one, two, versions={two: 99})
    for losers in ((), (one,), range(10**9, 10**9 + 6)):
        with pytest.raises(Invalid):
            merge(cast.owner, one, *losers)
    for choices in ({"nonsense": two}, {"name": foreign}, {"created_at": two}):
        with pytest.raises(Invalid):
            merge(cast.owner, one, two, choices=choices)
    assert not Merge.objects.exists()


def test_a_field_out_of_reach_follows_the_rule_and_cannot_be_chosen(cast, pair):
    one, two = pair
    cast.state("owner", "customers", "credit_limit", "hidden")
    cast.state("owner", "customers", "wechat", "read")
    for name in ("credit_limit", "wechat"):
        with pytest.raises(Invalid):
            merge(cast.owner, one, two, choices={name: two})
    merge(cast.owner, one, two)
    assert stored("customers", one).credit_limit == 90000  # empty before: filled, never shown
    assert stored("customers", one).wechat == "bota"


def test_chains_lead_on_and_are_taken_back_from_their_end(cast, pair):
    one, two = pair
    three = add(cast.owner, name=unlike())
    first = merge(cast.owner, two, three)
    second = merge(cast.owner, one, two)
    assert leads_on(access_to(cast.owner, "customers"), three) == one
    with pytest.raises(Invalid):
        undo_merge(actor=cast.owner, pk=first.pk)
    undo_merge(actor=cast.owner, pk=second.pk)
    assert leads_on(access_to(cast.owner, "customers"), three) == two
    undo_merge(actor=cast.owner, pk=first.pk)
    assert read(cast.owner, three).pk == three


def test_two_merges_at_once_have_one_winner(lasting_cast):
    cast = lasting_cast
    one, two, three = (add(cast.owner) for _n in range(3))
    results = at_once([lambda: merge(cast.owner, one, two), lambda: merge(cast.owner, three, two)])
    lost = [answer for answer in results if isinstance(answer, Exception)]
    assert [type(answer) for answer in lost] == [Invalid]
    assert stored("customers", two).merged_into_id in {one, three}
    assert Merge.objects.count() == 1


def test_the_page_shows_what_differs_and_never_what_is_hidden(cast, pair, client):
    one, two = pair
    cast.state("owner", "customers", "credit_limit", "hidden")
    cast.state("owner", "customers", "wechat", "read")
    client.force_login(cast.owner)
    page = client.get(f"/customers/merge/?pk={one}&pk={two}").content.decode()
    for text in ("Suzhou", "Wuxi", 'name="take-city"', "bota"):
        assert text in page
    for text in ("90,000", "90000", "take-credit_limit", "take-wechat"):
        assert text not in page
    posted = {
        "pk": [one, two], "survivor": one, "take-city": two, "take-tags": "all", "merged": 1,
        f"version-{one}": 1, f"version-{two}": 1,
    }  # fmt: skip
    for wrong in ({"survivor": ""}, {"take-wechat": two}, {f"version-{two}": 7}):
        assert client.post("/customers/merge/", {**posted, **wrong}).status_code in {400, 409}
    assert client.post("/customers/merge/", posted).url == f"/customers/{one}/"
    assert stored("customers", one).city == "Wuxi"
    assert client.get(f"/customers/{two}/").url == f"/customers/{one}/"
    undo = f"/merges/{Merge.objects.get().pk}/undo/"
    assert undo in client.get(f"/customers/{one}/history/").content.decode()
    client.force_login(cast.outsider)
    for path in (f"/customers/{two}/", f"/customers/merge/?pk={one}&pk={two}"):
        assert client.get(path).status_code == 404
    assert client.post(undo).status_code == 404
    client.force_login(cast.owner)
    assert client.post(undo).url == f"/customers/{one}/"
    assert client.get(f"/customers/{two}/").status_code == 200


def test_a_machine_merges_is_led_on_and_takes_back(cast, pair, client):
    one, two = pair
    client.force_login(cast.owner)
    address = f"/api/v1/customers/{one}/actions/"

    def post(action, body):
        return client.post(f"{address}{action}/", body, content_type="application/json")

    assert post("merge", {"losers": ["x"]}).status_code == 400
    assert post("merge", {"losers": [two], "choices": {"city": two}}).json()["city"] == "Wuxi"
    led = client.get(f"/api/v1/customers/{two}/")
    assert (led.status_code, led["Location"].endswith(f"/customers/{one}/")) == (302, True)
    gone, mine, theirs = f"customers/{two}/", Api(cast.owner), Api(cast.outsider)
    for call in (
        lambda api, path: api.patch(path, {"version": 1, "city": "x"}),
        lambda api, path: api.delete(path),
        lambda api, path: api.post(f"{path}actions/assign/", {"owner": cast.owner.pk}),
    ):  # what would be written to it is written nowhere
        said = call(mine, gone)
        assert told(said, 409)["merged_into"] == one
        assert said["Location"] == f"/api/v1/customers/{one}/"
        never = told(call(theirs, "customers/999999999/"), 404)
        assert told(call(theirs, gone), 404) == never
    assert post("unmerge", {}).json() == {"losers": [two], "left": [], "links_left": 0}
    assert post("unmerge", {}).status_code == 400
