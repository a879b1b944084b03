"""Two records that are one: picked in the list, compared, merged, and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from crm.records.services import create_record
from tests.browser.conftest import SignIn, Watch
from tests.browser.faults import faults

pytestmark = pytest.mark.browser
ONE, TWO, MAIL = "试样合并阀门有限公司", "试样合并阀门贸易公司", "office@shiyang-hebing.cn"


def find_among_doubles(page: Any, one: int) -> None:
    """From the list's menu to the group, out of it and back, and to the comparison."""
    page.goto("/customers/")
    page.locator("[popovertarget=views-menu]").first.click()
    page.locator("#views-menu a[href='/customers/doubles/']").click()
    group = page.locator("form.double", has_text=ONE)
    group.wait_for()
    assert faults(page) == []
    group.locator("[formaction$='/apart/']").click()  # not the same: taken back at once
    page.locator("#toasts [data-undo]").wait_for()
    assert page.locator("form.double", has_text=ONE).count() == 0
    page.keyboard.press("z")
    group.wait_for()
    page.goto(f"/customers/{one}/")
    page.locator(".notice", has_text=TWO).get_by_text("对比并合并").click()
    page.wait_for_url("**/customers/merge/?**")


def test_two_customers_become_one_and_two_again(sign_in: SignIn, watch: Watch) -> None:
    manager = User.objects.get(username="manager")
    one, two = (
        create_record(
            actor=manager, module="customers",
            values={"name": name, "city": city, "mails": [{"address": MAIL}]},
        )
        for name, city in ((ONE, "苏州市"), (TWO, "无锡市"))
    )  # fmt: skip
    create_record(actor=manager, module="contacts", values={"name": "韩梅", "customer": two})
    page = sign_in("manager")
    page.goto("/customers/?view=all&q=试样合并")
    for pk in (one, two):
        page.locator(f"[name=pk][value='{pk}']").check()
    page.locator("#bulk [formaction='/customers/merge/']").click()
    page.wait_for_url("**/customers/merge/?**")
    find_among_doubles(page, one)
    assert faults(page) == []
    page.locator(f"[name=survivor][value='{one}']").focus()
    page.locator(f"[name=take-city][value='{one}']").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(f"[name=take-city][value='{two}']").is_checked()
    page.locator(".savebar button.primary").click()
    page.wait_for_url(f"**/customers/{one}/")
    page.goto(f"/customers/{two}/?tab=contacts")
    assert page.url.endswith(f"/customers/{one}/")
    page.goto(f"/customers/{one}/?tab=contacts")
    assert page.locator("main").get_by_text("韩梅").first.is_visible()
    page.goto(f"/customers/{one}/history/")
    page.locator("form[action^='/merges/'] button").click()
    page.wait_for_url(f"**/customers/{one}/")
    assert page.goto(f"/customers/{two}/?tab=contacts").status == 200
    assert page.locator("main").get_by_text("韩梅").first.is_visible()
