"""Imports: guessed columns, cells of every kind, what one row may carry, who may put in what."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from crm.access.policy import access_to
from crm.activities.models import FollowUp
from crm.exchange import importer
from crm.exchange.mapping import guess_columns
from crm.exchange.targets import targets_for
from crm.jobs.models import Job, RememberedMapping
from crm.records.errors import Invalid, NotAllowed
from sales.contacts.models import Contact
from sales.customers.models import Customer
from tests.kernel.exchange_calls import (
    done,
    imported,
    outcomes,
    reasons,
    record_ids,
    sheet_of,
    table,
    upload,
)  # fmt: skip
from tests.kernel.helpers import add, stored, unlike
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")


def guesses(person: Any, *headings: str, samples: Any = ()) -> dict[str, str]:
    access = access_to(person, "customers")
    found = guess_columns(person, access.module, targets_for(access), headings, samples)
    return {heading: guess.path for heading, guess in zip(headings, found, strict=True)}


def test_headings_in_both_languages(cast: Cast) -> None:
    assert guesses(
        cast.owner, "公司全称", "税号", "联系人", "手机", "*职务", "年营业额（万）",
        "上次联系", "备注2",
    ) == {
        "公司全称": "name", "税号": "credit_code", "联系人": "contacts.name",
        "手机": "contacts.phones.number", "*职务": "contacts.job", "年营业额（万）": "revenue",
        "上次联系": "follow-ups.happened_at", "备注2": "",
    }  # fmt: skip
    assert guesses(cast.owner, "客户 公司全称", "联系方式 联系人", "联系方式 手机", "张 三") == {
        "客户 公司全称": "name", "联系方式 联系人": "contacts.name",
        "联系方式 手机": "contacts.phones.number", "张 三": "",
    }  # fmt: skip
    assert guesses(cast.owner, "account", "revenue", "employees") == {
        "account": "name", "revenue": "revenue", "employees": "employees",
    }  # fmt: skip
    assert guesses(cast.owner, "客户名称", "手机") == {"客户名称": "name", "手机": "phones.number"}


def test_every_label_finds_its_own_field(cast: Cast) -> None:
    access = access_to(cast.director, "customers")
    targets = targets_for(access)
    own = [one for one in targets.values() if not one.is_child]
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for target in own:
                found = guesses(cast.director, target.label)[target.label]
                same = [one.path for one in own if one.label == target.label]
                assert found in same, target.path


def test_a_column_of_mobiles_tells_itself(cast: Cast) -> None:
    samples = [["x", "138 0013 8000"], ["y", "13900139000"], ["z", "137-0013-7000"]]
    assert guesses(cast.owner, "客户名称", "列2", samples=samples)["列2"] == "phones.number"


def test_one_row_brings_customer_contact_and_follow_up(cast: Cast) -> None:
    first, second = unlike(), unlike()
    job = imported(
        cast.owner,
        table(
            "公司全称|联系人|手机|职务|年营业额（万）|上次联系|跟进记录|标签|级别",
            f"{first}|顾明辉|13800001234、139 0000 0021|经理|48.6|2026/10/30|聊得不错"
            "|GMP、外资|A 重点",
            f"{first.upper()}|陆建平|13800000021||||||",
            f"{second}||||１,２００.５|2025年3月4日|||B",
        ),
        encoding="gb18030",
    )  # fmt: skip
    assert (job.state, job.errors) == (Job.State.DONE, 0), job.detail
    assert outcomes(job) == {2: "created", 3: "skipped", 4: "created"}
    customer = Customer.unscoped.get(name=first)
    assert (customer.revenue, customer.level, customer.owner_id) == (
        Decimal("486000.00"),
        "A",
        cast.owner.pk,
    )
    row = access_to(cast.owner, "customers").get(customer.pk)
    assert [tag["name"] for tag in row["tags"]] == ["GMP", "外资"]
    people = list(Contact.unscoped.filter(customer=customer).order_by("pk"))
    assert [(one.name, one.job) for one in people] == [("顾明辉", "经理"), ("陆建平", "")]
    phones = access_to(cast.owner, "contacts").get(people[0].pk)["phones"]
    assert [one["number"] for one in phones] == ["138 0000 1234", "139 0000 0021"]
    assert customer.last_follow_up_at is not None
    assert customer.last_follow_up_at.astimezone().year == 2026
    other = Customer.unscoped.get(name=second)
    assert other.revenue == Decimal("12005000.00")
    assert other.last_follow_up_at is not None


def test_contacts_of_one_company_may_stand_far_apart(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(importer, "CHUNK", 1)
    known, name = unlike(), unlike()
    add(cast.owner, name=known)
    data = table(
        "公司全称|联系人", f"{name}|王一", f"{unlike()}|李二", f"{name}|张三", f"{known}|赵四"
    )
    imported(cast.owner, data)
    assert set(Contact.unscoped.filter(customer__name=name).values_list("name", flat=True)) == {
        "王一",
        "张三",
    }
    assert not Contact.unscoped.filter(name="赵四").exists()


def test_everything_that_is_wrong_is_told_at_once(cast: Cast) -> None:
    job = imported(
        cast.owner,
        table(
            "公司全称|税号|联系人|手机|年营业额（万）|上次联系|级别|负责人",
            f"{unlike()}|91330400MA0000X7R3|罗茜|1380000123|约20|去年底|Z|没有这人",
        ),
    )
    assert outcomes(job) == {2: "refused"}
    assert set(reasons(job, 2)) == {
        "credit_code", "contacts.phones.number", "revenue", "follow-ups.happened_at", "level",
        "owner",
    }  # fmt: skip
    assert Customer.unscoped.count() == Contact.unscoped.count() == 0
    [headings, row] = sheet_of(job)
    assert headings[:-1] == [
        "公司全称",
        "税号",
        "联系人",
        "手机",
        "年营业额（万）",
        "上次联系",
        "级别",
        "负责人",
    ]
    assert row[3] == "1380000123"
    assert "手机: " in row[-1]


def test_rejected_rows_come_in_once_put_right(cast: Cast) -> None:
    name = unlike()
    job = imported(cast.owner, table("name|employees", f"{name}|many", f"{unlike()}|3"))
    headings, row = sheet_of(job)
    again = imported(cast.owner, table("|".join(headings), f"{row[0]}|12|{row[2]}"))
    assert outcomes(again) == {2: "created"}
    assert Customer.unscoped.get(name=name).employees == 12


def test_a_row_that_the_database_refuses_holds_up_no_other(cast: Cast) -> None:
    rows = [f"{unlike()}|{number}" for number in (1, -5, 3)]
    job = imported(cast.owner, table("name|employees", *rows))
    assert outcomes(job) == {2: "created", 3: "refused", 4: "created"}
    assert "employees" in reasons(job, 3)


def test_labels_names_and_words_of_any_language(cast: Cast) -> None:
    job = imported(
        cast.director,
        table(
            "name|level|stage|owner|kind",
            f"{unlike()}|A 重点|Prospect|{cast.owner.display_name}|COMPANY",
            f"{unlike()}|b important|潜在|{cast.teammate.username}|Company",
        ),
    )
    assert outcomes(job) == {2: "created", 3: "created"}, job.detail
    first, second = [stored("customers", pk) for pk in record_ids(job)]
    assert (first.level, second.level, first.stage, second.stage) == (
        "A",
        "B",
        "prospect",
        "prospect",
    )
    assert (first.owner_id, second.owner_id) == (cast.owner.pk, cast.teammate.pk)
    assert second.department_id == cast.teammate.department_id


def test_security_78_a_file_may_not_do_what_its_person_may_not(cast: Cast) -> None:
    cast.state("owner", "customers", "level", "read")
    cast.state("owner", "customers", "remark", "hidden")
    for path in ("level", "remark", "created_by", "version", "department", "no_such"):
        with pytest.raises(Invalid):
            upload(cast.owner, table("name|x", "a|b"), mapping={"name": "name", "x": path})
    found = guesses(cast.owner, "name", "level", "remark", "created_by", "last_follow_up_at")
    assert found == {
        "name": "name",
        "level": "",
        "remark": "",
        "created_by": "",
        "last_follow_up_at": "",
    }
    job = imported(cast.owner, table("name|owner", f"{unlike()}|{cast.outsider.username}"))
    cast.right("owner", "customers", assign="none")
    other = imported(cast.owner, table("name|owner", f"{unlike()}|{cast.teammate.username}"))
    assert outcomes(other) == {2: "refused"}
    assert set(reasons(other, 2)) == {"owner"}
    assert job.state == Job.State.DONE
    cast.right("owner", "customers", **{"import": "none"})
    with pytest.raises(NotAllowed):
        upload(cast.owner, table("name", unlike()))


def test_security_6_a_parent_that_may_not_be_seen_is_not_found(cast: Cast) -> None:
    hidden, mine = unlike(), unlike()
    add(cast.outsider, name=hidden)
    add(cast.owner, name=mine)
    data = table("name|parent", f"{unlike()}|{hidden}", f"{unlike()}|{mine}", f"{unlike()}|no such")
    job = imported(cast.owner, data)
    assert outcomes(job) == {2: "refused", 3: "created", 4: "refused"}
    assert reasons(job, 2)["parent"][0].replace(hidden, "no such") == reasons(job, 4)["parent"][0]


def test_rights_are_asked_again_while_it_runs(cast: Cast) -> None:
    job = upload(cast.owner, table("name", unlike()))
    cast.right("owner", "customers", create="none")
    assert done(job).state == Job.State.FAILED
    assert job.detail["message"]
    other = upload(cast.teammate, table("name", unlike()))
    cast.teammate.is_active = False
    cast.teammate.save()
    assert done(other).state == Job.State.FAILED
    assert Customer.unscoped.count() == 0


def test_the_mapping_is_remembered(cast: Cast) -> None:
    text = table("Firma|Sonst", f"{unlike()}|x")
    imported(cast.owner, text, mapping={"Firma": "name", "Sonst": "remark"})
    assert RememberedMapping.objects.filter(owner=cast.owner).count() == 2
    assert guesses(cast.owner, "Firma", "Sonst") == {"Firma": "name", "Sonst": "remark"}
    assert guesses(cast.teammate, "Firma", "Sonst") == {"Firma": "", "Sonst": ""}


def test_the_author_of_a_follow_up_is_kept(cast: Cast) -> None:
    name = unlike()
    data = table(
        "客户名称|跟进记录|跟进时间|跟进人|下次联系",
        f"{name}|谈了价格|2026-10-01 14:30|{cast.teammate.display_name}|2026-12-01",
    )
    imported(cast.director, data)
    customer = Customer.unscoped.get(name=name)
    talk = FollowUp.unscoped.get(subject=f"customers/{customer.pk}")
    assert talk.owner_id == cast.teammate.pk
    assert talk.happened_at == dt.datetime(2026, 10, 1, 6, 30, tzinfo=dt.UTC)
    assert customer.next_contact_at is not None
    cast.right("owner", "follow-ups", assign="none")
    other = unlike()
    imported(cast.owner, data.replace(name, other))
    talk = FollowUp.unscoped.exclude(pk=talk.pk).get()
    assert talk.owner_id == cast.owner.pk
    assert cast.teammate.display_name in talk.text
