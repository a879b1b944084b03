"""Documents on records: rights on every address, versions, quota, the bin, two at once."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from crm.customfields.models import ModuleDefinition
from crm.documents.filing import (
    delete_document,
    describe_document,
    open_document,
    restore_document,
    upload_document,
    upload_version,
    use_version,
)
from crm.documents.forgetting import clear_deleted
from crm.documents.models import Document, DocumentVersion
from crm.records.beside import AuditEntry
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.lifecycle import delete_records, purge_records, restore_record
from tests.kernel.api_calls import Api, told
from tests.kernel.helpers import add, at_once, refused
from tests.people import everywhere, fill_role, share


@pytest.fixture(autouse=True)
def storage(own_files):
    """What lies in the storage of this test."""
    folder = own_files / "documents"
    return lambda: sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def firm(cast):
    return add(cast.owner)


def given(name="offer.txt", data=b"forty pumps"):
    return SimpleUploadedFile(name, data)


def upload(actor, pk, name="offer.txt", data=b"forty pumps", module="customers"):
    return upload_document(actor=actor, module=module, pk=pk, file=given(name, data))


def words(problem):
    return str(next(iter(problem.fields.values()))[0])


def test_the_same_name_again_is_the_next_version_the_same_bytes_are_not(cast, firm, storage):
    first = upload(cast.owner, firm)
    assert upload(cast.owner, firm).is_new is False
    second = upload(cast.owner, firm, data=b"fifty pumps")
    assert (second.document, second.version, len(storage())) == (first.document, 2, 2)
    assert open_document(cast.owner, first.document)[2].read() == b"fifty pumps"
    assert open_document(cast.owner, first.document, 1)[2].read() == b"forty pumps"
    use_version(actor=cast.owner, pk=first.document, number=1)
    assert open_document(cast.owner, first.document)[2].read() == b"forty pumps"
    third = upload_version(actor=cast.owner, pk=first.document, file=given("renamed", b"60"))
    assert third.version == 3
    assert Document.objects.get().name == "offer.txt"
    refused(NotVisible, use_version, actor=cast.owner, pk=first.document, number=4)
    told = AuditEntry.objects.filter(action__startswith="document.").order_by("pk")
    assert [one.action for one in told] == [
        "document.add", "document.add", "document.version", "document.add",
    ]  # fmt: skip


def test_two_uploads_of_one_name_at_once_are_two_versions(lasting_cast, storage):
    pk = add(lasting_cast.owner)
    people = [lasting_cast.owner, lasting_cast.manager, lasting_cast.director]
    answers = at_once(
        [lambda who=who: upload(who, pk, data=who.username.encode()) for who in people]
    )
    assert sorted(one.version for one in answers) == [1, 2, 3], answers
    assert Document.objects.get().current == 3
    assert len(storage()) == DocumentVersion.objects.count() == 3


def addresses(module, pk, document):
    """(address, how it is asked, what is sent) of everything that leads to the document."""
    yield f"/{module}/{pk}/?tab=documents", "get", {}
    yield f"/{module}/{pk}/documents/", "post", {"files": given()}
    yield reverse("document", args=[document]), "get", {}
    yield f"{reverse('document', args=[document])}?version=1", "get", {}
    yield reverse("document-versions", args=[document]), "get", {}
    yield reverse("document-versions", args=[document]), "post", {"files": given()}
    for name in ("edit", "current", "delete"):
        sent = {"name": "mine.txt", "description": "", "version": "1"}
        yield reverse(f"document-{name}", args=[document]), "post", sent


def test_security_21_documents_of_a_record_out_of_reach_are_as_if_they_were_not(
    cast, client, firm, storage
):
    document = upload(cast.owner, firm).document
    client.force_login(cast.stranger)
    nothing = client.get("/documents/999999999/").content
    for url, how, sent in addresses("customers", firm, document):
        answer = getattr(client, how)(url, sent)
        assert answer.status_code == 404, url
        assert b"offer" not in answer.content
    assert client.get(f"/documents/{document}/").content == nothing
    assert client.post(f"/documents/{document}/restore/").status_code == 404
    assert client.get("/documents/1/?version=99999999999999999999").status_code == 404
    assert (Document.objects.get().name, len(storage())) == ("offer.txt", 1)


def test_who_only_reads_downloads_and_changes_nothing(cast, client, firm, storage):
    document = upload(cast.owner, firm).document
    share("customers", firm, cast.stranger)
    client.force_login(cast.stranger)
    for url, how, sent in addresses("customers", firm, document):
        answer = getattr(client, how)(url, sent)
        assert answer.status_code == (200 if how == "get" else 403), url
    shown = client.get(f"/customers/{firm}/?tab=documents").content.decode()
    assert "offer.txt" in shown
    assert "data-uploads" not in shown
    delete_document(actor=cast.owner, pk=document)
    shown = client.get(f"/customers/{firm}/?tab=documents").content.decode()
    assert "offer.txt" not in shown
    assert client.get(f"/documents/{document}/").status_code == 404
    refused(NotAllowed, restore_document, actor=cast.stranger, pk=document)


def test_security_80_a_download_asks_again_however_it_is_asked(cast, client, firm):
    document = upload(cast.owner, firm).document
    client.force_login(cast.owner)
    url = f"/documents/{document}/"
    answer = client.get(url)
    assert b"".join(answer.streaming_content) == b"forty pumps"
    cast.right("owner", "customers", view="none")
    asked = ({}, {"range": "bytes=0-3"}, {"if-none-match": "*"})
    assert [client.get(url, headers=one).status_code for one in asked] == [404] * 3
    assert client.head(url).status_code == 404


RANGES = [
    ({"range": "bytes=0-4"}, 206, b"forty", "bytes 0-4/11"),
    ({"range": "bytes=6-"}, 206, b"pumps", "bytes 6-10/11"),
    ({"range": "bytes=-3"}, 206, b"mps", "bytes 8-10/11"),
    ({"range": "bytes=6-999"}, 206, b"pumps", "bytes 6-10/11"),
    ({"range": "bytes=0-4", "if-range": "ETAG"}, 206, b"forty", "bytes 0-4/11"),
    ({"range": "bytes=0-4", "if-range": '"older"'}, 200, b"forty pumps", None),
    ({"range": "bytes=0-1,3-4"}, 200, b"forty pumps", None),
    ({"range": "lines=0-4"}, 200, b"forty pumps", None),
    ({"range": "bytes=4-2"}, 200, b"forty pumps", None),
    ({"range": "bytes=11-"}, 416, b"", "bytes */11"),
    ({"range": "bytes=-0"}, 416, b"", "bytes */11"),
    ({"if-none-match": "ETAG"}, 304, b"", None),
    ({"if-none-match": '"older", W/ETAG'}, 304, b"", None),
    ({"if-none-match": '"older"'}, 200, b"forty pumps", None),
]


def test_a_download_goes_on_where_it_broke_off(cast, client, firm):
    url = f"/documents/{upload(cast.owner, firm).document}/"
    client.force_login(cast.owner)
    whole = client.get(url)
    assert (whole["Accept-Ranges"], whole["Content-Length"]) == ("bytes", "11")
    for asked, status, data, where in RANGES:
        headers = {name: text.replace("ETAG", whole["ETag"]) for name, text in asked.items()}
        answer = client.get(url, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert (answer.status_code, body, answer.get("Content-Range")) == (status, data, where)
        assert answer.get("Content-Length", "0") == str(len(data)), asked
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
    headed = client.head(url, headers={"range": "bytes=0-4"})
    assert (headed.status_code, headed["Content-Length"]) == (200, "11")


def test_security_81_two_people_at_once_do_not_share_the_companys_last_room(
    lasting_cast, settings, storage
):
    settings.FILE_MEGABYTES_IN_ALL = 1
    cast = lasting_cast
    people = [cast.owner, cast.manager, cast.director]
    firms = [add(who) for who in people]
    half = b"b" * 600_000
    answers = at_once(
        [lambda w=w, pk=pk: upload(w, pk, data=half) for w, pk in zip(people, firms, strict=True)]
    )
    assert sum(isinstance(one, Invalid) for one in answers) == 2, answers
    assert len(storage()) == DocumentVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "kept"),
    [("报价单（终版）.html", "报价单（终版）.html"), ("..\\..\\a\u202egnp.exe", "agnp.exe")],
)
def test_security_70_a_document_is_a_download_that_no_browser_runs(cast, client, firm, name, kept):
    document = upload(cast.owner, firm, name, b"<script>alert(1)</script>").document
    client.force_login(cast.owner)
    answer = client.get(f"/documents/{document}/")
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert Document.objects.get().name == kept


def test_security_81_documents_count_in_the_quotas_of_the_person_and_the_company(
    cast, firm, settings, storage
):
    settings.FILES_PER_PERSON = 2
    upload(cast.owner, firm)
    upload(cast.owner, firm, data=b"2")
    problem = refused(Invalid, upload, cast.owner, firm, "b.txt")
    assert words(problem).startswith("You have added 2 of 2 files")
    settings.FILE_MEGABYTES_IN_ALL = 1
    problem = refused(Invalid, upload, cast.manager, firm, "b.txt", b"b" * 1024 * 1024)
    assert words(problem).startswith("The company's files take 0 of 1 MB")
    assert len(storage()) == 2


def test_security_81_refusals_are_said_for_each_file_and_leave_nothing(
    cast, client, firm, settings, storage
):
    client.force_login(cast.owner)
    settings.VIRUS_SCANNER = "tests.kernel.test_files.find_eicar"
    url, script = f"/customers/{firm}/documents/", {"X-Requested-With": "fetch"}
    for file, said in (
        (given("a.txt", b""), "“a.txt” is empty."),
        (given("b.txt", b"EICAR"), "“b.txt” was refused: the virus scanner found something in it."),
    ):
        answer = client.post(url, {"files": file}, headers=script)
        assert (answer.status_code, answer.content.decode()) == (422, said)
    assert client.post(url, {"files": given()}, headers=script).status_code == 204
    both = {"files": [given("c.txt", b"EICAR"), given("d.txt")]}
    page = client.post(url, both, follow=True).content.decode()
    assert "“c.txt” was refused" in page
    assert (len(storage()), sorted(Document.objects.values_list("name", flat=True))) == (
        2, ["d.txt", "offer.txt"],
    )  # fmt: skip


def test_a_name_is_changed_and_stays_the_only_one(cast, firm):
    first = upload(cast.owner, firm).document
    other = upload(cast.owner, firm, "other.txt").document
    describe_document(actor=cast.owner, pk=first, name="price list", description="of May")
    assert Document.objects.get(pk=first).name == "price list.txt"
    change = {"actor": cast.owner, "pk": other, "description": ""}
    assert "is called" in words(refused(Invalid, describe_document, name="price list", **change))
    refused(Invalid, describe_document, name=" ", **change)
    delete_document(actor=cast.owner, pk=first)
    describe_document(name="price list", **change)
    assert "is called" in words(refused(Invalid, restore_document, actor=cast.owner, pk=first))
    describe_document(**{**change, "name": "third.txt"})
    restore_document(actor=cast.owner, pk=first)
    assert Document.objects.filter(deleted_at=None).count() == 2


def test_documents_go_with_their_record_and_with_their_time(
    cast, client, firm, settings, storage, django_capture_on_commit_callbacks
):
    document = upload(cast.owner, firm).document
    other = upload(cast.owner, firm, "other.txt").document
    delete_records(actor=cast.administrator, module="customers", pks=[firm])
    refused(NotVisible, open_document, cast.owner, document)
    restore_record(actor=cast.administrator, module="customers", pk=firm)
    delete_document(actor=cast.owner, pk=other)
    assert clear_deleted() == 0
    settings.BIN_DAYS = 0
    with django_capture_on_commit_callbacks(execute=True):
        assert clear_deleted() == 1
    assert len(storage()) == 1
    delete_records(actor=cast.administrator, module="customers", pks=[firm])
    with django_capture_on_commit_callbacks(execute=True):
        purge_records(actor=cast.administrator, module="customers", pks=[firm])
    assert (storage(), Document.objects.count()) == ([], 0)


def test_modules_that_people_make_have_documents_follow_ups_have_their_files(cast, client, firm):
    ModuleDefinition.objects.create(name="rental-cars", number_prefix="X")
    fill_role(cast.roles["owner"], "rental-cars", everywhere("own"))
    car = add(cast.owner, "rental-cars", name="van")
    document = upload(cast.owner, car, module="rental-cars").document
    client.force_login(cast.owner)
    assert "offer.txt" in client.get(f"/rental-cars/{car}/?tab=documents").content.decode()
    client.force_login(cast.stranger)
    assert client.get(f"/documents/{document}/").status_code == 404
    note = add(cast.owner, "follow-ups", subject=f"customers/{firm}", text="x")
    refused(NotVisible, upload, cast.owner, note, module="follow-ups")


def test_programs_upload_list_and_download_under_the_same_rights(cast, firm):
    owner, stranger = Api(cast.owner), Api(cast.stranger)
    url = f"customers/{firm}/documents/"
    made = {
        "method": "POST", "path": url, "content_type": MULTIPART_CONTENT,
        "data": encode_multipart(BOUNDARY, {"file": given()}),
    }  # fmt: skip
    pk = owner.call(**made).json()["id"]
    assert owner.call(**made).json() == {"id": pk, "version": 1, "is_new": False}
    assert [one["name"] for one in owner.get(url).json()["results"]] == ["offer.txt"]
    (version,) = owner.get(f"documents/{pk}/versions/").json()["versions"]
    assert (version["version"], version["size"], len(version["sha256"])) == (1, 11, 64)
    answer = owner.get(f"documents/{pk}/file/?version=1")
    assert b"".join(answer.streaming_content) == b"forty pumps"
    told(owner.get(f"documents/{pk}/file/?version=2"), 404)
    told(Api(cast.owner, scope="read").call(**made), 403)
    told(Api(cast.owner, modules=["contacts"]).get(f"documents/{pk}/file/"), 403)
    told(stranger.call(**made), 404)
    for way in (url, f"documents/{pk}/versions/", f"documents/{pk}/file/"):
        told(stranger.get(way), 404)
