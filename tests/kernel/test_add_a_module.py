"""docs/add-a-module.md, run: a module made on the fly has all its surfaces."""

from __future__ import annotations

import json
import re
import sys
import types

import pytest
from django.apps import apps
from django.core.checks import Error
from django.db import connection
from django.test import Client

from accounts.shipped_roles import SHIPPED
from crm.access.policy import access_to
from crm.customfields.dictionaries import add_options
from crm.modules import registry
from crm.modules.checks import check_modules
from crm.modules.module import Index
from crm.records.errors import DuplicateFound, Invalid
from crm.records.history import versions_of
from crm.records.lifecycle import delete_records
from crm.records.numbers import make_sequence
from tests.house.source import ROOT
from tests.kernel.api_calls import Api
from tests.kernel.exchange_calls import exported, imported, outcomes, sheet_of
from tests.kernel.helpers import add, found, refused
from tests.people import make_cast

BLOCK = re.compile(r"```python\n# (\S+?)(?:,[^\n]*)?\n(.*?)```", re.DOTALL)


def written() -> dict[str, str]:
    """The page's code by file."""
    page = (ROOT / "docs/add-a-module.md").read_text(encoding="utf-8")
    return dict(BLOCK.findall(page))


def made() -> types.SimpleNamespace:
    """The page's modules, imported once per process; the models leave the app again at once."""
    for name in ("models", "module"):
        full = f"sales.samples.{name}"
        if full not in sys.modules:
            module = sys.modules[full] = types.ModuleType(full)
            exec(compile(written()[f"sales/samples/{name}.py"], full, "exec"), module.__dict__)
    found = types.SimpleNamespace(models=sys.modules["sales.samples.models"])
    exec(compile(written()["sales/modules.py"], "sales/modules.py", "exec"), found.__dict__)
    forget_models()
    return found


def forget_models() -> dict[str, type]:
    """Take the page's models out of the app, so that no other test meets them."""
    registered = apps.all_models["sales"]
    mine = {name: registered.pop(name) for name in list(registered) if "sample" in name}
    apps.clear_cache()
    return mine


@pytest.fixture
def samples(db, declared):
    """The page's module in the database and in the registry; answers with the cast."""
    page = made()
    models = page.models
    mine = (models.Sample, models.Sample.history.model, models.SampleShare, models.SampleGroupShare)
    apps.all_models["sales"].update({one._meta.model_name: one for one in mine})
    apps.clear_cache()
    with connection.schema_editor() as editor:
        for model in mine:
            editor.create_model(model)
    migration: dict[str, object] = {}
    exec(written()["sales/migrations/NNNN_samples_append_only.py"], migration)
    for operation in migration["Migration"].operations:  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute(operation.sql)
    for dictionary, options in page.DICTIONARIES.items():
        add_options(dictionary, options)
    for cls in page.MODULES:
        declared(cls)
    added = registry._contributed.setdefault("customers", [])
    added.extend(page.PARTS["customers"])
    registry.forget()
    make_sequence("samples")
    yield make_cast()
    for part in page.PARTS["customers"]:
        added.remove(part)
    forget_models()


def test_the_page_names_every_step():
    assert list(written()) == [
        "sales/samples/models.py", "sales/samples/module.py", "sales/modules.py",
        "sales/migrations/NNNN_samples_append_only.py",
    ]  # fmt: skip
    assert isinstance(Index("x", made().MODULES), Index)


def test_start_up_checks_are_content_with_it(samples):
    assert check_modules() == []


def test_the_whole_life_of_a_sample(samples):
    cast = samples
    firm = add(cast.owner, name="Alpha Pumps")
    pk = add(cast.owner, "samples", name="Valve A", customer=firm, tags=["hot"], price="12.50")
    row = access_to(cast.owner, "samples").get(pk)
    assert (row["number"], row["state"], str(row["customer"])) == (
        "YP000001",
        "packed",
        "Alpha Pumps",
    )
    assert "sent_on" in refused(Invalid, add, cast.owner, "samples", name="B", state="sent").fields
    assert refused(DuplicateFound, add, cast.owner, "samples", name="Valve A", customer=firm)
    assert refused(Invalid, add, cast.owner, "samples", name="C", price="-1")
    access = access_to(cast.owner, "samples")
    for tree in (
        {"field": "state", "op": "eq", "value": "packed"},
        {"field": "price", "op": "gt", "value": "12"},
        {"field": "customer.name", "op": "starts", "value": "alpha"},
        {"field": "tags", "op": "eq", "value": "hot"},
    ):
        assert found(access, tree) == [pk]
    assert found(access, q="valve") == [pk]
    assert found(access_to(cast.stranger, "samples")) == []
    delete_records(actor=cast.owner, module="customers", pks=[firm])
    assert found(access) == []
    assert found(access.in_bin()) == [pk]
    model = made().models.Sample
    assert [one["history_type"] for one in versions_of(model, pk)] == ["-", "+"]


def test_its_pages(samples):
    cast = samples
    firm = add(cast.owner, name="Alpha Pumps")
    pk = add(cast.owner, "samples", name="Valve A", customer=firm)
    client = Client(headers={"accept-language": "en"})
    client.force_login(cast.owner)
    for path, word in {
        "/samples/": "Valve A", f"/samples/{pk}/": "Valve A", f"/samples/{pk}/edit/": "Valve A",
        f"/samples/{pk}/history/": "Valve A", "/samples/new/": "Say", "/search/?q=valve": "Valve A",
        f"/customers/{firm}/?tab=samples": "Valve A", f"/samples/{pk}/peek/": "Valve A",
    }.items():  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        said = re.sub("</?mark>", "", answer.content.decode())
        assert word in said or word == "Say", path
    version = access_to(cast.owner, "samples").get(pk, []).version
    edited = client.post(
        f"/samples/{pk}/edit/", {"version": version, "name": "Valve B", "state": "packed"}
    )
    assert edited.status_code in {200, 302}
    stranger = Client()
    stranger.force_login(cast.stranger)
    assert stranger.get(f"/samples/{pk}/").status_code == 404


def test_its_api_and_schema(samples):
    cast = samples
    api = Api(cast.owner)
    created = api.post("samples/", {"name": "Valve A", "price": "3.20", "tags": ["hot"]})
    assert created.status_code == 201, created.content
    pk = created.json()["id"]
    listed = api.get("samples/?state=packed&sort=-price,name").json()
    assert [one["id"] for one in listed["results"]] == [pk]
    assert listed["results"][0]["price"] == "3.20"
    changed = api.patch(f"samples/{pk}/", {"version": 1, "remark": "fragile"})
    assert changed.status_code == 200, changed.content
    assert api.get(f"samples/{pk}/history/").status_code == 200
    schema = api.get("/api/schema/?format=json").content.decode()
    assert "/api/v1/samples/" in schema
    assert Api(cast.stranger).get(f"samples/{pk}/").status_code == 404
    assert api.delete(f"samples/{pk}/", if_match="2").status_code == 204
    assert json.loads(api.get("samples/").content)["results"] == []


def test_its_import_and_export(samples, own_files):
    cast = samples
    job = imported(
        cast.owner, "Name,State,Price\nValve A,Sent,3\nValve B,Packed,4.5\n", module="samples"
    )
    # A sent one needs its day.
    assert sorted(outcomes(job, "samples").values()) == ["created", "refused"]
    rows = sheet_of(exported(cast.owner, "samples", columns="name,state,price"))
    assert rows[1][:2] == ["Valve B", "Packed"]
    assert float(rows[1][2]) == 4.5
    assert not any("Valve A" in str(cell) for row in rows for cell in row)


def test_a_closed_field_opens_for_nobody_by_itself(samples):
    """The shipped roles leave `price` hidden but for those who are granted closed fields."""
    module = registry.module_named("samples")
    states = {role.name: role.field_state(module, "price")[0].name for role in SHIPPED}
    assert states["rep"] == "HIDDEN"
    assert states["administrator"] == "EDIT"


def test_wrong_names_are_told_with_a_way_out(samples, declared):
    page = made()
    base = page.MODULES[0]
    wrong = {
        "columns": ["nme"], "closed": frozenset({"cost"}), "search": {"n": "title"},
        "default_sort": ("-tags",), "title": "nme", "parent": "clients",
        "sections": {"x": ["name", "nme"]}, "changes": {"nme": {}}, "number_prefix": "",
        "name": "Sample Things",
    }  # fmt: skip
    for attribute, value in wrong.items():
        cls = type("Wrong", (base,), {"name": "wrongs", attribute: value})
        registry.declare(cls)
        try:
            errors = [one for one in check_modules() if isinstance(one, Error)]
        finally:
            registry.withdraw(cls)
        assert errors, attribute
        assert all("Wrong" in one.msg and one.hint and one.id.startswith("crm.E") for one in errors)
        assert any(attribute in one.msg for one in errors), (attribute, errors)
