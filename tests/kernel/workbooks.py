"""Workbooks written part by part, as no spreadsheet would write them, and small helpers."""

import io
import zipfile
from collections.abc import Iterable, Sequence

import openpyxl

from crm.exchange.spreadsheet import Table, open_table

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

_ROOT_RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
_RELATIONS = (
    f'<Relationships xmlns="{_PACKAGE}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="/xl/styles.xml"/>'
    f'<Relationship Id="rId4" Type="{_OFFICE}/externalLink" TargetMode="External"'
    ' Target="http://127.0.0.1:9/out"/></Relationships>'
)
_WORKBOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><workbookPr{{epoch}}/><sheets>'
    '<sheet name="客户" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/>'
    '<numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/>'
    '</cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/>'
    '<xf numFmtId="165"/><xf numFmtId="31"/><xf numFmtId="58"/><xf numFmtId="22"/>'
    "</cellXfs></styleSheet>"
)


def raw_xlsx(
    sheet: str | bytes,
    *,
    texts: str | bytes = "",
    epoch_1904: bool = False,
    extra: dict[str, bytes] | None = None,
    styles: str | bytes = _STYLES,
) -> io.BytesIO:
    """A workbook of the given sheetData (or whole sheet XML) and shared text items."""
    if isinstance(sheet, str) and not sheet.lstrip().startswith(
        ("<?xml", "<!", "<worksheet", "<x:")
    ):
        sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
    if isinstance(texts, str) and not texts.startswith("<!"):
        texts = f'<sst xmlns="{MAIN}">{texts}</sst>'
    parts: dict[str, str | bytes] = {
        "_rels/.rels": _ROOT_RELATIONS,
        "xl/workbook.xml": _WORKBOOK.format(epoch=' date1904="1"' if epoch_1904 else ""),
        "xl/_rels/workbook.xml.rels": _RELATIONS,
        "xl/sharedStrings.xml": texts,
        "xl/styles.xml": styles,
        "xl/worksheets/sheet1.xml": sheet,
        **(extra or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def made_xlsx(
    rows: Iterable[Sequence[object]], *, merged: Sequence[str] = (), title: str = "客户"
) -> io.BytesIO:
    """A workbook as openpyxl makes it."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = title
    for row in rows:
        page.append(list(row))
    for span in merged:
        page.merge_cells(span)
    file = io.BytesIO()
    book.save(file)
    return file


def made_csv(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def values_of(table: Table) -> list[tuple[object, ...]]:
    return [tuple(values) for _number, values in table.rows()]


def read(file: io.BytesIO, **options: object) -> list[tuple[object, ...]]:
    return values_of(open_table(file, **options))  # type: ignore[arg-type]
