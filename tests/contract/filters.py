"""The filter builder and the columns of related records as ways to a record's values."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from crm.access.policy import access_to
from crm.modules.registry import module_named
from tests.contract.visitor import Visitor

MOST_LINES = 40


def visit_filters(visitor: Visitor) -> bytes:
    """The builder opened over the record's name, and every field tried in it, count included."""
    module = visitor.planted.module
    tree = {"any": [{"field": module.title, "op": "eq", "value": visitor.word}]}
    found = visitor.page("filter", query={"filter": json.dumps(tree)})
    paths = [*module.right_names(), *_related(visitor)]
    for start in range(0, len(paths), MOST_LINES):
        lines = list(enumerate(paths[start : start + MOST_LINES], 1))
        posted = {"node": [f"{key}:0:line" for key, _path in lines], "join-0": "any"}
        for key, path in lines:
            posted |= {f"field-{key}": path, f"op-{key}": "not_empty"}
        for act in ("count", "apply"):
            found += visitor.post("filter", {**posted, "act": act})
    return found


def _related(visitor: Visitor) -> list[str]:
    """Every field of every record that this one may point to, readable or not."""
    return [
        f"{field.name}.{name}"
        for field in visitor.planted.module.fields.values()
        if field.kind == "relation"
        for name in module_named(field.target).fields
    ]


def visit_related_columns(visitor: Visitor) -> bytes:
    """The list with the columns of related records that the reader may ask for."""
    access = access_to(visitor.planted.reader, visitor.planted.module.name)
    columns = []
    for path in _related(visitor):
        name, _dot, rest = path.partition(".")
        other = access_to(visitor.planted.reader, access.module.fields[name].target)
        if name in access.readable and rest in other.visible:
            columns.append(path)
    query = {"columns": ",".join(columns)} if columns else {}
    return visitor.page("list", query=query) + visitor.body(
        visitor.api.get(f"{visitor.planted.module.name}/?{urlencode(query)}")
    )


FILTERS = {"filters": visit_filters, "related columns": visit_related_columns}
