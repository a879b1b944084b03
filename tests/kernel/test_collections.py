"""Collections on the write path: rows added, changed, removed, masked, moved; rights per member."""

from django.db import connection

from crm.access.policy import access_to
from crm.records.errors import Invalid
from tests.kernel.helpers import add, change, refused, stored, unlike
from tests.kernel.test_services import create


def phones(actor, pk):
    return [dict(row) for row in access_to(actor, "customers").get(pk)["phones"]]


def test_rows_are_added_changed_removed_and_keep_their_places(cast):
    pk = add(cast.owner, phones=[{"number": "13800138000", "kind": "mobile"}, "021-62345678"])
    first, second = phones(cast.owner, pk)
    assert first["number"] == "138 0013 8000"
    change(
        cast.owner, pk,
        phones=[
            {"number": "139 1111 2222"}, {**second, "kind": "office"},
            {**first, "number": "13800138001"},
        ],
    )  # fmt: skip
    new, kept, altered = phones(cast.owner, pk)
    assert (new["number"], kept["id"], altered["id"]) == (
        "139 1111 2222",
        second["id"],
        first["id"],
    )
    assert (kept["kind"], altered["number"], altered["kind"]) == (
        "office",
        "138 0013 8001",
        "mobile",
    )
    change(cast.owner, pk, phones=[kept])
    assert phones(cast.owner, pk) == [kept]
    change(cast.owner, pk, phones=None)
    assert phones(cast.owner, pk) == []


def test_a_bare_value_a_blank_row_and_a_twin(cast):
    pk = add(cast.owner, tags=["gmp", {"name": "gmp"}, {"name": " "}, {}, "new"])
    assert [row["name"] for row in access_to(cast.owner, "customers").get(pk)["tags"]] == [
        "gmp",
        "new",
    ]


def test_tags_may_swap_their_names(cast):
    pk = add(cast.owner, tags=["a", "b"])
    one, two = access_to(cast.owner, "customers").get(pk)["tags"]
    change(cast.owner, pk, tags=[{"id": one["id"], "name": "b"}, {"id": two["id"], "name": "a"}])
    assert [row["name"] for row in access_to(cast.owner, "customers").get(pk)["tags"]] == ["b", "a"]


def test_the_row_of_another_record_cannot_be_taken(cast):
    pk, other = add(cast.owner, phones=["13800138000"]), add(cast.stranger, phones=["13900139000"])
    (theirs,) = phones(cast.stranger, other)
    change(cast.owner, pk, phones=[{"id": theirs["id"], "number": "13700137000"}])
    assert phones(cast.stranger, other) == [theirs]
    assert [row["number"] for row in phones(cast.owner, pk)] == ["137 0013 7000"]


def test_rows_seen_masked_come_back_whole(cast):
    """A form posts what it showed: the masked number stays what it was."""
    pk = add(
        cast.owner,
        phones=[{"number": "13800138000"}, {"number": "13900139000"}],
        mails=["a@b.example"],
    )
    kept = phones(cast.owner, pk)
    cast.state("teammate", "customers", "phones.number", "masked")
    shown = phones(cast.teammate, pk)
    assert [row["number"] for row in shown] == ["138****8000", "139****9000"]
    change(cast.teammate, pk, phones=[{**shown[0], "kind": "office"}, shown[1]])
    assert [row["number"] for row in phones(cast.owner, pk)] == [row["number"] for row in kept]
    assert phones(cast.owner, pk)[0]["kind"] == "office"
    change(cast.teammate, pk, phones=[{"id": shown[1]["id"]}])
    assert [row["number"] for row in phones(cast.owner, pk)] == ["139 0013 9000"]
    refused(Invalid, change, cast.teammate, pk, phones=[*shown, {"number": "13700137000"}])
    refused(Invalid, change, cast.teammate, pk, phones=[{"kind": "office"}])
    refused(Invalid, change, cast.teammate, pk, phones=[{"id": 10**9, "kind": "office"}])


def test_rows_with_a_hidden_member_keep_it(cast):
    pk = add(cast.owner, phones=[{"number": "13800138000", "kind": "mobile"}])
    cast.state("teammate", "customers", "phones.number", "hidden")
    (shown,) = phones(cast.teammate, pk)
    assert "number" not in shown
    change(cast.teammate, pk, phones=[{**shown, "kind": "office"}])
    assert phones(cast.owner, pk)[0]["number"] == "138 0013 8000"
    change(cast.teammate, pk, phones=[{"id": shown["id"], "kind": ""}])
    assert phones(cast.owner, pk)[0]["number"] == "138 0013 8000"
    problem = refused(
        Invalid, change, cast.teammate, pk, phones=[{"id": shown["id"], "number": "13700137000"}]
    )
    assert "phones" in problem.fields


def test_a_collection_one_may_only_read_cannot_be_written(cast):
    pk = add(cast.owner, phones=["13800138000"])
    cast.state("owner", "customers", "phones", "read")
    assert "phones" in refused(Invalid, change, cast.owner, pk, phones=[]).fields
    assert "phones" in refused(Invalid, create, cast.owner, name=unlike(), phones=["1"]).fields


def test_too_many_rows_are_refused(cast):
    many = [f"1380013{n:04}" for n in range(21)]
    assert "phones" in refused(Invalid, create, cast.owner, name=unlike(), phones=many).fields


def test_a_failed_write_leaves_nothing_behind(cast):
    """All or nothing: the collection's error takes the record's fields back too."""
    pk = add(cast.owner, city="Wuxi")
    refused(Invalid, change, cast.owner, pk, city="Xi'an", phones=[{"number": "1"}])
    assert stored("customers", pk).city == "Wuxi"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM crm_event WHERE module = 'customers' AND record_id = %s", [pk]
        )
        assert cursor.fetchone() == (1,)
