"""What people typed never becomes code, wherever it is shown (security.md, stored scripts)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from accounts.models import User
from crm.customfields.models import Option
from crm.modules.stamp import raise_definitions_version, raise_rights_version
from crm.records.services import create_record, update_record
from tests.browser.conftest import Product, SignIn

pytestmark = pytest.mark.browser
PAYLOADS = (
    '<img src=x onerror="alert(1)">',
    '"><script>alert(2)</script>',
    "'-alert(3)-'",
    "{{constructor.constructor('alert(4)')()}}",
    "</textarea><svg/onload=alert(5)>",
    '" autofocus onfocus="alert(6)',
    "javascript:alert(7)//",
)
PLANTED = (
    "() => [...document.querySelectorAll('img[src=x], svg[onload], [onfocus], [onerror]')].length"
)


@pytest.fixture
def person_with_a_name(product: Product) -> Iterator[None]:
    """The rep is called like an attack for one test."""
    rep = User.objects.get(username="rep")
    name = rep.display_name
    User.objects.filter(pk=rep.pk).update(display_name=PAYLOADS[0][:40])
    raise_rights_version()
    yield
    User.objects.filter(pk=rep.pk).update(display_name=name)
    raise_rights_version()


@pytest.fixture
def hostile_option(product: Product) -> Iterator[str]:
    """A trade whose label is an attack."""
    labels = {"zh-hans": PAYLOADS[1], "en": PAYLOADS[1]}
    Option.objects.create(dictionary="industry", value="hostile", labels=labels, position=99)
    raise_definitions_version()
    yield "hostile"
    Option.objects.filter(dictionary="industry", value="hostile").update(is_active=False)
    raise_definitions_version()


def plant(hostile_option: str) -> tuple[int, int]:
    """Two customers with an attack in every place that takes text; one was changed."""
    rep = User.objects.get(username="rep")
    made = [
        create_record(
            actor=rep,
            module="customers",
            near_is_fine=True,
            values={
                "name": f"{payload} {place}",
                "kind": "company",
                "industry": hostile_option,
                "wechat": PAYLOADS[2],
                "remark": "\n".join(PAYLOADS),
                "tags": [{"name": one[:40]} for one in PAYLOADS[3:6]],
                "addresses": [{"street": PAYLOADS[0]}],
            },
        )
        for place, payload in enumerate((PAYLOADS[0], PAYLOADS[5]))
    ]
    values = {"remark": PAYLOADS[4], "city": PAYLOADS[0][:30]}
    update_record(actor=rep, module="customers", pk=made[0], values=values, version=1)
    return made[0], made[1]


def test_security_60_stored_text_stays_text(
    sign_in: SignIn, person_with_a_name: None, hostile_option: str, tmp_path: Path
) -> None:
    first, second = plant(hostile_option)
    page = sign_in("rep")
    address = f"/customers/{first}/"
    log_a_follow_up(page, address, tmp_path)
    forged = json.dumps({"field": "name", "op": "contains", "value": PAYLOADS[0]})
    walked = [
        "/",
        "/customers/?sort=-created_at",
        f"/customers/?{urlencode({'filter': forged})}",
        f"/customers/?q={PAYLOADS[1]}",
        address,
        f"{address}edit/",
        f"{address}history/",
        f"/customers/{second}/",
        f"/customers/{second}/edit/",
        "/follow-ups/",
        f"/search/?q={PAYLOADS[0]}",
        f"/customers/new/?name={PAYLOADS[5]}",
    ]
    for url in walked:
        look(page, url)
    page.goto("/customers/?sort=-created_at")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.locator("#peek h2").wait_for()
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("img src")
    page.locator("#palette-found [role=option]").first.wait_for()
    assert page.evaluate(PLANTED) == 0
    admin = sign_in("admin")
    for url in ("/setup/audit/", "/setup/people/", "/setup/dictionaries/industry/", "/follow-ups/"):
        look(admin, url)
    assert admin.locator("#rows", has_text="onerror").count() == 1


def look(page: Any, url: str) -> None:
    """Open it and give what might be planted a moment; the watch reports what it does."""
    page.goto(url)
    page.wait_for_timeout(150)
    assert page.evaluate(PLANTED) == 0, url


def log_a_follow_up(page: Any, address: str, folder: Path) -> None:
    """With hostile words and a hostile file, by the composer."""
    file = folder / '"><img src=x onerror=alert(8)>.svg'
    file.write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(9)"/>')
    page.goto(address)
    page.locator("#composer textarea").fill("\n".join(PAYLOADS))
    page.locator("#composer input[type=file]").set_input_files(file)
    page.locator("#composer button.primary").click()
    link = page.locator('#timeline a[href^="/files/"]')
    link.wait_for()
    answer = page.request.get(link.get_attribute("href"))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
