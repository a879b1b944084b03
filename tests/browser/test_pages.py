"""Every page in a real Chromium: wide, middle and phone, light and dark, Chinese and English.

Each page is opened at all three widths; language and colours take turns, so that every page is
seen in both of each, and every width in all of them.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser import gallery, walk
from tests.browser.conftest import Product, SignIn, Watch

pytestmark = pytest.mark.browser
AXE = gallery.MODULES / "axe-core/axe.min.js"
NAMES = [place.name for place in walk.places(walk.Known(*[0] * 8))]
TURNS = (("zh-hans", "light"), ("en", "dark"), ("zh-hans", "dark"), ("en", "light"))
# Words of the product's own texts that never occur in the demo's names or talks.
ENGLISH = re.compile(
    r"\b(Save|Cancel|Customers?|Contacts?|New|Delete|Edit|Filter|Sort|Columns|Search|Home|Setup"
    r"|Owner|Name|Undo|Follow|Import|Export|Next|Back|Password|Role|Rights|Sign|Yes|No|None|Show"
    r"|All|Created|Changed|Level|Stage|City|the|and|with|your|days?|by)\b"
)
WORDS = """() => {
  const said = [document.title, document.body.innerText];
  for (const one of document.querySelectorAll("[title], [aria-label], [placeholder]")) {
    if (one.closest("[lang=en]")) continue;
    said.push(one.title, one.getAttribute("aria-label"), one.getAttribute("placeholder"));
  }
  return said.filter(Boolean).join("\\n");
}"""
PRIMARY = """() => [...document.querySelectorAll(".button.primary")].filter(
  (one) => one.checkVisibility() && !one.closest("dialog:not([open])")).length"""


@pytest.fixture(scope="module")
def places(product: Product) -> dict[str, walk.Place]:
    return {place.name: place for place in walk.places(walk.known())}


def looks(number: int) -> list[tuple[int, int, str, str]]:
    """The three views of the page with this number: width, height, language, colours."""
    return [
        (width, height, *TURNS[(number + turn) % len(TURNS)])
        for turn, (width, height) in enumerate(gallery.SIZES.items())
    ]


def open_place(sign_in: SignIn, place: walk.Place, look: tuple[int, int, str, str]) -> Any:
    width, height, language, theme = look
    page = sign_in(place.who, language, theme=theme, width=width, height=height)
    answer = page.goto(place.path)
    assert answer.status == place.status, f"{place.path} as {place.who}"
    page.wait_for_load_state("networkidle")
    if place.then:
        place.then(page)
    return page


def sideways(page: Any) -> str:
    """What sticks out to the right, if anything does."""
    if page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        return ""
    found = page.evaluate(
        """[...document.querySelectorAll("body *")]
           .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
           .slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")"""
    )
    return str(found) or "something"


def serious(page: Any) -> list[str]:
    """What axe calls serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{item['id']} ×{len(item['nodes'])}: "
        + "; ".join(node["html"][:140] for node in item["nodes"][:3])
        for item in result["violations"]
        if item["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str, sign_in: SignIn, watch: Watch, places: dict[str, walk.Place]) -> None:
    place, faults = places[name], []
    if place.status != 200:
        watch.expects.add(place.status)
    number = NAMES.index(name)
    for turn, look in enumerate(looks(number)):
        page = open_place(sign_in, place, look)
        about = f"{look[0]} {look[2]} {look[3]}"
        if stuck := sideways(page):
            faults.append(f"{about}: scrolls sideways: {stuck}")
        shown = page.evaluate(PRIMARY)
        if shown > 1 or (look[0] == 1440 and shown < place.primary):
            faults.append(f"{about}: {shown} primary buttons")
        if look[2] == "zh-hans":
            faults += [f"{about}: English: {text}" for text in english(page)]
        if turn == number % 3 and AXE.exists():
            faults += [f"{about}: {fault}" for fault in serious(page)]
        page.context.close()
    assert not faults, "\n".join(faults)


def english(page: Any) -> list[str]:
    """Lines of a Chinese page that hold an English word of ours."""
    lines = {line.strip()[:80] for line in page.evaluate(WORDS).splitlines()}
    return sorted(line for line in lines if ENGLISH.search(line))[:8]


def test_theme_is_there_before_the_first_paint(sign_in: SignIn) -> None:
    page = sign_in("rep", "en", theme="dark")
    page.goto("/customers/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 19, 22)"
