"""Fields of related records as columns, in lists, exports and the API, and their rights."""

from __future__ import annotations

import json

import pytest

from crm.access.policy import access_to
from crm.exchange.exporter import may_fetch
from crm.lists.errors import BadQuery
from crm.lists.views import create_view, state_from
from crm.modules.registry import module_named
from tests.kernel.api_calls import Api
from tests.kernel.exchange_calls import exported, sheet_of
from tests.kernel.helpers import add, ask
from tests.kernel.pages import browser
from tests.people import share

pytestmark = pytest.mark.django_db
COLUMNS = "name,customer.level,customer.owner,customer.phones,customer.city"


def test_columns_of_the_related_record_cost_one_look_up_per_relation(cast, queries):
    costs = []
    page = browser(cast.owner)
    for number in range(3):
        firm = add(cast.owner, level="A", city=f"Town {number}", phones=["13800138000"])
        add(cast.owner, "contacts", customer=firm)
    page.get("/contacts/", {"columns": COLUMNS})
    for more in (0, 5):
        for number in range(more):
            add(cast.owner, "contacts", customer=add(cast.owner, city=f"Other {number}"))
        with queries() as seen:
            text = page.get("/contacts/", {"columns": COLUMNS}).content.decode()
        costs.append(len(seen))
        assert "Town 2" in text
        assert sum('"sales_customer"' in one["sql"] and " IN (" in one["sql"] for one in seen) <= 2
    assert costs[0] == costs[1] <= 16
    heads = page.get("/contacts/", {"columns": COLUMNS}).content.decode()
    assert 'data-column="customer.level"' in heads
    assert "Customer · Level" in heads


def test_security_12_46_a_hidden_related_record_shows_nothing(cast):
    secret = add(cast.stranger, name="Secret Holding", level="A", city="Hidetown")
    contact = add(cast.stranger, "contacts", name="Known Person", customer=secret)
    alone = add(cast.owner, "contacts", name="Lonely Person")
    share("contacts", contact, cast.owner)
    page, api = browser(cast.owner), Api(cast.owner)
    text = page.get("/contacts/", {"columns": COLUMNS}).content.decode()
    assert "Known Person" in text
    assert "Hidetown" not in text
    assert "Secret Holding" not in text
    shown = {row["id"]: row for row in api.get(f"contacts/?columns={COLUMNS}").json()["results"]}
    nothing = {"customer.level": None, "customer.city": None, "customer.phones": None}
    for pk in (contact, alone):
        assert {name: shown[pk][name] for name in nothing} == nothing
        assert "customer" not in shown[pk]  # it was not asked for
    share("customers", secret, cast.owner)
    assert "Hidetown" in page.get("/contacts/", {"columns": COLUMNS}).content.decode()


def test_rights_of_the_other_module_hold(cast):
    firm = add(cast.owner, city="Seentown", credit_limit=123454321, phones=["13800138000"])
    add(cast.owner, "contacts", customer=firm)
    cast.state("owner", "customers", "credit_limit", "hidden")
    cast.state("owner", "customers", "phones.number", "masked")
    cast.state("owner", "customers", "city", "masked")
    cast.state("owner", "customers", "name", "hidden")  # which is what others call it by
    page = browser(cast.owner)
    text = page.get("/contacts/", {"columns": "name,customer.city,customer.phones"}).content
    assert b"Seentown" not in text
    assert b"13800138000" not in text
    assert text.count(b'class="masked"') >= 1
    row = Api(cast.owner).get("contacts/?columns=customer.city,customer.level").json()["results"][0]
    assert row["customer.city"] not in (None, "Seentown")
    assert row["_masked"] == ["customer.city"]
    odd = ("customer.credit_limit", "customer.owner.password", "owner.password", "phones.number",
           "customer.parent.level", "customer.", ".level", "customer.pk")  # fmt: skip
    for path in odd:
        assert page.get("/contacts/", {"columns": f"name,{path}"}).status_code == 400, path
        assert page.get("/contacts/", {"widths": f"{path}:90"}).status_code == 400, path
    cast.state("owner", "contacts", "customer", "masked")
    assert page.get("/contacts/", {"columns": "customer.city"}).status_code == 400
    assert b"customer.city" not in page.get("/contacts/").content


def test_security_33_sorting_by_a_related_field_is_refused_with_the_reason(cast):
    page = browser(cast.owner)
    said = page.get("/contacts/", {"sort": "-customer.level"})
    assert said.status_code == 400
    assert "Lists cannot be sorted by Customer · Level" in said.content.decode()
    cast.state("owner", "customers", "level", "hidden")
    hidden = page.get("/contacts/", {"sort": "customer.level"}).content.decode()
    unknown = page.get("/contacts/", {"sort": "customer.xlevel"}).content.decode()
    assert "cannot be sorted" not in hidden
    assert "There is no field" in hidden
    assert "There is no field" in unknown


def test_an_export_has_them_and_ends_with_the_right(cast):
    firm = add(cast.owner, city="Exporttown", level="A")
    add(cast.owner, "contacts", name="Ex Porter", customer=firm)
    job = exported(cast.owner, "contacts", "name,customer.city,customer.level")
    rows = sheet_of(job)
    assert rows[0][:3] == ["Name", "Customer · City", "Customer · Level"]
    assert rows[1][1] == "Exporttown"
    assert may_fetch(cast.owner, job)
    cast.state("owner", "customers", "city", "masked")
    assert not may_fetch(cast.owner, job)
    cast.state("owner", "customers", "city", "edit")
    assert may_fetch(cast.owner, job)
    cast.right("owner", "customers", view="none")
    assert not may_fetch(cast.owner, job)


def test_security_36_two_worlds_that_differ_behind_a_hidden_record_look_the_same(cast):
    """No operator over any field of a record out of reach tells what it holds."""
    worlds = []
    for level, city, phone in (("A", "Wuxi", "13800138000"), ("C", "", "13911112222")):
        firm = add(cast.stranger, level=level, city=city, phones=[phone], revenue="5")
        contact = add(cast.stranger, "contacts", customer=firm)
        share("contacts", contact, cast.owner)
        worlds.append(contact)
    access = access_to(cast.owner, "contacts")
    other = access_to(cast.owner, "customers")
    asked = {"choice": "A", "text": "Wuxi", "money": "5", "phone": "138001", "user": "@me",
             "boolean": "true", "date": "2026-01-01", "datetime": "2026-01-01"}  # fmt: skip
    tried = 0
    for path in other.module.right_names():
        field = other.module.field_at(path)
        for op in field.traits.operators:
            value = asked.get(field.kind, "1")
            value = [value, value] if op in {"in", "not_in", "between"} else value
            value = "this_year" if op == "within" else value
            tree = {"field": f"customer.{path}", "op": op, "value": value}
            for node in (tree, {"not": tree}, {"any": [{"not": {"not": tree}}]}):
                try:
                    where = ask(access, node).where
                except BadQuery:
                    continue
                met = set(access.rows().filter(where, pk__in=worlds).values_list("pk", flat=True))
                assert met in (set(), set(worlds)), node
                tried += 1
    assert tried > 300


def test_a_view_keeps_widths_and_height(cast):
    access = access_to(cast.owner, "contacts")
    shape = {"widths": "name:240,customer.level:9999", "density": "compact"}
    add(cast.owner, "contacts")
    view = create_view(access, "Shaped", {**shape, "columns": "name,customer.level"})
    page = browser(cast.owner)
    answer = page.get(f"/contacts/?view={view.pk}", follow=True)
    assert "widths=name:240,customer.level:800" in answer.redirect_chain[-1][0]
    text = answer.content.decode()
    assert 'data-density="compact"' in text
    assert 'width="240"' in text
    assert "This view has changes" not in text
    for odd in ({"widths": "name:x"}, {"widths": "nothing:90"}, {"density": "huge"}):
        with pytest.raises(BadQuery):
            state_from(access, odd)
        assert page.get("/contacts/", odd).status_code == 400
    made = Api(cast.owner).post("contacts/views/", {"name": "By API", **shape})
    assert made.status_code == 201
    assert made.json()["state"]["density"] == "compact"
    cast.state("owner", "customers", "level", "hidden")
    assert page.get(f"/contacts/?view={view.pk}").status_code == 400
    assert json.loads(Api(cast.owner).get(f"contacts/views/{view.pk}/").content)["state"] is None


def test_every_relation_is_offered_with_its_fields(cast):
    text = browser(cast.owner).get("/contacts/").content.decode()
    for name, field in module_named("customers").fields.items():
        assert f'value="customer.{name}"' in text
        assert (f'data-path="customer.{name}"' in text) == field.is_filterable
