"""A view made from what one sees, shared, locked, and begun with."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from crm.lists.models import SavedView
from tests.browser.conftest import SignIn, Watch

pytestmark = pytest.mark.browser


def test_a_rep_saves_what_he_sees_and_a_colleague_opens_it(sign_in: SignIn, watch: Watch) -> None:
    rep, other = User.objects.get(username="rep"), User.objects.get(username="rep2")
    page = sign_in("rep")
    page.goto("/customers/?level=A&sort=-revenue&columns=name,level,city")
    shown = page.locator("#rows th.title").all_inner_texts()
    page.locator("[popovertarget=views-menu]").click()
    page.fill("#view-name", "我的甲类客户")
    page.locator("#views-menu form button").click()
    page.locator("h1", has_text="我的甲类客户").wait_for()
    view = SavedView.objects.get(owner=rep, name="我的甲类客户")
    full = page.url
    assert "sort=-revenue" in full
    assert page.locator("#rows th.title").all_inner_texts() == shown

    # Another order is a change; it is saved, and Back and a reload keep what was seen.
    page.locator("thead a", has_text="级").first.click()
    page.locator(".headline .state.amber").wait_for()
    page.go_back()
    page.wait_for_url(full)
    assert page.locator(".headline .state.amber").count() == 0
    page.reload()
    assert page.locator("#rows th.title").all_inner_texts() == shown

    share(page, view.pk, other.pk)
    reader = sign_in("rep2")
    reader.goto("/customers/")
    reader.locator("[popovertarget=views-menu]").click()
    reader.locator("#views-menu a", has_text="我的甲类客户").click()
    reader.locator("h1", has_text="我的甲类客户").wait_for()
    assert reader.locator("thead th").count() == page_columns(page, full)
    assert not set(reader.locator("#rows th.title").all_inner_texts()) & set(shown)
    reader.locator("thead a", has_text="级").first.click()
    reader.locator(".headline .state.amber").wait_for()
    assert reader.locator(f"[formaction$='/views/{view.pk}/save/']").count() == 0
    reader.goto("/customers/views/")
    reader.locator(f"form[action$='/views/{view.pk}/start/'] button").click()
    reader.goto("/customers/")
    assert f"view={view.pk}" in reader.url


def share(page: Any, view: int, person: int) -> None:
    page.goto(f"/customers/views/{view}/")
    page.locator("[name=locked]").check()
    page.locator(f"input[value=person-{person}]").check()
    page.locator("footer button.primary").click()
    page.wait_for_url("**/customers/views/")


def page_columns(page: Any, address: str) -> int:
    page.goto(address)
    return int(page.locator("thead th").count())
