"""What hands do all day: keys and focus on every page, and a file that is looked through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from crm.jobs import deeds
from crm.records.services import create_record
from sales.customers.models import Customer
from tests.browser import walk
from tests.browser.conftest import Product, SignIn
from tests.browser.faults import faults

pytestmark = pytest.mark.browser
TAB_STOPS = 30
# What the focused element would have to show; "" when it can be seen that it has the focus.
UNSEEN = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return "end";
  const isLit = (node) => {
    const style = getComputedStyle(node);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== "none";
  };
  const round = one.closest("label, .composer, .dropzone");
  const isSeen = isLit(one) || (round && (isLit(round) || !round.matches("label")));
  return isSeen && one.getBoundingClientRect().width ? "" : one.outerHTML.slice(0, 140);
}"""
FOCUSED = "document.activeElement.outerHTML.slice(0, 80)"
PLACES = [
    "home", "list", "contacts", "follow-ups", "record", "edit", "search", "jobs", "me",
    "people", "person", "departments", "rights", "audit", "dictionary", "record-agent",
]  # fmt: skip


@pytest.fixture(scope="module")
def places(product: Product) -> dict[str, walk.Place]:
    return {place.name: place for place in walk.places(walk.known())}


@pytest.mark.parametrize("name", PLACES)
def test_the_focus_is_seen_and_comes_back(
    name: str, sign_in: SignIn, places: dict[str, walk.Place]
) -> None:
    page = sign_in(places[name].who)
    page.goto(places[name].path)
    page.wait_for_load_state("networkidle")
    for _stop in range(TAB_STOPS):
        page.keyboard.press("Tab")
        unseen = page.evaluate(UNSEEN)
        if unseen == "end":
            break
        assert not unseen, unseen
    page.evaluate("document.querySelector('#main a, #main button, .top button').focus()")
    before = page.evaluate(FOCUSED)
    for key, layer in (("?", "#help"), ("Control+k", "#palette")):
        page.keyboard.press(key)
        assert page.locator(layer).is_visible()
        page.keyboard.press("Escape")
        page.locator(layer).wait_for(state="hidden")
        assert page.evaluate(FOCUSED) == before, f"after {layer}"


def test_menus_and_dialogs_hand_the_focus_back(sign_in: SignIn) -> None:
    page = sign_in("manager")
    page.goto("/customers/")
    for button in ("[popovertarget=person-menu]", "[popovertarget=create-menu]", "[data-filter]"):
        page.focus(button)
        before = page.evaluate(FOCUSED)
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('[popover]:popover-open')")
        page.keyboard.press("Escape")
        page.wait_for_function("!document.querySelector('[popover]:popover-open')")
        assert page.evaluate(FOCUSED)[:30] == before[:30], button
    page.keyboard.press("j")
    page.keyboard.press("x")
    assign = page.locator("#bulk [hx-post]").first
    assign.focus()
    before = page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    page.locator("#dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    assert page.evaluate(FOCUSED) == before


def test_letters_lead_to_pages(sign_in: SignIn) -> None:
    page = sign_in("rep")
    for keys, path in (("gc", "/customers/"), ("gp", "/contacts/"), ("gh", "/")):
        page.goto("/jobs/")
        page.keyboard.type(keys)
        page.wait_for_url(f"**{path}")
    page.goto("/jobs/")
    page.keyboard.press("c")
    page.locator("#quick[open] #qid-name").wait_for()


# A file ----------------------------------------------------------------------------------------


def sheet(folder: Path) -> Path:
    """60 good rows, one that is wrong, one that is known; GBK, as Excel writes it in China."""
    brands = [chr(0x5B89 + 40 * n) for n in range(60)]
    rows = ["客户名称;统一社会信用代码;年营收（万元）"]
    rows += [f"苏州{one}屹精密机械有限公司;;{300 + n}" for n, one in enumerate(brands)]
    rows[5:5] = ["无锡陶瓷有限公司;91330600MA0000X1H1;20"]
    rows[9:9] = ["松屿制药;;12000"]
    file = folder / "华东展会名单.csv"
    file.write_bytes("\r\n".join(rows).encode("gbk"))
    return file


def tab(page: Any, words: str) -> Any:
    return page.locator("#check .choices a", has_text=words)


@pytest.fixture
def checked(sign_in: SignIn, worker: None, tmp_path: Path) -> Any:
    page = sign_in("rep")
    page.goto("/customers/import/")
    page.set_input_files("#file", sheet(tmp_path))
    page.locator("#check").wait_for(timeout=40_000)
    return page


def test_rows_of_a_file_by_what_becomes_of_them(checked: Any) -> None:
    page = checked
    assert tab(page, "有错").get_attribute("aria-current") == "true"
    counts = {words: tab(page, words).inner_text().split()[-1] for words in ("全部", "有错")}
    assert counts == {"全部": "62", "有错": "1"}
    tab(page, "全部").click()
    page.wait_for_url("**rows=all**")
    rows = page.locator("#check tbody tr")
    assert rows.count() == 50
    assert [rows.nth(n).locator("td").first.inner_text() for n in (0, 49)] == ["2", "51"]
    assert page.locator("#check p.under").count() == 1
    tab(page, "能导入").click()
    page.wait_for_url("**rows=ready**")
    assert page.locator("#check tbody input").count() == 0
    assert faults(page) == []
    tab(page, "像已有").click()
    page.wait_for_url("**rows=near**")
    assert "松屿制药" in page.locator("#check tbody").inner_text()


def test_a_cell_put_right_joins_the_ready_ones(checked: Any) -> None:
    page = checked
    ready = int(tab(page, "能导入").inner_text().split()[-1])
    page.locator("#check tbody button.textbutton").first.click()
    page.wait_for_url("**/import/*/")
    tab(page, "能导入").wait_for()
    assert int(tab(page, "能导入").inner_text().split()[-1]) == ready + 1
    tab(page, "全部").click()
    page.wait_for_url("**rows=all**")
    assert "91330600MA0000X1H" in page.locator("#check tbody").inner_text()


def test_encoding_and_separator_can_be_said(checked: Any) -> None:
    page = checked
    assert page.locator("#encoding").input_value() == "gb18030"
    assert page.locator("#separator").input_value() == ";"
    page.select_option("#encoding", "utf-8-sig")
    page.locator("[role=alert]").wait_for()
    assert page.locator("#encoding").input_value() == "gb18030"
    page.select_option("#separator", "|")
    page.locator("th.title", has_text="客户名称;统一").wait_for(timeout=40_000)
    assert page.locator("#check").count() == 0
    page.select_option("#separator", ";")
    page.locator("#check").wait_for(timeout=40_000)


def test_a_card_leaves_the_fields_free_and_goes_when_it_was_seen(
    sign_in: SignIn, worker: None, places: dict[str, walk.Place]
) -> None:
    page = sign_in("manager", "en")
    page.goto("/customers/export/?columns=name")
    page.click("form:has([name=format]) button.primary")
    page.locator(".job .good").first.wait_for(timeout=40_000)
    page.goto(places["record"].path)
    card = page.locator("#jobs .job")
    card.wait_for()
    assert "Export customers" in card.inner_text()
    side, box = (page.locator(one).bounding_box() for one in (".record > .side", "#jobs .job"))
    assert box["x"] + box["width"] <= side["x"]
    with page.expect_download():
        card.locator("a.textbutton").click()
    page.reload()
    assert page.locator("#jobs .job").count() == 0


def test_all_that_match_are_given_away_in_the_background_and_come_back(
    sign_in: SignIn, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deeds, "AT_ONCE", 2)
    manager, to = (User.objects.get(username=name) for name in ("manager", "rep"))
    made = [
        create_record(actor=manager, module="customers", values={"name": f"试样移交{sign}泵阀厂"})
        for sign in "甲乙丙"
    ]
    page = sign_in("manager")
    page.goto("/customers/?q=试样移交")
    page.locator("#rows .pick input").first.check()
    page.locator("[data-pick-everything]").click()
    page.locator('#bulk [formaction="/customers/bulk/assign/"]').click()
    dialog = page.locator("dialog#dialog[open]")
    dialog.get_by_text("后台").wait_for()
    dialog.locator("select[name=owner]").select_option(str(to.pk))
    dialog.locator("footer button.primary").click()
    page.locator("#jobs .job .good").wait_for(timeout=40_000)
    owners = Customer.unscoped.filter(pk__in=made).values_list("owner_id", flat=True)
    assert set(owners.all()) == {to.pk}
    page.locator("#jobs .job a.name").click()
    page.wait_for_url("**/jobs/*/")
    assert faults(page) == []
    page.locator("form[action$='/undo/'] button").click()
    page.wait_for_url("**/customers/?*")
    page.locator("#jobs .job .good").wait_for(timeout=40_000)
    assert set(owners.all()) == {manager.pk}
