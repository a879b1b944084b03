"""The pages' scripts in a real Chromium, on pages drawn from samples: keys, panel, edit, drafts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import gallery

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api")
if not (gallery.MODULES / "htmx.org").exists():
    pytest.skip("node_modules is missing: make setup", allow_module_level=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("gallery")
    gallery.prepare("zh-hans", None)
    gallery.write(folder, "zh-hans")
    with gallery.served(folder) as base:
        yield base


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, service_workers="block")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.extend([line.text] if line.type == "error" else []))
    yield page
    page.close()
    assert not errors


def test_keys_walk_pick_and_look(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr[data-cursor]").get_attribute("data-pk") == "2"
    page.keyboard.press("x")
    assert page.locator("[data-picked-count]").inner_text() == "1"
    assert page.locator("#bulk").is_visible()
    page.keyboard.press(" ")
    page.locator("#peek h2").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#peek h2").count() == 0
    page.keyboard.press("Escape")
    assert not page.locator("#bulk").is_visible()


def test_a_range_is_picked_with_shift(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.locator('[name="pk"][value="2"]').click()
    page.locator('[name="pk"][value="6"]').click(modifiers=["Shift"])
    assert page.locator("[data-picked-count]").inner_text() == "5"
    page.locator("[data-pick-everything]").click()
    assert page.locator("[data-everything]").input_value() == "1"


def test_a_click_on_a_row_opens_the_panel_and_on_its_name_the_page(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.locator('tr[data-pk="4"] td').nth(3).click()
    page.locator("#peek h2").wait_for()
    page.locator('tr[data-pk="4"] .title a').click()
    page.wait_for_url("**/record.html")
    page.go_back()
    page.locator('tr[data-pk="4"][data-open]').wait_for()


def test_the_address_holds_the_panel_and_back_closes_it(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.locator('tr[data-pk="2"] td').nth(3).click()
    page.keyboard.press("j")
    page.locator('tr[data-pk="3"][data-open]').wait_for()
    assert page.url.endswith("#look-3")
    page.reload()
    page.locator("#peek h2").wait_for()
    page.go_back()
    page.locator("#peek h2").wait_for(state="detached")
    assert page.url.endswith("/list-plain.html")
    page.go_forward()
    page.locator("#peek h2").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_url("**/list-plain.html")
    page.set_viewport_size({"width": 390, "height": 844})
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.wait_for_url("**/record.html")


def test_single_keys_stay_quiet_while_typing(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.keyboard.press("/")
    box = page.locator("#filter-panel input[type=search]").first
    box.wait_for()
    page.keyboard.type("jxc")
    assert box.input_value() == "jxc"
    assert page.url.endswith("list-plain.html")
    assert page.locator("tr[data-cursor]").count() == 0


def test_a_condition_is_asked_for_in_the_panel(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.keyboard.press("/")
    page.locator("#filter-fields [data-path]").nth(1).click()
    page.locator("#filter-value select").wait_for()
    assert page.locator("#filter-value select").evaluate("e => e === document.activeElement")


def test_the_palette_finds_and_opens(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("songyu")
    page.locator("#palette-found [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(400)
    assert page.locator("#palette [aria-selected=true]").count() == 1
    page.keyboard.press("Escape")
    assert not page.locator("#palette").is_visible()


def test_a_field_is_edited_where_it_stands(page: Any, address: str) -> None:
    page.goto(f"{address}/record.html")
    page.locator("#field-address").click()
    box = page.locator("#e-address")
    box.wait_for()
    box.fill("松屿路 99 号")
    page.keyboard.press("Enter")
    page.locator("#field-address .saved").wait_for()


def test_leaving_a_field_saves_and_escape_does_not(page: Any, address: str) -> None:
    page.goto(f"{address}/record.html")
    sent: list[str] = []
    page.on("request", lambda one: sent.extend([one.url] if one.method == "POST" else []))
    page.locator("#field-address").click()
    page.locator("#e-address").fill("别的")
    page.keyboard.press("Escape")
    page.locator("#field-address dd").wait_for()
    assert not sent
    page.locator("#field-address").click()
    page.locator("#e-address").fill("又改了")
    page.locator("h1").click()
    page.locator("#field-address .saved").wait_for()
    assert len(sent) == 1


def test_nothing_typed_is_lost_when_saving_fails(browser: Any, address: str) -> None:
    page = browser.new_page(service_workers="block")
    page.route("**/field.html", lambda route: route.abort())
    page.goto(f"{address}/record.html")
    page.locator("#field-address").click()
    page.locator('form[data-inline][data-met="1"]').wait_for()
    page.locator("#e-address").fill("写了一半")
    page.keyboard.press("Enter")
    page.locator("form[data-inline] .wrong[role=alert]").wait_for()
    page.locator("h1").click()  # leaving it gives nothing up
    page.wait_for_timeout(200)
    assert page.locator("#e-address").input_value() == "写了一半"
    page.unroute("**/field.html")
    page.locator("form[data-inline] [data-told] button").click()
    page.locator("#field-address .saved").wait_for()
    page.close()


def test_a_draft_outlives_the_page(page: Any, address: str) -> None:
    page.goto(f"{address}/record.html")
    page.evaluate("localStorage.clear()")
    page.keyboard.press("f")
    text = page.locator("#composer textarea")
    text.fill("还没写完的跟进")
    page.wait_for_timeout(500)
    kept = page.evaluate("Object.entries(localStorage)")
    assert [name for name, _text in kept] == ["draft::follow-up:customers-1"]
    assert "还没写完的跟进" in kept[0][1]


def test_errors_take_the_focus_and_lead_to_their_field(page: Any, address: str) -> None:
    page.goto(f"{address}/form-wrong.html")
    assert page.evaluate("document.activeElement.matches('[data-errors]')")
    page.locator("[data-errors] a").first.click()
    assert page.evaluate("document.activeElement.id") == "f-name"
    page.locator("[data-fix]").click()
    assert page.locator("#f-code").input_value() == "91320500MA0000X0XK"


def test_rows_of_a_collection_come_and_go(page: Any, address: str) -> None:
    page.goto(f"{address}/form.html")
    page.locator("[data-add-row]").click()
    assert page.locator('[name="phones-2-number"]').count() == 1
    assert page.locator('[name="phones-TOTAL"]').input_value() == "3"
    page.locator("[data-drop-row]").first.check(force=True)
    assert not page.locator('[name="phones-0-number"]').is_visible()


def test_a_theme_is_changed_without_a_reload(page: Any, address: str) -> None:
    page.goto(f"{address}/list-plain.html")
    page.locator("[popovertarget=person-menu]").click()
    page.locator('#person-menu [name=theme][value="dark"]').click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 19, 22)"


def test_rights_count_what_is_not_applied_yet(page: Any, address: str) -> None:
    page.goto(f"{address}/rights.html")
    page.locator("select[data-reach]").nth(2).select_option("all")
    page.locator('[data-set-all="hidden"]').click()
    assert page.locator("[data-pending]").is_visible()
    assert page.locator(".reach.s5.changed").count() == 1


@pytest.mark.parametrize(
    "name", ["list", "record", "form-wrong", "import", "rights", "home", "conflict", "audit"]
)
def test_no_page_scrolls_sideways_on_a_phone(page: Any, address: str, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_three_messages_wait_for_whoever_reads_them(page: Any, address: str) -> None:
    undone: list[str] = []

    def undo(route: Any) -> None:
        undone.append(route.request.method)
        route.fulfill(status=204)

    page.route("**/undo/", undo)
    page.clock.install()
    page.goto(f"{address}/list-plain.html")
    for text in "1234":
        page.evaluate(
            "text => document.body.dispatchEvent("
            "new CustomEvent('toast', {detail: {text, undo: '/undo/'}}))",
            text,
        )
    toasts = page.locator("#toasts [data-toast]")
    assert [one[0] for one in toasts.all_inner_texts()] == ["2", "3", "4"]
    page.locator("#toasts [data-undo]").nth(1).focus()
    page.clock.run_for(9000)
    assert [one[0] for one in toasts.all_inner_texts()] == ["3"], "the clock stops under the focus"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("z")
    toasts.first.wait_for(state="detached")
    page.clock.run_for(1000)
    assert undone == ["POST"]
