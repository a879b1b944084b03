"""Layouts: who sees which, what a form never loses, and that they are no rights."""

from __future__ import annotations

import re

import pytest

from accounts.services.act import COMMAND_LINE
from accounts.services.roles import delete_role, give_role, update_role
from crm.access.errors import NotAllowed
from crm.access.policy import access_to
from crm.customfields.layouts import layout_for, shipped_layout
from crm.customfields.models import LayoutRow
from crm.modules.registry import all_modules, module_named
from crm.records.beside import AuditEntry
from crm.records.definitions import add_field, change_field
from crm.records.errors import Invalid, StaleRecord
from crm.records.field_bin import remove_field
from crm.records.layouts import reset_layout, save_layout
from tests.kernel.helpers import add
from tests.kernel.pages import browser
from tests.people import make_role

pytestmark = pytest.mark.django_db
TITLES = {"zh-hans": "要紧的", "en": "What matters"}


def body(*sections, left_out=()):
    """A layout of sections, each (key, fields, folded ones)."""
    return {
        "sections": [
            {"key": key, "labels": dict(TITLES), "fields": list(fields), "more": list(more)}
            for key, fields, more in sections
        ],
        "left_out": list(left_out),
    }


def arrange(cast, layout, role=None, version=0, module="customers"):
    pk = cast.roles[role].pk if role else None
    return save_layout(
        actor=cast.administrator, module=module, role=pk, body=layout, version=version
    )


def names_for(person, module="customers"):
    access = access_to(person, module)
    return layout_for(access.module, access.grants.ranked).names


SHORT = body(("s0", ["city", "name", "level"], ["level"]), left_out=["website", "remark"])


def test_every_field_of_every_module_has_one_place_in_what_ships(cast):
    for module in all_modules():
        names = shipped_layout(module).names
        assert sorted(names) == sorted(module.fields), module.name


def test_the_next_page_obeys_in_page_panel_and_form(cast, queries):
    pk = add(cast.owner, name="Firm one", city="Wuxi", website="https://zqleft.example")
    page = browser(cast.owner)
    page.get(f"/customers/{pk}/")
    with queries() as before:
        page.get(f"/customers/{pk}/")
    arrange(cast, SHORT)
    page.get(f"/customers/{pk}/")
    with queries() as after:
        shown = page.get(f"/customers/{pk}/").content.decode()
    assert len(after) == len(before)
    assert "What matters" in shown
    assert "zqleft" not in shown
    order = re.findall(r'id="field-(\w+)"', shown)
    assert order[:2] == ["city", "name"]
    folded = shown.split('<details class="more-fields">', 1)[1].split("</details>")[0]
    assert 'id="field-level"' in folded
    assert "zqleft" not in page.get(f"/customers/{pk}/peek/").content.decode()
    form = page.get(f"/customers/{pk}/edit/").content.decode()
    assert 'name="website"' not in form
    assert form.index('name="city"') < form.index('name="name"')
    listed = page.get("/customers/?columns=website,name").content.decode()
    assert "zqleft" in listed  # a layout is no right


def test_saving_a_form_keeps_what_the_layout_leaves_out(cast):
    pk = add(cast.owner, city="Wuxi", website="https://kept.example", remark="kept")
    arrange(cast, SHORT)
    answer = browser(cast.owner).post(
        f"/customers/{pk}/edit/", {"name": "Firm kept", "city": "Suzhou", "version": "1"}
    )
    row = access_to(cast.owner, "customers").get(pk)
    assert (answer.status_code, row["city"], row["website"]) == (
        302, "Suzhou", "https://kept.example"
    )  # fmt: skip


def test_the_first_of_his_roles_that_has_a_layout_decides(cast):
    second = make_role("second", {"view": "own"})
    give_role(actor=COMMAND_LINE, role=second, holder=cast.owner)
    mine, other = body(("a", ["level"], ())), body(("b", ["city"], ()))
    save_layout(actor=cast.administrator, module="customers", role=second.pk, body=other, version=0)
    assert names_for(cast.owner)[0] == "city"  # his first role has none of its own
    arrange(cast, mine, "owner")
    assert names_for(cast.owner)[0] == "level"
    update_role(actor=COMMAND_LINE, role=second, rank=1)
    assert names_for(cast.owner)[0] == "city"
    arrange(cast, SHORT)
    assert names_for(cast.teammate)[:2] == ("city", "name")  # no role of his: everybody's
    give_back = cast.owner.held_roles.get(role=second)
    give_back.delete()
    gone = second.pk
    delete_role(actor=COMMAND_LINE, role=second)
    assert not LayoutRow.objects.filter(role=gone).exists()


def test_what_must_be_filled_in_stands_in_the_form_in_any_case(cast):
    with pytest.raises(Invalid) as refused:
        arrange(cast, body(("s0", ["city"], ()), left_out=["name"]))
    assert "left_out" in refused.value.fields
    row = add_field(actor=cast.administrator, module="customers", kind="text", labels={"en": "Pet"})
    name = f"cf_{row.pk}"
    cast.state("owner", "customers", name, "edit")
    arrange(cast, body(("s0", ["city", "name"], ()), left_out=[name]))
    page = browser(cast.owner)
    assert f'name="{name}"' not in page.get("/customers/new/").content.decode()
    change_field(
        actor=cast.administrator, row=row, labels={"en": "Pet"}, help_texts={}, required=True,
        unique=False, default="", position=1,
    )  # fmt: skip
    assert f'name="{name}"' in page.get("/customers/new/").content.decode()
    from_address = page.get("/customers/new/?parent=1").content.decode()
    assert 'name="parent"' in from_address


def test_a_new_field_stands_at_the_end_of_its_section_and_a_gone_one_nowhere(cast):
    arrange(cast, body(("s1", ["revenue"], ()), ("s0", ["name"], ()), ("x", ["city"], ())))
    row = add_field(actor=cast.administrator, module="customers", kind="text", labels={"en": "Pet"})
    sections = {
        one.key: one.names
        for one in layout_for(module_named("customers"), []).sections
    }  # fmt: skip
    assert sections["s0"][-1] == f"cf_{row.pk}"
    assert sections["s1"][0] == "revenue"
    assert sections["x"][-1] == "changed_at"  # its own section is gone: the last takes it
    remove_field(actor=cast.administrator, row=row)
    assert f"cf_{row.pk}" not in layout_for(module_named("customers"), []).names


def test_two_administrators_the_audit_and_the_way_back(cast):
    row = arrange(cast, SHORT)
    with pytest.raises(StaleRecord):
        arrange(cast, SHORT, version=0)
    told = AuditEntry.objects.get(action="layout.change")
    assert told.detail["whole"]["before"] is None
    assert told.detail["whole"]["after"] == row.body
    assert told.detail["after"]["What matters"][:2] == ["City", "Name"]
    with pytest.raises(StaleRecord):
        reset_layout(actor=cast.administrator, module="customers", role=None, version=7)
    reset_layout(actor=cast.administrator, module="customers", role=None, version=1)
    assert names_for(cast.owner) == shipped_layout(module_named("customers")).names
    for refused in (save_layout, reset_layout):
        more = {"body": SHORT} if refused is save_layout else {}
        with pytest.raises(NotAllowed):
            refused(actor=cast.owner, module="customers", role=None, version=0, **more)
    assert browser(cast.owner).get("/setup/layouts/customers/").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        body(),
        body(("a", ["name"], ()), ("b", ["name"], ())),
        body(("a", ["name"], ()), ("a", ["city"], ())),
        body(("a", ["name", "nothing"], ())),
        {"sections": [{"key": "a", "labels": {"en": " "}, "fields": ["name"]}]},
        {"sections": [{"key": "a", "labels": {"en": "x" * 61}, "fields": ["name"]}]},
    ],
)
def test_a_layout_that_cannot_be_is_refused(cast, wrong):
    with pytest.raises(Invalid):
        arrange(cast, wrong)


def test_the_page_works_by_its_buttons_alone_and_shows_what_a_role_gets(cast, queries):
    cast.state("owner", "customers", "city", "hidden")
    page = browser(cast.administrator)
    where = "/setup/layouts/customers/?role=owner"
    shown = page.get(where).content.decode()
    rows = re.findall(r'name="row" value="([^"]+)"', shown)
    assert rows[0] == "section:s0"
    assert rows[-2:] == ["section:-", "field:changed_by"]
    preview = shown.split('class="layout-preview"')[1]
    assert "City" not in preview
    assert "Name" in preview
    titles = dict(re.findall(r'name="(title-[^"]+)" value="([^"]*)"', shown))
    posted = {"row": rows, "version": "0", "more": ["level"], **titles}
    moved = page.post(where, posted | {"act": "down:field:name"}).content.decode()
    again = re.findall(r'name="row" value="([^"]+)"', moved)
    assert again[1:3] == [rows[2], "field:name"]
    assert "data-dirty" in moved
    assert not LayoutRow.objects.exists()
    added = page.post(where, posted | {"act": "add"}).content.decode()
    assert 'value="section:n1"' in added
    dropped = page.post(where, posted | {"act": "drop:s1"}).content.decode()
    assert 'value="section:s1"' not in dropped
    assert 'value="field:revenue"' in dropped
    nameless = page.post(where, posted | {"row": ["section:n1", *rows], "act": "save"})
    assert (nameless.status_code, b'id="section-n1"' in nameless.content) == (400, True)
    assert page.post(where, posted | {"act": "save"}).status_code == 302
    assert LayoutRow.objects.get().role == cast.roles["owner"].pk
    assert page.post(where, posted | {"act": "save"}).status_code == 409
    assert page.post(where, posted | {"version": "1", "act": "reset"}).status_code == 302
    assert not LayoutRow.objects.exists()
    with queries() as seen:
        page.get(where)
    assert len(seen) <= 24
