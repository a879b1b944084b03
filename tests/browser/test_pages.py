"""Every page in a real Chromium: wide, middle and phone, light and dark, Chinese and English.

Each page is opened at all three widths; language and colours take turns, so that every page is
seen in both of each, and every width in all of them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import gallery, walk
from tests.browser.conftest import Product, SignIn, Watch
from tests.browser.faults import english, primary_buttons, serious, sideways

pytestmark = pytest.mark.browser
NAMES = walk.names()
TURNS = (("zh-hans", "light"), ("en", "dark"), ("zh-hans", "dark"), ("en", "light"))


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
    page.wait_for_function("() => !document.querySelector('.htmx-request')")
    if place.then:
        place.then(page)
    return page


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
        shown = primary_buttons(page)
        if shown > 1 or (look[0] == 1440 and shown < place.primary):
            faults.append(f"{about}: {shown} primary buttons")
        if look[2] == "zh-hans":
            faults += [f"{about}: English: {text}" for text in english(page)]
        if turn == number % 3:
            faults += [f"{about}: {fault}" for fault in serious(page)]
        page.context.close()
    assert not faults, "\n".join(faults)


def test_theme_is_there_before_the_first_paint(sign_in: SignIn) -> None:
    page = sign_in("rep", "en", theme="dark")
    page.goto("/customers/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 19, 22)"
