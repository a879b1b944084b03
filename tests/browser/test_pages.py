"""Every page in a real Chromium: wide, middle and phone, light and dark, Chinese and English.

Each page is opened wide and on a phone, in the other colours and the other language there, and made
narrower in between; which width has which takes turns. axe looks at one of the two, at the next
page at the other: three quarters of a second of each look are its own.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import gallery, walk
from tests.browser.conftest import Product, SignIn, Watch
from tests.browser.faults import faults, primary_buttons, sideways

pytestmark = pytest.mark.browser
NAMES = walk.names()
# (wide, phone): a page is seen in both colours and both languages
TURNS = (
    (("zh-hans", "light"), ("en", "dark")),
    (("en", "dark"), ("zh-hans", "light")),
    (("zh-hans", "dark"), ("en", "light")),
    (("en", "light"), ("zh-hans", "dark")),
)


@pytest.fixture(scope="module")
def places(product: Product) -> dict[str, walk.Place]:
    return {place.name: place for place in walk.places(walk.known())}


def open_place(sign_in: SignIn, place: walk.Place, width: int, language: str, theme: str) -> Any:
    height = gallery.SIZES[width]
    page = sign_in(place.who, language, theme=theme, width=width, height=height, stays=True)
    answer = page.goto(place.path)
    assert answer.status == place.status, f"{place.path} as {place.who}"
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    if place.then:
        place.then(page)
    return page


@pytest.mark.parametrize("name", NAMES)
def test_page(name: str, sign_in: SignIn, watch: Watch, places: dict[str, walk.Place]) -> None:
    place, found = places[name], []
    if place.status != 200:
        watch.expects.add(place.status)
    number = NAMES.index(name)
    turns = TURNS[number % len(TURNS)]
    for_axe = (1440, 390)[number // len(TURNS) % 2]
    for width, (language, theme) in zip((1440, 390), turns, strict=True):
        about = f"{width} {language} {theme}"
        page = open_place(sign_in, place, width, language, theme)
        if width == 1440 and primary_buttons(page) < place.primary:
            found.append(f"{about}: no primary button")
        found += [f"{about}: {fault}" for fault in faults(page, with_axe=width == for_axe)]
        if width == 1440:
            page.set_viewport_size({"width": 1024, "height": gallery.SIZES[1024]})
            if stuck := sideways(page):
                found.append(f"1024: scrolls sideways: {stuck}")
        page.close()
    assert not found, "\n".join(found)


def test_theme_is_there_before_the_first_paint(sign_in: SignIn) -> None:
    page = sign_in("rep", "en", theme="dark")
    page.goto("/customers/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 19, 22)"
