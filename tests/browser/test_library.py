"""The library by hand: a folder, files dropped, dragged on, found, deleted, brought back."""

from __future__ import annotations

from typing import Any

import pytest

from crm.documents.models import Document, Folder
from tests.browser.conftest import Product, SignIn
from tests.browser.faults import faults
from tests.browser.test_documents import drop

pytestmark = pytest.mark.browser
DRAG = """([from, to]) => {
  const held = new DataTransfer();
  const fire = (type, place) => place.dispatchEvent(
    new DragEvent(type, { dataTransfer: held, bubbles: true, cancelable: true }));
  fire("dragstart", from); fire("dragover", to); fire("drop", to); fire("dragend", from);
}"""


def row(page: Any, name: str) -> Any:
    return page.locator(".shelf tbody tr", has_text=name)


def drag(page: Any, source: Any, target: Any) -> None:
    page.evaluate(DRAG, [source.element_handle(), target.element_handle()])


def test_a_folder_is_made_filled_shared_out_and_emptied(product: Product, sign_in: SignIn) -> None:
    page = sign_in("manager")
    prices = Folder.objects.get(name="价格表").pk
    page.goto("/library/")
    page.locator(".shelf a", has_text="价格表").click()
    page.keyboard.press("c")
    page.goto(f"/library/{prices}/")
    page.get_by_role("link", name="新建文件夹").click()
    page.locator("#dialog").get_by_label("名称").fill("华东")
    page.locator("#dialog").get_by_role("button", name="新建").click()
    page.get_by_role("heading", name="华东").wait_for()
    drop(page, ("华东报价.txt", "one"), ("空.txt", ""))
    row(page, "华东报价.txt").wait_for()
    assert page.locator(".uploads .bad").inner_text().startswith("空.txt")
    page.goto(f"/library/{prices}/")
    drag(page, row(page, "目录价 2026.xlsx"), row(page, "华东"))
    page.locator(".toast", has_text="已移动").wait_for()
    assert row(page, "目录价 2026.xlsx").count() == 0
    page.locator(".toast [data-undo]").click()
    row(page, "目录价 2026.xlsx").wait_for()
    page.locator("#library-q").fill("hdbj")
    page.keyboard.press("Enter")
    row(page, "华东报价.txt").locator("th a").click()
    page.locator("#dialog").get_by_text("第 1 版").wait_for()
    assert faults(page) == []
    page.locator("#dialog").get_by_role("link", name="移动到").click()
    page.locator("#dialog select").select_option(str(prices))
    page.locator("#dialog").get_by_role("button", name="移动").click()
    page.locator(".toast", has_text="已移动").wait_for()
    assert Document.objects.get(name="华东报价.txt").record_id == prices
    page.get_by_role("button", name="更多").click()
    page.locator("#folder-menu").get_by_role("button", name="删除").click()
    page.locator(".toast [data-undo]").click()
    page.get_by_role("heading", name="华东").wait_for()
    reader = sign_in("rep")
    reader.goto(f"/library/{prices}/")
    row(reader, "华东报价.txt").wait_for()
    assert reader.get_by_text("底价").count() == 0
