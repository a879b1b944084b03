"""Rows that are known already: skipped, made anyway, or changed by key; and imports taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crm.access.policy import access_to
from crm.jobs.models import Job, JobRow
from crm.jobs.running import run
from crm.jobs.services import undo_job
from crm.records.children import Phone
from crm.records.errors import Invalid, NotAllowed
from crm.records.services import update_record
from sales.contacts.models import Contact
from sales.customers.models import Customer
from tests.kernel.exchange_calls import (
    done,
    imported,
    outcomes,
    reasons,
    record_ids,
    table,
    upload,
)  # fmt: skip
from tests.kernel.helpers import add, change, stored, unlike
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")


def undone(job: Job) -> Job:
    undo_job(actor=job.owner, job_id=job.pk)
    assert run(job.pk)
    job.refresh_from_db()
    return job


def test_exact_ones_never_come_in_twice(cast: Cast) -> None:
    known = unlike()
    add(cast.owner, name=known)
    twice = unlike()
    data = table("name", known, twice, f" {twice.upper()} ", unlike())
    for policy, expected in (("skip", "skipped"), ("create", "refused")):
        job = imported(
            cast.owner, data if policy == "skip" else table("name", known), policy=policy
        )
        assert outcomes(job)[2] == expected
        assert "name" in reasons(job, 2)
    assert Customer.unscoped.filter(name__iexact=twice).count() == 1


def test_contacts_of_a_skipped_row_go_to_the_same_company_only(cast: Cast) -> None:
    data = table(
        "name|contacts.name",
        "苏州榆桥制药有限公司|顾明远",
        "苏州榆桥制药 有限公司|陆建平",
        "苏州榆桥制药|罗茜",
    )
    job = imported(cast.owner, data)
    assert outcomes(job) == {2: "created", 3: "skipped", 4: "skipped"}
    assert set(Contact.unscoped.values_list("name", flat=True)) == {"顾明远", "陆建平"}


def test_near_ones_are_skipped_or_made(cast: Cast) -> None:
    add(cast.owner, name="苏州青澜仪器有限公司")
    data = table("name", "青澜仪器", unlike())
    job = imported(cast.owner, data)
    assert outcomes(job) == {2: "skipped", 3: "created"}
    match = JobRow.objects.get(job=job, number=2).reasons["matches"][0]
    assert (match["label"], match["exact"]) == ("苏州青澜仪器有限公司", False)
    again = imported(cast.owner, table("name", "青澜仪器"), policy="create")
    assert outcomes(again) == {2: "created"}


def test_security_45_a_known_one_out_of_sight_tells_only_who_has_it(cast: Cast) -> None:
    known = unlike("Secret")
    pk = add(cast.outsider, name=known, remark="canary-remark")
    job = imported(cast.owner, table("name|remark", f"{known}|x"))
    match = JobRow.objects.get(job=job, number=2).reasons["matches"][0]
    assert (match["pk"], match["label"]) == (None, "")
    assert stored("customers", pk).remark == "canary-remark"
    assert "canary-remark" not in str(JobRow.objects.get(job=job, number=2).reasons)


def test_update_by_key(cast: Cast) -> None:
    first, second, foreign = unlike(), unlike(), unlike()
    one = add(cast.owner, name=first, level="C", remark="keep", phones=["13800138000"])
    two = add(cast.owner, name=second)
    add(cast.outsider, name=foreign)
    numbers = {pk: stored("customers", pk).number for pk in (one, two)}
    job = imported(
        cast.owner,
        table(
            "编号|级别|备注|年营业额",
            f"{numbers[one]}|A||12.5", f"{numbers[two]}|B|new|", "KH999999|A||",
        ),
        policy="update", key="number",
    )  # fmt: skip
    assert outcomes(job) == {2: "updated", 3: "updated", 4: "refused"}
    row = stored("customers", one)
    assert (row.level, row.remark, row.revenue, row.version) == ("A", "keep", Decimal("12.5"), 2)
    by_name = imported(
        cast.owner, table("name|level", f"{first.upper()}|D"), policy="update", key="name"
    )
    assert outcomes(by_name) == {2: "updated"}
    by_phone = imported(
        cast.owner,
        table("name|phones|level", f"{first}|138-0013-8000|B"),
        policy="update",
        key="phones",
    )
    assert outcomes(by_phone) == {2: "updated"}
    assert stored("customers", one).level == "B"


def test_security_45_an_invisible_key_is_a_key_that_is_not_there(cast: Cast) -> None:
    pk = add(cast.outsider, name=unlike(), level="C")
    number = stored("customers", pk).number
    job = imported(
        cast.owner,
        table("number|level", f"{number}|A", "KH424242|A"),
        policy="update",
        key="number",
    )
    assert outcomes(job) == {2: "refused", 3: "refused"}
    assert reasons(job, 2) == reasons(job, 3)
    assert stored("customers", pk).level == "C"
    cast.state("owner", "customers", "phones.number", "masked")
    with pytest.raises(Invalid):
        upload(cast.owner, table("name|phones", "a|1"), policy="update", key="phones")
    with pytest.raises(Invalid):
        upload(cast.owner, table("name", "a"), policy="update", key="created_by")


def test_empty_cells_keep_what_is_there(cast: Cast) -> None:
    name = unlike()
    pk = add(cast.owner, name=name, remark="keep", level="A")
    job = upload(cast.owner, table("name|remark|level", f"{name}||"), policy="update", key="name")
    done(job)
    assert stored("customers", pk).remark == "keep"
    job = upload(cast.owner, table("name|remark|level", f"{name}||B"), policy="update", key="name")
    job.options["empty"] = "clear"
    job.save()
    done(job)
    assert (stored("customers", pk).remark, stored("customers", pk).level) == ("", "B")


def test_what_is_read_only_stays_as_it_is(cast: Cast) -> None:
    name = unlike()
    pk = add(cast.owner, name=name, level="C")
    job = upload(cast.owner, table("name|level", f"{name}|A"), policy="update", key="name")
    cast.state("owner", "customers", "level", "read")
    done(job)
    assert job.state == Job.State.DONE  # the column is no longer offered, so it was not mapped
    assert stored("customers", pk).level == "C"


def test_undo_takes_away_what_came_and_gives_back_what_was(cast: Cast) -> None:
    known = unlike()
    pk = add(cast.owner, name=known, level="C", phones=["13800138000"], tags=["old"])
    data = table(
        "name|level|phones|tags|联系人|跟进记录",
        f"{unlike()}|A|13900139000|x|王一|谈了", f"{known}|A|13700137000|new||",
    )  # fmt: skip
    job = imported(cast.owner, data, policy="update", key="name")
    assert outcomes(job) == {2: "created", 3: "updated"}
    undone(job)
    assert (job.state, job.detail["left"]) == (Job.State.UNDONE, 0)
    assert Customer.unscoped.filter(deleted_at=None).count() == 1
    assert Contact.unscoped.filter(deleted_at=None).count() == 0
    row = access_to(cast.owner, "customers").get(pk)
    assert (row["level"], row.version) == ("C", 3)
    assert [one["number"] for one in row["phones"]] == ["138 0013 8000"]
    assert [one["name"] for one in row["tags"]] == ["old"]
    assert Phone.rows.filter(module="customers", record_id=pk).count() == 1
    with pytest.raises(NotAllowed):
        undo_job(actor=cast.owner, job_id=job.pk)


def test_undo_leaves_what_somebody_has_changed_since(cast: Cast) -> None:
    known = unlike()
    pk = add(cast.owner, name=known, level="C")
    data = table("name|level", f"{unlike()}|A", f"{unlike()}|A", f"{unlike()}|A", f"{known}|A")
    job = imported(cast.owner, data, policy="update", key="name")
    first, second, third, _known = record_ids(job)
    change(cast.owner, first, remark="mine now")
    add(cast.owner, "contacts", name="后来的人", customer=second)
    update_record(actor=cast.owner, module="customers", pk=pk, values={"remark": "x"}, version=2)
    undone(job)
    assert (job.state, job.detail["left"]) == (Job.State.UNDONE, 3)
    living = set(Customer.unscoped.filter(deleted_at=None).values_list("pk", flat=True))
    assert living == {first, second, pk}
    assert third not in living
    assert stored("customers", pk).level == "A"


def test_one_record_in_two_rows_goes_back_to_the_start(cast: Cast) -> None:
    name = unlike()
    pk = add(cast.owner, name=name, level="C")
    job = imported(
        cast.owner, table("name|level", f"{name}|A", f"{name}|B"), policy="update", key="name"
    )
    assert stored("customers", pk).level == "B"
    undone(job)
    assert (job.detail["left"], stored("customers", pk).level) == (0, "C")


def test_a_second_import_adds_no_contact_twice(cast: Cast) -> None:
    name = unlike()
    data = table("name|联系人|跟进记录|跟进时间", f"{name}|王一|谈了|2026-11-01 10:00")
    imported(cast.owner, data)
    imported(cast.owner, data, policy="update", key="name")
    assert Contact.unscoped.count() == 1
    more: Any = imported(
        cast.owner, table("name|联系人", f"{name}|李二"), policy="update", key="name"
    )
    assert more.detail["counts"]["contacts:created"] == 1
    assert Contact.unscoped.count() == 2
