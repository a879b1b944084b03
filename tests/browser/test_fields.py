"""An administrator adds a field; a rep fills it in, shows, filters and sorts by it at once."""

from __future__ import annotations

from typing import Any

import pytest

from crm.customfields.models import FieldDefinition
from crm.jobs.models import Job
from crm.jobs.running import run
from tests.browser.conftest import SignIn

pytestmark = pytest.mark.browser
FIRM = "松屿制药有限公司"


def test_a_field_is_made_used_and_taken_away(sign_in: SignIn) -> None:
    page = sign_in("admin")
    page.goto("/setup/")
    page.click("main a[href='/setup/fields/']")
    page.select_option("#new-kind", "choice")
    page.get_by_role("button", name="新建字段").click()
    page.fill("[name=label_zh-hans]", "付款方式")
    page.fill("[name=label_en]", "Way of paying")
    page.fill("[name=choices]", "电汇\n承兑汇票\n现金")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("link", name="付款方式").wait_for()
    key = page.locator("tr", has_text="付款方式").locator("td").last.inner_text().strip()

    rep = sign_in("rep")
    rep.goto(f"/customers/?q={FIRM}")
    rep.get_by_role("link", name=FIRM).first.click()
    rep.locator(f"[data-field='{key}'], #field-{key}").first.wait_for()
    rep.goto(f"{rep.url.split('?')[0]}edit/")
    rep.select_option(f"[name={key}]", label="承兑汇票")
    rep.get_by_role("button", name="保存").first.click()
    rep.locator(f"#field-{key}", has_text="承兑汇票").wait_for()
    rep.goto(f"/customers/?columns=name,{key},owner&{key}=choice_2&sort=-{key}")
    rep.get_by_role("cell", name="承兑汇票").wait_for()
    assert rep.get_by_role("link", name=FIRM).count()

    page.goto("/setup/fields/customers/")
    page.get_by_role("link", name="付款方式").click()
    become_text(page)
    rep.goto(f"/customers/?columns=name,{key},owner&{key}__contains=承兑&sort={key}")
    rep.get_by_role("cell", name="承兑汇票").wait_for()
    page.get_by_role("link", name="返回").click()
    page.get_by_role("link", name="删除").click()
    assert "1 条记录" in page.locator("main").inner_text()
    page.get_by_role("button", name="删除").click()
    page.get_by_role("link", name="续约月份").wait_for()
    assert not page.get_by_role("link", name="付款方式").count()
    rep.goto("/customers/new/")
    rep.get_by_role("button", name="保存").first.wait_for()
    assert not rep.locator(f"[name={key}]").count()
    come_back(page, rep, key)


def become_text(page: Any) -> None:
    """Looks what a conversion would do, then has it done."""
    page.get_by_role("link", name="类型与速度").click()
    page.select_option("#f-kind", "text")
    page.get_by_role("button", name="先看看结果").click()
    assert "1 个值中有 1 个可以转换" in page.locator("main").inner_text()
    page.get_by_role("button", name="转换").click()
    page.get_by_text("单选 → 单行文本").first.wait_for()
    run(Job.objects.latest("pk").pk)
    page.reload()
    assert "原来的类型是「单选」" in page.locator("main").inner_text()


def come_back(page: Any, rep: Any, key: str) -> None:
    """Restored from the bin, the field has its values."""
    page.get_by_role("button", name="恢复付款方式").click()
    page.get_by_role("link", name="付款方式").wait_for()
    rep.goto(f"/customers/?columns=name,{key},owner&{key}__contains=承兑")
    rep.get_by_role("cell", name="承兑汇票").wait_for()


def test_many_are_changed_by_a_field_of_ones_own_and_taken_back(sign_in: SignIn) -> None:
    """Filter by the renewal month, change it for picked rows, take it back, see the list again."""
    rep = sign_in("rep")
    key = f"cf_{FieldDefinition.objects.filter(module='customers').earliest('pk').pk}"
    rep.goto(f"/customers/?columns=name,{key}&{key}__empty=1&sort=name")
    boxes = rep.locator("tbody input[name=pk]")
    for place in range(3):
        boxes.nth(place).check()
    names = [rep.locator("tbody tr").nth(place).locator("th a").inner_text() for place in range(3)]
    rep.locator("#bulk").get_by_role("button", name="编辑").click()
    rep.select_option("#more-field", label="续约月份")
    rep.select_option(f"[name={key}]", label="11月")
    rep.get_by_role("button", name="修改").click()
    rep.get_by_text("已修改 3 条记录。").wait_for()
    assert not rep.get_by_role("link", name=names[0], exact=True).count()  # the filter still holds
    rep.locator("button[data-undo]").click()
    rep.get_by_text("3 条记录已恢复原值。").wait_for()
    for name in names:
        rep.get_by_role("link", name=name, exact=True).wait_for()


def test_a_formula_and_dependent_choices_from_setup_to_the_form(sign_in: SignIn) -> None:
    """The result shows while one types; choices follow the other field of the form."""
    page = sign_in("admin")
    page.goto("/setup/fields/customers/new/?kind=formula")
    page.fill("[name=label_zh-hans]", "建议额度")
    page.locator("[data-insert='{年营收}']").click()
    page.locator("#f-formula").press_sequentially(" * 0.1 +")
    page.locator("#formula-check", has_text="公式没有写完").wait_for()
    page.locator("#f-formula").press_sequentially(" 1000")
    page.locator("#formula-check", has_text="金额").wait_for()
    page.get_by_role("button", name="保存").click()
    row = page.locator("tr", has_text="建议额度")
    row.wait_for()
    key = row.locator("td").last.inner_text().strip()

    rep = sign_in("rep")
    rep.goto(f"/customers/?columns=name,{key}&{key}__gt=1000&sort=-{key}")
    rep.locator("#rows td.num").first.wait_for()
    rep.goto("/customers/new/")
    line = f"[name=cf_{FieldDefinition.objects.get(labels__en='Line of work').pk}]"
    rep.select_option("[name=industry]", value="food")
    offered = rep.locator(f"{line} option:not([hidden])").all_inner_texts()
    assert [one for one in offered if one] == ["食品", "食品科技", "饮料", "乳业"]

    page.get_by_role("link", name="建议额度").click()
    page.get_by_role("link", name="删除").click()
    page.get_by_role("button", name="删除").click()
    page.get_by_role("link", name="续约月份").wait_for()
