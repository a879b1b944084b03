"""Addresses of a list with one thing changed: a condition, the order, the page."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from crm.access.policy import Access
from crm.lists.query import Query, query_from
from crm.lists.shapes import TABLE, Shape, take_shape
from crm.lists.widths import widths_text

PLAIN_TABLE = Shape()


class Address:
    """The address of a list as it stands, from which others are made.

    In a saved view it always says the filter, an empty one too: an address that says nothing but
    the view stands for the view as it is saved.
    """

    def __init__(
        self,
        path: str,
        query: Query,
        chosen_columns: str = "",
        view: str = "",
        shape: Shape = PLAIN_TABLE,
    ) -> None:
        self.path = path
        self.shape = shape
        self.query = query
        self.chosen_columns = chosen_columns
        self.view = view
        self.is_saved = view.isdecimal()
        default = ",".join(access_sort(query))
        self.sort = "" if query.sort == default else query.sort

    def with_(self, **changes: Any) -> str:
        """The address with some parameters replaced; an empty one goes."""
        params = {**self.params, **{k: v for k, v in changes.items() if v is not None}}
        query = QueryDict(mutable=True)
        for name, value in params.items():
            if value not in ("", 1, None) or (self.is_saved and name == "filter"):
                query[name] = str(value)
        text = query.urlencode(safe=",:")
        return f"{self.path}?{text}" if text else self.path

    @property
    def params(self) -> dict[str, Any]:
        """What the address says: everything but the page."""
        return {
            "view": self.view,
            **self.shape.params,
            "scope": self.query.scope,
            "q": self.query.text,
            "filter": dump(self.query.conditions),
            "sort": self.sort,
            "columns": self.chosen_columns,
            "size": self.query.size if self.query.size != 50 else "",
            "widths": widths_text(self.query.widths),
            "density": self.query.density,
        }

    @property
    def fields(self) -> list[dict[str, str]]:
        """The parameters as hidden inputs."""
        return [
            {"name": k, "value": str(v)}
            for k, v in self.params.items()
            if v not in ("", None) or (self.is_saved and k == "filter")
        ]

    @property
    def state(self) -> dict[str, str]:
        """What of the address a saved view keeps."""
        said = {**self.params, **self.shape.state}
        return {k: str(v) for k, v in said.items() if k != "view" and v not in ("", None)}

    @property
    def query_text(self) -> str:
        """The address behind its question mark, the form included: what a view is saved from."""
        text = self.with_().partition("?")[2]
        form = self.shape.form
        return text if form == TABLE else f"form={form}&{text}"

    def in_form(self, form: str) -> str:
        """The same records in another form, laid out as its page does by itself."""
        path = path_of(self.query.access.module.name, form)
        return Address(path, self.query, self.chosen_columns, self.view).with_()

    def without_condition(self, index: int) -> str:
        """The address without one condition."""
        rest = [one for n, one in enumerate(self.query.conditions) if n != index]
        return self.with_(filter=dump(rest))

    def sorted_by(self, keys: Sequence[str]) -> str:
        """The address in another order."""
        return self.with_(sort=",".join(keys))


def path_of(module: str, form: str) -> str:
    """The page that shows a module's records in a form."""
    return f"/{module}/" if form == TABLE else f"/{module}/{form}/"


def address_of(access: Access, params: QueryDict, view: str = "") -> Address:
    """The address that shows a saved state. Raises BadQuery."""
    shape = take_shape(access, params)
    path = path_of(access.module.name, shape.form)
    return Address(path, query_from(params, access), params.get("columns", ""), view, shape)


def access_sort(query: Query) -> list[str]:
    """The order of the module that this person gets without asking."""
    readable = query.access.readable
    return [one for one in query.access.module.default_sort if one.lstrip("-") in readable]


def dump(conditions: Sequence[dict[str, Any]]) -> str:
    """Conditions as the address holds them."""
    if not conditions:
        return ""
    return json.dumps({"all": list(conditions)}, ensure_ascii=False, separators=(",", ":"))
