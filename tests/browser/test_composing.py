"""Enter that ends a composition sends nothing, in any field that reacts to Enter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import walk
from tests.browser.conftest import Product, SignIn

pytestmark = pytest.mark.browser
Steps = Callable[[Any], None]
# What a press of Enter could do: send a form, go elsewhere, write, choose, swap the field away.
NOTES = """() => {
  window.sent = [];
  addEventListener("submit", (event) => window.sent.push("submit"), true);
  addEventListener("click", (event) => event.isTrusted || window.sent.push("click"), true);
}"""
COMPOSE = """(field) => {
  const key = { key: "Enter", code: "Enter", keyCode: 229, which: 229, isComposing: true,
                bubbles: true, cancelable: true };
  field.focus();
  field.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
  field.dispatchEvent(new KeyboardEvent("keydown", key));
  field.dispatchEvent(new KeyboardEvent("keydown", { ...key, isComposing: false }));
  field.dispatchEvent(new KeyboardEvent("keydown", { ...key, ctrlKey: true }));
  field.dispatchEvent(new KeyboardEvent("keyup", key));
  field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "songyu" }));
}"""


def _palette(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette-found [role=option]").first.wait_for()


def _opens(selector: str) -> Steps:
    return lambda page: page.locator(selector).first.click()


def _condition(page: Any) -> None:
    page.locator("[data-filter]").click()
    page.locator("#filter-fields [data-path='name']").click()
    page.locator("#filter-value input:not([type=hidden])").first.wait_for()


def _inline(name: str) -> Steps:
    def edit(page: Any) -> None:
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        page.locator(f"#field-{name}").hover()
        page.locator(f"#field-{name} .pen").click()
        page.locator(f"form#field-{name}").wait_for()

    return edit


def _picker(page: Any) -> None:
    """With its list open, where Enter takes what is marked."""
    page.locator("[name=parent__text]").fill("松屿")
    page.locator("[data-picker] [role=option]").first.wait_for()


def _quick(page: Any) -> None:
    page.keyboard.press("c")
    page.locator("#quick[open] #qid-name").wait_for()


def _shares(page: Any) -> None:
    page.locator(".head .acts [popovertarget=record-actions]").click()
    page.locator("#record-actions a[href*=shares]").click()
    page.locator("#dialog[open]").wait_for()


def _nothing(page: Any) -> None:
    """It stands there when the page opens."""


# page (a name of walk.py), what to do first, the field
FIELDS: dict[str, tuple[str, Steps, str]] = {
    "sign-in": ("login", _nothing, "#username"),
    "password": ("login", _nothing, "#password"),
    "palette": ("list", _palette, "#palette input"),
    "filter, fields": ("list", _opens("[data-filter]"), "#filter-panel input[type=search]"),
    "filter, value": ("list", _condition, "#filter-value input:not([type=hidden])"),
    "name of a view": ("list", _opens("[popovertarget=views-menu]"), "#view-name"),
    "view, renamed": ("view", _nothing, "main form [name=name]"),
    "search page": ("search", _nothing, "[data-hits]"),
    "inline text": ("record", _inline("website"), "form[data-inline] input.input"),
    "inline long text": ("record", _inline("remark"), "form[data-inline] textarea"),
    "inline tags": ("record", _inline("tags"), "form[data-inline] .rows input:not([type=hidden])"),
    "inline phones": ("record", _inline("phones"), "form[data-inline] input[type=tel]"),
    "inline picker": ("record", _inline("parent"), "form[data-inline] [role=combobox]"),
    "follow-up": ("record", _nothing, "#composer textarea"),
    "sharing": ("record", _shares, "#dialog :is(input:not([type=hidden], .unseen), select)"),
    "form, name": ("new", _nothing, "[name=name]"),
    "form, picker": ("new", _picker, "[name=parent__text]"),
    "form, tags": ("new", _nothing, "[name='tags-0-name']"),
    "pasted text": ("new-pasted", _nothing, "#paste-text"),
    "quick create": ("list", _quick, "#qid-name"),
    "quick create, phones": ("list", _quick, "#quick input[type=tel]"),
    "people": ("people", _nothing, "main form input:not([type=hidden])"),
    "a new field": ("field-new", _nothing, "[name='label_zh-hans']"),
}


@pytest.fixture(scope="module")
def places(product: Product) -> dict[str, walk.Place]:
    return {place.name: place for place in walk.places(walk.known())}


@pytest.mark.parametrize("field", FIELDS)
def test_enter_while_composing_sends_nothing(
    field: str, sign_in: SignIn, places: dict[str, walk.Place]
) -> None:
    name, first, selector = FIELDS[field]
    page = sign_in(places[name].who)
    page.goto(places[name].path)
    first(page)
    page.evaluate(NOTES)
    written: list[str] = []
    page.on("request", lambda one: written.append(one.url) if one.method == "POST" else None)
    before = page.url
    box = page.locator(selector).first
    box.evaluate(COMPOSE)
    page.wait_for_timeout(150)
    assert page.evaluate("window.sent") == []
    assert [url for url in written if not url.endswith("/duplicates/")] == []
    assert page.url == before
    assert box.is_visible(), "nothing was closed or swapped away"
