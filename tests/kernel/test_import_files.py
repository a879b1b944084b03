"""Files as people really have them: a messy Chinese workbook, and the shared accounts list."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from crm.access.policy import access_to
from crm.activities.models import FollowUp
from crm.jobs.models import Job, JobRow
from crm.records.children import Phone
from sales.contacts.models import Contact
from sales.customers.models import Customer
from tests.data_makers import messy_workbook
from tests.kernel.exchange_calls import imported, outcomes, reasons, sheet_of
from tests.people import Cast

pytestmark = pytest.mark.usefixtures("own_files")

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "b2b_pipeline"
MAPPING = {
    "公司全称": "name", "税号": "credit_code", "等级": "level", "联系人": "contacts.name",
    "职务": "contacts.job", "手机": "contacts.phones.number", "座机": "phones.number",
    "邮箱": "contacts.mails.address", "预计金额（万）": "revenue",
    "上次联系": "follow-ups.happened_at", "详细地址": "addresses.street", "备注2": "remark",
}  # fmt: skip


def test_a_messy_workbook(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "华东名单.xlsx"
    expected = messy_workbook(path)
    job = imported(cast.owner, path, mapping=MAPPING, policy="create")
    assert job.state == Job.State.DONE, job.detail
    found = outcomes(job)
    created = {row for row, outcome in found.items() if outcome == "created"}
    told = {row: reasons(job, row) for row, outcome in found.items() if outcome == "refused"}
    assert created == set(expected.good), {
        row: told.get(row) for row in set(expected.good) - created
    }
    duplicates = {later for _first, later in expected.exact_duplicates}
    assert set(told) == set(expected.refused) | duplicates
    headings = {target: heading for heading, target in MAPPING.items()}
    for row, heading in expected.refused.items():
        assert heading in {headings.get(path) for path in told[row]}, (row, told[row])
    _check_values(job, expected)
    rejected = sheet_of(job)
    assert len(rejected) == 1 + len(told)
    assert all(row[-1] for row in rejected)


def _check_values(job: Job, expected: object) -> None:
    rows = {row.number: row.record_id for row in JobRow.objects.filter(job=job, module="customers")}
    for number, e164 in expected.phones.items():  # type: ignore[attr-defined]
        person = Contact.unscoped.filter(customer_id=rows[number]).earliest("pk")
        assert Phone.rows.get(module="contacts", record_id=person.pk).e164 == e164
    for number, day in expected.dates.items():  # type: ignore[attr-defined]
        talk = FollowUp.unscoped.filter(subject=f"customers/{rows[number]}").earliest("pk")
        assert timezone.localtime(talk.happened_at).date() == day
    for number, yuan in expected.amounts.items():  # type: ignore[attr-defined]
        assert Customer.unscoped.get(pk=rows[number]).revenue == Decimal(yuan)


def test_its_columns_guess_themselves(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "名单.xlsx"
    messy_workbook(path)
    job = imported(cast.owner, path, phase="check")
    guessed = {one.rpartition(" ")[2]: target for one, target in job.options["mapping"].items()}
    for heading, target in MAPPING.items():
        if heading not in {"预计金额（万）", "备注2"}:
            assert guessed[heading] == target, heading


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason=f"the shared data is not at {SHARED}")
def test_the_shared_accounts(cast: Cast) -> None:
    path = SHARED / "accounts.csv"
    job = imported(cast.owner, path, policy="create")
    assert job.options["mapping"] == {
        "account": "name",
        "revenue": "revenue",
        "employees": "employees",
    }
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert job.state == Job.State.DONE
    made = {one.name: one for one in Customer.unscoped.all()}
    left_out = {row.number for row in JobRow.objects.filter(job=job, outcome="refused")}
    for number, row in enumerate(rows, start=2):
        if number in left_out:
            continue
        one = made[row["account"].strip()]
        assert one.revenue == (Decimal(row["revenue"]) if row["revenue"] else None)
        assert one.employees == (int(float(row["employees"])) if row["employees"] else None)
    assert len(made) + len(left_out) == len(rows)
    assert len(access_to(cast.owner, "customers").rows()) == len(made)
