"""The tour of the frame: offered once, taken by keys, passing over what isn't there."""

from __future__ import annotations

import pytest

from accounts.models import User
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser


def walk(page) -> list[str]:
    """Take the tour to its end by keys; the titles that were shown."""
    page.locator("[data-tour=start]").click()
    titles = []
    while page.locator("#tour").is_visible():
        titles.append(page.locator("#tour h2:visible").inner_text())
        assert page.locator(".toured:visible").count() == 1
        page.keyboard.press("Enter")  # the focus is on Next
    return titles


def test_it_is_offered_until_it_was_taken_or_refused(sign_in: SignIn) -> None:
    page = sign_in("admin", "en")
    page.goto("/")
    assert walk(page) == [
        "What is due", "Find anything", "Lists", "Create", "Setup", "Your own menu"
    ]  # fmt: skip
    page.wait_for_load_state("networkidle")
    assert User.objects.get(username="admin").toured_at
    page.goto("/")
    assert page.locator("#tour-offer").count() == 0
    page.goto("/?tour=1")  # from one's own menu
    page.keyboard.press("ArrowRight")
    assert page.locator("#tour h2:visible").inner_text() == "Find anything"
    page.keyboard.press("Escape")
    assert not page.locator("#tour").is_visible()


def test_a_phone_shows_what_a_phone_has(sign_in: SignIn) -> None:
    page = sign_in("rep", "en", width=390, height=844)
    page.goto("/")
    assert walk(page) == ["What is due", "Find anything", "Lists", "Create", "Your own menu"]
