"""A record shared until tomorrow: the other sees it, and the day after it is gone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from crm.records.services import create_record
from sales.customers.models import CustomerShare
from tests.browser.conftest import SCREEN, SignIn, Watch
from tests.browser.faults import faults

pytestmark = pytest.mark.browser
NAME = "试样共享仪表科技有限公司"


def test_shared_until_tomorrow_and_gone_the_day_after(sign_in: SignIn, watch: Watch) -> None:
    rep, other = User.objects.get(username="rep"), User.objects.get(username="rep2")
    pk = create_record(actor=rep, module="customers", values={"name": NAME, "kind": "company"})
    watch.expects.add(404)
    giver, reader = sign_in("rep"), sign_in("rep2")
    assert reader.goto(f"/customers/{pk}/").status == 404
    share(giver, pk, other)
    assert reader.goto(f"/customers/{pk}/").status == 200
    reader.goto(f"/customers/?q={NAME[:6]}")
    reader.locator("#rows").get_by_text(NAME).first.wait_for()
    # The database's clock goes on by itself, so the share is moved two days back instead.
    assert CustomerShare._default_manager.update(until=F("until") - dt.timedelta(days=2)) >= 1
    assert reader.goto(f"/customers/{pk}/").status == 404
    reader.goto(f"/customers/?q={NAME[:6]}")
    assert reader.locator("#rows").get_by_text(NAME).count() == 0


def test_an_administrator_views_as_a_rep_and_leaves(sign_in: SignIn, watch: Watch) -> None:
    rep, page = User.objects.get(username="rep"), sign_in("admin")
    page.goto(f"/setup/people/{rep.pk}/")
    page.locator(f"[formaction='/setup/people/{rep.pk}/view/']").click()
    banner = page.locator("main > .notice.warn")
    banner.wait_for()
    page.goto("/customers/")
    assert rep.display_name in banner.inner_text()
    assert page.locator("a[href='/setup/']").count() == 0
    faults_of(page)
    watch.expects.add(403)
    page.goto("/customers/new/")
    page.fill("[name=name]", "预览时不能保存的公司")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        page.locator(".savebar button.primary").click()
    assert answered.value.status == 403
    page.goto("/")
    banner.locator("button").click()
    page.wait_for_url("**/setup/")
    assert banner.count() == 0


def faults_of(page: Any) -> None:
    """The banner fits every width and is readable to all."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults(page) == []
    page.set_viewport_size(SCREEN)


def share(page: Any, pk: int, other: User) -> None:
    """Through the menu of the record, in the dialog, until tomorrow."""
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    page.goto(f"/customers/{pk}/")
    page.locator("[popovertarget=record-actions]:visible").first.click()
    page.locator("#record-actions [href$='/shares/']").click()
    dialog = page.locator("#dialog")
    dialog.locator("[data-narrows]").fill(other.display_name)
    dialog.get_by_label(other.display_name, exact=True).check()
    dialog.locator("[name=until]").fill(tomorrow.isoformat())
    dialog.locator("[name=note]").fill("展会期间帮忙跟进")
    dialog.locator("button.primary").click()
    page.locator("#toasts [data-toast]", has_text=other.display_name).wait_for()
