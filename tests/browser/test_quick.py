"""Quick create by keys and on a phone; what was typed stays, even when the browser is closed."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from crm.records.services import create_record
from sales.contacts.models import Contact
from sales.customers.models import Customer
from tests.browser.conftest import Product, SignIn, Watch, compose, end_composition

pytestmark = pytest.mark.browser
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"


@pytest.fixture(scope="module")
def firm(product: Product) -> int:
    """A customer of the rep, with a name that no other has."""
    rep = User.objects.get(username="rep")
    values = {"name": "快捷测控技术有限公司", "kind": "company", "city": "苏州"}
    return create_record(actor=rep, module="customers", values=values)


def sheet(page: Any) -> Any:
    """Wait for the open sheet; its form."""
    form = page.locator("#quick[open] form[data-quick-form]")
    form.wait_for()
    return form


def test_a_customer_and_his_contact_by_keys_alone(sign_in: SignIn, firm: int, watch: Watch) -> None:
    watch.expects |= {400, 409}
    page = sign_in("rep")
    page.goto("/customers/")
    page.keyboard.press("c")
    form = sheet(page)
    compose(page, "#qid-name", "kuaijie")
    assert page.locator("#quick[open]").count() == 1, "Enter while composing saves nothing"
    end_composition(page, "快捷测控技术有限公司")
    form.locator("[data-duplicates-here] .notice").wait_for()  # told while typing
    page.keyboard.press("Enter")
    page.locator("#quick [data-errors]").wait_for()
    page.fill("#qid-name", "慢工精密机械有限公司")
    page.wait_for_timeout(400)
    page.keyboard.press("Escape")
    page.locator("#quick").wait_for(state="hidden")
    page.keyboard.press("c")
    sheet(page).locator("[data-draft-restore]").press("Enter")
    assert page.locator("#qid-name").input_value() == "慢工精密机械有限公司"
    page.keyboard.press("Control+Enter")
    page.locator("#toasts [data-toast]").wait_for()
    assert page.evaluate(DRAFTS) == []
    page.locator("#rows", has_text="慢工精密机械有限公司").wait_for()  # the list behind knows it
    a_contact_of_it(page, Customer.unscoped.get(name="慢工精密机械有限公司"))


def a_contact_of_it(page: Any, made: Any) -> None:
    """On the customer's page: out of a text, by the whole form."""
    page.locator("#rows .title a", has_text="慢工精密机械有限公司").click()
    page.wait_for_url(f"**/customers/{made.pk}/")
    page.keyboard.press("c")  # a contact of this customer
    sheet(page)
    assert page.locator("#quick [name=customer__text]").input_value() == made.name
    page.locator("#qid-job").fill("厂长")
    page.locator("#quick .paste summary").click()
    page.locator("#qpaste-text").fill("王建国 采购经理\n13800138077")
    page.locator("#quick [data-paste] button.push").click()
    page.locator("#quick .paste [role=status]").wait_for()
    assert page.locator("#qid-job").input_value() == "厂长", "what was typed wins over the text"
    assert page.locator("#qid-name").input_value() == "王建国"
    page.locator("#quick [data-all-fields]").click()
    page.wait_for_url("**/contacts/new/")
    assert page.locator("[name='phones-0-number']").input_value() == "138 0013 8077"
    assert page.locator("[name=job]").input_value() == "厂长"
    page.locator("[name=name]").press("Enter")  # the first button, which is to save
    page.wait_for_url("**/contacts/*/")
    assert Contact.unscoped.get(name="王建国", job="厂长").customer_id == made.pk
    assert page.evaluate(DRAFTS) == []


def test_a_rep_on_a_phone_edits_follows_up_and_creates(sign_in: SignIn, firm: int) -> None:
    page = sign_in("rep", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto(f"/customers/{firm}/")
    page.locator("#field-website .pen").tap()
    page.locator("#field-website input.input").fill("https://kuaijie.example")
    page.locator("#field-website button.primary").tap()
    page.locator("#field-website .saved").wait_for()
    page.locator("[data-compose]").tap()
    page.locator("#composer textarea").fill("约了下周看样机")
    page.locator("#composer button.primary").tap()
    page.locator("#timeline", has_text="约了下周看样机").wait_for()
    page.locator(".tabbar [popovertarget=create-menu]").tap()
    page.locator("#create-menu [data-quick*=contacts]").tap()
    sheet(page)
    small = page.evaluate(SMALL)
    assert small == [], "44 px to press, 16 px to read while typing"
    page.locator("#qid-name").fill("沈工")
    page.locator("#quick button[value=open]").tap()
    page.wait_for_url("**/contacts/*/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Contact.unscoped.get(name="沈工").customer_id == firm
    assert Customer.unscoped.get(pk=firm).website == "https://kuaijie.example"


SMALL = """() => [...document.querySelectorAll(
    "#quick :is(input:not([type=hidden]), select, button)")]
  .filter((one) => one.checkVisibility() && !one.matches(".unseen, .textbutton"))
  .filter((one) => one.getBoundingClientRect().height < 44
    || (one.matches("input, select") && parseFloat(getComputedStyle(one).fontSize) < 16))
  .map((one) => one.outerHTML.slice(0, 90))"""


def test_the_draft_of_a_talk_outlives_the_browser(
    browser: Any, sign_in: SignIn, firm: int, product: Product, watch: Watch
) -> None:
    page = sign_in("rep")
    page.goto(f"/customers/{firm}/")
    page.locator("#composer textarea").fill("写到一半")
    page.locator("#composer input[value=visit]").check(force=True)
    page.locator("[popovertarget=next-contact]").click()
    page.locator("#next-at").fill("2031-05-06T09:30")
    page.locator("#next-at").dispatch_event("change")
    page.wait_for_timeout(450)
    kept = page.context.storage_state()
    page.context.close()
    context = browser.new_context(storage_state=kept, base_url=product.address, locale="zh-CN")
    again = context.new_page()
    watch.over(again)
    again.goto(f"/customers/{firm}/")
    assert again.locator("#composer textarea").input_value() == "写到一半"
    assert again.locator("#next-at").input_value() == "2031-05-06T09:30"
    assert again.locator("#composer input[value=visit]").is_checked()
    assert "5月6日" in again.locator("[data-next-text]").inner_text()
    again.locator("#composer button.primary").click()
    again.locator("#timeline", has_text="写到一半").wait_for()
    assert again.evaluate(DRAFTS) == []
    context.close()
