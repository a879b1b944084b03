"""An administrator arranges customers by keyboard; the rep's next page stands so."""

from __future__ import annotations

import pytest

from accounts.models import User
from crm.customfields.models import LayoutRow
from crm.records.services import create_record
from tests.browser.conftest import SignIn, Watch

pytestmark = pytest.mark.browser


def test_fields_move_by_key_by_drag_and_without_script(sign_in: SignIn, watch: Watch) -> None:
    rep = User.objects.get(username="rep")
    pk = create_record(actor=rep, module="customers", values={"name": "试样布局仪表有限公司"})
    admin = sign_in("admin")
    admin.goto("/setup/layouts/customers/?role=rep")
    rows = admin.locator("#section-s0 [data-label]")
    first, second = rows.nth(0).inner_text(), rows.nth(1).inner_text()
    admin.locator("#section-s0 li").nth(0).locator("[data-move=down]").focus()
    admin.keyboard.press("Enter")
    assert [rows.nth(0).inner_text(), rows.nth(1).inner_text()] == [second, first]
    assert first in admin.locator("[data-said]").inner_text()
    admin.locator("#left_out").scroll_into_view_if_needed()
    last = admin.locator("#section-record li", has=admin.locator("[value='field:changed_at']"))
    last.drag_to(admin.locator("#left_out li").first)
    assert admin.locator("#left_out [value='field:changed_at']").count() == 1
    admin.locator("#section-s0 li", has=admin.locator("[value='field:city']")).locator(
        "[name=more]"
    ).check()
    admin.locator(".headline button[value=look]").click()  # the server draws what stands here
    assert admin.locator(".layout-preview .more-fields li").count() == 1
    admin.locator("button[name=act][value=save]").last.click()
    admin.wait_for_url("**/setup/layouts/customers/?role=rep")
    page = sign_in("rep")
    page.goto(f"/customers/{pk}/")
    assert page.locator("aside.side #field-changed_at").count() == 0
    assert page.locator("aside.side dt").nth(1).inner_text() == first
    page.locator("aside.side .more-fields summary").first.click()
    assert page.locator("#field-city").is_visible()
    LayoutRow.objects.all().delete()
