"""Two people at one record, the same post many times, undo, refusals, and input methods."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.db import connection, transaction

from accounts.models import User
from crm.access.policy import access_to
from crm.deadlines import limit_pages, unlimit
from crm.records.services import create_record, update_record
from sales.models import Customer
from tests.browser.conftest import SCREEN, Product, SignIn, Watch, compose, end_composition
from tests.browser.faults import faults

pytestmark = pytest.mark.browser
_numbers = count(1)


@pytest.fixture
def customer(product: Product) -> Callable[..., tuple[int, str]]:
    """`pk, name = customer()`: a new customer of rep's, or of another's, known to no other test."""

    def make(owner: str = "rep", **values: Any) -> tuple[int, str]:
        name = f"试样{next(_numbers)}号测控技术有限公司"
        person = User.objects.get(username=owner)
        given = {"name": name, "kind": "company", **values}
        return create_record(actor=person, module="customers", values=given), name

    return make


def read(pk: int, *names: str) -> Any:
    """The record as the administrator reads it."""
    return access_to(User.objects.get(username="admin"), "customers").get(pk, names)


def change(pk: int, person: str, **values: Any) -> None:
    """Somebody else saves something meanwhile."""
    row = read(pk, "number")
    actor = User.objects.get(username=person)
    update_record(actor=actor, module="customers", pk=pk, values=values, version=row.version)


def posts_of(page: Any) -> list[str]:
    """Where the page posts to from now on."""
    sent: list[str] = []

    def note(request: Any) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", note)
    return sent


def submit(page: Any) -> None:
    page.locator(".savebar button.primary").click()


def test_security_86_the_second_sees_both_values_and_chooses(
    sign_in: SignIn, customer: Any, watch: Watch
) -> None:
    pk, _name = customer(remark="原来的备注", wechat="before")
    watch.expects.add(409)
    rep, manager = sign_in("rep"), sign_in("manager")
    for page in (rep, manager):
        page.goto(f"/customers/{pk}/edit/")
    manager.fill("[name=remark]", "经理写的备注")
    manager.fill("[name=wechat]", "manager-wechat")
    submit(manager)
    manager.wait_for_url(f"**/customers/{pk}/")
    rep.fill("[name=remark]", "销售写的备注")
    rep.fill("[name=preferences]", "只有销售改了这里")
    submit(rep)
    table = rep.locator("table.stacked")
    for text in ("原来的备注", "经理写的备注", "销售写的备注", "只有销售改了这里", "周启明"):
        assert text in (table.inner_text() + rep.locator(".notice").inner_text())
    assert not faults(rep)
    rep.locator('[name="take-remark"][value="mine"]').check()
    submit(rep)
    rep.wait_for_url(f"**/customers/{pk}/")
    row = read(pk, "remark", "preferences", "wechat")
    assert row["remark"] == "销售写的备注"
    assert row["preferences"] == "只有销售改了这里"
    assert row["wechat"] == "manager-wechat"  # untouched by rep: the other's stays


def test_theirs_may_be_kept_too(sign_in: SignIn, customer: Any, watch: Watch) -> None:
    pk, _name = customer(remark="一")
    watch.expects.add(409)
    page = sign_in("rep")
    page.goto(f"/customers/{pk}/edit/")
    change(pk, "manager", remark="二")
    page.fill("[name=remark]", "三")
    submit(page)
    page.locator('[name="take-remark"][value="theirs"]').check()
    submit(page)
    page.wait_for_url(f"**/customers/{pk}/")
    assert read(pk, "remark")["remark"] == "二"


def test_a_field_edited_in_place_meets_anothers_value(
    sign_in: SignIn, customer: Any, watch: Watch
) -> None:
    pk, _name = customer(wechat="old")
    watch.expects.add(409)
    page = sign_in("rep")
    page.goto(f"/customers/{pk}/")
    page.locator("#field-wechat").click()
    box = page.locator("#field-wechat input[name=wechat]")
    box.wait_for()
    change(pk, "manager", wechat="theirs")
    box.fill("mine")
    page.keyboard.press("Enter")
    warning = page.locator("#field-wechat [role=alert]")
    warning.wait_for()
    assert "theirs" in warning.inner_text()
    assert page.locator("#field-wechat input[name=wechat]").input_value() == "mine"
    assert read(pk, "wechat")["wechat"] == "theirs"
    page.locator("#field-wechat button.primary").click()
    page.locator("#field-wechat .saved").wait_for()
    assert read(pk, "wechat")["wechat"] == "mine"


def test_twenty_identical_posts_make_one_record(
    sign_in: SignIn, product: Product, customer: Any
) -> None:
    page = sign_in("rep")
    page.goto("/customers/new/")
    name = f"只要一个{next(_numbers)}号有限公司"
    fields = {
        one["name"]: one["value"]
        for one in page.evaluate(
            """() => [...document.querySelector("form[data-form]").elements]
               .filter((e) => e.type === "hidden" || e.matches("select"))
               .filter((e) => e.name).map((e) => ({name: e.name, value: e.value}))"""
        )
    } | {"name": name}
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())

    def post(_turn: int) -> str:
        request = Request(
            f"{product.address}/customers/new/",
            urlencode(fields).encode(),
            {"Cookie": cookies, "Referer": f"{product.address}/customers/new/"},
        )
        with urlopen(request, timeout=60) as answer:
            return str(answer.url)

    with ThreadPoolExecutor(5) as pool:
        ends = set(pool.map(post, range(20)))
    assert len(ends) == 1
    page.goto(f"/customers/?{urlencode({'q': name})}")
    assert page.locator("#rows > tr[data-pk]").count() == 1
    connection.close()


def test_a_form_clicked_twice_is_sent_once(sign_in: SignIn, customer: Any) -> None:
    page = sign_in("rep")
    posts = posts_of(page)
    page.goto("/customers/new/")
    page.fill("[name=name]", f"连点两下{next(_numbers)}号有限公司")
    page.locator(".savebar button.primary").dblclick()
    page.wait_for_url(re.compile(r"/customers/\d+/"))
    assert len([url for url in posts if url.endswith("/new/")]) == 1


def pick(page: Any, pks: list[int]) -> None:
    for pk in pks:
        page.locator(f'#rows tr[data-pk="{pk}"] .pick input').check()


def test_picked_rows_get_another_owner(sign_in: SignIn, customer: Any) -> None:
    made = [customer() for _turn in range(3)]
    manager = sign_in("manager")
    manager.goto(f"/customers/?{urlencode({'sort': '-created_at'})}")
    pick(manager, [pk for pk, _name in made])
    manager.locator('#bulk button[formaction$="/bulk/assign/"]').click()
    dialog = manager.locator("dialog#dialog[open]")
    dialog.wait_for()
    dialog.locator("select[name=owner]").select_option(label="孙悦")
    dialog.locator("footer button.primary").click()
    manager.locator("#toasts [data-toast]").wait_for()
    assert {read(pk, "owner")["owner"].label for pk, _name in made} == {"孙悦"}


def test_deleted_rows_come_back_by_undo_and_from_the_bin(sign_in: SignIn, customer: Any) -> None:
    (first, _one), (second, name) = customer(), customer()
    page = sign_in("manager")
    for pks in ([first], [second]):
        page.goto(f"/customers/?{urlencode({'sort': '-created_at'})}")
        pick(page, pks)
        page.locator('#bulk button[formaction$="/bulk/delete/"]').click()
        dialog = page.locator("dialog#dialog[open]")
        dialog.wait_for()
        dialog.locator("footer button.danger").click()
        page.locator("#toasts [data-undo]").wait_for()
        page.locator(f'#rows tr[data-pk="{pks[0]}"]').wait_for(state="detached")
        page.wait_for_load_state()  # the message comes with the new page, before its keys are heard
        if pks == [first]:
            page.keyboard.press("z")
            page.locator(f'#rows tr[data-pk="{first}"]').wait_for()
    page.goto("/bin/")
    row = page.locator("tr", has_text=name)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        row.locator("td:not(.card-figure) button").click()
    page.goto(f"/customers/{second}/")
    assert page.locator("h1").inner_text() == name


def test_guessing_a_password_is_slowed_down_in_words(
    browser: Any, product: Product, watch: Watch
) -> None:
    watch.expects.update({400, 401, 403, 429})
    page = browser.new_page(base_url=product.address, viewport=SCREEN, locale="zh-CN")
    watch.over(page)
    page.goto("/login/")
    seen = []
    for turn in range(12):
        page.fill("#username", "renjing")
        page.fill("#password", f"wrong-{turn}")
        page.click("form:has(#password) button.primary")
        page.locator("[role=alert]").wait_for()
        seen.append(page.locator("[role=alert]").inner_text())
    assert len(set(seen)) > 1, seen  # first "wrong", later "wait"
    assert page.locator("nav.nav").count() == 0
    page.close()


def test_a_forged_filter_is_refused_with_a_page(sign_in: SignIn, watch: Watch) -> None:
    watch.expects.add(400)
    page = sign_in("rep")
    seen = set()
    for forged in (
        '{"field": "owner__password", "op": "starts", "value": "a"}',
        '{"field": "name", "op": "regex", "value": "."}',
        "{",
    ):
        answer = page.goto(f"/customers/?{urlencode({'filter': forged})}")
        assert answer.status == 400
        assert page.locator("h1").is_visible()
        assert page.locator("a.button.primary").count() == 1
        seen.add(page.locator("main").inner_text())
    assert len(seen) == 3  # each says what is wrong with it


def test_anothers_record_looks_like_one_that_never_was(
    sign_in: SignIn, customer: Any, watch: Watch
) -> None:
    pk, name = customer(owner="songzhe")
    watch.expects.add(404)
    page = sign_in("rep")
    seen = []
    for number in (pk, 900_000_000):
        answer = page.goto(f"/customers/{number}/")
        headers = {k for k in answer.headers if k not in ("date", "x-request-id")}
        seen.append((answer.status, answer.text().replace(str(number), "N"), headers))
    assert seen[0] == seen[1]
    assert seen[0][0] == 404
    assert name not in seen[0][1]


def test_a_record_that_somebody_holds_says_so(
    sign_in: SignIn, customer: Any, watch: Watch, settings: Any
) -> None:
    pk, _name = customer(wechat="old")
    watch.expects.add(503)
    settings.LOCK_SECONDS = 1
    limit_pages()
    try:
        page = sign_in("rep", "en")
        page.goto(f"/customers/{pk}/")
        page.locator("#field-wechat").click()
        box = page.locator("#field-wechat input[name=wechat]")
        box.wait_for()
        with transaction.atomic():
            Customer.unscoped.select_for_update().get(pk=pk)
            box.fill("mine")
            box.press("Enter")
            told = page.locator("#field-wechat .wrong[role=alert]")
            told.wait_for()
    finally:
        unlimit()
    assert "Try again in a moment" in told.inner_text()
    assert box.input_value() == "mine"
    told.locator("button").click()  # the other has let go
    page.locator("#field-wechat .saved").wait_for()
    assert read(pk, "wechat")["wechat"] == "mine"


@pytest.mark.parametrize("place", ["composer", "palette", "inline", "form"])
def test_enter_while_composing_submits_nothing(sign_in: SignIn, customer: Any, place: str) -> None:
    pk, _name = customer(wechat="wx")
    page = sign_in("rep")
    sent = posts_of(page)
    page.goto(f"/customers/{pk}/edit/" if place == "form" else f"/customers/{pk}/")
    here = page.url
    selector = {
        "composer": "#composer textarea",
        "palette": "#palette input",
        "inline": "#field-wechat input[name=wechat]",
        "form": "[name=wechat]",
    }[place]
    if place == "palette":
        page.keyboard.press("Control+k")
    if place == "inline":
        page.locator("#field-wechat").click()
    page.locator(selector).wait_for()
    compose(page, selector, "songyu")
    assert not [url for url in sent if not url.endswith("/duplicates/")]
    assert page.url == here
    end_composition(page, "松屿")
    assert "松屿" in page.locator(selector).input_value()
    if place != "palette":
        page.locator(selector).fill("")
