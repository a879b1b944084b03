"""What a list shows: the address (or a saved view, or an API call) as one checked query."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.paging import Key, Mark, Slice
from crm.access.policy import Access
from crm.lists.conditions import compile_tree
from crm.lists.cursor import place_of
from crm.lists.errors import BadQuery
from crm.lists.filterset import conditions_from
from crm.lists.paths import column_at, place_at
from crm.lists.widths import density_from, widths_from
from crm.search.asking import search_condition

DEEPEST = 10_000
MOST_SORT_KEYS = 4
SHARED = "shared"  # of the rows, those that others share with the person
OWN_PARAMETERS = frozenset(
    {
        "q", "filter", "sort", "columns", "page", "after", "before", "size", "count", "peek",
        "density", "widths", "scope",
    }
)  # fmt: skip


@dataclass
class Query:
    """Which rows, in which order, with which columns. Made by `query_from` only.

    With `mark` the page begins behind that row, or ends before it (`is_backward`); `place` says
    how many rows come before that border.
    """

    access: Access
    tree: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    order: tuple[Key, ...] = ()
    columns: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)
    density: str = ""
    page: int = 1
    size: int = 50
    exact_count: bool = False
    id_descending: bool | None = None
    mark: Mark | None = None
    is_backward: bool = False
    place: int = 0
    scope: str = ""

    @cached_property
    def where(self) -> Q:
        """The condition of filter, search and scope together."""
        where = compile_tree(self.access, self.tree) if self.tree else Q()
        if self.scope == SHARED:
            where &= self.access.from_others
        return where & search_condition(self.access, self.text) if self.text else where

    @property
    def slice(self) -> Slice:
        """The page as the door takes it; one row more, to know whether there is a next page."""
        found = Slice(
            self.where,
            self.order,
            offset=(self.page - 1) * self.size if self.mark is None else 0,
            size=self.size + 1,
            id_descending=self.id_descending,
            mark=self.mark,
            is_marked=self.mark is not None or self.page * self.size > DEEPEST,
        )
        return found.backward() if self.is_backward else found

    @property
    def conditions(self) -> list[dict[str, Any]]:
        """The conditions that all must hold, one by one: what the chips show."""
        if not self.tree:
            return []
        return list(self.tree["all"]) if set(self.tree) == {"all"} else [self.tree]

    @property
    def sort(self) -> str:
        """The order as the address says it."""
        names = [("-" if key.is_descending else "") + key.field.name for key in self.order]
        if self.id_descending is not None:
            names.append("-id" if self.id_descending else "id")
        return ",".join(names)

    @property
    def order_text(self) -> str:
        """The order in full, with what it rests on: what a place in it belongs to."""
        stamps = ",".join(key.stamp for key in self.order)
        return f"{self.access.module.name} {self.sort} {stamps}"


def query_from(params: QueryDict, access: Access, columns: Sequence[str] | None = None) -> Query:
    """The query that an address asks for. Raises BadQuery for what is unknown or unreadable.

    `columns` are shown when the address names none.
    """
    tree, scope = _tree(params, access), params.get("scope", "")
    if scope not in {"", SHARED}:
        raise BadQuery(_("“scope” is “shared” or left out."))
    if scope:
        access = access.by_shares()
    query = Query(
        access=access,
        tree=tree,
        text=_text(params.get("q", "")),
        order=order_from(access, params.get("sort", "")),
        columns=_columns(access, params.get("columns", ""), columns),
        widths=widths_from(access, params.get("widths", "")),
        density=density_from(params.get("density", "")),
        page=_number(params, "page", 1, DEEPEST),
        size=_number(params, "size", 50, 200),
        exact_count=params.get("count") == "exact",
        id_descending=_id_descending(params.get("sort", "")),
        scope=scope,
    )
    if (query.page - 1) * query.size > DEEPEST:
        raise BadQuery(
            _("Pages are counted to row %d. Go on from the last of them, or narrow the filter.")
            % DEEPEST
        )
    _turn(query, params)
    return query


def _turn(query: Query, params: QueryDict) -> None:
    """Where the page begins or ends, if the address names a row instead of a number."""
    given = [name for name in ("page", "after", "before") if params.get(name)]
    if len(given) > 1:
        raise BadQuery(_("Of “page”, “after” and “before” only one can be asked for."))
    if given and given[0] != "page":
        query.mark, query.place = place_of(query.order_text, str(params[given[0]]))
        query.is_backward = given == ["before"]


def query_of(access: Access, tree: Mapping[str, Any] | None, sort: str = "") -> Query:
    """A query made by the program: export, bulk action."""
    order = order_from(access, sort)
    return Query(access=access, tree=dict(tree or {}), order=order)


def _text(text: str) -> str:
    return text.replace("\x00", "").strip()[:100]


def _number(params: QueryDict, name: str, default: int, most: int) -> int:
    raw = params.get(name, "")
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= most:
        raise BadQuery(
            _("“%(name)s” must be a number from 1 to %(most)d.") % {"name": name, "most": most}
        )
    return int(raw)


def _tree(params: QueryDict, access: Access) -> dict[str, Any]:
    conditions: list[Any] = []
    if params.get("filter"):
        given = _json(str(params["filter"]))
        conditions += (
            given["all"] if set(given) == {"all"} and isinstance(given["all"], list) else [given]
        )
    others = {name: params.getlist(name) for name in params if name not in OWN_PARAMETERS}
    conditions += conditions_from(access, others)
    return {"all": conditions} if conditions else {}


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadQuery(_("The filter is not readable JSON.")) from None
    if not isinstance(value, dict):
        raise BadQuery(_("A condition must be an object."))
    return value


def order_from(access: Access, text: str) -> tuple[Key, ...]:
    """Up to four sort keys, `-` for descending; the default order where none is given."""
    given = [name.strip() for name in text.split(",") if name.strip()]
    names = [name for name in given if name.removeprefix("-") != "id"]
    if not given:
        names = [one for one in access.module.default_sort if one.lstrip("-") in access.readable]
    if len(names) > MOST_SORT_KEYS:
        raise BadQuery(_("At most %d sort keys.") % MOST_SORT_KEYS)
    keys = []
    for name in names:
        path = name.removeprefix("-")
        place = place_at(access, path)
        found = place.field
        if "." in path or not found.is_sortable:
            raise BadQuery(_("Lists cannot be sorted by %s. Filter by it instead.") % place.label)
        keys.append(Key(found, name.startswith("-")))
    return tuple(keys)


def _id_descending(text: str) -> bool | None:
    """How the id runs that ends every order, where the address says it."""
    last = text.rpartition(",")[2].strip()
    return last == "-id" if last in {"id", "-id"} else None


def _columns(access: Access, text: str, default: Sequence[str] | None) -> tuple[str, ...]:
    if not text:
        chosen = default if default is not None else access.module.columns
        return tuple(name for name in chosen if name in access.visible)
    names = [name for name in text.split(",") if name]
    for name in names:
        column_at(access, name)  # refuses what is unknown or not to be seen
    return tuple(dict.fromkeys(names))
