"""What was typed stays, for its writer alone, until it is saved or thrown away."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from crm.records.services import create_record, update_record
from tests.browser.conftest import Product, SignIn, Watch, sign_in_by_form

pytestmark = pytest.mark.browser
DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('draft:'))"


def type_and_leave(page: Any, path: str, name: str, text: str) -> None:
    """Type into one field of a form and walk away without saving."""
    page.goto(path)
    page.locator(f"[name={name}]").fill(text)
    page.goto("/jobs/")


def test_a_form_half_filled_is_offered_again(sign_in: SignIn, product: Product) -> None:
    page = sign_in("rep", "en", by_form=True, width=390, height=844)
    page.goto("/customers/new/")
    page.locator("[name=name]").fill("未填完测控技术有限公司")
    page.locator("[data-add-row]").first.click()
    rows = page.locator(".rowline input[type=tel], .rowline input[type=text]")
    rows.first.fill("13800138123")
    page.goto("/jobs/")
    page.goto("/customers/new/")
    offer = page.locator("[data-draft-offer]")
    offer.wait_for()
    assert page.locator("[name=name]").input_value() == "", "put back only when asked to"
    page.locator("[name=remark]").fill("typed since")
    page.goto("/jobs/")
    page.goto("/customers/new/")
    page.locator("[data-draft-restore]").click()
    assert page.locator("[name=name]").input_value() == "未填完测控技术有限公司"
    assert page.locator("[name=remark]").input_value() == "typed since"
    assert rows.first.input_value() == "13800138123"
    page.locator(".savebar button.primary").click()
    page.wait_for_url("**/customers/*/")
    assert page.evaluate(DRAFTS) == [], "saved, so nothing is kept"
    type_and_leave(page, "/customers/new/", "name", "丢弃")
    page.goto("/customers/new/")
    page.locator("[data-draft-discard]").click()
    assert page.evaluate(DRAFTS) == []
    type_and_leave(page, "/customers/new/", "name", "给自己的")
    assert page.evaluate(DRAFTS)
    another_signs_in(page)


def another_signs_in(page: Any) -> None:
    """On a shared computer: a session that ended shows nothing to the next, sign-out sweeps."""
    kept = page.evaluate("JSON.stringify(localStorage)")
    page.context.clear_cookies()
    sign_in_by_form(page, "rep2")
    assert page.evaluate("JSON.stringify(localStorage)") == kept
    page.goto("/customers/new/")
    assert page.locator("[data-draft-offer]").is_hidden()
    page.context.clear_cookies()
    sign_in_by_form(page, "rep")
    page.evaluate("document.querySelector('form[data-signs-out]').requestSubmit()")
    page.wait_for_url("**/login/**")
    assert page.evaluate(DRAFTS) == []


def test_security_86_a_draft_of_an_older_version_ends_in_the_choice(
    sign_in: SignIn, product: Product, watch: Watch
) -> None:
    watch.expects.add(409)
    rep = User.objects.get(username="rep")
    values = {"name": "旧稿测控技术有限公司", "kind": "company", "remark": "first"}
    pk = create_record(actor=rep, module="customers", values=values)
    page = sign_in("rep", "en")
    type_and_leave(page, f"/customers/{pk}/edit/", "remark", "of the draft")
    update_record(actor=rep, module="customers", pk=pk, values={"remark": "of another"}, version=1)
    page.goto(f"/customers/{pk}/edit/")
    assert page.locator("[name=remark]").input_value() == "of another"
    page.locator("[data-draft-restore]").click()
    page.locator(".savebar button.primary").click()
    page.get_by_text("Save as chosen").wait_for()
    text = page.locator("main").inner_text()
    assert "of the draft" in text
    assert "of another" in text
    assert page.evaluate(DRAFTS), "a conflict is no saving"
