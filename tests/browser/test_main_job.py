"""The product's main job, as its people do it: import, find, edit, follow up, read, hide a field.

Chinese with a workbook as an old customer list looks, English with a plain one. The pictures of
each step stay in tests/pictures, for people to look at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl import Workbook

from accounts.models import Role
from accounts.services.act import COMMAND_LINE
from accounts.services.roles import set_field_state
from tests.browser.conftest import Product, SignIn, Watch
from tests.browser.faults import faults
from tests.data_makers import messy_workbook

pytestmark = pytest.mark.browser
HIDDEN = ("level", "wechat")
SECRET = "gumingyuan7788"  # a WeChat id that stands nowhere else
Keep = Callable[[Any, str], None]


@dataclass(frozen=True)
class Story:
    """What one language's run imports, looks for and says."""

    language: str
    name: str
    asked: tuple[str, ...]  # two characters, pinyin, the tail of a phone
    rows: int  # created by the import, at least
    refused: bool
    said: str


STORIES = [
    Story("zh-hans", "苏州榆桥制药有限公司", ("榆桥", "yuqiao", "2000101"), 5, True,
          "电话沟通了在线水分仪，周五前发报价，设备部想先看样机。"),
    Story("en", "湖州澄舸环保设备有限公司", ("澄舸", "chengge", "7765432"), 3, False,
          "Spoke about the moisture meter; quote by Friday, they want to see a sample first."),
]  # fmt: skip


def write_workbook(story: Story, folder: Path) -> Path:
    """The file that the rep got from somewhere."""
    path = folder / f"customers-{story.language}.xlsx"
    if story.language != "en":
        messy_workbook(path)
        return path
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("Name", "Mobile", "City", "Level", "Remark"),
        (story.name, "13757765432", "湖州市", "A", "met at the fair"),
        ("绍兴砚溪印染有限公司", "13757765433", "绍兴市", "B", ""),
        ("台州拾光表面处理有限公司", "13757765434", "台州市", "C", ""),
    ):
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def rights_restored(product: Product) -> Iterator[None]:
    """What the administrator takes from the reps here, they get back."""
    yield
    role = Role.objects.get(name="rep")
    for name in HIDDEN:
        set_field_state(actor=COMMAND_LINE, role=role, module="customers", field=name, state="edit")


@pytest.mark.parametrize("story", STORIES, ids=[one.language for one in STORIES])
def test_main_job(
    story: Story,
    sign_in: SignIn,
    keep: Keep,
    watch: Watch,
    worker: None,
    rights_restored: None,
    tmp_path: Path,
) -> None:
    wrong: list[str] = []

    def shown(page: Any, name: str) -> None:
        keep(page, f"main-job/{story.language}-{name}")
        wrong.extend(f"{name}: {fault}" for fault in faults(page))

    rep = sign_in("rep", story.language, by_form=True)
    shown(rep, "01-home")
    import_customers(rep, story, write_workbook(story, tmp_path), shown)
    address = find(rep, story, shown)
    edit(rep, address)
    follow_up(rep, story, address, tmp_path, shown)
    manager = sign_in("manager", story.language, by_form=True)
    read_as_manager(manager, story, address, shown)
    token = api_token(rep)
    before = everywhere(rep, address, token)
    assert all(SECRET in before[place] for place in ("record", "form", "history", "api"))
    hide(sign_in("admin", story.language, by_form=True), shown)
    watch.expects.add(400)
    check_gone(rep, address, token, before)
    rep.goto(address)
    shown(rep, "12-record-without-the-field")
    assert not wrong, "\n".join(wrong)


def import_customers(page: Any, story: Story, path: Path, shown: Keep) -> None:
    """Through the wizard, with the worker doing the job."""
    page.goto("/customers/")
    page.locator('.headline a[href*="/customers/import/"]').click()
    shown(page, "02-import")
    page.set_input_files("#file", path)
    page.locator('select[name^="column-"]').first.wait_for()
    shown(page, "03-columns")
    page.locator('button[name=act][value="check"]').last.click()
    page.locator("#check").wait_for()
    shown(page, "04-checked")
    page.locator('button[name=act][value="next"]').click()
    page.locator("#key").wait_for()
    shown(page, "05-duplicates")
    page.locator(".savebar button.primary").click()
    figures = page.locator(".figures .big")
    figures.first.wait_for(timeout=60_000)
    shown(page, "06-imported")
    created, _updated, _skipped, refused = (int(text) for text in figures.all_inner_texts())
    assert created >= story.rows
    assert bool(refused) == story.refused


def find(page: Any, story: Story, shown: Keep) -> str:
    """By two characters, by sound, by the tail of a phone; the address of the customer."""
    page.goto("/")
    for asked in story.asked:
        page.keyboard.press("Control+k")
        page.locator("#palette input").fill("")
        with page.expect_response(re.compile(f"q={quote(asked)}&")):
            page.keyboard.insert_text(asked)
        page.wait_for_function("!document.querySelector('#palette .htmx-request')")
        found = page.locator("#palette-found [role=option]", has_text=story.name).first
        found.wait_for()
        page.locator('#palette-found [role=option][aria-selected="true"]').wait_for()
        if asked != story.asked[-1]:
            page.keyboard.press("Escape")
    shown(page, "07-palette")
    found.click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    assert page.locator("h1").inner_text() == story.name
    page.goto(f"/customers/?q={story.asked[0]}")
    assert page.locator("#rows tr[data-pk]", has_text=story.name).count() == 1
    return str(page.locator("#rows th.title a", has_text=story.name).get_attribute("href"))


def edit(page: Any, address: str) -> None:
    """One value in place by keyboard, one choice in place, others in the form."""
    page.goto(address)
    page.locator("#field-wechat").click()
    page.locator("#field-wechat input[name=wechat]").fill(SECRET)
    page.keyboard.press("Enter")
    page.locator("#field-wechat .saved").wait_for()
    page.locator("#field-level").click()
    page.locator("#field-level select").select_option("C")
    page.locator("#field-level button.primary").click()
    page.locator("#field-level .saved").wait_for()
    page.goto(f"{address}edit/")
    page.fill("[name=employees]", "260")
    page.fill("[name=remark]", "220V，两台并联")
    page.locator(".savebar button.primary").click()
    page.wait_for_url(re.compile(r"/customers/\d+/$"))
    assert "260" in page.locator("#field-employees").inner_text()


def follow_up(page: Any, story: Story, address: str, folder: Path, shown: Keep) -> None:
    """What was said, a file, and when to speak again."""
    attachment = folder / "报价 v2.txt"
    attachment.write_text("草稿", encoding="utf-8")
    page.goto(address)
    page.locator("#composer textarea").fill(story.said)
    page.locator("#composer input[type=file]").set_input_files(attachment)
    page.locator("#composer [popovertarget=next-contact]").click()
    page.locator("#next-contact [data-next-value]").first.click()
    shown(page, "08-composer")
    page.locator("#composer textarea").press("Control+Enter")
    event = page.locator("#timeline article", has_text=story.said)
    event.wait_for()
    assert page.locator("#timeline .pinned article").count() == 1
    shown(page, "09-followed-up")
    file = event.locator('a[href^="/files/"]')
    assert file.inner_text().strip() == attachment.name
    answer = page.request.get(file.get_attribute("href"))
    assert answer.body() == attachment.read_bytes()
    assert page.locator("#composer textarea").input_value() == ""


def read_as_manager(page: Any, story: Story, address: str, shown: Keep) -> None:
    """On the list of follow-ups, by person, and on the record."""
    page.goto("/follow-ups/")
    assert page.locator("#rows", has_text=story.said[:10]).count() == 1
    page.goto("/follow-ups/team/?period=day")
    row = page.locator("tr", has_text="陈思远")
    assert int(row.locator("td").first.inner_text()) >= 1
    shown(page, "10-team")
    row.locator("th a").click()
    assert page.locator("#rows", has_text=story.said[:10]).count() == 1
    page.goto(address)
    assert page.locator("#timeline article", has_text=story.said).count() == 1


def hide(page: Any, shown: Keep) -> None:
    """The administrator takes two fields of customers from all reps."""
    page.goto("/setup/roles/rep/?module=customers")
    for name in HIDDEN:
        page.locator(f'label:has([name="state-customers-{name}"][value=hidden])').click()
    shown(page, "11-rights")
    page.locator(".headline button.primary").click()
    page.locator(".headline .saved, #toasts [data-toast]").first.wait_for()


def api_token(page: Any) -> str:
    """A token of the rep's, as another program gets it."""
    login = {"username": "rep", "password": "keyuan-demo"}
    return str(page.request.post("/api/v1/auth/token/", data=login).json()["token"])


def everywhere(page: Any, address: str, token: str) -> dict[str, str]:
    """The text of every page where a field of this customer could show."""
    seen = {}
    for place, url in {
        "list": "/customers/?columns=name,level,wechat",
        "record": address,
        "form": f"{address}edit/",
        "new": "/customers/new/",
        "history": f"{address}history/",
        "export": "/customers/export/",
        "panel": f"{address}peek/",
    }.items():
        answer = page.request.get(url)
        seen[place] = answer.text() if answer.ok else f"refused {answer.status}"
    bearer = {"Authorization": f"Bearer {token}"}
    for place, url in {
        "api": f"/api/v1{address}",
        "api history": f"/api/v1{address}history/",
    }.items():
        seen[place] = page.request.get(url, headers=bearer).text()
    return seen


def check_gone(page: Any, address: str, token: str, before: dict[str, str]) -> None:
    """No trace of either field anywhere, and asking for one is refused."""
    page.goto(address)
    assert page.locator("#field-level, #field-wechat").count() == 0
    after = everywhere(page, address, token)
    assert after["list"] == "refused 400"
    marks = (SECRET, 'name="level"', "field-level", "field-wechat", '"wechat"', '"level"')
    for place, text in after.items():
        own = marks if place.startswith("api") else marks[:-2]  # WeChat is also a kind of talk
        assert not [mark for mark in own if mark in text], place
    for place in ("list", "record", "form", "export", "api"):
        assert [mark for mark in marks if mark in before[place]], place
    page.goto("/customers/")
    heads = page.locator("thead").inner_text()
    page.locator("[data-filter]").click()
    offered = page.locator("#filter-panel").inner_text()
    assert not re.search(r"级别|等级|微信|\bLevel\b|WeChat", heads + offered)
    for query in ("level=A", "sort=level", f"q=w:{SECRET[:8]}"):
        answer = page.goto(f"/customers/?{query}")
        assert SECRET not in answer.text()
        assert answer.status == 400 or page.locator("#rows tr[data-pk]").count() == 0
    bearer = {"Authorization": f"Bearer {token}"}
    assert page.request.get("/api/v1/customers/?level=A", headers=bearer).status == 400
