"""A field becomes of another kind: nothing is lost, nobody reads a half, all can be taken back."""

import io
import json
import threading

import openpyxl
import pytest
from django.db import connection, transaction

from accounts.services import fields
from crm.access.policy import access_to
from crm.customfields.models import Option
from crm.jobs.converting import Work, ask_for_conversion
from crm.jobs.models import Job
from crm.jobs.running import claim, run
from crm.lists.views import create_view
from crm.modules import stamp
from crm.records.barrier import is_past
from crm.records.changes import entries_of
from crm.records.conversion import PATHS, Converter, reason_against
from crm.records.converting import aim_of, look
from crm.records.declared import field_of
from crm.records.definitions import KINDS
from crm.records.errors import DefinitionsMoved, Invalid
from tests.kernel.helpers import add, change, found, refused, stored

NAMES = {"en": "Headcount", "zh-hans": "人数"}


def field(cast, kind="text", **more):
    return fields.add_field(
        actor=cast.administrator, module="customers", kind=kind, labels=NAMES, **more
    )


def converted(cast, row, kind="", **more):
    """The job, done, and the definition as it is then."""
    job = ask_for_conversion(actor=cast.administrator, field=row.pk, kind=kind, **more)
    assert run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.detail
    row.refresh_from_db()
    return job


def value(cast, pk, row):
    return access_to(cast.administrator, "customers").get(pk)[row.name]


def test_texts_become_numbers_and_what_does_not_fit_is_kept_and_told(cast, own_files, client):
    row = field(cast)
    firms = [add(cast.owner, **{row.name: text}) for text in ("12", "1,200", "about ten", "7")]
    seen = look(row, aim_of(row, "integer"))
    assert (seen.checked, seen.fine, seen.wrong) == (4, 3, 1)
    assert seen.examples[0][0] == "about ten"
    job = converted(cast, row, "integer")
    assert [value(cast, pk, row) for pk in firms] == [12, 1200, None, 7]
    assert [stored("customers", pk).version for pk in firms] == [1, 1, 1, 1]
    access = access_to(cast.owner, "customers")
    tree = {"field": row.name, "op": "gte", "value": 10}
    assert found(access, tree, sort=row.name) == [firms[0], firms[1]]
    assert (job.done, job.errors) == (4, 1)
    client.force_login(cast.administrator)
    answer = client.get(f"/jobs/{job.pk}/file/")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    lines = list(sheet.values)
    assert lines[1][2] == "about ten"
    assert lines[1][0] == stored("customers", firms[2]).number
    client.force_login(cast.director)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404


def test_taken_back_it_gives_what_nobody_changed_since(cast, own_files):
    row = field(cast)
    kept, lost, changed, emptied = (
        add(cast.owner, **{row.name: text}) for text in ("007", "about ten", "5", "6")
    )
    converted(cast, row, "integer")
    change(cast.owner, changed, **{row.name: 55})
    change(cast.owner, emptied, **{row.name: None})
    change(cast.owner, kept, name="Renamed since")
    converted(cast, row, back=True)
    assert row.kind == "text"
    texts = [value(cast, pk, row) for pk in (kept, lost, changed, emptied)]
    assert texts == ["007", "about ten", "55", None]
    assert list(stored("customers", emptied).custom) == []
    assert row.key == row.name


def test_history_tells_what_a_person_did_and_no_more(cast, own_files):
    row = field(cast)
    firm, odd = (add(cast.owner, **{row.name: text}) for text in ("5", "old words"))
    change(cast.owner, odd, **{row.name: "about ten"})
    converted(cast, row, "integer")
    change(cast.owner, firm, city="Wuxi")
    change(cast.owner, firm, **{row.name: 6})
    change(cast.owner, odd, **{row.name: 10})

    def told(pk):
        entries = entries_of(access_to(cast.owner, "customers"), pk)
        return [(c.before, c.after) for e in entries for c in e.changes if c.name == row.name]

    assert told(firm) == [(5, 6)]
    assert told(odd) == [("about ten", 10), ("old words", "about ten")]


def test_writers_go_on_while_it_runs(cast, own_files):
    row = field(cast)
    first, second = (add(cast.owner, **{row.name: text}) for text in ("1", "2"))
    job = ask_for_conversion(actor=cast.administrator, field=row.pk, kind="integer")
    Work(claim(job.pk)).round("all")  # the middle of the work
    change(cast.owner, first, **{row.name: "11"})
    third = add(cast.owner, **{row.name: "3"})
    assert value(cast, first, row) == "11"
    Job.objects.filter(pk=job.pk).update(lease=None, lease_until=None)  # the worker dies
    assert run(job.pk)
    row.refresh_from_db()
    assert [value(cast, pk, row) for pk in (first, second, third)] == [11, 2, 3]


def test_who_read_before_the_switch_does_not_write_after_it(cast, own_files):
    firm = add(cast.owner)
    with stamp.held_versions():
        rights, definitions = stamp._held.get()
        stamp.raise_definitions_version()
        stamp._held.set((rights, definitions))
        refused(DefinitionsMoved, change, cast.owner, firm, city="Wuxi")
    assert change(cast.owner, firm, city="Wuxi") == 2


SAMPLES = {
    "text": "12", "long_text": "a\nb", "integer": 7, "decimal": "7", "money": "7", "percent": "7",
    "date": "2026-05-01", "datetime": "2026-05-01T00:00:00+08:00", "boolean": True,
    "choice": "choice_1", "multi_choice": ["choice_1"], "email": "a@b.cn",
    "url": "https://b.cn", "phone": "138 0013 8000",
}  # fmt: skip
OF_TEXT = {
    "date": "2026年5月1日", "datetime": "2026-05-01 10:30", "boolean": "是", "email": "A@b.cn",
    "url": "b.cn", "phone": "13800138000", "multi_choice": "甲、乙", "money": "¥1,200.50",
    "percent": "7%",
}  # fmt: skip


@pytest.mark.parametrize("kind", [*PATHS, *sorted(set(KINDS) - set(PATHS))])
def test_every_safe_way_there_and_back(cast, kind):
    """What comes back is what was there; what has no safe way is refused with a reason."""
    more = {"choices": ["甲", "乙"]} if "choice" in kind else {}
    more |= {"target": "contacts"} if kind == "relation" else {}
    more |= {"formula": "1 + 1"} if kind == "formula" else {}
    row = field(cast, kind, **more)
    for wanted in KINDS:
        if wanted not in PATHS.get(kind, ()):
            assert reason_against(kind, wanted)
            refused(Invalid, aim_of, row, wanted)
            continue
        aim = aim_of(row, wanted)
        raw = OF_TEXT.get(wanted, "12") if kind == "text" else SAMPLES[kind]
        raw = "one line" if kind == "long_text" else raw
        there = Converter(field_of(row), aim.field(row))
        value = there.convert(raw)
        for one, labels in there.fresh:
            Option.objects.create(dictionary=aim.dictionary, value=one, labels=labels)
        stamp.raise_definitions_version()
        back = Converter(aim.field(row), field_of(row), may_add=False)
        again = there.convert(back.convert(value))
        assert again == value, (kind, wanted, raw, value)


def test_texts_become_choices_and_views_that_use_them_are_named(cast, own_files, client):
    row = field(cast)
    firms = [add(cast.owner, **{row.name: text}) for text in ("甲", "Ａ", "a", "甲")]
    access = access_to(cast.administrator, "customers")
    tree = {"field": row.name, "op": "starts", "value": "A"}
    create_view(access, "Begins with A", {"filter": json.dumps(tree)})
    client.force_login(cast.administrator)
    page = f"/setup/fields/customers/{row.pk}/life/"
    shown = client.get(f"{page}?kind=choice").content.decode()
    assert "4 of 4 values become" in shown
    assert "2 choices are made of them" in shown
    assert "Begins with A" in shown
    assert "will be refused" in shown
    assert client.post(page, {"act": "convert", "kind": "choice"}).status_code == 302
    assert client.post(page, {"act": "convert", "kind": "choice"}).status_code == 400  # running
    job = Job.objects.latest("pk")
    run(job.pk)
    row.refresh_from_db()
    assert [value(cast, pk, row) for pk in firms] == [
        "choice_1",
        "choice_2",
        "choice_2",
        "choice_1",
    ]
    assert client.post(page, {"act": "back"}).status_code == 302
    run(Job.objects.latest("pk").pk)
    row.refresh_from_db()
    assert [value(cast, pk, row) for pk in firms] == ["甲", "Ａ", "a", "甲"]
    assert client.get(f"{page}?kind=relation").status_code == 200
    client.force_login(cast.director)
    assert client.get(page).status_code == 403


def test_a_unique_field_or_one_in_work_is_not_converted(cast):
    row = field(cast, unique=True)
    refused(Invalid, aim_of, row, "integer")
    other = field(cast)
    ask_for_conversion(actor=cast.administrator, field=other.pk, kind="integer")
    refused(Invalid, ask_for_conversion, actor=cast.administrator, field=other.pk, kind="date")


@pytest.mark.django_db(transaction=True)
def test_a_write_that_began_before_is_waited_for(lasting_cast):
    """A transaction that told of its write before a change of definitions is not overtaken."""
    pk = add(lasting_cast.owner)
    told, may_end = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            change(lasting_cast.owner, pk, city="Wuxi")
            told.set()
            assert may_end.wait(20)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    assert told.wait(20)
    assert not is_past(0.5)
    may_end.set()
    assert is_past(20)
    thread.join()
    assert stored("customers", pk).city == "Wuxi"
