"""Paste to record on a phone: a card becomes a customer, once the person says so."""

from typing import Any

from sales.customers.models import Customer
from tests.browser.conftest import SignIn

CARD = "王建国 采购经理\n台州岚屿阀门有限公司\n"
CARD += "手机：13800137777 微信同号\n浙江省台州市椒江区市府大道9号"


def test_a_card_becomes_a_customer_on_a_phone(sign_in: SignIn) -> None:
    page: Any = sign_in("rep")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/customers/new/")
    page.locator(".paste > summary").click()
    page.locator("#paste-text").fill(CARD)
    page.locator("[data-paste] button").click()
    page.locator("[data-fill]").wait_for()
    form = page.locator("form[data-form]")
    assert form.locator("[name=name]").input_value() == "台州岚屿阀门有限公司"
    assert form.locator("[name=wechat]").input_value() == "13800137777"
    assert form.locator("[name='phones-0-number']").input_value() == "138 0013 7777"
    assert form.locator("[name='addresses-0-district']").input_value() == "椒江区"
    assert not Customer.unscoped.filter(name__contains="岚屿").exists()
    page.locator("[data-fill=name]").click()
    assert form.locator("[name=name]").input_value() == "王建国"
    page.locator("[data-fill=name]").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    form.locator(".savebar button.primary").click()
    page.locator("h1", has_text="岚屿").first.wait_for()
    assert Customer.unscoped.filter(name="台州岚屿阀门有限公司", city="台州").count() == 1
