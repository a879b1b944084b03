"""A board worked by mouse and by keyboard, undone, saved, and opened by somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services.fields import add_field
from crm.access.policy import access_to
from crm.lists.models import SavedView
from crm.modules.registry import module_named
from crm.records.definitions import key_of
from crm.records.services import create_record, update_record
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


def new(**values: Any) -> str:
    """A customer of rep's that no other test looks at."""
    rep = User.objects.get(username="rep")
    given = {"name": "板上测控技术有限公司", "kind": "company", **values}
    return str(create_record(actor=rep, module="customers", values=given))


def move_to(page: Any, pk: str, key: str) -> None:
    page.locator(f'.card[data-pk="{pk}"] a').first.focus()
    page.keyboard.press("m")
    page.locator("#move-menu:popover-open").wait_for()
    page.locator(f'#move-menu [data-move-to="{key}"]').focus()
    page.keyboard.press("Enter")


def test_somebody_was_faster_and_a_move_that_asks_first(
    sign_in: SignIn, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.expects.add(409)
    pk = new(level="D")
    page = sign_in("rep")
    page.clock.install()
    page.goto("/customers/board/?by=level&q=板上测控")
    manager = User.objects.get(username="manager")
    version = access_to(manager, "customers").get(int(pk), []).version
    values = {"level": "C"}
    update_record(actor=manager, module="customers", pk=int(pk), values=values, version=version)
    move_to(page, pk, "B")
    toast = page.locator("#toasts [role=alert]", has_text="周启明")
    toast.wait_for()
    page.locator(f'.lane[data-key="C"] .card[data-pk="{pk}"]').wait_for()  # where it is now
    assert level(pk) == "C"
    held_by_pointer_and_focus(page, toast)

    def validate(values: Any) -> dict[str, str]:
        return {} if values.get("city") or values.get("level") != "A" else {"city": "先写城市。"}

    monkeypatch.setattr(module_named("customers"), "validate", validate)
    dialog = page.locator("dialog#dialog[open]")
    move_to(page, pk, "A")
    dialog.locator("[name=city]").wait_for()
    dialog.locator("[data-closes]").click()
    page.locator(f'.lane[data-key="C"] .card[data-pk="{pk}"]').wait_for()  # given up: it goes back
    move_to(page, pk, "A")
    dialog.locator("[name=city]").wait_for()
    dialog.locator("button.primary").click()
    dialog.locator("[data-errors]", has_text="先写城市").wait_for()
    dialog.locator("[name=city]").fill("无锡")
    page.keyboard.press("Enter")
    page.locator(f'.lane[data-key="A"] .card[data-pk="{pk}"]').wait_for()
    told(page, "撤销")
    assert (level(pk), dialog.count()) == ("A", 0)


def held_by_pointer_and_focus(page: Any, toast: Any) -> None:
    """A message stays while either is there, and goes by itself 8 s later at most."""
    toast.hover()
    page.clock.fast_forward(20_000)
    assert toast.count() == 1
    toast.locator("button").focus()
    page.mouse.move(700, 20)
    page.clock.fast_forward(20_000)
    assert toast.count() == 1
    page.keyboard.press("Tab")
    page.clock.fast_forward(8_000)
    toast.wait_for(state="detached")


def test_an_entry_goes_to_another_day_by_pointer_and_by_keyboard(sign_in: SignIn) -> None:
    admin = User.objects.get(username="admin")
    labels = {"zh-hans": "回访日", "en": "Visit"}
    due = key_of(add_field(actor=admin, module="customers", kind="date", labels=labels))
    days = [str(timezone.localdate().replace(day=day)) for day in (8, 16, 23)]
    pk = new(name="日历测控技术有限公司", **{due: days[0]})
    page = sign_in("rep")
    page.goto(f"/customers/calendar/?on={due}&q=日历测控")
    day = {key: page.locator(f'.day[data-key="{key}"]') for key in days}
    entry = f'.card[data-pk="{pk}"]'

    def on(key: str) -> bool:
        day[key].locator(entry).wait_for()
        return bool(module_named("customers").rows.get(pk=pk).custom[due] == key)

    page.wait_for_function("() => window.Sortable")
    start, end = day[days[0]].locator(entry).bounding_box(), day[days[1]].bounding_box()
    page.mouse.move(start["x"] + 40, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 20, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + 50, steps=12)
    page.mouse.up()
    told(page, "撤销")
    assert on(days[1])
    page.locator(f"{entry} a").first.focus()
    page.keyboard.press("m")
    page.locator("#move-menu:popover-open").wait_for()
    page.locator("#move-menu [name=day]").fill(days[2])
    page.keyboard.press("Enter")
    assert on(days[2])
    page.keyboard.press("z")
    assert on(days[1])
