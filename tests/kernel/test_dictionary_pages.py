"""The dictionaries of choices: their page stands without counting, and used choices stay."""

import pytest
from django.db import connection

from accounts.models import RoleField
from crm.access.grants import State
from crm.customfields.models import FieldDefinition, Option
from crm.customfields.usage import is_used, uses_of
from crm.modules.stamp import raise_definitions_version, raise_rights_version
from tests.kernel.helpers import add

PAGE = "/setup/dictionaries/industry/"


@pytest.fixture
def used(cast, client):
    """Two firms of one industry and one of another; an administrator looks."""
    client.force_login(cast.administrator)
    values = list(Option.objects.filter(dictionary="industry").values_list("value", flat=True))
    for value in (values[0], values[0], values[1]):
        add(cast.owner, industry=value)
    return values


def option(value):
    return Option.objects.get(dictionary="industry", value=value).pk


def posted(values, **more):
    """The form as it stands, with changes."""
    found = {}
    for one in Option.objects.filter(dictionary="industry"):
        found |= {f"label-{one.pk}-{code}": text for code, text in one.labels.items()}
        found[f"position-{one.pk}"] = str(one.position)
        found[f"active-{one.pk}"] = "1"
    return {**found, **more}


def test_the_page_reads_no_table_of_records(used, client, queries):
    with queries() as seen:
        assert client.get(PAGE).status_code == 200
    assert not [one["sql"] for one in seen if 'FROM "sales_customer"' in one["sql"]]


def test_the_counts_come_after_it(used, client):
    shown = client.get(PAGE).content.decode()
    assert f'hx-get="{PAGE}?part=uses" hx-trigger="load"' in shown
    counts = client.get(PAGE, {"part": "uses"}, headers={"HX-Request": "true"}).content.decode()
    assert f'<span id="uses-{option(used[0])}" hx-swap-oob="true">2</span>' in counts
    assert f'<span id="uses-{option(used[1])}" hx-swap-oob="true">1</span>' in counts
    assert f'<span id="uses-{option(used[2])}" hx-swap-oob="true">0</span>' in counts


def test_what_a_role_hides_is_not_counted(used, cast, client):
    RoleField.objects.filter(
        role=cast.roles["administrator"], module="customers", field="industry"
    ).update(state=State.HIDDEN)
    raise_rights_version()
    counts = client.get(PAGE, {"part": "uses"}, headers={"HX-Request": "true"}).content.decode()
    assert f'<span id="uses-{option(used[0])}" hx-swap-oob="true"></span>' in counts
    answer = client.post(PAGE, posted(used, delete=str(option(used[0]))))
    assert answer.status_code == 400  # that it is in use is said all the same


def test_a_choice_in_use_stays_and_another_goes(used, client):
    answer = client.post(PAGE, posted(used, delete=str(option(used[0]))))
    assert answer.status_code == 400
    assert Option.objects.filter(dictionary="industry", value=used[0]).exists()
    assert client.post(PAGE, posted(used, delete=str(option(used[2])))).status_code == 302
    assert not Option.objects.filter(dictionary="industry", value=used[2]).exists()


def test_counting_is_for_administrators(used, client, cast):
    client.force_login(cast.director)
    assert client.get(PAGE, {"part": "uses"}).status_code == 403


@pytest.mark.parametrize("kind", ["choice", "multi_choice"])
def test_fields_that_were_added_count_too(cast, kind):
    row = FieldDefinition.objects.create(
        module="customers", kind=kind, labels={"en": "Colour"}, dictionary="industry"
    )
    raise_definitions_version()
    firm = add(cast.owner)
    held = '["blue"]' if kind == "multi_choice" else '"blue"'
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sales_customer SET custom = jsonb_build_object(%s, %s::jsonb) WHERE id = %s",
            [f"cf_{row.pk}", held, firm],
        )
    assert is_used("industry", "blue")
    assert not is_used("industry", "green")
    assert uses_of("industry", ["blue", "green"]) == {"blue": 1, "green": 0}


def test_a_reader_of_traditional_chinese_sees_turned_or_own_names(used, client, cast):
    mine, other = Option.objects.filter(dictionary="industry")[:2]
    mine.labels = {"zh-hans": "医药制造", "zh-hant": "製藥"}
    other.labels = {"zh-hans": "电子半导体"}
    Option.objects.bulk_update([mine, other], ["labels"])
    raise_definitions_version()
    type(cast.administrator).objects.filter(pk=cast.administrator.pk).update(language="zh-hant")
    text = client.get(PAGE).content.decode()
    assert '<html lang="zh-hant"' in text
    assert "資料字典" in text
    assert 'placeholder="電子半導體"' in text
    said = client.get("/customers/?columns=name,industry").content.decode()
    assert "製藥" in said or "電子半導體" in said
