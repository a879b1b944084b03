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


def _filters(path: str, field: Field) -> dict[str, django_filters.Filter]:
    name = path.replace(".", "__")
    made = {name: django_filters.CharFilter(label=str(field.label))}
    for op in field.traits.operators:
        made[f"{name}__{op}"] = django_filters.CharFilter(label=f"{field.label} {op}")
    return made


def filterset_for(
    access: Access,
) -> tuple[type[django_filters.FilterSet], dict[str, tuple[str, str]]]:
    """The FilterSet of the fields that the person may use, and what each parameter means."""
    declared: dict[str, Any] = {}
    meaning: dict[str, tuple[str, str]] = {}
    for path in access.module.right_names():
        field = access.module.field_at(path)
        if field is None or path not in access.readable or not field.is_filterable:
            continue
        if field.is_collection:
            field = next(iter(field.members.values()))
        for name, one in _filters(path, field).items():
            declared[name] = one
            op = name.removeprefix(path.replace(".", "__")).removeprefix("__")
            meaning[name] = (path, op)
    return type("ModuleFilterSet", (django_filters.FilterSet,), declared), meaning


def conditions_from(access: Access, params: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The conditions that plain parameters ask for. Raises BadQuery for unknown ones."""
    if not params:
        return []
    filterset, meaning = filterset_for(access)
    for name in params:
        if name not in meaning:
            raise BadQuery(
                _("There is no parameter or field “%s” that you may use here.") % name[:80]
            )
    data = QueryDict(mutable=True)
    for name, values in params.items():
        data.setlist(name, list(values))
    checked = filterset(data, queryset=access.module.model._default_manager.none())
    if not checked.is_valid():
        raise BadQuery(_("The filter has values that cannot be read."))
    conditions = []
    for name, values in params.items():
        path, op = meaning[name]
        given = [value for value in values if value != ""]
        if given:
            conditions.append(_condition(access, path, op, given))
    return conditions


def _condition(access: Access, path: str, op: str, values: list[str]) -> dict[str, Any]:
    field = access.module.field_at(path)
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
    if field is not None and field.kind in {"long_text", "multi_choice"}:
        default = "contains"
    return {"field": path, "op": default, "value": values[0]}
