"""An administrator merges a choice into another and takes it back."""

from __future__ import annotations

import pytest

from crm.customfields.models import Option
from crm.jobs.models import Job
from crm.jobs.running import run
from crm.modules.stamp import raise_definitions_version
from tests.browser.conftest import SignIn
from tests.browser.faults import faults

pytestmark = pytest.mark.browser


def test_a_choice_merged_and_back(sign_in: SignIn) -> None:
    for value, label in (("copy_one", "展会线索"), ("copy_two", "展览会")):
        Option.objects.create(dictionary="source", value=value, labels={"zh-hans": label})
    raise_definitions_version()
    page = sign_in("admin")
    page.goto("/setup/dictionaries/source/")
    page.get_by_label("并入另一个选项 copy_one").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("变为").select_option("copy_two")
    assert faults(page) == []
    dialog.get_by_role("button", name="合并").click()
    page.get_by_text("「展会线索」并入「展览会」").first.wait_for()
    job = Job.objects.get(kind="choices")
    run(job.pk)  # unless a worker was quicker
    page.goto("/setup/dictionaries/source/")
    assert not page.get_by_label("可选 copy_one").is_checked()
    assert faults(page) == []
    page.get_by_role("button", name="撤销").first.click()
    page.wait_for_load_state()
    run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.UNDONE
