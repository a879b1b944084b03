"""A board worked by mouse and by keyboard, undone, saved, and opened by somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from crm.lists.models import SavedView
from crm.modules.registry import module_named
from tests.browser.conftest import SignIn, Watch

pytestmark = pytest.mark.browser


def level(pk: str) -> str:
    return str(module_named("customers").rows.get(pk=pk).level)


def told(page: Any, text: str) -> None:
    page.locator("#toasts [data-toast]", has_text=text).last.wait_for()


def drag(page: Any, card: Any, lane: Any) -> None:
    """By the pointer, in small steps, as a hand does."""
    page.wait_for_function("() => window.Sortable")
    start, end = card.bounding_box(), lane.bounding_box()
    page.mouse.move(start["x"] + 90, start["y"] + 30)
    page.mouse.down()
    page.mouse.move(start["x"] + 110, start["y"] + 40, steps=4)
    page.mouse.move(end["x"] + 90, end["y"] + 120, steps=12)
    page.mouse.up()


def test_a_rep_moves_customers_on_a_board_and_an_agent_opens_it(
    sign_in: SignIn, watch: Watch
) -> None:
    page = sign_in("rep")
    page.goto("/customers/?sort=name")
    page.locator(".forms a", has_text="看板").click()
    page.wait_for_url("**/customers/board/?*sort=name*")
    page.goto("/customers/board/?by=level&sort=name&card=city")
    page.wait_for_function("() => document.querySelector('.lane h2 .fig').textContent > '0'")
    lane = {key: page.locator(f'.lane[data-key="{key}"]') for key in "BD"}
    card = lane["D"].locator(".card[data-movable]").first
    pk = card.get_attribute("data-pk") or ""

    drag(page, card, lane["B"])
    told(page, "撤销")
    assert level(pk) == "B"
    assert lane["B"].locator(f'.card[data-pk="{pk}"]').count() == 1
    page.locator("#toasts button", has_text="撤销").last.click()
    lane["D"].locator(f'.card[data-pk="{pk}"]').wait_for()
    assert level(pk) == "D"

    move_by_keys(page, pk, lane)
    page.locator(f'.card[data-pk="{pk}"] .foot').click()
    page.locator("#peek h2").wait_for()
    view = save(page, "我的等级看板")
    agent = sign_in("agent")
    agent.goto(f"/customers/?view={view}")
    agent.locator("h1", has_text="我的等级看板").wait_for()
    assert "/customers/board/" in agent.url
    assert agent.locator(".lane").count() >= 4


def move_by_keys(page: Any, pk: str, lane: Any) -> None:
    """The menu of columns, then Z."""
    page.locator(f'.card[data-pk="{pk}"] a').first.focus()
    page.keyboard.press("m")
    page.locator("#move-menu:popover-open").wait_for()
    page.locator('#move-menu [data-move-to="B"]').focus()
    page.keyboard.press("Enter")
    lane["B"].locator(f'.card[data-pk="{pk}"]').wait_for()
    page.wait_for_function(
        "pk => document.activeElement.closest('.card')?.dataset.pk === pk", arg=pk
    )
    page.keyboard.press("z")
    lane["D"].locator(f'.card[data-pk="{pk}"]').wait_for()


def save(page: Any, name: str) -> int:
    """What is seen as a view, shared with the agent."""
    page.locator("[popovertarget=views-menu]").click()
    page.fill("#view-name", name)
    page.locator("#views-menu form button").click()
    page.locator("h1", has_text=name).wait_for()
    assert page.locator(".headline .state.amber").count() == 0
    view = SavedView.objects.get(name=name)
    assert view.state["form"] == "board"
    view.people = [User.objects.get(username="agent").pk]
    view.save()
    return int(view.pk)
