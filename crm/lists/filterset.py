"""`?field=value` in an address: a django-filter FilterSet made from the declaration.

The set checks names and shapes; what it yields is the same tree as `?filter=`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import django_filters
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.lists.errors import BadQuery
from crm.modules.fields import Field

LIST_OPERATORS = frozenset({"in", "not_in", "between"})
VALUELESS = frozenset({"empty", "not_empty"})


def meaning_of(access: Access, name: str) -> tuple[str, str, Field] | None:
    """The path, the operator and the field that a parameter stands for; None if it may not be.

    `phones__number__contains` is ("phones.number", "contains", …), `level` ("level", "", …).
    """
    parts = name.split("__")
    for length in (len(parts), len(parts) - 1):
        path, op = ".".join(parts[:length]), "__".join(parts[length:])
        field = access.module.field_at(path)
        if field is None or path not in access.readable or not field.is_filterable:
            continue
        shown = next(iter(field.members.values())) if field.is_collection else field
        if not op or op in shown.traits.operators:
            return path, op, field
    return None


def conditions_from(access: Access, params: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The conditions that plain parameters ask for. Raises BadQuery for unknown ones.

    The set holds the parameters that were asked for: one of all costs 20 ms a request.
    """
    declared: dict[str, Any] = {}
    meaning: dict[str, tuple[str, str, Field]] = {}
    for name in params:
        found = meaning_of(access, name)
        if found is None:
            raise BadQuery(
                _("There is no parameter or field “%s” that you may use here.") % name[:80]
            )
        meaning[name] = found
        declared[name] = django_filters.CharFilter(label=f"{found[2].label} {found[1]}".strip())
    if not params:
        return []
    data = QueryDict(mutable=True)
    for name, values in params.items():
        data.setlist(name, list(values))
    filterset = type("ModuleFilterSet", (django_filters.FilterSet,), declared)
    checked = filterset(data, queryset=access.module.model._default_manager.none())
    if not checked.is_valid():
        raise BadQuery(_("The filter has values that cannot be read."))
    conditions = []
    for name, values in params.items():
        path, op, field = meaning[name]
        given = [value for value in values if value != ""]
        if given:
            conditions.append(_condition(field, path, op, given))
    return conditions


def _condition(field: Field, path: str, op: str, values: list[str]) -> dict[str, Any]:
    if op in VALUELESS:
        return {"field": path, "op": op}
    if op in LIST_OPERATORS:
        parts = [part for value in values for part in value.split(",") if part]
        return {"field": path, "op": op, "value": parts}
    if op:
        return {"field": path, "op": op, "value": values[0]}
    if len(values) > 1:
        return {"field": path, "op": "in", "value": values}
    default = "eq"
    if field.kind in {"long_text", "multi_choice"}:
        default = "contains"
    return {"field": path, "op": default, "value": values[0]}
