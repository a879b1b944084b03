"""The few fields of a new record: those that must be filled in and those mostly known at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from crm.access.policy import Access
from crm.customfields.files import FILE
from crm.forms.page import one_field
from crm.forms.posted import posted_rows
from crm.lib.whole import whole_number
from crm.modules.module import Module

FEW = 6


def quick_names(module: Module) -> tuple[str, ...]:
    """The fields that the module names; else its title, what it hangs on, its first columns."""
    if module.quick:
        return tuple(module.quick)
    names = (module.title, module.parent, *module.columns)
    return tuple(dict.fromkeys(name for name in names if name))[:FEW]


def quick_fields(
    access: Access,
    post: QueryDict | None = None,
    errors: Mapping[str, Sequence[Any]] | None = None,
) -> list[dict[str, Any]]:
    """The controls that this person may fill in; a field with an error is always among them."""
    errors = errors or {}
    module, writable = access.module, access.writable()
    named = quick_names(module)
    others = [
        name
        for name, field in module.fields.items()
        if name not in named and (field.required or name in errors or _is_given(access, name, post))
    ]
    fields = [
        one_field(access, module.fields[name], None, post, errors.get(name, ()))
        for name in (*named, *others)
        if name in writable and name in access.visible and _is_quick(module, name)
    ]
    for field in fields:
        _rename(field)
    return fields


def _is_quick(module: Module, name: str) -> bool:
    """Files are left to the whole form, unless nothing is saved without one."""
    field = module.fields[name]
    return field.kind != FILE or field.required


def _is_given(access: Access, name: str, post: QueryDict | None) -> bool:
    """Whether an address or an answer holds something for this field."""
    field = access.module.fields[name]
    if post is None:
        return False
    if field.is_collection:
        return any(any(row.values()) for row in posted_rows(field, post))
    return bool(post.get(name)) and post.get(name) != str(field.default)


def _rename(field: dict[str, Any]) -> None:
    """Ids of their own: the sheet may lie over the whole form of the same module."""
    field["id"] = f"q{field['id']}"
    rows = [*field.get("rows", ()), *([field["blank_row"]] if "blank_row" in field else [])]
    for row in rows:
        for member in row["members"]:
            _rename(member)


def with_labels(access: Access, given: QueryDict) -> QueryDict:
    """The values of an address with the names of the records that they point to.

    A record that the person may not see is left out, as if nobody had named it.
    """
    named = given.copy()
    for field in access.module.fields.values():
        if field.kind != "relation" or field.name not in given:
            continue
        pk = whole_number(given.get(field.name, ""))
        found = access.labels(field.target, {pk}) if pk is not None else {}
        label = found.get(pk) if pk is not None else None
        if label is None or label.pk is None:
            del named[field.name]
        else:
            named[f"{field.name}__text"] = label.label
    return named
