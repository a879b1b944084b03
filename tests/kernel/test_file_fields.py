"""Fields of files: uploaded first, bound by a write, served under record and field."""

from datetime import timedelta

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from accounts.models import RoleField
from accounts.services import fields
from crm.access.grants import State
from crm.access.policy import access_to
from crm.customfields.files import FieldFile
from crm.customfields.models import FieldDefinition
from crm.documents.field_files import clear_field_files, open_field_file
from crm.exchange.services import check_choices
from crm.exchange.targets import targets_for
from crm.modules.stamp import raise_definitions_version, raise_rights_version
from crm.records.act import Act
from crm.records.changes import entries_of
from crm.records.conversion import reason_against
from crm.records.definitions import KINDS
from crm.records.edits import Edit, edit_many, take_back, ways
from crm.records.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from crm.records.lifecycle import delete_records, purge_records, restore_record
from crm.records.merging import merge_records
from crm.records.services import update_record
from crm.records.unmerging import undo_merge
from crm.views.history import said
from crm.views.import_pages import column_lines
from tests.kernel.api_calls import Api
from tests.kernel.exchange_calls import exported, file_of, imported, table
from tests.kernel.file_fields import file_field, given, sent
from tests.kernel.helpers import add, change, found, refused, stored
from tests.kernel.pages import browser


@pytest.fixture(autouse=True)
def storage(own_files):
    """What lies in the storage of this test."""
    folder = own_files / "fields"
    return lambda: sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def field(cast):
    return file_field(cast.administrator)


def state_of(pk):
    row = FieldFile.objects.get(pk=pk)
    return row.record_id, row.dropped_at is not None


def test_upload_write_read_drop_and_back(cast, field, storage, django_capture_on_commit_callbacks):
    one, two = sent(cast.owner, field), sent(cast.owner, field, "shop.jpg", b"a picture")
    firm = add(cast.owner, **{field: [one, two]})
    access = access_to(cast.owner, "customers")
    assert [(file.pk, file.name, file.size) for file in access.get(firm)[field]] == [
        (one, "licence.pdf", 8), (two, "shop.jpg", 9),
    ]  # fmt: skip
    assert open_field_file(cast.owner, one)[1].read() == b"%PDF one"
    other = add(cast.owner)
    assert found(access, {"field": field, "op": "not_empty"}) == [firm]
    assert other in found(access, {"field": field, "op": "empty"})

    change(cast.owner, firm, **{field: [two]})
    assert (state_of(one), state_of(two)) == ((firm, True), (firm, False))
    refused(NotVisible, open_field_file, cast.owner, one)
    last = entries_of(access, firm)[0].changes[0]
    shown = [said(access, last.field, value) for value in (last.before, last.after)]
    assert "licence.pdf" in shown[0]
    assert shown[1] == "shop.jpg"

    change(cast.owner, firm, **{field: [one, two]})  # as an undo does
    assert state_of(one) == (firm, False)
    change(cast.owner, firm, **{field: None})
    assert field not in stored("customers", firm).custom
    FieldFile.objects.update(dropped_at=timezone.now() - timedelta(days=91))
    with django_capture_on_commit_callbacks(execute=True):
        assert clear_field_files() == 2
    assert storage() == []
    assert "cleared file" in said(access, last.field, last.before)


def test_what_may_be_uploaded(cast, field):
    assert "ending" in str(refused(Invalid, sent, cast.owner, field, "run.exe").fields[field][0])
    refused(Invalid, sent, cast.owner, field, data=b"")
    three = [sent(cast.owner, field, data=b"%d" % n) for n in range(3)]
    assert field in refused(Invalid, add, cast.owner, **{field: three}).fields
    refused(NotVisible, sent, cast.owner, "city")
    cast.state("owner", "customers", field, "read")
    refused(NotAllowed, sent, cast.owner, field)


def test_security_81_quota_and_scanner_are_asked_and_nothing_is_left(
    cast, field, settings, storage, tmp_path
):
    settings.FILES_PER_PERSON = 1
    sent(cast.owner, field)
    problem = refused(Invalid, sent, cast.owner, field, data=b"two")
    assert "You have added 1 of 1 files" in str(problem.fields[field][0])
    settings.FILES_PER_PERSON = 9
    found_it = tmp_path / "scanner"
    found_it.write_text("#!/bin/sh\nexit 1\n")
    found_it.chmod(0o755)
    settings.VIRUS_SCANNER = str(found_it)
    problem = refused(Invalid, sent, cast.owner, field, data=b"three")
    assert "the virus scanner found" in str(problem.fields[field][0])
    assert (len(storage()), FieldFile.objects.count()) == (1, 1)


def test_security_70_active_content_is_a_download(cast, client, field):
    FieldDefinition.objects.filter(kind="file").update(endings=[])
    raise_definitions_version()
    page = b"<script>alert(1)</script>"
    pk = sent(cast.owner, field, "../a\u202egnp.HtMl", page)
    add(cast.owner, **{field: [pk]})
    client.force_login(cast.owner)
    answer = client.get(f"/files/fields/{pk}/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="agnp.HtMl"'
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_security_21_a_foreign_file_is_no_file(cast, field):
    """One of another person, of another record, never uploaded: the same words for each."""
    mine, theirs = sent(cast.owner, field), sent(cast.teammate, field)
    firm = add(cast.owner, **{field: [mine]})
    other = add(cast.owner)
    said_to = [
        refused(Invalid, change, cast.owner, other, **{field: [pk]}).fields
        for pk in (theirs, mine, 10**9)
    ]
    assert said_to == [{field: ["There is no such file."]}] * 3
    refused(Invalid, add, cast.owner, **{field: [mine]})
    refused(Invalid, add, cast.owner, **{field: ["x"]})
    stale = refused(
        StaleRecord, update_record, actor=cast.owner, module="customers", pk=firm, version=9,
        values={field: [theirs]},
    )  # fmt: skip
    assert stale.conflicts == []
    assert state_of(mine) == (firm, False)
    assert state_of(theirs) == (None, False)


def refused_alike(client, url):
    """Whether the file, a part of it and its preview are answered like one that never was."""
    nothing = client.get("/files/fields/999999999/")
    answers = [client.get(f"{url}{more}") for more in ("", "preview/", "preview/1/")]
    answers.append(client.get(url, headers={"range": "bytes=0-3"}))
    return all((one.status_code, one.content) == (404, nothing.content) for one in answers)


def test_security_80_served_by_the_field_and_the_record(cast, client, field):
    pk = sent(cast.owner, field)
    firm = add(cast.owner, **{field: [pk]})
    url = f"/files/fields/{pk}/"
    client.force_login(cast.owner)
    answer = client.get(url)
    assert b"".join(answer.streaming_content) == b"%PDF one"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    part = client.get(url, headers={"range": "bytes=0-3"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"%PDF")
    assert client.get(f"{url}preview/").status_code == 200

    client.force_login(cast.stranger)
    assert refused_alike(client, url)
    client.force_login(cast.owner)
    mine = RoleField.objects.filter(role=cast.roles["owner"], module="customers", field=field)
    for state in (State.MASKED, State.HIDDEN):  # one that was masked once counts as hidden
        mine.update(state=state)
        raise_rights_version()
        assert refused_alike(client, url)
        page = client.get(f"/customers/{firm}/").content
        assert b"licence.pdf" not in page
        assert access_to(cast.owner, "customers").state(field) is State.HIDDEN
    cast.state("owner", "customers", field, "edit")
    delete_records(actor=cast.owner, module="customers", pks=[firm])
    assert refused_alike(client, url)
    restore_record(actor=cast.owner, module="customers", pk=firm)
    assert client.get(url).status_code == 200


def test_by_form_with_and_without_what_else_is_wrong(cast, client, field):
    client.force_login(cast.owner)
    form = {f"{field}__shown": "1", f"{field}__new": given(), "name": "", "key": "k1"}
    refusal = client.post("/customers/new/", form)
    assert refusal.status_code == 400
    pk = FieldFile.objects.get().pk
    assert f'value="{pk}" checked' in refusal.content.decode()
    hidden = sent(cast.stranger, field, "secret.pdf")
    add(cast.stranger, **{field: [hidden]})
    again = {"name": "", f"{field}__shown": "1", field: str(hidden), "key": "k3"}
    assert b"secret" not in client.post("/customers/new/", again).content
    FieldFile.objects.filter(pk=hidden).delete()
    sent_again = {"name": "Alpha Pumps", f"{field}__shown": "1", field: str(pk), "key": "k2"}
    assert client.post("/customers/new/", sent_again).status_code == 302
    firm = FieldFile.objects.get().record_id
    url = f"/customers/{firm}/fields/{field}/edit/"
    parts = {"version": "1", f"{field}__shown": "1", field: str(pk)}
    answer = client.post(
        url, {**parts, f"{field}__new": given("run.exe")}, headers={"hx-request": "true"}
    )
    assert (answer.status_code, b"ending" in answer.content) == (400, True)
    answer = client.post(
        url, {**parts, f"{field}__new": given("shop.jpg")}, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert b"shop.jpg" in answer.content
    assert f'href="/files/fields/{pk}/"' in client.get(f"/customers/{firm}/").content.decode()
    listed = client.get(f"/customers/?columns=name,{field}").content.decode()
    assert "licence.pdf" in listed
    answer = client.post(url, {"version": "2", f"{field}__shown": "1"})
    assert answer.status_code == 302
    assert field not in stored("customers", firm).custom


def test_by_the_api(cast, field):
    api = Api(cast.owner)
    body = encode_multipart(BOUNDARY, {"file": given()})
    made = told(upload_by_api(api, field, body), 201)
    assert (made["name"], made["size"]) == ("licence.pdf", 8)
    firm = add(cast.owner)
    record = f"/api/v1/customers/{firm}/"
    told(api.patch(record, {"version": 1, field: [made["id"]]}), 200)
    assert told(api.get(record), 200)[field] == [made]
    answer = api.get(made["url"])
    assert b"".join(answer.streaming_content) == b"%PDF one"
    assert Api(cast.owner, modules=["contacts"]).get(made["url"]).status_code == 403
    assert Api(cast.stranger).get(made["url"]).status_code == 404
    history = told(api.get(f"{record}history/"), 200)["results"]
    assert history[0]["changes"][0]["after"] == [{"id": made["id"], "name": "licence.pdf"}]
    told(api.patch(record, {"version": 2, field: [10**9]}), 400)
    told(api.patch(record, {"version": 2, field: "x"}), 400)
    schema = Api(cast.owner).get("/api/schema/").content.decode()
    assert '"x-kind": "file"' in schema or '"x-kind":"file"' in schema


def told(answer, status):
    assert answer.status_code == status, answer.content[:400]
    return answer.json()


def upload_by_api(api, field, body):
    path = f"/api/v1/customers/field-files/{field}/"
    return api.call("POST", path, body, content_type=MULTIPART_CONTENT)


def test_a_merge_carries_files_and_its_undo_gives_them_back(cast, field):
    old, new = sent(cast.owner, field, data=b"old"), sent(cast.owner, field, data=b"new")
    kept, lost = add(cast.owner, **{field: [old]}), add(cast.owner, **{field: [new]})
    empty = add(cast.owner)
    merge = merge_records(
        actor=cast.owner, module="customers", survivor=kept, losers=[lost], choices={field: lost}
    )
    assert (state_of(old), state_of(new)) == ((kept, True), (kept, False))
    undo_merge(actor=cast.owner, pk=merge.pk)
    assert (state_of(old), state_of(new)) == ((kept, False), (lost, False))
    second = merge_records(actor=cast.owner, module="customers", survivor=empty, losers=[lost])
    assert [file.pk for file in access_to(cast.owner, "customers").get(empty)[field]] == [new]
    undo_merge(actor=cast.owner, pk=second.pk)
    assert state_of(new) == (lost, False)


def test_what_is_cleared_and_what_is_not(cast, field, storage):
    held = sent(cast.owner, field, data=b"held")
    loose = sent(cast.owner, field, data=b"loose")
    firm = add(cast.owner, **{field: [held]})
    assert clear_field_files() == 0
    FieldFile.objects.update(added_at=timezone.now() - timedelta(days=2))
    assert clear_field_files() == 1
    assert not FieldFile.objects.filter(pk=loose).exists()
    delete_records(actor=cast.owner, module="customers", pks=[firm])
    past = timezone.now() - timedelta(days=91)
    access_to(cast.owner, "customers").module.rows.filter(pk=firm).update(deleted_at=past)
    purge_records(actor=cast.administrator, module="customers", pks=[firm])
    assert not FieldFile.objects.exists()


def test_a_field_in_the_bin_keeps_its_files_until_it_is_purged(cast, field, client):
    pk = sent(cast.owner, field)
    firm = add(cast.owner, **{field: [pk]})
    row = FieldDefinition.objects.get(kind="file")
    fields.remove_field(actor=cast.administrator, row=row)
    client.force_login(cast.owner)
    assert client.get(f"/files/fields/{pk}/").status_code == 404
    change(cast.owner, firm, city="Wuxi")
    fields.restore_field(actor=cast.administrator, module="customers", pk=row.pk)
    assert client.get(f"/files/fields/{pk}/").status_code == 200
    fields.remove_field(actor=cast.administrator, row=row)
    FieldDefinition.everything.filter(pk=row.pk).update(
        deleted_at=timezone.now() - timedelta(days=31)
    )
    fields.purge_fields()
    FieldFile.objects.update(added_at=timezone.now() - timedelta(days=2))
    assert clear_field_files() == 1


def test_what_a_field_of_files_is_not(cast, field, client):
    access = access_to(cast.owner, "customers")
    one = access.module.fields[field]
    assert field not in targets_for(access)
    problem = refused(Invalid, check_choices, access, "skip", "", {"Papers": field})
    assert "holds files" in problem.fields["mapping"][0]
    job = imported(cast.owner, table("Name|business Licence", "A|b.pdf"), phase="check")
    assert [line["note"] != "" for line in column_lines(access, job)] == [False, True]
    refused(Invalid, cast.state, "owner", "customers", field, "masked")
    page = browser(cast.administrator).get("/setup/roles/owner/").content.decode()
    assert f'name="state-customers-{field}" value="read"' in page
    assert f'name="state-customers-{field}" value="masked"' not in page
    cast.state("owner", "customers", field, "hidden")
    problem = refused(
        Invalid, check_choices, access_to(cast.owner, "customers"), "skip", "", {"Papers": field}
    )
    assert "no field" in problem.fields["mapping"][0]
    cast.state("owner", "customers", field, "edit")
    assert not one.is_sortable
    assert ways(one) == ("clear",)
    assert all(reason_against("file", kind) for kind in KINDS)
    assert all(reason_against(kind, "file") for kind in KINDS)
    client.force_login(cast.administrator)
    new = "/setup/fields/customers/new/?kind=file"
    assert b"Allowed endings" in client.get(new).content
    wrong = {"label_en": "Papers", "most_files": "11", "endings": "p df!", "audience": "everybody"}
    answer = client.post(new, wrong).content.decode()
    assert "A number of files from 1 to 10." in answer
    assert "Write endings such as" in answer
    assert client.post(new, {**wrong, "most_files": "3", "endings": "PDF"}).status_code == 302
    made = FieldDefinition.objects.latest("pk")
    assert (made.most_files, made.endings) == (3, ["pdf"])


def test_many_are_only_emptied_and_an_export_writes_names(cast, client, field):
    one, two = sent(cast.owner, field), sent(cast.owner, field, "shop.jpg")
    firm = add(cast.owner, **{field: [one, two]})
    job = exported(cast.owner, columns=f"name,{field}")
    assert "licence.pdf;shop.jpg" in file_of(job).decode("utf-8-sig").replace("; ", ";")
    act = Act(cast.owner, "bulk")
    wrong = [Edit(field, "set", [one])]
    whom = {"actor": cast.owner, "module": "customers"}
    refused(Invalid, edit_many, **whom, pks=[firm], edits=wrong, act=act)
    outcomes, after = edit_many(**whom, pks=[firm], edits=[Edit(field, "clear")], act=act)
    assert (state_of(one), state_of(two)) == ((firm, True), (firm, True))
    rows = {firm: (outcomes[0].before, after[firm])}
    assert take_back(**whom, rows=rows, act=Act(cast.owner, "undo")) == set()
    assert (state_of(one), state_of(two)) == ((firm, False), (firm, False))
    client.force_login(cast.owner)
    page = client.post("/customers/bulk/edit/", {"pk": str(firm), "field": field}).content.decode()
    assert f'name="how-{field}"' in page
    assert 'type="file"' not in page
