"""Every kind of field edited where it stands: saved by leaving it, kept when it cannot be saved."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from accounts.services.fields import add_field
from crm.records.definitions import key_of
from crm.records.services import create_record
from sales.customers.models import Customer
from tests.browser.conftest import Product, SignIn, Watch

pytestmark = pytest.mark.browser
VALUES = {"name": "就地改测控技术有限公司", "kind": "company", "wechat": "before"}


@pytest.fixture(scope="module")
def firm(product: Product) -> int:
    rep = User.objects.get(username="rep")
    return create_record(actor=rep, module="customers", values=VALUES)


def edit(page: Any, name: str) -> Any:
    page.locator(f"#field-{name}").hover()
    page.locator(f"#field-{name} .pen").click()
    form = page.locator(f"form#field-{name}")
    form.wait_for()
    return form


def leave(page: Any, name: str) -> str:
    page.locator("h1").first.click()
    page.locator(f"#field-{name} .saved").wait_for()
    return str(page.locator(f"#field-{name} dd").inner_text())


def test_each_kind_is_saved_by_leaving_it(sign_in: SignIn, firm: int) -> None:
    page = sign_in("rep", "en")
    page.goto(f"/customers/{firm}/")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    for name, text, shown in (
        ("website", "https://jiudigai.example", "jiudigai.example"),
        ("remark", "two\nlines", "two\nlines"),
        ("revenue", "1200000", "1,200,000"),
        ("employees", "230", "230"),
    ):
        edit(page, name).locator(":is(input.input, textarea)").fill(text)
        assert shown in leave(page, name), name
    for name in ("level", "source"):
        box = edit(page, name).locator("select")
        box.select_option(index=2)
        label = box.evaluate("(one) => one.selectedOptions[0].text")
        assert label[0] in leave(page, name)  # a level is shown by its letter
    form = edit(page, "service_person")
    form.locator("select").select_option(label="李娜")
    assert "李娜" in leave(page, "service_person")
    form = edit(page, "parent")
    form.locator("[role=combobox]").fill("松屿制药")
    form.locator("[role=option]").first.wait_for()
    form.locator("[role=combobox]").press("Enter")
    assert "松屿" in leave(page, "parent")
    edit(page, "phones").locator("input[type=tel]").fill("13800138055")
    assert "138 0013 8055" in leave(page, "phones")
    edit(page, "tags").locator(".rows input:not([type=hidden], .unseen)").first.fill("样机")
    assert "样机" in leave(page, "tags")
    stored = Customer.unscoped.get(pk=firm)
    assert (stored.employees, stored.revenue, stored.remark) == (230, 1_200_000, "two\nlines")


def test_added_fields_are_edited_where_they_stand_and_a_formula_follows(
    sign_in: SignIn, firm: int
) -> None:
    admin = User.objects.get(username="admin")

    def own(kind: str, **more: Any) -> str:
        labels = {"en": f"My {kind}"}
        row = add_field(actor=admin, module="customers", kind=kind, labels=labels, **more)
        return key_of(row)

    choice = own("choice", choices=["east", "west"])
    many = own("multi_choice", choices=["red", "green", "blue"])
    day, truth = own("date"), own("boolean")
    formula = own("formula", formula="{revenue} * 2")
    page = sign_in("rep", "en")
    page.goto(f"/customers/{firm}/")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    edit(page, choice).locator("select").select_option(label="west")
    assert "west" in leave(page, choice)
    form = edit(page, many)
    for label in ("red", "blue"):
        form.get_by_label(label).check()
    assert "red" in leave(page, many)
    edit(page, truth).locator("input[type=checkbox]").check()
    assert "Yes" in leave(page, truth)
    for name in (day, "birthday"):
        edit(page, name).locator("input[type=date]").fill("1990-05-14")
        assert "14 May 1990" in leave(page, name), name
    waiting = edit(page, "city")  # another that is open keeps what stands in it
    waiting.locator("input.input").fill("Wuxi")
    edit(page, "revenue").locator("input.input").fill("3000")
    leave(page, "revenue")
    page.locator(f"#field-{formula}", has_text="6,000").wait_for()
    page.locator("#field-city .saved").wait_for()
    stored = Customer.unscoped.get(pk=firm).custom
    assert (stored[choice], stored[day], stored[truth]) == ("choice_2", "1990-05-14", True)
    assert len(stored[many]) == 2


def test_what_cannot_be_saved_stays_in_its_field(sign_in: SignIn, firm: int, watch: Watch) -> None:
    watch.expects |= {400, 500}
    page = sign_in("rep", "en")
    page.goto(f"/customers/{firm}/")
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    form = edit(page, "employees")
    form.locator("input.input").fill("many")
    page.locator("h1").first.click()
    form.locator(".wrong").wait_for()
    page.locator("h1").first.click()  # leaving it once more gives nothing up
    page.wait_for_timeout(300)
    assert form.locator("input.input").input_value() == "many"
    form.locator("input.input").fill("231")
    assert "231" in leave(page, "employees")
    form = edit(page, "wechat")
    page.route("**/fields/wechat/edit/", lambda route: route.fulfill(status=500))
    form.locator("input.input").fill("after")
    page.locator("h1").first.click()
    form.locator(".wrong[data-told]").wait_for()
    assert form.locator("input.input").input_value() == "after"
    page.unroute("**/fields/wechat/edit/")
    form.locator("[data-told] button").click()
    page.locator("#field-wechat .saved").wait_for()
    form = edit(page, "wechat")
    form.locator("input.input").fill("on the way out")
    page.goto("/jobs/")  # gone before the field noticed
    for _ in range(50):  # the answer goes to a page that is no more
        if Customer.unscoped.get(pk=firm).wechat != "after":
            break
        page.wait_for_timeout(100)
    assert Customer.unscoped.get(pk=firm).wechat == "on the way out"


def test_the_side_panel_edits_and_its_row_follows(sign_in: SignIn, firm: int) -> None:
    page = sign_in("rep", "en")
    page.goto("/customers/?q=就地改测控")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.locator("#peek #field-city").hover()
    page.locator("#peek #field-city .pen").click()
    page.locator("#peek form#field-city input.input").fill("无锡")
    page.keyboard.press("Enter")
    page.locator("#peek #field-city .saved").wait_for()
    page.locator("#rows tr[data-open]", has_text="无锡").wait_for()
