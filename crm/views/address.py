"""Addresses of a list with one thing changed: a condition, the order, the page."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from crm.lists.query import Query


class Address:
    """The address of a list as it stands, from which others are made.

    In a saved view it always says the filter, an empty one too: an address that says nothing but
    the view stands for the view as it is saved.
    """

    def __init__(self, path: str, query: Query, chosen_columns: str = "", view: str = "") -> None:
        self.path = path
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
        text = query.urlencode(safe=",")
        return f"{self.path}?{text}" if text else self.path

    @property
    def params(self) -> dict[str, Any]:
        """What the address says: everything but the page."""
        return {
            "view": self.view,
            "q": self.query.text,
            "filter": dump(self.query.conditions),
            "sort": self.sort,
            "columns": self.chosen_columns,
            "size": self.query.size if self.query.size != 50 else "",
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
        return {k: str(v) for k, v in self.params.items() if k != "view" and v not in ("", None)}

    def without_condition(self, index: int) -> str:
        """The address without one condition."""
        rest = [one for n, one in enumerate(self.query.conditions) if n != index]
        return self.with_(filter=dump(rest))

    def sorted_by(self, keys: Sequence[str]) -> str:
        """The address in another order."""
        return self.with_(sort=",".join(keys))


def access_sort(query: Query) -> list[str]:
    """The order of the module that this person gets without asking."""
    readable = query.access.readable
    return [one for one in query.access.module.default_sort if one.lstrip("-") in readable]


def dump(conditions: Sequence[dict[str, Any]]) -> str:
    """Conditions as the address holds them."""
    if not conditions:
        return ""
    return json.dumps({"all": list(conditions)}, ensure_ascii=False, separators=(",", ":"))
