"""One XML part of a workbook, pushed through expat with every cost bounded.

openpyxl reads a sheet as a tree: one row of many million cells, or a hundred thousand levels,
would fill the memory before any row comes out, and its rows stay in the tree. Here nothing is
kept but what a `Part` takes, so the bounds hold while the file is read, and a cell costs about a
tenth. A document type declaration is refused, and with it every entity.
"""

from collections.abc import Iterable, Iterator
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _

from crm.exchange.spreadsheet.limits import UnreadableFile

DEEPEST = 64
_MOST_NAMES = 20_000
_LONGEST_TOKEN = 1 << 20  # bytes of one tag or name; texts come in pieces and aren't bound by it
_TEXT_PIECE = 1 << 16


class Part:
    """The handlers of one part; element names carry a prefix: "row" or "x:row".

    Subclasses raise `depth` in `opened`, lower it in `closed`, and refuse more than DEEPEST.
    """

    def __init__(self) -> None:
        self.depth = 0

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def closed(self, name: str) -> None:
        """An element ends."""

    def texted(self, text: str) -> None:
        """A piece of text; called for all text, wanted or not."""


def push(part: Part, chunks: Iterable[bytes]) -> Iterator[None]:
    """Feed a part piece by piece; after each step the caller may collect what the part holds.

    Raises UnreadableFile for XML that is broken, declares a document type, or is built to cost
    memory.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = _TEXT_PIECE
    parser.StartDoctypeDeclHandler = _refuse_declaration
    parser.StartElementHandler = part.opened
    parser.EndElementHandler = part.closed
    parser.CharacterDataHandler = part.texted
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            _check_costs(parser, fed)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise UnreadableFile(
            _("The workbook is damaged: its XML is broken in line %(line)s.")
            % {"line": error.lineno}
        ) from None


def consume(part: Part, chunks: Iterable[bytes]) -> None:
    """Feed a part to its end."""
    for _step in push(part, chunks):
        pass


def local_name(name: str) -> str:
    """The name without its prefix: "x:row" gives "row"."""
    return name.rpartition(":")[2]


def too_deep() -> UnreadableFile:
    """The error for elements inside each other beyond DEEPEST, more than any workbook has."""
    return UnreadableFile(_("The workbook is damaged: its XML is nested too deeply."))


def _check_costs(parser: expat.XMLParserType, fed: int) -> None:
    if fed - parser.CurrentByteIndex > _LONGEST_TOKEN or len(parser.intern) > _MOST_NAMES:
        raise UnreadableFile(_("The workbook is damaged: its XML has names of unusual size."))


def _refuse_declaration(*_declaration: object) -> None:
    raise UnreadableFile(
        _("The workbook declares an XML document type or entities, which is not allowed.")
    )
