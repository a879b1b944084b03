"""A condition that is being made in the filter panel, and the address that has it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from crm.access.policy import Access
from crm.lists.conditions import compile_tree
from crm.lists.errors import BadQuery
from crm.lists.paths import place_at
from crm.lists.query import query_from
from crm.lists.shapes import Shape
from crm.views.address import PLAIN_TABLE, Address, dump
from crm.views.filter_lines import Line, condition_of, in_panel, line_context, line_from

ADDED = ("add_field", "add_op", "add_value", "add_number", "add_was", "add_was_op", "add_within")


def without_line(params: QueryDict) -> QueryDict:
    """An address' parameters without what the panel's line added."""
    rest = params.copy()
    for name in ADDED:
        rest.pop(name, None)
    return rest


def filter_part(
    request: HttpRequest,
    access: Access,
    params: QueryDict,
    view: str = "",
    shape: Shape = PLAIN_TABLE,
) -> HttpResponse:
    """?part=filter&field=level: one line for the panel; with `apply` it leads to the list.

    `params` are the address' own parameters and the line's. A value that is none comes back with
    the reason beside it.
    """
    rest = without_line(params)
    is_applied = bool(rest.pop("apply", None))
    field = rest.pop("field", [""])[-1]
    columns = rest.get("columns", "")
    address = Address(request.path, query_from(rest, access), columns, view, shape)
    line = line_from(params, in_panel) if params.get("add_field") else Line(field)
    place_at(access, line.path)  # refused like the list itself
    condition = condition_of(access, line) if is_applied else None
    if condition is not None:
        response = HttpResponse()
        response["HX-Redirect"] = _with_condition(address, line.path, condition)
        return response
    context = {
        "line": line_context(access, line, in_panel),
        "list_url": address.path,
        "query_fields": [
            one for one in address.fields if one["name"] != "view" or address.is_saved
        ],
    }
    status = 400 if is_applied else 200
    return render(request, "crm/list/filter_value.html", context, status=status)


def _with_condition(address: Address, path: str, condition: dict[str, Any]) -> str:
    """The address with a condition in place of those on the same field."""
    others = [one for one in address.query.conditions if one.get("field") != path]
    return address.with_(filter=dump([*others, condition]))


def merged_address(
    request: HttpRequest,
    access: Access,
    params: QueryDict,
    view: str = "",
    shape: Shape = PLAIN_TABLE,
) -> str:
    """The list's address with the condition that the panel's form asks for.

    A line without a value changes nothing; what may not be asked is refused.
    """
    line = line_from(params, in_panel)
    line.op = line.op or "eq"
    rest = without_line(params)
    query = query_from(rest, access)
    address = Address(request.path, query, rest.get("columns", ""), view, shape)
    place_at(access, line.path)
    condition = condition_of(access, line)
    if condition is None:
        _refuse_if_wrong(access, line)
        return address.with_()
    return _with_condition(address, line.path, condition)


def _refuse_if_wrong(access: Access, line: Line) -> None:
    """Raise BadQuery where there is a value, but none for this field."""
    if any(one.strip() for one in line.values):
        compile_tree(access, {"field": line.path, "op": line.op, "value": line.values[0]})
        raise BadQuery(line.error)
