"""The library: who sees which folder, the tree under many hands, zips, the bin, what is told."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Department
from crm.documents.filing import delete_document, restore_document, upload_document
from crm.documents.folder_rights import rights_of, set_rights
from crm.documents.folders import (
    create_folder,
    delete_folder,
    move_document,
    move_folder,
    rename_folder,
    restore_folder,
)
from crm.documents.forgetting import clear_deleted
from crm.documents.library import ADD, DEEPEST, LIBRARY, MANAGE, READ, Library
from crm.documents.models import Document, Folder
from crm.documents.shelves import find_in_library, pack, zip_of
from crm.records.beside import AuditEntry
from crm.records.errors import Invalid, NotAllowed, NotVisible
from tests.kernel.helpers import at_once, refused


@pytest.fixture(autouse=True)
def storage(own_files):
    """What lies in the storage of this test."""
    folder = own_files / "documents"
    return lambda: sorted(folder.iterdir()) if folder.exists() else []


def person(who):
    return f"person-{who.pk}"


def folder(cast, name, parent=None, rights=None):
    pk = create_folder(actor=cast.administrator, parent=parent, name=name)
    if rights is not None:
        set_rights(actor=cast.administrator, pk=pk, rights=rights)
    return pk


def put(actor, pk, name="a.txt", data=b"forty pumps"):
    file = SimpleUploadedFile(name, data)
    return upload_document(actor=actor, module=LIBRARY, pk=pk, file=file).document


def names(user):
    return [node.name for node in Library(user).visible]


@pytest.fixture
def tree(cast):
    """open (all read, owner adds, manager manages) / inner, secret (outsider only) / deep."""
    rights = {"everyone": READ, person(cast.owner): ADD, person(cast.manager): MANAGE}
    top = folder(cast, "open", rights=rights)
    inner = folder(cast, "inner", top)
    secret = folder(cast, "secret", top, {person(cast.outsider): READ})
    deep = folder(cast, "deep", secret, {"everyone": READ})
    return {"open": top, "inner": inner, "secret": secret, "deep": deep}


def test_rights_come_from_the_nearest_folder_above_that_has_its_own(cast, tree):
    assert names(cast.stranger) == ["deep", "inner", "open"]
    assert names(cast.outsider) == ["deep", "inner", "open", "secret"]
    library = Library(cast.stranger)
    assert [one.name for one in library.seen(tree["deep"]).trail] == ["open", "deep"]
    levels = {
        who: Library(getattr(cast, who)).nodes[tree["inner"]].level
        for who in ("stranger", "owner", "manager", "administrator")
    }
    assert levels == {"stranger": READ, "owner": ADD, "manager": MANAGE, "administrator": MANAGE}
    set_rights(actor=cast.manager, pk=tree["inner"], rights={person(cast.manager): MANAGE})
    assert "inner" not in names(cast.stranger)
    set_rights(actor=cast.manager, pk=tree["inner"], rights=None)
    assert "inner" in names(cast.stranger)


def test_every_kind_of_holder_reaches_his_people_from_the_next_click_on(cast, client):
    east = Department.objects.get(name="east")
    role = cast.roles["outsider"]
    for holder, inside, outside in (
        (f"department-{east.pk}", cast.stranger, cast.outsider),
        (f"team-{cast.team.pk}", cast.teammate, cast.stranger),
        (f"role-{role.pk}", cast.outsider, cast.owner),
        (person(cast.stranger), cast.stranger, cast.teammate),
    ):
        pk = folder(cast, f"for {holder}", rights={holder: READ})
        url = f"/library/{pk}/"
        client.force_login(outside)
        assert client.get(url).status_code == 404
        client.force_login(inside)
        assert client.get(url).status_code == 200
        assert [one.holder for one in rights_of(pk)] == [holder]
        set_rights(actor=cast.administrator, pk=pk, rights={})
        assert client.get(url).status_code == 404, holder


def addresses(pk, document):
    """(address, how, what is sent) of everything that leads to a folder and what lies in it."""
    base = f"/library/{pk}/"
    for way in ("", "zip/", "new/", "edit/", "move/", "rights/"):
        yield f"{base}{way}", "get", {}
    for way, sent in (
        ("new/", {"name": "x"}), ("edit/", {"name": "x"}), ("move/", {"to": "top"}),
        ("rights/", {"source": "above"}), ("delete/", {}), ("restore/", {}),
        ("documents/", {"files": SimpleUploadedFile("x.txt", b"x")}),
    ):  # fmt: skip
        yield f"{base}{way}", "post", sent
    for way in ("", "versions/", "preview/1/", "move/"):
        yield f"/documents/{document}/{way}", "get", {}
    for way in ("move/", "edit/", "current/", "delete/", "restore/", "versions/"):
        yield f"/documents/{document}/{way}", "post", {"to": "1", "version": "1", "name": "x"}


def test_security_21_a_folder_out_of_reach_is_as_if_it_were_not(cast, client, tree, storage):
    document = put(cast.administrator, tree["secret"], "price.txt")
    client.force_login(cast.stranger)
    for url, how, sent in addresses(tree["secret"], document):
        answer = getattr(client, how)(url, sent)
        nothing = getattr(client, how)(
            url.replace(str(tree["secret"]), "99999").replace(
                f"documents/{document}", "documents/99999"
            ),
            sent,
        )
        assert (answer.status_code, nothing.status_code) == (404, 404), url
        assert answer.content == nothing.content, url
    headers = ({}, {"range": "bytes=0-3"}, {"if-none-match": "*"})
    asked = [client.get(f"/documents/{document}/", headers=one).status_code for one in headers]
    assert asked == [404] * 3
    assert client.head(f"/documents/{document}/").status_code == 404
    for url in (
        "/library/",
        f"/library/{tree['open']}/",
        f"/library/{tree['deep']}/",
        "/library/bin/",
        "/library/?q=secret",
        "/library/?q=price",
        "/palette/?q=secret",
        "/search/?q=price",
    ):
        page = client.get(url)
        assert page.status_code == 200
        shown = page.content.decode().replace("?q=secret", "").replace("“secret”", "")
        shown = (
            shown.replace('value="secret"', "").replace('value="price"', "").replace("“price”", "")
        )
        assert ">secret<" not in shown, url
        assert "price.txt" not in shown, url
    with pytest.raises(NotVisible):
        move_folder(actor=cast.manager, pk=tree["inner"], target=tree["secret"])
    assert create_folder(actor=cast.owner, parent=tree["open"], name="secret")


def test_each_level_may_what_it_says_and_no_more(cast, client, tree):
    mine = put(cast.owner, tree["inner"], "mine.txt")
    theirs = put(cast.manager, tree["inner"], "theirs.txt")
    refused(NotAllowed, put, cast.stranger, tree["inner"])
    refused(NotAllowed, create_folder, actor=cast.stranger, parent=tree["inner"], name="x")
    refused(NotAllowed, rename_folder, actor=cast.owner, pk=tree["inner"], name="x")
    refused(NotAllowed, delete_document, actor=cast.owner, pk=theirs)
    refused(NotAllowed, delete_document, actor=cast.stranger, pk=mine)
    refused(NotAllowed, create_folder, actor=cast.manager, parent=None, name="x")
    refused(NotAllowed, set_rights, actor=cast.owner, pk=tree["inner"], rights=None)
    delete_document(actor=cast.owner, pk=mine)
    client.force_login(cast.stranger)
    assert b"mine.txt" not in client.get("/library/bin/").content
    client.force_login(cast.owner)
    page = client.get("/library/bin/").content
    assert b"mine.txt" in page
    restore_document(actor=cast.owner, pk=mine)
    delete_document(actor=cast.manager, pk=mine)
    rename_folder(actor=cast.manager, pk=tree["inner"], name="Inner")
    problem = refused(Invalid, set_rights, actor=cast.manager, pk=tree["inner"], rights={})
    assert "would not manage" in str(problem.fields["manage"][0])
    refused(Invalid, set_rights, actor=cast.manager, pk=tree["inner"], rights={"role-999999": 1})
    refused(Invalid, set_rights, actor=cast.administrator, pk=tree["open"], rights=None)
    answer = client.get(f"/library/{tree['inner']}/").content.decode()
    assert "theirs.txt" in answer
    assert "/edit/" not in answer


def test_folders_are_moved_without_cycles_or_more_floors_than_there_may_be(cast, tree):
    admin = cast.administrator
    refused(Invalid, move_folder, actor=admin, pk=tree["open"], target=tree["deep"])
    refused(Invalid, move_folder, actor=admin, pk=tree["open"], target=tree["open"])
    chain = folder(cast, "1")
    for floor in range(2, DEEPEST + 1):
        chain = folder(cast, str(floor), chain)
    refused(Invalid, create_folder, actor=admin, parent=chain, name="9")
    floor_six = Folder.objects.get(name="6").pk
    refused(Invalid, move_folder, actor=admin, pk=tree["open"], target=floor_six)
    move_folder(actor=admin, pk=tree["inner"], target=floor_six)
    assert "inner" not in names(cast.stranger)
    move_folder(actor=admin, pk=tree["inner"], target=tree["open"])
    move_folder(actor=admin, pk=tree["inner"], target=None)
    assert Library(cast.owner).seen(tree["inner"]).level == ADD
    folder(cast, "inner", tree["open"])
    refused(Invalid, move_folder, actor=admin, pk=tree["inner"], target=tree["open"])
    for bad in ("", " . ", "a/b", "x" * 200, "\u202e"):
        refused(Invalid, rename_folder, actor=admin, pk=tree["inner"], name=bad)


def test_two_moves_at_once_make_no_cycle(lasting_cast):
    cast = lasting_cast
    one, two = folder(cast, "one"), folder(cast, "two")
    answers = at_once(
        [
            lambda: move_folder(actor=cast.administrator, pk=one, target=two),
            lambda: move_folder(actor=cast.administrator, pk=two, target=one),
        ]
    )
    assert sum(isinstance(answer, Invalid) for answer in answers) == 1, answers
    assert Folder.objects.filter(parent=None).count() == 1


def test_a_folder_goes_to_the_bin_and_comes_back_as_one_act(
    cast, tree, settings, storage, django_capture_on_commit_callbacks
):
    put(cast.owner, tree["inner"], "a.txt")
    earlier = put(cast.owner, tree["inner"], "earlier.txt")
    delete_document(actor=cast.owner, pk=earlier)
    refused(NotAllowed, delete_folder, actor=cast.manager, pk=tree["open"])
    delete_folder(actor=cast.administrator, pk=tree["open"])
    assert names(cast.administrator) == []
    refused(NotVisible, put, cast.owner, tree["inner"])
    refused(NotVisible, restore_folder, actor=cast.manager, pk=tree["inner"])
    refused(NotVisible, restore_folder, actor=cast.owner, pk=tree["open"])
    restore_folder(actor=cast.manager, pk=tree["open"])
    assert len(names(cast.outsider)) == 4
    assert Document.objects.filter(deleted_at=None).count() == 1
    delete_folder(actor=cast.manager, pk=tree["inner"])
    delete_folder(actor=cast.administrator, pk=tree["open"])
    problem = refused(Invalid, restore_folder, actor=cast.manager, pk=tree["inner"])
    assert "deleted itself" in str(problem.message)
    settings.BIN_DAYS = 0
    with django_capture_on_commit_callbacks(execute=True):
        clear_deleted()
    assert (Folder.objects.count(), Document.objects.count(), storage()) == (0, 0, [])


def test_a_document_moves_where_its_mover_may_add(cast, tree, monkeypatch):
    mine = put(cast.owner, tree["inner"])
    refused(NotVisible, move_document, actor=cast.owner, pk=mine, target=tree["secret"])
    refused(NotAllowed, move_document, actor=cast.owner, pk=mine, target=tree["deep"])
    refused(NotAllowed, move_document, actor=cast.stranger, pk=mine, target=tree["open"])
    move_document(actor=cast.owner, pk=mine, target=tree["open"])
    assert Document.objects.get(pk=mine).record_id == tree["open"]
    put(cast.owner, tree["inner"])
    monkeypatch.setattr("crm.documents.filing.MOST_DOCUMENTS", 1)
    problem = refused(Invalid, move_document, actor=cast.owner, pk=mine, target=tree["inner"])
    assert "At most 1 documents" in str(problem.fields["to"][0])
    monkeypatch.undo()
    problem = refused(Invalid, move_document, actor=cast.owner, pk=mine, target=tree["inner"])
    assert "is called" in str(problem.fields["to"][0])


def test_a_zip_holds_what_the_person_sees_and_is_safe_to_unpack(cast, client, tree, monkeypatch):
    put(cast.owner, tree["inner"], "con.txt", b"1")
    put(cast.owner, tree["inner"], "报价：终版?.txt", b"2" * 300_000)
    put(cast.administrator, tree["secret"], "hidden.txt")
    put(cast.administrator, tree["deep"], "deep.txt", b"3")
    client.force_login(cast.stranger)
    answer = client.get(f"/library/{tree['open']}/zip/")
    assert answer["Content-Disposition"] == 'attachment; filename="open.zip"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        "open/deep/deep.txt", "open/inner/_con.txt", "open/inner/报价：终版_.txt",
    ]  # fmt: skip
    assert client.head(f"/library/{tree['open']}/zip/").status_code == 200
    library = Library(cast.outsider)
    assert len(pack(library, library.seen(tree["open"]))) == 4
    monkeypatch.setattr("crm.documents.shelves.MOST_IN_ZIP", 2)
    assert client.get(f"/library/{tree['open']}/zip/").status_code == 400
    assert b"".join(zip_of([]))[:2] == b"PK"


def test_names_are_found_by_two_signs_by_sound_and_within_reach(cast):
    pk = folder(cast, "价格表", rights={"everyone": READ})
    put(cast.administrator, pk, "隔膜泵报价.xlsx")

    def found(who, text):
        folders, documents = find_in_library(Library(who), text)
        return [one.name for one in folders] + [one.document.name for one in documents]

    for text in ("价格", "jiage", "jgb", "價格"):
        assert found(cast.stranger, text) == ["价格表"], text
    for text in ("膜泵", "gemobeng", "gmb", "泵 XLSX"):
        assert found(cast.stranger, text) == ["隔膜泵报价.xlsx"], text
    assert found(cast.stranger, "%") == found(cast.stranger, " ") == []
    set_rights(actor=cast.administrator, pk=pk, rights={})
    assert found(cast.stranger, "价格") == found(cast.stranger, "膜泵") == []


def test_every_act_is_in_the_audit(cast, client, tree):
    one = put(cast.manager, tree["inner"])
    move_document(actor=cast.manager, pk=one, target=tree["open"])
    rename_folder(actor=cast.manager, pk=tree["inner"], name="other")
    move_folder(actor=cast.administrator, pk=tree["deep"], target=tree["open"])
    delete_folder(actor=cast.manager, pk=tree["inner"])
    restore_folder(actor=cast.manager, pk=tree["inner"])
    told = set(AuditEntry.objects.filter(module=LIBRARY).values_list("action", flat=True))
    assert told == {
        "folder.create", "folder.rights", "folder.rename", "folder.move", "folder.delete",
        "folder.restore", "document.add", "document.move",
    }  # fmt: skip
    client.force_login(cast.administrator)
    page = client.get("/setup/audit/").content.decode()
    assert "Read: Everyone" in page
    assert "inner" in page
    assert "folder.rename" not in page


def test_a_page_costs_the_same_for_few_and_for_many(
    cast, client, tree, django_assert_max_num_queries
):
    def queries():
        with django_assert_max_num_queries(40) as caught:
            assert client.get(f"/library/{tree['open']}/").status_code == 200
        return len(caught)

    client.force_login(cast.owner)
    client.get("/library/")
    put(cast.owner, tree["open"], "0.txt")
    few = queries()
    for number in range(1, 8):
        put(cast.owner, tree["open"], f"{number}.txt")
        folder(cast, f"f{number}", tree["open"])
    assert queries() <= few <= 16


def test_security_70_71_81_hold_in_the_library_too(cast, client, tree, settings, storage):
    client.force_login(cast.owner)
    url, script = f"/library/{tree['open']}/documents/", {"X-Requested-With": "fetch"}
    bad = SimpleUploadedFile("x.html", b"<script>alert(1)</script>")
    assert client.post(url, {"files": bad}, headers=script).status_code == 204
    document = Document.objects.get()
    answer = client.get(f"/documents/{document.pk}/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    put(cast.owner, tree["open"], "../../a\u202egnp.exe")
    assert Document.objects.filter(name="agnp.exe").exists()
    settings.FILES_PER_PERSON = 2
    third = {"files": SimpleUploadedFile("c.txt", b"c")}
    answer = client.post(url, third, headers=script)
    assert (answer.status_code, len(storage())) == (422, 2)
    settings.FILES_PER_PERSON, settings.VIRUS_SCANNER = 9, "tests.kernel.test_files.find_eicar"
    infected = {"files": SimpleUploadedFile("d.txt", b"EICAR")}
    assert client.post(url, infected, headers=script).status_code == 422
    assert len(storage()) == 2
