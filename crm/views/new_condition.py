"""A condition that is being made in the filter panel, and the address that has it."""

from typing import Any

from django.http import HttpRequest, QueryDict

from crm.access.policy import Access
from crm.customfields.dictionaries import options_of
from crm.forms.people import people_options
from crm.lists.conditions import readable_field
from crm.lists.query import query_from
from crm.lists.shapes import Shape
from crm.modules.fields import Field
from crm.views.address import PLAIN_TABLE, Address, dump
from crm.views.words import NAMED, OPERATORS, PERIODS

MOST_TEXT_OPTIONS = ("contains", "eq", "ne", "starts", "empty", "not_empty")


def filter_value_context(access: Access, path: str, address: Address) -> dict[str, Any]:
    """What the panel shows for one field."""
    field = readable_field(access, path)
    inner = next(iter(field.members.values())) if field.is_collection else field
    operators = list(inner.traits.operators)
    if inner.kind in {"text", "phone", "email", "url"}:
        operators = [op for op in MOST_TEXT_OPTIONS if op in operators]
    if inner.kind in {"choice", "user", "department", "relation"}:
        operators = [op for op in ("in", "not_in", "empty", "not_empty") if op in operators]
    if inner.kind in {"date", "datetime"}:
        operators = ["within", "between", "empty", "not_empty"]
    if inner.kind in {"integer", "decimal", "money", "percent"}:
        operators = ["between", "gte", "lte", "eq", "empty", "not_empty"]
    return {
        "field": {"name": path, "label": field.label, "kind": inner.kind, "unit": inner.unit},
        "ops": [{"value": op, "label": OPERATORS[op]} for op in operators],
        "options": options_for(access, inner),
        "list_url": address.path,
        "query_fields": [
            one for one in address.fields if one["name"] != "view" or address.is_saved
        ],
        "relative": [{"value": value, "label": label} for value, label in PERIODS.items()],
    }


def options_for(access: Access, field: Field) -> list[dict[str, Any]] | None:
    """The values to tick, where there is a list of them."""
    if field.kind in {"choice", "multi_choice"}:
        return [{"value": value, "label": label} for value, label in options_of(field)]
    if field.kind == "user":
        named = [{"value": key, "label": NAMED[key]} for key in ("@me", "@my_team")]
        return named + people_options()
    if field.kind == "department":
        return [{"value": "@my_department", "label": NAMED["@my_department"]}]
    return None


def merged_address(
    request: HttpRequest,
    access: Access,
    params: QueryDict,
    view: str = "",
    shape: Shape = PLAIN_TABLE,
) -> str:
    """The list's address with the condition that the panel's form asks for."""
    path = params.pop("add_field")[-1]
    op = params.pop("add_op", ["eq"])[-1]
    values = [value for value in params.pop("add_value", []) if value.strip()]
    within = params.pop("add_within", [""])[-1]
    query = query_from(params, access)
    address = Address(request.path, query, params.get("columns", ""), view, shape)
    condition = _condition(path, op, values, within)
    if condition is None:
        return address.with_()
    rest = [one for one in query.conditions if one.get("field") != path]
    return address.with_(filter=dump([*rest, condition]))


def _condition(path: str, op: str, values: list[str], within: str) -> dict[str, Any] | None:
    if op in {"empty", "not_empty"}:
        return {"field": path, "op": op}
    if within:
        return {"field": path, "op": "within", "value": within}
    if not values:
        return None
    if op in {"between", "within"}:
        if len(values) == 1:
            return {"field": path, "op": "gte", "value": values[0]}
        return {"field": path, "op": "between", "value": values[:2]}
    if op in {"in", "not_in"}:
        return {"field": path, "op": op, "value": values}
    return {"field": path, "op": op, "value": values[0]}
