"""What the browser tests share: one product with its demo, one Chromium, people signed in.

The demo is loaded for each module and swept away after its last test; a test that changes what
another of its module may look at puts it back. Every test fails on a script error, on an error
in the console and on a refusal by the content policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tests.browser import gallery, serving

playwright = pytest.importorskip("playwright.sync_api")

PICTURES = serving.ROOT / "tests/pictures"
SCREEN = {"width": 1440, "height": 900}
REPORTS_REFUSALS = """
document.addEventListener("securitypolicyviolation",
  (e) => console.error(`content policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """pytest-django makes the test database only when a test says that it needs one."""
    for item in items:
        if "product" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(autouse=True)
def _django_db_helper() -> None:
    """No transaction and no sweeping for each test: `product` does that for each module."""


@pytest.fixture(autouse=True)
def _no_event_stays() -> None:
    """Nor is the event table swept for each."""


@dataclass(frozen=True)
class Product:
    """The running product."""

    address: str
    media: Path
    logs: Path


@dataclass
class Watch:
    """What went wrong in the pages of one test; `expects` are answers that are no fault here."""

    faults: list[str] = field(default_factory=list)
    expects: set[int] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)

    def over(self, page: Any) -> None:
        """Listen to this page from now on."""
        page.on("console", self._note)
        page.on("request", lambda one: self.waiting.append(one.url))
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda one: one.url in self.waiting and self.waiting.remove(one.url))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("dialog", self._dialog)

    def _note(self, line: Any) -> None:
        if line.type != "error":
            return
        # the browser's own words for a refused answer, and htmx's
        answer = re.search(
            r"responded with a status of (\d+)|Response Status Error Code (\d+)", line.text
        )
        if answer and int(answer[1] or answer[2]) in self.expects:
            return
        address = line.location.get("url", "")
        if address.endswith("/favicon.ico"):
            return  # the browser asks for it by itself beside a bare JSON answer
        self.faults.append(f"console: {line.text[:300]} {address}")

    def _dialog(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.faults.append(f"dialog: {dialog.message}")
        dialog.accept()


SignIn = Callable[..., Any]


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """The machine's own Chromium, without a window."""
    # Playwright's loop has connections of its own; those from before it would hold the database
    for one in connections.all(initialized_only=True):
        one.close()
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=gallery.CHROMIUM, args=gallery.ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[serving.Demo]:
    """The demo that each module gets a copy of."""
    kept = serving.Demo(tmp_path_factory.mktemp("demo"))
    yield kept
    with django_db_blocker.unblock():
        kept.forget()


@pytest.fixture(scope="module")
def product(
    browser: Any,
    demo: serving.Demo,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Product]:
    """The product on the test database, with its demo people and their year."""
    media, logs = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's own loop runs here
        with serving.media_in(media):
            try:
                demo.fill(media)
                with serving.served() as address:
                    yield Product(address, media, logs)
            finally:
                serving.empty_database()


@pytest.fixture(scope="module")
def worker(product: Product) -> Iterator[None]:
    """Background jobs are done, by a worker process of their own."""
    with serving.worked(product.media, product.logs / "worker.log"):
        yield


@pytest.fixture
def watch() -> Iterator[Watch]:
    """The faults of this test's pages; none may be left at its end."""
    seen = Watch()
    yield seen
    if seen.waiting:  # shown where the test has failed
        print("Not answered:", *seen.waiting, sep="\n  ")
    assert not seen.faults, "\n".join(seen.faults)


@pytest.fixture(scope="module")
def kept_sessions() -> dict[str, Any]:
    """Cookies of those who have signed in, so that each does it by the form only once."""
    return {}


@pytest.fixture(scope="module")
def staying() -> Iterator[dict[Any, Any]]:
    """Browsers that one test after another opens a page in; their files are fetched once."""
    browsers: dict[Any, Any] = {}
    yield browsers
    for one in browsers.values():
        one.close()


@pytest.fixture
def sign_in(
    browser: Any,
    product: Product,
    watch: Watch,
    kept_sessions: dict[str, Any],
    staying: dict[Any, Any],
) -> Iterator[SignIn]:
    """`page = sign_in("rep", "en", width=390)`: a page of somebody in a browser of his own.

    With `stays` it is one that the same person in the same look has used before in the module.
    """
    from accounts.models import User

    contexts = []

    def enter(
        username: str | None, language: str = "zh-hans", *, theme: str = "light",
        by_form: bool = False, stays: bool = False, **more: Any,
    ) -> Any:  # fmt: skip
        User.objects.filter(username=username).update(language=language, theme=theme)
        look = (username, language, theme, *more.values())
        context = staying.get(look) if stays else None
        if context is None:
            state = None if by_form else kept_sessions.get(username or "")
            context = new_context(browser, product, language, theme, storage_state=state, **more)
            contexts.append(context)
        if stays and look not in staying:
            staying[look] = contexts.pop()
        page = context.new_page()
        watch.over(page)
        if username and (by_form or username not in kept_sessions):
            sign_in_by_form(page, username)
            kept_sessions[username] = context.storage_state()
        return page

    yield enter
    for context in contexts:
        context.close()


def new_context(
    browser: Any, product: Product, language: str, theme: str, width: int = 1440,
    height: int = 900, **more: Any,
) -> Any:  # fmt: skip
    """A browser of somebody's own, of this size, in these colours."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        base_url=product.address,
        locale="en-US" if language == "en" else "zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        color_scheme="dark" if theme == "dark" else "light",
        **more,
    )
    context.add_init_script(REPORTS_REFUSALS)
    context.set_default_timeout(30_000)
    return context


def sign_in_by_form(page: Any, username: str, password: str = "keyuan-demo") -> None:
    """Type name and password as anybody does, and wait for the start page."""
    page.goto("/login/")
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("form:has(#password) button.primary")
    page.locator("nav.nav, nav.tabbar").first.wait_for(state="attached")


@pytest.fixture
def keep() -> Callable[[Any, str], None]:
    """`keep(page, "01-login")`: a picture into tests/pictures, for people to look at."""

    def picture(page: Any, name: str) -> None:
        target = PICTURES / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=target)

    return picture


def compose(page: Any, selector: str, text: str) -> None:
    """Type into a field as an input method does: composed, and Enter while composing."""
    page.focus(selector)
    protocol = page.context.new_cdp_session(page)
    protocol.send(
        "Input.imeSetComposition",
        {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
    )
    for kind in ("rawKeyDown", "keyUp"):
        protocol.send(
            "Input.dispatchKeyEvent",
            {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229},
        )
    page.evaluate(
        """selector => document.querySelector(selector).dispatchEvent(new KeyboardEvent(
             "keydown", {key: "Enter", isComposing: true, keyCode: 229, bubbles: true,
                         cancelable: true}))""",
        selector,
    )
    page.wait_for_timeout(300)


def end_composition(page: Any, text: str) -> None:
    """The input method hands over what was composed."""
    page.context.new_cdp_session(page).send("Input.insertText", {"text": text})
