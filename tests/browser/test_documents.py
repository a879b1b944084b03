"""A file is dropped on a record, comes again as a version, is deleted and brought back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crm.documents.models import Document
from tests.browser import walk
from tests.browser.conftest import Product, SignIn
from tests.browser.faults import faults

pytestmark = pytest.mark.browser
DROP = """([zone, files]) => {
  const held = new DataTransfer();
  for (const [name, text] of files) held.items.add(new File([text], name));
  for (const type of ["dragover", "drop"]) document.querySelector(zone).dispatchEvent(
    new DragEvent(type, { dataTransfer: held, bubbles: true, cancelable: true }));
}"""


def drop(page: Any, *files: tuple[str, str]) -> None:
    page.evaluate(DROP, [".dropzone", list(files)])


def test_files_are_dropped_named_deleted_and_brought_back(
    product: Product, sign_in: SignIn
) -> None:
    page = sign_in("rep")
    page.goto(f"/customers/{walk.known().customer}/?tab=documents")
    drop(page, ("泵站图纸.txt", "one"), ("空.txt", ""), ("清单.csv", "a,b"))
    row = page.locator(".documents > .files > li", has_text="泵站图纸.txt")
    row.wait_for()
    assert page.locator(".uploads .bad").inner_text().startswith("空.txt")
    drop(page, ("泵站图纸.txt", "two"))
    row.get_by_text(re.compile("第 2 版")).wait_for()
    row.get_by_role("link", name="泵站图纸.txt", exact=True).click()
    dialog = page.locator("#dialog")
    dialog.get_by_text("第 1 版").wait_for()
    assert faults(page) == []
    dialog.get_by_label("文件名").fill("泵站总图")
    dialog.get_by_role("button", name="保存").click()
    page.locator(".documents > .files > li", has_text="泵站总图.txt").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载「泵站总图.txt」").click()
    assert download.value.suggested_filename == "泵站总图.txt"
    page.get_by_role("button", name="删除「泵站总图.txt」").click()
    page.locator(".toast [data-undo]").click()
    page.locator(".documents > .files > li", has_text="泵站总图.txt").wait_for()
    assert Document.objects.get(name="泵站总图.txt").current == 2
