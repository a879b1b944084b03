"""Files on records: quotas, the virus scanner's hook, and nothing left of what is refused (81)."""

import stat
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from crm.documents.models import Attachment
from crm.documents.services import attach_files, open_attachment
from crm.records.errors import Invalid, NoRoomForFiles
from crm.records.lifecycle import delete_records, purge_records
from tests.kernel.helpers import add, at_once, refused

# The harmless text that every scanner calls a virus, in two halves so that none meets it here.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCANNER = """#!/bin/sh
if grep -q 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE' "$2"; then echo "$2: Eicar FOUND"; exit 1; fi
if grep -q 'broken' "$2"; then exit 2; fi
exit 0
"""


@pytest.fixture(autouse=True)
def storage(own_files):
    """An empty storage for each test; answers what lies in it."""
    folder = own_files / "attachments"
    return lambda: sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def scanner(settings, tmp_path):
    program = tmp_path / "scan.program"
    program.write_text(SCANNER)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    settings.VIRUS_SCANNER = f"{program} --quick"


@pytest.fixture
def note(cast):
    firm = add(cast.owner)
    return add(cast.owner, "follow-ups", subject=f"customers/{firm}", text="with files")


def given(name="offer.txt", data=b"forty pumps"):
    return SimpleUploadedFile(name, data)


def attach(actor, pk, *files):
    return attach_files(actor=actor, module="follow-ups", pk=pk, files=files)


def words(problem):
    return str(problem.fields["files"][0])


def test_a_file_is_kept_once_and_counts_for_who_added_it(cast, note, storage):
    (pk,) = attach(cast.owner, note, given())
    assert attach(cast.owner, note, given()) == []
    assert len(storage()) == 1
    assert Attachment.rows.get(pk=pk).added_by_id == cast.owner.pk
    assert open_attachment(cast.owner, pk)[1].read() == b"forty pumps"


def test_security_81_the_quota_of_bytes_says_so_and_leaves_nothing(cast, note, settings, storage):
    settings.FILE_MEGABYTES_PER_PERSON = 1
    attach(cast.owner, note, given("a", b"a" * 700_000))
    problem = refused(Invalid, attach, cast.owner, note, given("b", b"b" * 400_000))
    assert words(problem).startswith("Your files take 0 of 1 MB, those in the recycle bin incl")
    assert (len(storage()), Attachment.rows.count()) == (1, 1)
    attach(cast.owner, note, given("c", b"c" * 300_000))
    attach(cast.manager, _shared(cast), given("b", b"b" * 400_000))


def _shared(cast):
    return add(cast.manager, "follow-ups", subject=f"customers/{add(cast.manager)}", text="x")


def test_security_81_the_quota_of_files_counts_what_comes_together(cast, note, settings, storage):
    settings.FILES_PER_PERSON = 3
    attach(cast.owner, note, given("a"), given("b"))
    problem = refused(Invalid, attach, cast.owner, note, given("c"), given("d"))
    assert words(problem).startswith("You have added 2 of 3 files, those in the recycle bin incl")
    assert len(storage()) == 2
    attach(cast.owner, note, given("c"), given("a"))
    assert len(storage()) == 3


def test_files_in_the_recycle_bin_count_since_they_can_be_restored(cast, note, settings, storage):
    settings.FILES_PER_PERSON = 1
    attach(cast.owner, note, given("a"))
    delete_records(actor=cast.owner, module="follow-ups", pks=[note])
    other = add(cast.owner, "follow-ups", subject=f"customers/{add(cast.owner)}", text="x")
    refused(Invalid, attach, cast.owner, other, given("b"))


def test_security_81_two_uploads_at_once_do_not_share_the_last_room(
    lasting_cast, settings, storage
):
    settings.FILES_PER_PERSON = 1
    cast = lasting_cast
    firm = add(cast.owner)
    notes = [
        add(cast.owner, "follow-ups", subject=f"customers/{firm}", text=text) for text in "abcd"
    ]
    answers = at_once([lambda pk=pk: attach(cast.owner, pk, given(str(pk))) for pk in notes])
    assert sum(isinstance(one, Invalid) for one in answers) == 3, answers
    assert (len(storage()), Attachment.rows.count()) == (1, 1)


@pytest.mark.parametrize("is_large", [False, True])
def test_security_81_an_infected_file_is_refused_and_leaves_nothing(
    cast, note, scanner, storage, is_large
):
    bad = given("invoice.pdf", EICAR)
    if is_large:
        bad = TemporaryUploadedFile("invoice.pdf", "application/pdf", len(EICAR), None)
        bad.write(EICAR)
    problem = refused(Invalid, attach, cast.owner, note, given(), bad)
    assert "“invoice.pdf” was refused: the virus scanner found" in words(problem)
    assert (storage(), Attachment.rows.count()) == ([], 0)
    (pk,) = attach(cast.owner, note, given())
    assert open_attachment(cast.owner, pk)[1].read() == b"forty pumps"


def test_a_purge_takes_the_file_along(
    cast, note, settings, storage, django_capture_on_commit_callbacks
):
    attach(cast.owner, note, given())
    settings.BIN_DAYS = 0
    delete_records(actor=cast.administrator, module="follow-ups", pks=[note])
    assert len(storage()) == 1
    with django_capture_on_commit_callbacks(execute=True):
        purge_records(actor=cast.administrator, module="follow-ups", pks=[note])
    assert storage() == []


def test_a_scanner_without_a_verdict_lets_nothing_in(cast, note, scanner, settings, storage):
    problem = refused(Invalid, attach, cast.owner, note, given(data=b"broken"))
    assert "could not be checked for viruses" in words(problem)
    for missing in ("/nowhere/scanner", "crm.nowhere.scan"):
        settings.VIRUS_SCANNER = missing
        refused(Invalid, attach, cast.owner, note, given())
    assert storage() == []


def find_nothing(path):
    return ""


def find_eicar(path):
    return "Eicar" if b"EICAR" in Path(path).read_bytes() else ""


def test_a_scanner_may_be_a_function(cast, note, settings, storage):
    settings.VIRUS_SCANNER = f"{__name__}.find_eicar"
    refused(Invalid, attach, cast.owner, note, given(data=EICAR))
    assert storage() == []
    attach(cast.owner, note, given())
    settings.VIRUS_SCANNER = f"{__name__}.find_nothing"
    attach(cast.owner, note, given("b", EICAR))
    assert len(storage()) == 2


def test_a_storage_that_fails_half_way_keeps_nothing(cast, note, storage, monkeypatch):
    save, calls = FileSystemStorage.save, []

    def failing(self, name, file):
        calls.append(name)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return save(self, name, file)

    monkeypatch.setattr(FileSystemStorage, "save", failing)
    with pytest.raises(NoRoomForFiles, match="disk is full"):
        attach(cast.owner, note, given("a"), given("b"))
    assert storage() == []


def test_a_refusal_reaches_the_person_and_the_follow_up_is_not_made(cast, client, scanner, storage):
    firm = add(cast.owner)
    client.force_login(cast.owner)
    posted = {"text": "see file", "files": given("invoice.pdf", EICAR), "key": "k-1"}
    answer = client.post(f"/customers/{firm}/follow-up/", posted, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "was refused" in answer.content.decode()
    assert storage() == []
    rows = client.get(f"/customers/{firm}/").content.decode()
    assert "see file" not in rows
