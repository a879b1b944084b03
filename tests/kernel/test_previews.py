"""Previews: what they show, who may see them, and files that were made to do harm."""

import io
import struct
import time
import zipfile
import zlib

import openpyxl
import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from crm.documents import previews
from crm.documents.filing import delete_document, upload_document
from crm.documents.forgetting import clear_deleted
from crm.documents.models import Preview
from tests.kernel.helpers import add

WORDS = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
ENTITY = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'


@pytest.fixture(autouse=True)
def storage(own_files):
    """The pictures of previews in the storage of this test."""
    return lambda: sorted(one for one in (own_files / "previews").rglob("*") if one.is_file())


@pytest.fixture
def shown(cast):
    """`shown(name, data)`: the id of a document, and its preview once it was tried."""
    firm = add(cast.owner)

    def show(name, data):
        file = SimpleUploadedFile(name, data)
        made = upload_document(actor=cast.owner, module="customers", pk=firm, file=file)
        preview = Preview.objects.get(version__document=made.document)
        previews.make(preview.pk)
        preview.refresh_from_db()
        return made.document, preview

    return show


def packed(**parts):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return held.getvalue()


def picture(size=(60, 40), kind="JPEG", **more):
    held = io.BytesIO()
    Image.new("RGB", size, "navy").save(held, kind, **more)
    return held.getvalue()


def poster(width, height):
    """The head of a PNG that says how large it is, and next to nothing behind it."""
    found = b"\x89PNG\r\n\x1a\n"
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for name, data in (
        (b"IHDR", size),
        (b"IDAT", zlib.compress(b"\0" * 9_000_000)),
        (b"IEND", b""),
    ):
        sum_of = struct.pack(">I", zlib.crc32(name + data))
        found += struct.pack(">I", len(data)) + name + data + sum_of
    return found


def paper(pages):
    held, document = io.BytesIO(), pypdfium2.PdfDocument.new()
    for _page in range(pages):
        document.new_page(300, 400)
    document.save(held)
    return held.getvalue()


def workbook():
    held, book = io.BytesIO(), openpyxl.Workbook()
    book.active.append(["泵", 40])
    book.save(held)
    return held.getvalue()


def test_texts_and_tables_are_read(shown):
    text = f"{WORDS}<w:p><w:t>合同</w:t><w:t>一</w:t></w:p><w:p><w:t>二</w:t></w:p></w:document>"
    found = {
        name: shown(name, data)[1].content
        for name, data in (
            ("a.docx", packed(word__document_xml=text)), ("a.xlsx", workbook()),
            ("a.csv", "品名,数量\n泵,40".encode("gb18030")), ("a.txt", "说明".encode()),
        )
    }  # fmt: skip
    assert found["a.docx"]["text"] == "合同一\n二"
    assert found["a.xlsx"]["rows"] == [["泵", "40"]]
    assert found["a.csv"]["rows"] == [["品名", "数量"], ["泵", "40"]]
    assert found["a.txt"]["text"] == "说明"


def test_pages_are_pictures_and_pictures_lose_what_they_say_of_their_maker(shown, storage):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "SECRET PLACE", 6  # description; a quarter turn
    _pk, found = shown("photo.jpg", picture(exif=exif))
    (page,) = storage()
    assert b"SECRET" not in page.read_bytes()
    assert Image.open(page).size == (40, 60)
    assert found.state == Preview.State.READY
    _pk, found = shown("paper.pdf", paper(7))
    assert (len(found.stored), found.content["is_cut"]) == (5, True)


def test_security_21_a_preview_asks_the_same_rights_as_its_file(cast, client, shown):
    pk, _preview = shown("photo.png", picture(kind="PNG"))
    url = f"/documents/{pk}/preview/1/"
    client.force_login(cast.owner)
    answer = client.get(url)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert f"{url}?version=1" in client.get(f"/documents/{pk}/versions/").content.decode()
    assert client.get(f"/documents/{pk}/preview/2/").status_code == 404
    client.force_login(cast.stranger)
    assert client.get(url).status_code == client.head(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("huge.png", lambda: poster(50_000, 50_000)),
        ("script.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage"),
        ("drawn.png", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
        ("cut.jpg", lambda: picture()[:80]),
    ],
)  # fmt: skip
def test_security_77_pictures_that_are_none_or_too_large_end_their_own_process(
    cast, client, shown, storage, name, data
):
    began = time.monotonic()
    pk, found = shown(name, data())
    assert (found.state, storage()) == (Preview.State.FAILED, [])
    assert time.monotonic() - began < previews.SECONDS
    client.force_login(cast.owner)
    page = client.get(f"/documents/{pk}/versions/").content.decode()
    assert "This file cannot be shown here" in page


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bomb.docx", lambda: packed(word__document_xml=b" " * 60 * 1024 * 1024)),
        ("many.docx", lambda: packed(**{f"p{number}": b"" for number in range(2_100)})),
        ("bomb.xlsx", lambda: packed(xl__worksheets__sheet1_xml=b"0" * 60 * 1024 * 1024)),
        ("broken.pdf", lambda: paper(1)[:90]),
        ("broken.xlsx", lambda: b"PK\x03\x04 no workbook"),
    ],
)
def test_security_72_files_that_unpack_to_much_or_are_broken_are_not_shown(
    shown, storage, name, data
):
    assert shown(name, data())[1].state == Preview.State.FAILED
    assert storage() == []


def test_security_74_entities_in_a_document_are_refused(shown):
    assert shown("a.docx", packed(word__document_xml=ENTITY))[1].state == Preview.State.FAILED


def test_a_process_that_does_not_end_is_ended(shown, tmp_path, monkeypatch):
    endless = tmp_path / "endless.py"
    endless.write_text("import time\nwhile True: time.sleep(1)\n")
    monkeypatch.setattr(previews.jailed, "__file__", str(endless))
    monkeypatch.setattr(previews, "SECONDS", 0.5)
    assert shown("a.txt", b"x")[1].state == Preview.State.FAILED


def test_a_preview_is_made_once_again_after_a_dead_worker_and_goes_with_its_document(
    cast, shown, storage, settings, django_capture_on_commit_callbacks
):
    pk, found = shown("photo.jpg", picture())
    assert previews.make(found.pk) is False
    assert previews.sweep() == []
    long_ago = found.begun_at - 2 * previews.LATE
    Preview.objects.filter(pk=found.pk).update(state=Preview.State.MAKING, begun_at=long_ago)
    assert previews.sweep() == [found.pk]
    delete_document(actor=cast.owner, pk=pk)
    settings.BIN_DAYS = 0
    with django_capture_on_commit_callbacks(execute=True):
        clear_deleted()
    assert storage() == []
