"""Workbooks built to hurt: bombs, lying directories, entities, damaged and foreign files."""

import io
import random
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crm.exchange.spreadsheet import (
    LimitExceeded,
    Limits,
    SpreadsheetError,
    UnreadableFile,
    open_table,
)
from tests.kernel.workbooks import MAIN, made_xlsx, raw_xlsx, read

HEAD = '<row><c t="str"><v>名称</v></c></row>'
SHEET = f'{HEAD}<row><c t="str"><v>甲</v></c></row>'
MEGABYTE = 1 << 20


@contextmanager
def at_most(megabytes: int, seconds: float) -> Iterator[None]:
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
    finally:
        took = time.process_time() - started
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE
    assert took < seconds


def test_security_72_a_bomb_is_refused_by_its_directory_before_it_is_unpacked() -> None:
    file = raw_xlsx(HEAD + "<row>" + f'<c t="str"><v>{"x" * (64 * MEGABYTE)}</v></c>' + "</row>")
    assert len(file.getvalue()) < MEGABYTE
    with at_most(20, 1), pytest.raises(LimitExceeded, match="unzipped bytes") as caught:
        open_table(file, "", Limits(unzipped_bytes=32 * MEGABYTE))
    assert caught.value.limit == "unzipped_bytes"


def test_security_72_one_cell_of_many_megabytes_does_not_fill_the_memory() -> None:
    """The 199 KB file that took 603 MB with openpyxl's own reader."""
    file = raw_xlsx(HEAD + f'<row><c t="str"><v>{"x" * (64 * MEGABYTE)}</v></c></row>')
    with at_most(20, 20):
        rows = list(open_table(file).rows())
    assert "characters" in rows[0][1].reason


@pytest.mark.parametrize("texts", [f"<si><t>{'y' * 30 * MEGABYTE}</t></si>", "<si><t>y</t></si>"])
def test_the_text_table_is_bounded(texts: str) -> None:
    many = texts if len(texts) > 100 else texts * 400_000
    file = raw_xlsx(HEAD + '<row><c t="s"><v>0</v></c></row>', texts=many)
    with at_most(20, 20):
        try:
            list(open_table(file, "", Limits(shared_text=8 * MEGABYTE)).rows())
        except LimitExceeded as error:
            assert error.limit == "shared_text"  # noqa: PT017  both endings are right


def _with_lying_size(file: io.BytesIO, name: str, size: int) -> io.BytesIO:
    """The same zip whose directory and local header say another unpacked size."""
    content = bytearray(file.getvalue())
    with zipfile.ZipFile(file) as archive:
        header = archive.getinfo(name).header_offset
    struct.pack_into("<I", content, header + 22, size)
    place = content.rfind(b"PK\x01\x02", 0, content.rfind(name.encode()))
    struct.pack_into("<I", content, place + 24, size)
    return io.BytesIO(bytes(content))


def test_a_directory_that_lies_helps_nobody() -> None:
    cells = '<row><c t="str"><v>甲</v></c></row>' * 200_000
    bomb = _with_lying_size(raw_xlsx(HEAD + cells), "xl/worksheets/sheet1.xml", 1000)
    with at_most(30, 20), pytest.raises(SpreadsheetError):
        list(open_table(bomb, "", Limits(unzipped_bytes=2 * MEGABYTE)).rows())


def test_bytes_are_counted_while_they_unpack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the sum of the directory passed, as with a zip library that trusts it."""
    file = raw_xlsx(HEAD + '<row><c t="str"><v>甲</v></c></row>' * 200_000)
    original = zipfile.ZipFile.infolist

    def lying(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        parts = original(archive)
        return parts if any(part.file_size < 0 for part in parts) else [*parts, _negative()]

    monkeypatch.setattr(zipfile.ZipFile, "infolist", lying)
    with pytest.raises(LimitExceeded, match="unzipped bytes"):
        list(open_table(file, "", Limits(unzipped_bytes=2 * MEGABYTE)).rows())


def _negative() -> zipfile.ZipInfo:
    part = zipfile.ZipInfo("xl/zero")
    part.file_size = -(1 << 40)
    return part


def test_security_72_a_hundred_thousand_entries() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3_000):
            archive.writestr(f"xl/{number}", b"")
    with pytest.raises(LimitExceeded, match="entries"):
        open_table(file)
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(3_000, 100_000):
            archive.writestr(f"xl/{'x' * 60}{number}", b"")
    file.seek(0)
    with at_most(40, 20), pytest.raises(SpreadsheetError):
        open_table(file)


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]>'
)


@pytest.mark.parametrize(
    "part",
    [
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "_rels/.rels",
    ],
)
def test_security_74_declarations_are_refused_in_every_part(part: str) -> None:
    whole = raw_xlsx(SHEET, texts="<si><t>x</t></si>")
    with zipfile.ZipFile(whole) as archive:
        content = archive.read(part).decode()
    file = raw_xlsx(SHEET, extra={part: (ENTITIES + content).encode()})
    with pytest.raises(UnreadableFile, match="document type"):
        list(open_table(file).rows())


def test_security_74_external_links_are_not_followed() -> None:
    """The relations of every workbook here name a target on the network."""
    assert read(raw_xlsx(SHEET)) == [("甲",)]


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 2_000_000,
        "<c>" * 2_000_000,
        "".join(f"<n{number}/>" for number in range(200_000)),
        "".join(f'<a x{number}=""/>' for number in range(200_000)),
        "<a " + "x" * 20_000_000 + "='1'/>",
        "<row>" + "<c/>" * 200_000 + "</row>",
        "<row>" + "<c><v>1</v></c>" * 500_000 + "</row>",
    ],
    ids=["deep", "deep cells", "names", "attributes", "long name", "cells", "values"],
)
def test_xml_that_costs_memory(inside: str) -> None:
    file = raw_xlsx(HEAD + inside)
    with at_most(30, 20):
        try:
            list(open_table(file).rows())
        except SpreadsheetError:
            return


def test_more_rows_than_a_sheet_can_have() -> None:
    with pytest.raises(UnreadableFile, match="more rows"):
        open_table(raw_xlsx("<row/>" * 1_100_000))


def test_a_sheet_takes_the_same_memory_whatever_its_length() -> None:
    row = "<row>" + '<c t="str"><v>客源科技</v></c>' * 10 + "</row>"
    heads = (
        "<row>" + "".join(f'<c t="str"><v>h{place}x</v></c>' for place in "abcdefghij") + "</row>"
    )
    for count in (500, 10_000):
        table = open_table(raw_xlsx(heads + row * count))
        with at_most(2, 20):
            assert sum(1 for _row in table.rows()) == count


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"xl/workbook.bin": b""}, "xlsb"),
        ({"mimetype": b"", "content.xml": b""}, "ods"),
        ({"Index/Document.iwa": b""}, "Numbers"),
        ({"word/document.xml": b""}, "not a workbook"),
    ],
)
def test_other_packages_are_named(parts: dict[str, bytes], sentence: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(UnreadableFile, match=sentence):
        open_table(file)


def test_an_encrypted_zip_is_named() -> None:
    content = bytearray(raw_xlsx(SHEET).getvalue())
    place = content.find(b"PK\x01\x02")
    struct.pack_into("<H", content, place + 8, 1)
    with pytest.raises(UnreadableFile, match="password"):
        open_table(io.BytesIO(bytes(content)))


def test_a_packing_that_no_spreadsheet_uses() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/workbook.xml", "x" * 1000)
    with pytest.raises(UnreadableFile, match="packed"):
        open_table(file)


@pytest.mark.parametrize(
    "sheet",
    [
        f'{HEAD}<row><c t="s"><v>99</v></c></row>',
        f'{HEAD}<row><c t="s"><v>x</v></c></row>',
        f'{HEAD}<row><c r="?1"><v>1</v></c></row>',
        f'{HEAD}<row><c r="AAAAAAAAAAAAAAAA1"><v>1</v></c></row>',
        f"{HEAD}<row><c></row>",
        f'<worksheet xmlns="{MAIN}"><sheetData>{HEAD}<row><c><v>1</v>',
    ],
)
def test_damaged_sheets(sheet: str) -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        list(open_table(raw_xlsx(sheet)).rows())


def test_odd_cells_are_read_or_refused_but_never_an_error_of_another_kind() -> None:
    cells = [
        '<c t="b"><v>x</v></c>',
        '<c t="d"><v>x</v></c>',
        '<c s="1"><v>x</v></c>',
        '<c s="x"><v>1</v></c>',
        '<c s="3"><v>1e300</v></c>',
        "<c><v>9" + "9" * 6000 + "</v></c>",
        "<c><v>1e999</v></c>",
        '<c t="zz"><v>1</v></c>',
        '<c s="1"><v>-5</v></c>',
        '<c s="1"><v>0.5</v></c>',
    ]
    for cell in cells:
        assert len(list(open_table(raw_xlsx(f"{HEAD}<row>{cell}</row>")).rows())) == 1
    attributes = ['r="x"', 'r="-1"', 'r="1e9"', 'r="99999999999999999999"', 'spans="z"']
    for attribute in attributes:
        assert read(raw_xlsx(f'{HEAD}<row {attribute}><c t="str"><v>甲</v></c></row>')) == [("甲",)]


def test_bytes_changed_at_random_never_give_another_error() -> None:
    chance = random.Random(7)
    whole = made_xlsx([["名称", "日期"], *[["甲", 46329]] * 20]).getvalue()
    for _round in range(300):
        content = bytearray(whole)
        for _change in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.2:
            content = content[: chance.randrange(len(content))]
        try:
            list(open_table(io.BytesIO(bytes(content))).rows())
        except SpreadsheetError:
            continue
