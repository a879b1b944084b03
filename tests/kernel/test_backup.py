"""A backup is one moment, is refused when it was touched, and comes back equal and paused."""

from __future__ import annotations

import shutil
from contextlib import closing

import psycopg2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.http import QueryDict

from crm.documents.services import attach_files
from crm.exchange.services import start_export
from crm.jobs.models import Job
from crm.jobs.running import run
from crm.jobs.tasks import run_job
from crm.operation.archive import BadBackup, read_manifest
from crm.operation.backup import left_out
from crm.operation.media import stored_files
from crm.operation.pause import is_paused, release
from crm.operation.restore import restore_backup
from crm.operation.sums import sequences, table_sums
from sales.customers.models import Customer
from tests.kernel.helpers import add, change

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_place(settings, tmp_path):
    """`other_place()` leads to an empty database and an empty folder of files, until the end."""
    first = connection.settings_dict["NAME"]
    name = f"{first}_restored"
    known = ("user", "password", "host", "port")
    given = connection.get_connection_params()
    address = {key: given[key] for key in known if given.get(key)} | {"dbname": "postgres"}

    def ask(*statements):
        with closing(psycopg2.connect(**address)) as asked:
            asked.autocommit = True
            for statement in statements:
                asked.cursor().execute(statement)

    ask(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}" TEMPLATE template0')

    def move():
        connection.close()
        connection.settings_dict["NAME"] = name
        default = {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "elsewhere")},
        }
        settings.STORAGES = {**settings.STORAGES, "default": default}

    yield move
    connection.close()
    connection.settings_dict["NAME"] = first
    ask(f'DROP DATABASE IF EXISTS "{name}"')


def sums():
    with transaction.atomic():
        return table_sums(left_out())


def planted(owner):
    """A customer with a follow-up and its file, an export that is done, one that waits."""
    pk = add(owner, name="Zq Pumps", phones=["13800138000"], level="A")
    note = add(owner, "follow-ups", subject=f"customers/{pk}", text="zqtext")
    files = [SimpleUploadedFile("a.txt", b"zqfile")]
    attach_files(actor=owner, module="follow-ups", pk=note, files=files)
    for is_done in (True, False):
        job = start_export(actor=owner, module="customers", query=QueryDict(), format="csv")
        if is_done:
            run(job.pk)
    return pk, job


def test_backup_change_restore_gives_the_same_and_waits(
    lasting_cast, own_files, other_place, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("EMAIL_HOST_PASSWORD", "zqsecretmail")
    monkeypatch.setenv("COMPANY_NAME", "Zq Company")
    owner = lasting_cast.owner
    pk, waiting = planted(owner)
    kept, before = stored_files(), (sums(), sequences())
    assert len(kept) == 2
    assert files_in(own_files) == kept, "every file that the product keeps is known to the backup"
    folder, packed = tmp_path / "one", tmp_path / "one.tar"
    said = saved(folder, packed, capsys)
    change(owner, pk, name="Changed", level="B")
    refused_when_touched(folder, tmp_path)
    with pytest.raises(BadBackup, match="not empty"):
        restore_backup(folder)
    other_place()
    with pytest.raises(BadBackup, match="not the one whose checksum"):
        restore_backup(packed, expected="0" * 64)
    digest = said.strip().splitlines()[-1].rpartition(" ")[2]
    call_command("restore", str(packed), "--digest", digest)
    assert "all as they were saved" in capsys.readouterr().out
    assert (sums(), sequences()) == before
    assert Customer.unscoped.get(pk=pk).name == "Zq Pumps"
    assert (tmp_path / "elsewhere" / kept[0]).exists()
    waits_until_released(waiting)
    with pytest.raises(BadBackup, match="not empty"):
        restore_backup(packed)
    restore_backup(packed, replace=True)
    assert (sums(), sequences(), is_paused()) == (*before, True)
    (file,) = [name for name in kept if name.startswith("attachments/")]
    (tmp_path / "elsewhere" / file).unlink()
    call_command("backup", str(tmp_path / "two"))
    said = capsys.readouterr()
    assert file in said.err, "what the storage lacks is told"


def saved(folder, packed, capsys):
    """Make both kinds of backup; what the command said."""
    call_command("backup", str(folder))
    call_command("backup", str(packed))
    said = capsys.readouterr().out
    assert "2 files" in said
    configuration = (folder / "configuration.env").read_text()
    assert "COMPANY_NAME=Zq Company" in configuration
    assert "zqsecretmail" not in configuration
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(folder))
    return said


def files_in(folder):
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def waits_until_released(waiting):
    assert is_paused()
    run_job.apply([waiting.pk])
    assert Job.objects.get(pk=waiting.pk).state == Job.State.QUEUED, "nothing happens by itself"
    assert release()
    run_job.apply([waiting.pk])
    assert Job.objects.get(pk=waiting.pk).state == Job.State.DONE


def refused_when_touched(folder, tmp_path):
    """A changed, a missing and a foreign file, and a manifest of another version."""
    assert read_manifest(folder)["tables"]["sales_customer"][0] == 1
    for number, deed in enumerate((
        lambda at: (at / "database.dump").write_bytes(b"x" + (at / "database.dump").read_bytes()),
        lambda at: next((at / "media/attachments").iterdir()).write_bytes(b"other"),
        lambda at: next((at / "media/attachments").iterdir()).unlink(),
        lambda at: (at / "media/foreign").write_bytes(b"x"),
        lambda at: (at / "manifest.json").write_text("{}"),
    )):  # fmt: skip
        touched = tmp_path / f"touched{number}"
        shutil.copytree(folder, touched)
        deed(touched)
        with pytest.raises(BadBackup):
            restore_backup(touched)
