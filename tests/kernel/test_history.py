"""Every change is in the history once, with act, actor and request; nobody alters it (P17, P18)."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from crm.access.policy import access_to
from crm.records.act import origin
from crm.records.audit import record_audit
from crm.records.beside import AuditEntry, Event
from crm.records.changes import entries_of
from crm.records.children import Phone
from crm.records.history import history_model, values_at
from crm.records.lifecycle import assign_records, delete_records, purge_records, restore_record
from sales.models import Customer
from tests.kernel.helpers import add, change, stored

pytestmark = pytest.mark.django_db


def rows(model, **where):
    return list(history_model(model).objects.filter(**where).order_by("history_id").values())


def acts(pk, module="customers"):
    events = Event.objects.filter(module=module, record_id=pk).order_by("id")
    return list(events.values_list("kind", "version", "act", "actor_id", "source"))


def test_security_131_each_act_leaves_one_history_row_and_one_event_per_record(cast):
    with origin("request-1", "10.1.2.3"):
        pk = add(cast.director, city="Wuxi", phones=["13800138000"])
    change(cast.director, pk, city="Xi'an", level="A")
    assign_records(
        actor=cast.director, module="customers", pks=[pk], owner=cast.owner.pk, reason="gift"
    )
    delete_records(actor=cast.director, module="customers", pks=[pk])
    restore_record(actor=cast.director, module="customers", pk=pk)
    kept = rows(Customer, id=pk)
    assert [row["history_type"] for row in kept] == ["+", "~", "~", "-", "~"]
    assert [row["version"] for row in kept] == [1, 2, 3, 4, 5]
    assert {row["history_user_id"] for row in kept} == {cast.director.pk}
    assert [row["city"] for row in kept] == ["Wuxi", *["Xi'an"] * 4]
    assert kept[0]["request_id"] == "request-1"
    assert kept[2]["history_change_reason"] == "gift"
    told = acts(pk)
    assert [kind for kind, *_rest in told] == [
        "created",
        "changed",
        "assigned",
        "deleted",
        "restored",
    ]
    assert [version for _kind, version, *_rest in told] == [1, 2, 3, 4, 5]
    assert [row["act"] for row in kept] == [act for _kind, _version, act, *_rest in told]
    changed = Event.objects.get(module="customers", record_id=pk, kind="changed")
    assert changed.changed == ["city", "level"]
    assert "Xi'an" not in str(changed.__dict__)


def test_rows_of_collections_have_their_history_once_per_act(cast):
    pk = add(cast.owner, phones=["13800138000", "13900139000"])
    first, second = Phone.rows.filter(record_id=pk, module="customers").order_by("position")
    change(cast.owner, pk, phones=[{"id": first.pk, "number": "13700137000"}])
    kept = [
        (row["id"], row["history_type"]) for row in rows(Phone, record_id=pk, module="customers")
    ]
    assert sorted(kept) == sorted(
        [(first.pk, "+"), (second.pk, "+"), (first.pk, "~"), (second.pk, "-")]
    )
    by_act = {row["act"] for row in rows(Phone, record_id=pk, module="customers")}
    assert by_act == {row["act"] for row in rows(Customer, id=pk)}


def test_a_bulk_act_carries_one_id(cast):
    ids = [add(cast.director) for _turn in range(5)]
    act = delete_records(actor=cast.director, module="customers", pks=ids)
    events = Event.objects.filter(act=act.id)
    assert sorted(events.values_list("record_id", flat=True)) == sorted(ids)
    assert len(rows(Customer, act=act.id)) == 5


def test_a_purge_keeps_the_last_values(cast, settings):
    settings.BIN_DAYS = 0
    pk = add(cast.administrator, city="Wuxi", phones=["13800138000"])
    delete_records(actor=cast.administrator, module="customers", pks=[pk])
    purge_records(actor=cast.administrator, module="customers", pks=[pk])
    assert rows(Customer, id=pk)[-1]["city"] == "Wuxi"
    assert [row["history_type"] for row in rows(Phone, record_id=pk)] == ["+", "-"]
    assert acts(pk)[-1][0] == "purged"


def test_values_at_a_version(cast):
    pk = add(cast.owner, city="Wuxi")
    change(cast.owner, pk, city="Suzhou")
    change(cast.owner, pk, city="Ningbo")
    assert [values_at(Customer, pk, n)["city"] for n in (1, 2, 3)] == ["Wuxi", "Suzhou", "Ningbo"]
    assert values_at(Customer, pk, 9) == {}


def test_background_columns_raise_no_version_and_leave_no_row(cast):
    pk = add(cast.owner)
    add(
        cast.owner,
        "follow-ups",
        subject=f"customers/{pk}",
        text="called",
        next_contact_at="2030-01-01",
    )
    kept = stored("customers", pk)
    assert kept.last_follow_up_at is not None
    assert kept.next_contact_at is not None
    assert kept.version == 1
    assert len(rows(Customer, id=pk)) == 1


def test_security_131_every_history_table_of_records_is_guarded():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'"
            " AND (c.relname LIKE '%\\_history'"
            " OR c.relname LIKE '%historical%' OR c.relname = 'crm_audit_entry')"
            " AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid"
            " AND t.tgname = 'append_only')"
        )
        assert [name for (name,) in cursor.fetchall()] == []


@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_security_131_history_and_audit_are_append_only(cast, statement):
    pk = add(cast.owner, phones=["13800138000"])
    change(cast.owner, pk, city="Xi'an")
    record_audit(actor=cast.owner, action="export", module="customers")
    assert AuditEntry.objects.count()
    for table in ("sales_customer_history", "crm_phone_history", "crm_audit_entry"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(table))


def test_the_audit_keeps_who_from_where_and_what(cast):
    with origin("request-7", "10.9.8.7"):
        entry = record_audit(
            actor=cast.owner,
            action="unmask",
            module="customers",
            record_id=5,
            detail={"field": "phones"},
        )
    kept = AuditEntry.objects.get(pk=entry.pk)
    assert (kept.actor_id, kept.address, kept.request_id) == (
        cast.owner.pk,
        "10.9.8.7",
        "request-7",
    )
    assert kept.detail == {"field": "phones"}


def test_child_rows_of_a_history_are_found_by_their_act(cast, queries):
    """At a million records a history filtered by record alone took half a second."""
    firm = add(cast.owner, phones=["13800138000"])
    change(cast.owner, firm, phones=[{"number": "13900139000"}])
    with queries() as seen:
        (entry, _made) = entries_of(access_to(cast.owner, "customers"), firm)
    assert [(one.name, one.before, one.after) for one in entry.changes] == [
        ("phones", "138 0013 8000", "139 0013 9000")
    ]
    (asked,) = [one["sql"] for one in seen if "crm_phone_history" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_phone_history (id, module, record_id, position, number, kind,"
            " history_date, history_type, request_id, act)"
            " SELECT n, 'customers', n, 0, '', '', now(), '+', '', gen_random_uuid()"
            " FROM generate_series(1000000, 1005000) AS n"
        )
        cursor.execute("ANALYZE crm_phone_history")
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "crm_phone_acts" in plan, plan
