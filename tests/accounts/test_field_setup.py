"""Fields that an administrator adds: there at once for their readers, gone with all they had."""

import pytest

from accounts.models import Role, RoleField
from accounts.services import fields
from crm.access.grants import State
from crm.access.policy import access_to
from crm.customfields.models import FieldDefinition, Option
from crm.modules.registry import module_named
from crm.records.beside import AuditEntry
from crm.records.definitions import MOST_FIELDS
from crm.records.errors import Invalid
from tests.kernel.helpers import add

LIST = "/setup/fields/customers/"
NAMES = {"label_en": "Renewal month", "label_zh-hans": "续约月份"}


@pytest.fixture
def administrator(cast, client):
    client.force_login(cast.administrator)
    return cast.administrator


def made(client, kind, **posted):
    """The field that the page makes of a posted form."""
    answer = client.post(f"{LIST}new/?kind={kind}", {**NAMES, "audience": "everybody", **posted})
    assert answer.status_code == 302, answer.content.decode()
    return FieldDefinition.objects.latest("pk")


def test_a_choice_is_at_once_in_list_filter_and_form(administrator, cast, client):
    row = made(client, "choice", choices="January\nFebruary\n\nJanuary\n")
    key = f"cf_{row.pk}"
    assert [one.labels["zh-hans"] for one in Option.objects.filter(dictionary=row.dictionary)] == [
        "January",
        "February",
    ]
    firm = add(cast.owner, **{key: "choice_2"})
    client.force_login(cast.owner)
    shown = client.get(f"/customers/?columns=name,{key}&{key}=choice_2").content.decode()
    assert "February" in shown
    assert str(firm) in shown
    form = client.get("/customers/new/").content.decode()
    assert "Renewal month" in form
    assert access_to(cast.owner, "customers").get(firm)[key] == "choice_2"


def test_whoever_only_reads_records_only_reads_the_field(administrator, client):
    row = made(client, "date")
    states = dict(
        RoleField.objects.filter(module="customers", field=f"cf_{row.pk}").values_list(
            "role__name", "state"
        )
    )
    for role in Role.objects.prefetch_related("rights"):
        rights = {one.action: one.scope for one in role.rights.all() if one.module == "customers"}
        writes = role.edit_all or any(
            rights.get(name, "none") != "none" for name in ("create", "edit")
        )
        sees = role.view_all or rights.get("view", "none") != "none"
        wanted = State.EDIT if writes else State.READ if sees else State.HIDDEN
        assert states.get(role.name, State.HIDDEN) == wanted, role.name


def test_open_to_administrators_alone(administrator, cast, client):
    row = made(client, "text", audience="administrators")
    assert f"cf_{row.pk}" in access_to(cast.administrator, "customers").visible
    assert f"cf_{row.pk}" not in access_to(cast.owner, "customers").visible


@pytest.mark.parametrize(
    ("kind", "posted", "stored"),
    [
        ("text", "hello", "hello"),
        ("integer", "12", 12),
        ("money", "1,250.5", "1250.5"),
        ("decimal", "0", "0"),
        ("percent", "7.25", "7.25"),
        ("boolean", "true", True),
        ("phone", "13800138000", "138 0013 8000"),
    ],
)
def test_a_new_record_begins_with_the_default(administrator, cast, client, kind, posted, stored):
    row = made(client, kind, default=posted, places="4")
    assert str(row.default).startswith(str(stored)[:5])
    firm = add(cast.owner)
    value = access_to(cast.administrator, "customers").get(firm)[f"cf_{row.pk}"]
    assert str(value).startswith(str(stored))
    assert client.get("/customers/new/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "posted", "word"),
    [
        ("integer", {"default": "twelve"}, "number"),
        ("text", {"label_en": "", "label_zh-hans": " "}, "Give it a name"),
        ("text", {"label_en": "x" * 80}, "At most 60 characters"),
        ("choice", {"choices": " \n "}, "at least one choice"),
        ("relation", {"target": "nonsense"}, "Choose a module"),
        ("decimal", {"places": "99"}, "0 to 6 decimals"),
        ("decimal", {"places": "x"}, "0 to 6 decimals"),
        ("email", {"default": "nobody"}, "mail"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_lost(administrator, client, kind, posted, word):
    before = FieldDefinition.objects.count()
    answer = client.post(f"{LIST}new/?kind={kind}", {**NAMES, "help_en": "kept text", **posted})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert word in page
    assert "kept text" in page
    assert FieldDefinition.objects.count() == before
    assert not RoleField.objects.filter(field__startswith="cf_").exists()


def test_a_module_has_so_many_fields_and_no_more(administrator):
    FieldDefinition.objects.bulk_create(
        FieldDefinition(module="customers", kind="text", labels={"en": f"F{n}"})
        for n in range(MOST_FIELDS)
    )
    with pytest.raises(Invalid):
        fields.add_field(actor=administrator, module="customers", kind="text", labels={"en": "F"})


def test_names_help_default_and_order_change(administrator, client):
    row = made(client, "text")
    page = f"{LIST}{row.pk}/"
    assert client.get(page).status_code == 200
    changed = {
        "label_en": "Month", "label_zh-hans": "月份", "help_en": "When it ends",
        "required": "true", "default": "May", "position": "7",
    }  # fmt: skip
    assert client.post(page, changed).status_code == 302
    row.refresh_from_db()
    assert (row.labels["en"], row.required, row.default, row.position) == ("Month", True, "May", 7)
    field = module_named("customers").fields[f"cf_{row.pk}"]
    assert (str(field.label), str(field.help), field.required) == ("Month", "When it ends", True)
    assert client.post(page, {**changed, "position": "-1"}).status_code == 400
    assert AuditEntry.objects.filter(action="field.change", module="customers").count() == 1


@pytest.mark.parametrize("page", ["", "new/?kind=text", "1/", "1/delete/", "1/life/"])
def test_others_have_no_business_here(cast, client, page):
    client.force_login(cast.director)
    assert client.get(f"{LIST}{page}").status_code == 403
    assert client.post(f"{LIST}{page}", NAMES).status_code in (403, 405)


def test_odd_addresses(administrator, client):
    assert client.get("/setup/fields/").url == LIST
    for page in ("new/?kind=", "new/?kind=collection", "999999/", "999999/delete/"):
        assert client.get(f"{LIST}{page}").status_code == 404
    assert client.get("/setup/fields/follow-ups/").status_code == 404
    assert "No field was added yet" in client.get(LIST).content.decode()


def test_the_list_of_fields_costs_the_same_with_many(administrator, client, queries):
    made(client, "text")
    client.get(LIST)
    with queries() as few:
        client.get(LIST)
    for _n in range(8):
        made(client, "choice", choices="a\nb")
    client.get(LIST)
    with queries() as many:
        client.get(LIST)
    assert len(many) <= len(few)
