"""Every way to read a value that is one or a few GETs: said once for the crawl and for the tests.

tests/contract/surfaces.py takes these and adds the ways that need something done first; known.py
there says which addresses stand for which of them, and fails the build for an unknown one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol


class Reader(Protocol):
    """Somebody before one record of a module. `word` finds the record, if names may be read."""

    @property
    def module_name(self) -> str:
        """The module's name."""

    @property
    def record(self) -> int:
        """The record's id."""

    @property
    def word(self) -> str:
        """What is typed to find it."""

    def visible(self) -> Sequence[str]:
        """The columns that he may ask for."""

    def page(self, to: str, *, query: Any = None, part: bool = False, **kwargs: Any) -> bytes:
        """The bytes of a page, by the name of its address."""

    def read_api(self, path: str) -> bytes:
        """The bytes of an answer of the API, by its path below /api/v1/."""


Read = Callable[[Reader], bytes]


def _searched(reader: Reader) -> bytes:
    return reader.page("list", query={"q": reader.word})


def _all_columns(reader: Reader) -> bytes:
    return reader.page("list", query={"columns": ",".join(reader.visible())})


def _api(rest: str) -> Read:
    def read(reader: Reader) -> bytes:
        given = {"pk": reader.record, "word": reader.word}
        return reader.read_api(f"{reader.module_name}/{rest.format(**given)}")

    return read


def _page(name: str) -> Read:
    return lambda reader: reader.page(name)


def _lookup(reader: Reader) -> bytes:
    return b"".join(
        reader.page(name, query={"q": reader.word}) for name in ("lookup", "lookup-any")
    )


# What shows one record, asked for record by record.
OF_RECORD: Mapping[str, Read] = {
    "record": _page("record"),
    "peek": _page("peek"),
    "edit": _page("edit"),
    "history": _page("history"),
    "api record": _api("{pk}/"),
    "api history": _api("{pk}/history/"),
    "list, searched": _searched,
    "api search": _api("?q={word}"),
    "palette": lambda reader: (
        reader.page("palette", query={"q": reader.word}) + reader.page("palette")
    ),
    "search": lambda reader: reader.page("search", query={"q": reader.word}),
    "lookup": _lookup,
}
# What shows many, asked for module by module.
OF_MODULE: Mapping[str, Read] = {
    "list": _page("list"),
    "list, all columns": _all_columns,
    "api list": _api(""),
}
# What shows records of all modules, asked for once.
OF_ALL: Mapping[str, Read] = {
    "home": _page("home"),
    "team activity": _page("team-activity"),
}
READS: Mapping[str, Read] = {**OF_MODULE, **OF_RECORD, **OF_ALL}
