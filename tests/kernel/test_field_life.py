"""A deleted field waits in the bin, comes back with all it had, or is purged and never returns."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import RoleField
from accounts.services import fields
from crm.access.policy import access_to
from crm.customfields.models import FieldDefinition, ModuleDefinition, Option
from crm.jobs import indexing
from crm.jobs.converting import ask_for_conversion
from crm.jobs.models import Job
from crm.jobs.running import run
from crm.jobs.services import cancel_job, undo_job
from crm.lists.errors import BadQuery
from crm.lists.views import check_view, create_view
from crm.records.beside import AuditEntry
from crm.records.changes import entries_of
from crm.records.errors import Invalid
from crm.records.field_bin import holders
from crm.records.field_indexes import made_indexes
from crm.records.lifecycle import delete_records, restore_records
from tests.kernel.api_calls import Api
from tests.kernel.exchange_calls import done, upload
from tests.kernel.helpers import add, ask, change, refused, stored

NAMES = {"en": "Renewal month", "zh-hans": "续约月份"}
LIST = "/setup/fields/customers/"


def made(cast, kind="text", module="customers", **more):
    return fields.add_field(
        actor=cast.administrator, module=module, kind=kind, labels=NAMES, **more
    )


def rights_in(row):
    return sorted(RoleField.objects.filter(field=row.name).values_list("role__name", "state"))


def purge(days=31):
    """What the daily rule does after so many days."""
    past = timezone.now() - timedelta(days=days)
    FieldDefinition.everything.filter(deleted_at__isnull=False).update(deleted_at=past)
    return fields.purge_fields()


def test_deleted_it_leaves_no_trace(cast, client):
    row = made(cast, "choice", choices=["January", "February"])
    key = row.name
    firm, binned = (add(cast.administrator, **{key: "choice_1"}) for _n in range(2))
    delete_records(actor=cast.administrator, module="customers", pks=[binned])
    access = access_to(cast.administrator, "customers")
    view = create_view(access, "By month", {"filter": f'{{"field":"{key}","op":"not_empty"}}'})
    client.force_login(cast.administrator)
    asked = client.get(f"{LIST}{row.pk}/delete/").content.decode()
    assert "2 records have a value" in asked
    assert client.post(f"{LIST}{row.pk}/delete/").status_code == 302
    entry = AuditEntry.objects.filter(action="field.delete").latest("pk")
    assert entry.detail["records"] == 2

    page = client.get(LIST).content.decode()
    assert "Deleted fields" in page
    assert key in page

    # No trace: record, history, view, API; the bin of fields alone knows it.
    assert key not in access_to(cast.administrator, "customers").get(firm)
    shown = client.get(f"/customers/{firm}/history/").content.decode()
    assert "Renewal month" not in shown
    refused(BadQuery, check_view, access_to(cast.administrator, "customers"), view)
    api = Api(cast.administrator)
    assert key not in api.call("GET", f"customers/{firm}/").json()
    assert api.call("GET", f"customers/?{key}=choice_1").status_code == 400
    body = {key: "choice_2", "version": 1}
    assert api.call("PATCH", f"customers/{firm}/", body).status_code == 400


def test_restored_it_has_all_it_had_and_a_new_one_of_its_name_nothing(cast, client):
    row = made(cast)
    rights = rights_in(row)
    firm = add(cast.administrator, **{row.name: "May"})
    client.force_login(cast.administrator)
    fields.remove_field(actor=cast.administrator, row=row)
    again = made(cast, audience="administrators")
    assert again.pk > row.pk
    assert access_to(cast.administrator, "customers").get(firm)[again.name] is None
    assert again.name not in access_to(cast.owner, "customers").visible
    change(cast.administrator, firm, city="Wuxi")  # a write meanwhile keeps what is hidden
    client.force_login(cast.director)
    assert client.post(f"{LIST}{row.pk}/restore/").status_code == 403
    client.force_login(cast.administrator)
    assert client.post(f"{LIST}{row.pk}/restore/").status_code == 302
    assert access_to(cast.administrator, "customers").get(firm)[row.name] == "May"
    assert rights_in(row) == rights


def test_purged_it_leaves_nothing_and_never_returns(cast, client):
    row = made(cast, "choice", choices=["January", "February"])
    firm, binned = (add(cast.administrator, **{row.name: "choice_1"}) for _n in range(2))
    delete_records(actor=cast.administrator, module="customers", pks=[binned])
    fields.remove_field(actor=cast.administrator, row=row)
    assert purge(days=29) == 0
    assert purge() == 1
    assert [stored("customers", pk).custom for pk in (firm, binned)] == [{}, {}]
    assert stored("customers", firm).version == 1
    assert not RoleField.objects.filter(field=row.name).exists()
    assert not Option.objects.filter(dictionary=row.dictionary).exists()
    restore_records(actor=cast.administrator, module="customers", pks=[binned])
    assert row.name not in access_to(cast.administrator, "customers").get(binned)
    client.force_login(cast.administrator)
    assert client.post(f"{LIST}{row.pk}/restore/").status_code == 302
    assert not FieldDefinition.everything.filter(pk=row.pk).exists()
    assert made(cast).pk > row.pk  # the sequence never goes back


def test_an_import_is_taken_back_though_its_field_is_gone(cast, own_files):
    row = made(cast)
    firm = add(cast.owner, name="Known firm", **{row.name: "May"})
    text = f"name,city,{NAMES['en']}\nKnown firm,Wuxi,June\n"
    job = done(upload(cast.owner, text, policy="update", key="name"))
    assert stored("customers", firm).custom == {row.name: "June"}
    fields.remove_field(actor=cast.administrator, row=row)
    run(undo_job(actor=cast.owner, job_id=job.pk).pk)
    job.refresh_from_db()
    assert job.state == Job.State.UNDONE
    assert stored("customers", firm).city == ""
    restored = fields.restore_field(actor=cast.administrator, module="customers", pk=row.pk)
    assert access_to(cast.owner, "customers").get(firm)[restored.name] == "June"


def test_an_index_is_made_used_and_dropped(cast, own_files, client):
    row = made(cast, "date")
    add(cast.owner, **{row.name: "2026-05-01"})
    client.force_login(cast.administrator)
    page = f"{LIST}{row.pk}/life/"
    connection.check_constraints()  # an index can't be made over rows with checks to come
    assert client.post(page, {"act": "fast"}).status_code == 302
    job = Job.objects.latest("pk")
    assert run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.detail
    names = {f"crm_field_{row.pk}_0_up", f"crm_field_{row.pk}_0_down"}
    assert names <= set(made_indexes())
    assert "by an index of" in client.get(page).content.decode()
    access = access_to(cast.administrator, "customers")
    for sort in (row.name, f"-{row.name}"):
        wanted = ask(access, {"field": row.name, "op": "gte", "value": "2026-01-01"}, sort=sort)
        rows = wanted.slice.ordered(access.rows().filter(wanted.where))[:50]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            sql, params = rows.values("pk").query.sql_with_params()
            cursor.execute(f"EXPLAIN {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert f"crm_field_{row.pk}_0_" in plan, plan
    assert client.post(page, {"act": "slow"}).status_code == 302
    assert indexing.drop_unwanted() == 2
    assert not names & set(made_indexes())


def test_so_many_fast_fields_and_no_more(cast, monkeypatch):
    monkeypatch.setattr(indexing, "MOST_FAST", 1)
    first, second, long = made(cast), made(cast), made(cast, "long_text")
    job = indexing.make_fast(actor=cast.administrator, field=first.pk)
    told = refused(Invalid, indexing.make_fast, actor=cast.administrator, field=second.pk)
    assert "At most 1 fields" in str(told)
    refused(Invalid, indexing.make_fast, actor=cast.administrator, field=long.pk)
    cancel_job(actor=cast.administrator, job_id=job.pk)
    first.refresh_from_db()
    assert not first.is_fast
    indexing.make_fast(actor=cast.administrator, field=second.pk)


def test_old_values_and_what_a_stopped_conversion_left_are_purged(cast, own_files):
    row = made(cast)
    firm = add(cast.owner, **{row.name: "5"})
    job = ask_for_conversion(actor=cast.administrator, field=row.pk, kind="integer")
    cancel_job(actor=cast.administrator, job_id=job.pk)
    row.refresh_from_db()
    assert (row.preparing, len(row.litter)) == ("", 1)
    job = ask_for_conversion(actor=cast.administrator, field=row.pk, kind="integer")
    run(job.pk)
    row.refresh_from_db()
    assert set(stored("customers", firm).custom) == {row.name, f"{row.name}_2"}
    long_ago = [{**row.past[0], "until": (timezone.now() - timedelta(days=1)).isoformat()}]
    FieldDefinition.objects.filter(pk=row.pk).update(past=long_ago)
    fields.purge_fields()
    assert stored("customers", firm).custom == {f"{row.name}_2": 5}
    told = refused(Invalid, ask_for_conversion, actor=cast.administrator, field=row.pk, back=True)
    assert "gone" in str(told)
    change(cast.owner, firm, city="Wuxi")
    entries = entries_of(access_to(cast.owner, "customers"), firm)
    assert [c.name for e in entries for c in e.changes] == ["city"]


def test_own_modules_have_the_same_life(cast, own_files):
    ModuleDefinition.objects.create(
        name="vehicles", labels={"en": "Vehicle"}, labels_plural={"en": "Vehicles"},
        number_prefix="VE",
    )  # fmt: skip
    row = made(cast, module="vehicles")
    assert holders(row) == (0, True)
    run(indexing.make_fast(actor=cast.administrator, field=row.pk).pk)
    assert f"crm_field_{row.pk}_0_up" in made_indexes()
    run(ask_for_conversion(actor=cast.administrator, field=row.pk, kind="integer").pk)
    run(Job.objects.latest("pk").pk)  # its index, made anew
    row.refresh_from_db()
    assert f"crm_field_{row.pk}_{row.generation}_up" in made_indexes()
    indexing.drop_unwanted()
    assert f"crm_field_{row.pk}_0_up" not in made_indexes()


@pytest.mark.django_db(transaction=True)
def test_an_index_that_a_dead_worker_left_half_made_is_made_anew(lasting_cast):
    row = made(lasting_cast)
    for _n in range(2):
        add(lasting_cast.owner, city="Wuxi", **{row.name: "May"})
    half = f"crm_field_{row.pk}_0_up"
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {half} ON sales_customer (city)")
    assert not made_indexes()[half].is_valid
    job = indexing.make_fast(actor=lasting_cast.administrator, field=row.pk)
    run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.detail
    assert made_indexes()[half].is_valid
    fields.remove_field(actor=lasting_cast.administrator, row=row)
    indexing.drop_unwanted()
    assert half not in made_indexes()
