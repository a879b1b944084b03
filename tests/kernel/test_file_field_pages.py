"""Fields of files on pages: previews, files sent as they are dropped, quick create."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from accounts.services import fields
from crm.customfields.files import FieldFile
from crm.customfields.models import FieldDefinition
from crm.documents import previews
from crm.documents.field_files import clear_field_files
from crm.documents.models import Preview
from crm.modules.stamp import raise_definitions_version
from crm.records.errors import Invalid
from tests.kernel.file_fields import file_field, given, sent
from tests.kernel.helpers import add, change, refused


@pytest.fixture
def field(cast, own_files):
    return file_field(cast.administrator)


def test_a_file_is_shown_by_what_the_product_drew_of_it(
    cast, client, field, own_files, django_capture_on_commit_callbacks
):
    held = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(held, "JPEG")
    shop, paper = sent(cast.owner, field, "shop.jpg", held.getvalue()), sent(cast.owner, field)
    for preview in Preview.objects.filter(field_file__in=[shop, paper]):
        previews.make(preview.pk)
    client.force_login(cast.owner)
    dialog = f"/files/fields/{shop}/preview/"
    assert client.get(dialog).status_code == 404  # no record has it yet
    add(cast.owner, **{field: [shop, paper]})
    part = client.get(dialog, headers={"hx-request": "true"}).content.decode()
    assert f'<img src="{dialog}1/"' in part
    assert "<html" not in part
    assert "<html" in client.get(dialog).content.decode()
    drawn = client.get(f"{dialog}1/")
    assert drawn["Content-Type"] == "image/webp"
    assert b"".join(drawn.streaming_content)[8:12] == b"WEBP"
    assert client.get(f"{dialog}2/").status_code == 404
    assert b"cannot be shown here" in client.get(f"/files/fields/{paper}/preview/").content
    assert len([one for one in (own_files / "previews").rglob("*") if one.is_file()]) == 1
    FieldFile.objects.update(record_id=None, added_at=timezone.now() - timedelta(days=2))
    with django_capture_on_commit_callbacks(execute=True):
        assert clear_field_files() == 2
    assert [one for one in (own_files / "previews").rglob("*") if one.is_file()] == []


def test_each_file_is_sent_as_it_is_dropped(cast, client, field):
    client.force_login(cast.owner)
    url = f"/files/fields/new/customers/{field}/"
    answer = client.post(url, {"files": given()})
    pk = FieldFile.objects.get().pk
    assert f'name="{field}" value="{pk}" checked' in answer.content.decode()
    assert client.post(url, {"files": given("run.exe")}).content.decode() == (
        "“run.exe” has another ending than pdf, jpg."
    )
    assert client.post(url).status_code == 422
    assert client.post("/files/fields/new/customers/city/", {"files": given()}).status_code == 404
    cast.state("owner", "customers", field, "read")
    assert client.post(url, {"files": given()}).status_code == 403
    cast.state("owner", "customers", field, "hidden")
    assert client.post(url, {"files": given()}).status_code == 404
    assert FieldFile.objects.count() == 1


def test_a_record_asks_for_all_its_files_at_once(cast, client, field, queries):
    more = [
        fields.add_field(actor=cast.administrator, module="customers", kind="file",
                         labels={"en": name}, files=(3, "")).name
        for name in ("Offers", "Drawings")
    ]  # fmt: skip
    few = add(cast.owner, **{one: [sent(cast.owner, one)] for one in (field, *more)})
    two = {one: [sent(cast.owner, one), sent(cast.owner, one)] for one in (field, *more)}
    many = add(cast.owner, **two)
    client.force_login(cast.owner)
    asked = []
    for pk in (few, few, many):
        with queries() as seen:
            assert b"licence.pdf" in client.get(f"/customers/{pk}/").content
        of_files = [one for one in seen if "crm_field_file" in one["sql"]]
        asked.append((len(of_files), len(seen)))
    assert asked[1] == asked[2]
    assert asked[2][0] == 1


def test_one_that_must_be_filled_in_stands_in_quick_create(cast, client, field):
    FieldDefinition.objects.filter(kind="file").update(required=True)
    raise_definitions_version()
    client.force_login(cast.owner)
    part = {"hx-request": "true"}
    form = {"name": "Alpha Pumps", f"{field}__shown": "1", "key": "k1"}
    assert f"{field}__new" in client.get("/customers/new/quick/", headers=part).content.decode()
    answer = client.post("/customers/new/quick/", form, headers=part)
    assert (answer.status_code, b"This field is required." in answer.content) == (400, True)
    files = {f"{field}__new": given(), "key": "k2"}
    assert client.post("/customers/new/quick/", form | files, headers=part).status_code == 204
    firm = FieldFile.objects.get().record_id
    assert field in refused(Invalid, change, cast.owner, firm, **{field: []}).fields
