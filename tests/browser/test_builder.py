"""A filter in groups made by keyboard, changed by its chip, saved with the list's shape."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import User
from crm.access.policy import access_to
from crm.lists.models import SavedView
from tests.browser.conftest import SignIn, Watch

pytestmark = pytest.mark.browser


def filter_in(page: Any) -> Any:
    return json.loads(parse_qs(urlsplit(page.url).query)["filter"][0])


def test_a_filter_in_groups_and_the_shape_of_a_list(sign_in: SignIn, watch: Watch) -> None:
    watch.expects.add(400)  # a filter that is not whole
    page = sign_in("rep")
    page.goto("/contacts/")
    page.keyboard.press("/")
    page.locator("[data-builds]").click()
    page.locator("#what-1").wait_for()

    choose_by_keyboard(page)
    add_group(page)
    level = {"field": "customer.level", "op": "in", "value": ["A"]}
    job = {"field": "job", "op": "contains", "value": "采购"}
    assert filter_in(page) == {"all": [level, {"any": [job]}]}
    door = access_to(User.objects.get(username="rep"), "contacts")
    wanted = set(
        door.rows().filter(customer__level="A", job__contains="采购").values_list("pk", flat=True)
    )
    shown = page.locator("#rows tr[data-pk]").evaluate_all("rows => rows.map(r => +r.dataset.pk)")
    assert wanted
    assert set(shown) == wanted

    # The chip opens the builder at its line.
    page.locator("[data-line-at='0']").click()
    page.locator("[name='value-1'][value=B]").check()
    page.locator("#builder-form button.primary").click()
    page.wait_for_url(lambda url: "%22B%22" in url)
    assert filter_in(page)["all"][0]["value"] == ["A", "B"]

    widen(page)
    page.locator("[popovertarget=views-menu]").click()
    page.fill("#view-name", "重点客户的采购")
    page.locator("#views-menu form button").click()
    page.locator("h1", has_text="重点客户的采购").wait_for()
    state = SavedView.objects.get(name="重点客户的采购").state
    assert "job:" in state["widths"]
    assert state["columns"].startswith("name,job,")
    assert page.locator("col[data-column=job]").get_attribute("width")
    assert page.locator(".headline .state.amber").count() == 0


def widen(page: Any) -> None:
    """Pull a column's edge, then move it to the left by its menu."""
    edge = page.locator("th[data-column=job] [data-edge]").bounding_box()
    page.mouse.move(edge["x"] + 4, edge["y"] + 8)
    page.mouse.down()
    page.mouse.move(edge["x"] + 64, edge["y"] + 8, steps=4)
    page.mouse.up()
    page.wait_for_url("**widths=**")
    page.locator("th[data-column=job] .head-menu").focus()
    page.keyboard.press("Enter")
    page.locator("[data-column-act=left]").click()
    page.wait_for_url("**columns=name,job,**")


def choose_by_keyboard(page: Any) -> None:
    """A field of the related record, found by the sounds of its label; all of it by keyboard."""
    page.locator("#what-1").focus()
    page.keyboard.press("Enter")
    page.locator("#field-menu input").wait_for()
    page.keyboard.type("khdj")
    page.locator("#field-list [data-path='customer.level']").focus()
    page.keyboard.press("Enter")
    page.locator("[name='value-1'][value=A]").wait_for()
    page.locator("[name='value-1'][value=A]").focus()
    page.keyboard.press("Space")
    page.locator("#builder-says b").wait_for()


def add_group(page: Any) -> None:
    """A group beside it, refused until it is whole; what was chosen stays."""
    page.locator("#group-0").click()
    page.locator("#field-menu input").wait_for()
    page.keyboard.press("Escape")
    page.locator("#builder-form button.primary").click()
    page.locator("#builder-form .wrong").wait_for()
    assert page.locator("[name='value-1'][value=A]").is_checked()
    page.locator("#what-3").click()
    page.locator("#field-list [data-path=job]").click()
    page.locator("[name='value-3']").fill("采购")
    page.locator("#builder-form button.primary").click()
    page.wait_for_url("**filter=**")
