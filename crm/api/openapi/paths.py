"""OpenAPI from the declarations: every module with what the asking person may do in it."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.api.actions import Action, actions_of
from crm.api.index import PATH
from crm.api.openapi.fields import components_of
from crm.api.openapi.parts import (
    SHARED,
    Schema,
    answer,
    body,
    component,
    errors,
    header,
    operation,
    page_of,
    pointer,
    query,
)  # fmt: skip

Describer = Callable[[Access], dict[str, Any]]
_describers: list[Describer] = []
PK: Schema = {
    "name": "id", "in": "path", "required": True, "schema": {"type": "integer", "format": "int64"},
}  # fmt: skip


def describe_with(describer: Describer) -> None:
    """Add paths to each module's part: `describer(access)` answers {path: {method: operation}}."""
    _describers.append(describer)


def add_modules(schema: Schema, doors: list[Access]) -> Schema:
    """The framework's schema with the paths and components of these modules."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components.update(SHARED)
    paths = schema.setdefault("paths", {})
    tags = []
    for access in doors:
        components.update(components_of(access))
        paths.update(_paths(access))
        for describer in _describers:
            paths.update(describer(access))
        tags.append({"name": access.module.name, "description": str(access.module.label_plural)})
    schema["tags"] = tags
    return schema


def _paths(access: Access) -> dict[str, Schema]:
    root = f"{PATH}/{access.module.name}/"
    found = {
        root: {"get": _list(access)},
        f"{root}{{id}}/": _record(access),
        f"{root}{{id}}/history/": {"parameters": [PK], "get": _history(access)},
    }
    if access.may("create"):
        found[root]["post"] = _create(access)
        found[f"{root}duplicates/"] = _duplicates(access)
    for action in actions_of(access):
        path = f"{root}{{id}}/actions/{action.name}/"
        found[path] = {"parameters": [PK], "post": _action(access, action)}
    return found


def _list(access: Access) -> Schema:
    sortable = [
        n for n, f in access.module.fields.items() if n in access.readable and f.is_sortable
    ]
    visible = [n for n in access.module.fields if n in access.visible]
    text: Schema = {"type": "string"}
    parameters = [
        query("q", text, _("Words to search for.")),
        query("scope", {"type": "string", "enum": ["shared"]}, _("What others share with me.")),
        query("filter", text, _("A tree of conditions as JSON; see the documentation.")),
        query("sort", text, _("Up to four of: %s; “-” for descending.") % ", ".join(sortable)),
        query("columns", text, _("Some of: %s.") % ", ".join(visible)),
        query("page", {"type": "integer", "minimum": 1}),
        query("after", text, _("Behind this row: taken from “next”, beyond 10,000 rows.")),
        query("before", text, _("Before this row: taken from “previous”.")),
        query("size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        query("count", {"type": "string", "enum": ["exact"]}),
    ]
    if access.may("delete"):
        parameters.append(query("bin", {"type": "string", "enum": ["1"]}, _("Deleted ones.")))
    for path in access.module.right_names():
        field = access.module.field_at(path)
        if field is not None and path in access.readable and field.is_filterable:
            name = path.replace(".", "__")
            words = ", ".join(f"{name}__{op}" for op in field.traits.operators)
            parameters.append(query(name, text, f"{field.label}: {words}"))
    return operation(
        access, "list", _("List"),
        {"200": answer(pointer(f"{access.module.name}-page")), **errors(400, 403)},
        parameters=parameters,
    )  # fmt: skip


def _create(access: Access) -> Schema:
    name = access.module.name
    return operation(
        access, "create", _("Create"),
        {"201": answer(pointer(name)), **errors(400, 403, 409, 413, 415)},
        parameters=[header("Idempotency-Key", _("The same call again answers the same record."))],
        requestBody=body(pointer(f"{name}-new")),
    )  # fmt: skip


def _record(access: Access) -> Schema:
    name = access.module.name
    if_match = header("If-Match", _("The version that was read."))
    found: Schema = {
        "parameters": [PK],
        "get": operation(access, "read", _("Read"), {"200": answer(pointer(name)), **errors(404)}),
    }
    if access.may("edit"):
        found["patch"] = operation(
            access, "change", _("Change"),
            {"200": answer(pointer(name)), **errors(400, 403, 404, 409, 413, 415, 428)},
            parameters=[if_match], requestBody=body(pointer(f"{name}-change")),
        )  # fmt: skip
    if access.may("delete"):
        found["delete"] = operation(
            access, "delete", _("Delete"),
            {"204": {"description": _("It is in the recycle bin.")}, **errors(400, 403, 404, 409)},
            parameters=[if_match],
        )  # fmt: skip
    return found


def _history(access: Access) -> Schema:
    return operation(
        access, "history", _("What happened to the record"),
        {"200": answer(page_of(pointer("HistoryEntry"))), **errors(400, 404)},
        parameters=[
            query("page", {"type": "integer", "minimum": 1}),
            query("size", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        ],
    )  # fmt: skip


def _duplicates(access: Access) -> Schema:
    responses = {"200": answer(pointer("Duplicates")), **errors(400, 403)}
    parameters = [
        query(name, {"type": "string"}, str(field.label))
        for name, field in access.module.fields.items()
        if name in access.module.key_fields and name in access.editable
    ]
    summary = _("Whether such a record is known, and whose it is")
    return {
        "get": operation(access, "duplicates", summary, responses, parameters=parameters),
        "post": operation(
            access, "duplicates_of", summary, responses,
            requestBody=body({"type": "object", "description": _("Values as for a create.")}),
        ),
    }  # fmt: skip


def _action(access: Access, action: Action) -> Schema:
    wanted: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: dict(one.schema) for name, one in action.parameters.items()},
    }
    required = [name for name, one in action.parameters.items() if one.is_required]
    if required:
        wanted["required"] = required
    done = {"200": answer(dict(action.answer) if action.answer else pointer(access.module.name))}
    if action.is_gone:
        done = {"204": {"description": _("Done.")}}
    return operation(
        access, f"action_{component(action.name)}", str(action.label),
        {**done, **errors(400, 403, 404, 409, 415)},
        requestBody=body(wanted, is_required=bool(required)),
    )  # fmt: skip
