"""The product as an installed app: manifest, icons, what is kept for times without network."""

from __future__ import annotations

import pytest

from tests.browser.conftest import SignIn, Watch

pytestmark = pytest.mark.browser
KEPT = """async () => {
  const addresses = [];
  for (const name of await caches.keys())
    for (const one of await (await caches.open(name)).keys()) 
      addresses.push(new URL(one.url).pathname);
  return addresses;
}"""


def test_it_can_be_installed(sign_in: SignIn) -> None:
    page = sign_in("rep")
    page.goto("/")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    words = page.request.get(address).json()
    assert words["name"] == "客源 CRM"
    assert words["display"] == "standalone"
    for icon in [*words["icons"], {"src": "/static/icons/app-180.png", "type": "image/png"}]:
        answer = page.request.get(icon["src"])
        assert answer.ok, icon
        assert answer.headers["content-type"].startswith(icon["type"]), icon


def test_without_network_a_page_of_nobody_stands_in(sign_in: SignIn, watch: Watch) -> None:
    page = sign_in("rep")
    page.goto("/customers/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("() => navigator.serviceWorker.controller")
    kept = page.evaluate(KEPT)
    assert "/offline/" in kept
    assert [one for one in kept if one != "/offline/" and not one.startswith("/static/")] == []
    page.context.set_offline(True)
    page.goto("/contacts/")
    assert page.locator("h1").inner_text() == "没有网络"
    assert "陈思远" not in page.content()
    page.context.set_offline(False)
    page.get_by_role("link", name="再试一次").click()
    page.locator("nav.nav").wait_for()
    watch.faults.clear()  # the console says of every address that it had no network
