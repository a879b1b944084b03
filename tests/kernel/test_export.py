"""Exports: the list as the person sees it, text unchanged on the way back, files of their owner."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.utils import timezone

from crm.access.errors import NotVisible
from crm.access.policy import access_to
from crm.exchange.cells import join_cell, split_cell
from crm.exchange.services import start_export
from crm.jobs.models import Job
from crm.jobs.services import open_result, remove_old_files, remove_unnamed_files
from crm.lists.errors import BadQuery
from crm.records.beside import AuditEntry, MatchKey, UniqueValue
from crm.records.errors import NotAllowed
from sales.customers.models import Customer
from tests.kernel.exchange_calls import done, exported, file_of, imported, outcomes, sheet_of
from tests.kernel.helpers import add, stored, unlike
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")

ALL = "name,level,phones,tags,owner,revenue,remark,addresses"
NASTY = [
    "=1+1",
    "+86",
    "@x",
    "-5",
    "'=1",
    "a;b",
    'say "hi"',
    "line\nbreak",
    "a，b、c",
    " x",
    "\t=2",
    "😀 · 漢字",
]


def test_an_export_is_what_the_list_shows(cast: Cast) -> None:
    mine = add(
        cast.owner,
        name=unlike(),
        level="A",
        phones=["13800138000", "021-62345678"],
        tags=["x", "y,z"],
    )
    add(cast.outsider, name=unlike("Canary"))
    add(cast.owner, name=unlike(), level="B")
    job = exported(cast.owner, columns=ALL, level="A", sort="name")
    _headings, row, mark = sheet_of(job)
    assert row[0] == stored("customers", mine).name
    assert "138 0013 8000; 021 6234 5678" in row
    assert 'x; "y,z"' in row
    assert cast.owner.display_name in mark[0]
    assert b"Canary" not in file_of(job)
    assert (job.done, job.total, job.state) == (1, 1, Job.State.DONE)
    assert AuditEntry.objects.filter(action="export", actor=cast.owner, module="customers").exists()


def test_security_43_masked_stays_masked_and_hidden_is_refused(cast: Cast) -> None:
    add(cast.owner, name=unlike(), phones=["13800138000"], remark="canary-remark")
    cast.state("owner", "customers", "phones.number", "masked")
    cast.state("owner", "customers", "remark", "hidden")
    for format in ("csv", "xlsx"):
        job = exported(cast.owner, columns="name,phones", format=format)
        data = file_of(job)
        if format == "xlsx":
            with zipfile.ZipFile(io.BytesIO(data)) as book:
                data = b"".join(book.read(name) for name in book.namelist())
        assert b"0013 8000" not in data
        assert b"13800138000" not in data
        assert b"138" in data
    for params in (
        {"columns": "name,remark"},
        {"remark": "x"},
        {"sort": "phones"},
        {"phones.number": "1"},
    ):
        query = QueryDict(mutable=True)
        query.update(params)
        with pytest.raises(BadQuery):
            start_export(actor=cast.owner, module="customers", query=query)
    cast.right("owner", "customers", export="none")
    with pytest.raises(NotAllowed):
        start_export(actor=cast.owner, module="customers", query=QueryDict())


def test_security_44_export_reaches_no_further_than_its_own_right(cast: Cast) -> None:
    mine, other = add(cast.owner, name=unlike()), add(cast.teammate, name=unlike())
    cast.right("owner", "customers", view="department", export="own")
    job = exported(cast.owner, columns="name")
    text = file_of(job).decode()
    assert stored("customers", mine).name in text
    assert stored("customers", other).name not in text


def test_text_is_the_same_after_export_and_import(cast: Cast) -> None:
    for place, text in enumerate(NASTY):
        add(cast.owner, name=f"{unlike()} {place}", remark=text, tags=[text.strip()[:40], "b"])
    access = access_to(cast.owner, "customers")
    before = {
        one.name: (one.remark, _tags(access, one.pk))
        for one in Customer.unscoped.filter(deleted_at=None)
    }
    for format in ("csv", "xlsx"):
        job = exported(cast.owner, columns="name,remark,tags", format=format)
        data = file_of(job)
        Customer.unscoped.update(remark="", deleted_at=timezone.now())
        UniqueValue.objects.all().delete()
        MatchKey.objects.all().delete()
        back = imported(cast.owner, data, name=f"x.{format}", policy="create")
        assert set(outcomes(back).values()) == {"created"}
        after = {
            one.name: (one.remark, _tags(access, one.pk))
            for one in Customer.unscoped.filter(deleted_at=None)
        }
        assert after == before


def _tags(access: Any, pk: int) -> list[str]:
    return [one["name"] for one in access.get(pk, ["tags"])["tags"]]


@pytest.mark.parametrize(
    "entries", [["a"], ["a;b"], ['"'], ["a", "b,c"], ["x", "", "y"], ['q"q', "；"]]
)
def test_entries_of_a_cell_come_apart_again(entries: list[str]) -> None:
    assert split_cell(join_cell(entries, True)) == entries


def test_security_80_a_file_is_for_its_owner_while_he_may(cast: Cast) -> None:
    add(cast.owner, name=unlike(), remark="x")
    job = exported(cast.owner, columns="name,remark")
    _job, file = open_result(cast.owner, job.pk)
    file.close()
    with pytest.raises(NotVisible):
        open_result(cast.director, job.pk)
    cast.state("owner", "customers", "remark", "masked")
    with pytest.raises(NotVisible):
        open_result(cast.owner, job.pk)
    cast.state("owner", "customers", "remark", "edit")
    open_result(cast.owner, job.pk)[1].close()
    cast.right("owner", "customers", export="none")
    with pytest.raises(NotVisible):
        open_result(cast.owner, job.pk)


def test_a_narrower_reach_shuts_the_file(cast: Cast) -> None:
    add(cast.clerk, name=unlike())
    job = exported(cast.clerk, columns="name")
    open_result(cast.clerk, job.pk)[1].close()
    cast.right("clerk", "customers", view="own")
    with pytest.raises(NotVisible):
        open_result(cast.clerk, job.pk)


def test_files_go_after_some_days(cast: Cast) -> None:
    add(cast.owner, name=unlike())
    job = exported(cast.owner, columns="name")
    Job.objects.filter(pk=job.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(NotVisible):
        open_result(cast.owner, job.pk)
    assert remove_old_files() == 1
    assert not default_storage.exists(job.result)


def test_what_a_dead_worker_left_goes_after_a_day(cast: Cast) -> None:
    add(cast.owner, name=unlike())
    job = exported(cast.owner, columns="name")
    half = default_storage.save("jobs/half.csv", ContentFile(b"half of a fi"))
    assert remove_unnamed_files() == 0, "it may be stored this very moment"
    for name in (half, job.result):
        os.utime(default_storage.path(name), (0, 0))
    assert remove_unnamed_files() == 1
    assert (default_storage.exists(half), default_storage.exists(job.result)) == (False, True)


def test_rights_taken_away_end_a_running_export(cast: Cast) -> None:
    add(cast.owner, name=unlike())
    job = start_export(actor=cast.owner, module="customers", query=QueryDict("columns=name,remark"))
    cast.state("owner", "customers", "remark", "hidden")
    done(job)
    assert (job.state, job.result) == (Job.State.FAILED, "")
