"""An administrator makes a field of files; a rep attaches one and sees it in the list at once."""

from __future__ import annotations

from typing import Any

import pytest

from crm.customfields.files import FieldFile
from tests.browser.conftest import SignIn, Watch
from tests.browser.faults import faults

pytestmark = pytest.mark.browser
FIRM = "松屿制药有限公司"


def make_field(page: Any) -> str:
    """A field of two files, as an administrator makes it; its name."""
    page.goto("/setup/fields/customers/")
    page.select_option("#new-kind", "file")
    page.get_by_role("button", name="新建字段").click()
    page.fill("[name=label_zh-hans]", "开户许可证")
    page.fill("[name=label_en]", "Bank permit")
    page.fill("[name=most_files]", "2")
    page.fill("[name=endings]", "pdf, txt")
    assert faults(page) == []
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="开户许可证").wait_for()
    return str(page.locator("tr", has_text="开户许可证").locator("td").last.inner_text()).strip()


def test_a_file_in_a_field(sign_in: SignIn, watch: Watch) -> None:
    watch.expects.add(422)
    key = make_field(sign_in("admin"))
    rep = sign_in("rep")
    rep.goto(f"/customers/?q={FIRM}")
    rep.get_by_role("link", name=FIRM).first.click()
    rep.locator(f"#field-{key} .pen").click()
    field = rep.locator(f"#field-{key}")
    save = field.get_by_role("button", name="保存")
    held: list[Any] = []
    rep.route("**/files/fields/new/**", lambda one: one.continue_() if held else held.append(one))
    rep.set_input_files(f"[name={key}__new]", files=[
        {"name": "许可证.txt", "mimeType": "text/plain", "buffer": b"permit"}
    ])  # fmt: skip
    rep.set_input_files(f"[name={key}__new]", files=[
        {"name": "表格.exe", "mimeType": "text/plain", "buffer": b"permit"}
    ])  # fmt: skip
    field.locator(".uploads .bad").wait_for()
    save.click()  # the first is still on its way: nothing is sent without it
    held[0].continue_()
    field.get_by_role("checkbox", name="许可证.txt").wait_for()  # before anything is saved
    save.click()
    link = field.get_by_role("link", name="许可证.txt", exact=True)
    link.click()
    rep.locator("#dialog").get_by_role("link", name="下载").wait_for()
    assert faults(rep) == []
    rep.keyboard.press("Escape")
    with rep.expect_download() as download:
        field.locator("a[download]").click()
    assert download.value.suggested_filename == "许可证.txt"
    rep.goto(f"/customers/?columns=name,{key}&{key}__not_empty=1")
    rep.get_by_role("link", name="许可证.txt").wait_for()
    pk = FieldFile.objects.get(field=key).pk
    other = sign_in("rep2")
    answer = other.request.get(f"/files/fields/{pk}/")
    assert answer.status == 404
