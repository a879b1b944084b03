"""The program that reads one file of a person's for its preview, in a process of its own.

It is run as `python -I jailed.py KIND FILE FOLDER`, imports nothing of the product, gives itself
limits before it opens the file, and leaves result.json and page-N.webp in FOLDER. Whatever goes
wrong ends the process, and nothing else.
"""

import csv
import ctypes
import json
import resource
import sys
import zipfile
from pathlib import Path
from typing import Any

MEBIBYTE = 1024 * 1024
CPU_SECONDS, MEMORY, WRITTEN = 10, 512 * MEBIBYTE, 8 * MEBIBYTE
MOST_PIXELS, LONGEST_EDGE = 40_000_000, 1400
MOST_PAGES, MOST_ROWS, MOST_COLUMNS, MOST_SIGNS = 5, 60, 16, 20_000
MOST_CELL = 200
UNPACKED, MOST_ENTRIES = 20 * MEBIBYTE, 2_000
NEW_NAMESPACES = 0x10000000 | 0x40000000  # CLONE_NEWUSER | CLONE_NEWNET
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Result = dict[str, Any]


def lock_in() -> None:
    """Limits on time, memory, files and, where the system lets us, no network."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, WRITTEN), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 64),
    ):  # fmt: skip
        resource.setrlimit(what, (most, most))
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None:
        unshare(NEW_NAMESPACES)


def save(picture: Any, folder: Path, number: int) -> None:
    """One small picture with nothing in it but its points: no EXIF, no profile, no text."""
    from PIL import ImageOps  # after the limits

    picture.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    turned = ImageOps.exif_transpose(picture)
    plain = turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info
                           else "RGB")  # fmt: skip
    plain.info = {}
    plain.save(folder / f"page-{number}.webp", "WEBP", quality=80, method=2)


def picture(source: Path, folder: Path) -> Result:
    """A picture, made smaller; of a moving one the first."""
    from PIL import Image  # after the limits

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses above twice of it
    with Image.open(source, formats=["PNG", "JPEG", "GIF", "WEBP", "BMP"]) as found:
        if found.width * found.height > MOST_PIXELS:
            raise ValueError("too many points")
        found.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
        save(found, folder, 1)
    return {"kind": "pictures", "pages": 1}


def pdf(source: Path, folder: Path) -> Result:
    """The first pages of a PDF as pictures; its scripts and forms are not run."""
    import pypdfium2  # after the limits

    document = pypdfium2.PdfDocument(source)
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        scale = min(2.0, LONGEST_EDGE / max(1.0, *page.get_size()))
        save(page.render(scale=scale, may_draw_forms=False).to_pil(), folder, number + 1)
    return {
        "kind": "pictures", "pages": min(len(document), MOST_PAGES),
        "is_cut": len(document) > MOST_PAGES,
    }  # fmt: skip


def part(archive: zipfile.ZipFile, name: str) -> Any:
    """One part of an Office file as an XML tree; its size is counted while it is unpacked."""
    from defusedxml.ElementTree import fromstring

    with archive.open(name) as packed:
        data = packed.read(UNPACKED + 1)
    if len(data) > UNPACKED:
        raise ValueError("too large when unpacked")
    return fromstring(data, forbid_dtd=True)


def opened(source: Path) -> zipfile.ZipFile:
    """An Office file's parts."""
    archive = zipfile.ZipFile(source)
    if len(archive.infolist()) > MOST_ENTRIES:
        raise ValueError("too many parts")
    return archive


def docx(source: Path, _folder: Path) -> Result:
    """The text of a Word document, a line per paragraph."""
    with opened(source) as archive:
        tree = part(archive, "word/document.xml")
    lines = [
        "".join(one.text or "" for one in paragraph.iter(f"{WORD}t"))
        for paragraph in tree.iter(f"{WORD}p")
    ]
    return words("\n".join(lines))


def xlsx(source: Path, _folder: Path) -> Result:
    """The upper left part of a workbook's first sheet, values as they are stored."""
    with opened(source) as archive:
        names = archive.namelist()
        shared = []
        if "xl/sharedStrings.xml" in names:
            for one in part(archive, "xl/sharedStrings.xml").iter(f"{SHEET}si"):
                shared.append("".join(text.text or "" for text in one.iter(f"{SHEET}t")))
        sheets = sorted(name for name in names if name.startswith("xl/worksheets/sheet"))
        rows = list(part(archive, sheets[0]).iter(f"{SHEET}row"))
    return table([[cell(one, shared) for one in row.iter(f"{SHEET}c")] for row in rows[:MOST_ROWS]],
                 len(rows) > MOST_ROWS)  # fmt: skip


def cell(one: Any, shared: list[str]) -> str:
    """What stands in one cell."""
    value = one.findtext(f"{SHEET}v") or ""
    if one.get("t") == "s":
        return shared[int(value)]
    if one.get("t") == "inlineStr":
        return "".join(text.text or "" for text in one.iter(f"{SHEET}t"))
    return str(value)


def plain(source: Path) -> str:
    """The beginning of a text in the encodings that are used here."""
    data = source.read_bytes()[: 4 * MOST_SIGNS]
    if b"\0" in data:
        raise ValueError("no text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start > len(data) - 4:  # cut inside a sign
                return data[: error.start].decode(encoding)
    raise ValueError("no text")


def text(source: Path, _folder: Path) -> Result:
    """A plain text."""
    return words(plain(source))


def comma(source: Path, _folder: Path) -> Result:
    """The upper left part of a CSV file."""
    lines = plain(source).splitlines()
    return table(list(csv.reader(lines[:MOST_ROWS])), len(lines) > MOST_ROWS)


def words(found: str) -> Result:
    """A text as a result, cut where it is long."""
    return {"kind": "text", "text": found[:MOST_SIGNS], "is_cut": len(found) > MOST_SIGNS}


def table(rows: list[list[str]], is_cut: bool) -> Result:
    """Rows as a result, cut where they are wide."""
    kept = [[one[:MOST_CELL] for one in row[:MOST_COLUMNS]] for row in rows]
    return {"kind": "table", "rows": kept, "is_cut": is_cut or any(len(row) > MOST_COLUMNS
            for row in rows)}  # fmt: skip


READERS = {
    "picture": picture, "pdf": pdf, "docx": docx, "xlsx": xlsx, "text": text, "csv": comma,
}  # fmt: skip

if __name__ == "__main__":
    lock_in()
    into = Path(sys.argv[3])
    result = READERS[sys.argv[1]](Path(sys.argv[2]), into)
    (into / "result.json").write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
