"""Fields and records as OpenAPI schemas: what is read, what may be written."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from crm.access.grants import State
from crm.access.policy import Access
from crm.api.openapi.parts import Schema, component, page_of, pointer
from crm.customfields.choice_rules import rule_of
from crm.customfields.dictionaries import options_of
from crm.modules.fields import Field

BY_KIND: Mapping[str, Schema] = {
    "integer": {"type": "integer", "nullable": True},
    "decimal": {"type": "string", "format": "decimal", "nullable": True},
    "money": {"type": "string", "format": "decimal", "nullable": True},
    "percent": {"type": "string", "format": "decimal", "nullable": True},
    "date": {"type": "string", "format": "date", "nullable": True},
    "datetime": {"type": "string", "format": "date-time", "nullable": True},
    "boolean": {"type": "boolean", "nullable": True},
    "email": {"type": "string"},
    "multi_choice": {"type": "array", "items": {"type": "string"}},
    "file": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "id": {"type": "integer", "format": "int64"},
                "name": {"type": "string"},
                "size": {"type": "integer", "format": "int64"},
                "url": {"type": "string"},
            },
        },
    },
    "collaborators": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "person": pointer("Reference"),
                "part": {"type": "string"},
                "level": {"type": "string", "enum": ["view", "edit"]},
                "until": {"type": "string", "format": "date", "nullable": True},
            },
        },
    },
}
REFERRING = frozenset({"relation", "user", "department"})


def components_of(access: Access) -> dict[str, Schema]:
    """The schemas of one module: a record, a page of them, a new one, a change."""
    name = access.module.name
    return {
        component(name): _read_schema(access),
        component(f"{name}-page"): page_of(pointer(name)),
        component(f"{name}-new"): _write_schema(access, is_new=True),
        component(f"{name}-change"): _write_schema(access, is_new=False),
    }


def _read_schema(access: Access) -> Schema:
    properties: Schema = {
        "id": {"type": "integer", "format": "int64", "readOnly": True},
        "version": {"type": "integer"},
    }
    for name, field in access.module.fields.items():
        if name in access.visible:
            properties[name] = read_type(access, name, field)
    properties["_masked"] = {
        "type": "array",
        "readOnly": True,
        "items": {"type": "string"},
        "description": _("The fields whose values are shown masked."),
    }
    return {
        "type": "object",
        "title": str(access.module.label),
        "required": ["id", "version", "_masked"],
        "properties": properties,
    }


def _write_schema(access: Access, *, is_new: bool) -> Schema:
    properties: Schema = {}
    required = []
    for name, field in access.module.fields.items():
        if name in access.editable or (is_new and name == "owner" and access.may("assign")):
            properties[name] = write_type(access, name, field)
            if is_new and field.required:
                required.append(name)
    if not is_new:
        properties["version"] = {
            "type": "integer", "minimum": 1,
            "description": _("The version that was read; or send it as If-Match."),
        }  # fmt: skip
    schema: Schema = {
        "type": "object", "properties": properties, "additionalProperties": False,
    }  # fmt: skip
    return {**schema, "required": required} if required else schema


def read_type(access: Access, path: str, field: Field) -> Schema:
    """What an answer holds under this field."""
    if field.is_collection:
        members = _members(access, path, field, read_type, State.MASKED)
        found: Schema = {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "integer", "format": "int64"}, **members},
            },
        }
    elif field.kind in REFERRING:
        found = {"allOf": [pointer("Reference")], "nullable": True}
    elif field.kind == "any_relation":
        found = {"allOf": [pointer("AnyReference")], "nullable": True}
    elif path in access.masked:
        found = {"type": "string", "nullable": True}
    else:
        found = dict(BY_KIND.get(field.kind, {"type": "string"}))
    if path not in access.editable:
        found["readOnly"] = True
    return {**found, **_words(access, path, field)}


def write_type(access: Access, path: str, field: Field) -> Schema:
    """What a body may hold under this field."""
    if field.is_collection:
        members = _members(access, path, field, write_type, State.EDIT)
        return {
            "type": "array",
            "nullable": True,
            "maxItems": access.module.collections_by_name[field.name].limit,
            "items": {
                "type": "object",
                "properties": {"id": {"type": "integer", "format": "int64"}, **members},
            },
            **_words(access, path, field),
        }
    if field.kind in REFERRING:
        found: Schema = {"type": "integer", "format": "int64", "minimum": 1, "nullable": True}
    elif field.kind == "file":
        found = {
            "type": "array", "maxItems": field.most_files, "nullable": True,
            "items": {"type": "integer", "format": "int64", "minimum": 1},
        }  # fmt: skip
    elif field.kind == "any_relation":
        found = {"type": "string", "pattern": "^$|^[a-z0-9-]+/[0-9]+$", "example": "customers/7"}
    else:
        found = dict(BY_KIND.get(field.kind, {"type": "string"}))
        if field.kind in {"choice", "multi_choice"}:
            _limit_to_choices(found, field)
        elif field.max_length and found["type"] == "string":
            found["maxLength"] = field.max_length
    return {**found, **_words(access, path, field)}


def _limit_to_choices(schema: Schema, field: Field) -> None:
    values = [value for value, _label in options_of(field)]
    if not values:
        return
    if field.kind == "multi_choice":
        schema["items"] = {"type": "string", "enum": values}
    else:
        schema["enum"] = values if field.required or "" in values else [*values, ""]


def _members(
    access: Access, path: str, field: Field, kind: Callable[..., Schema], least: State
) -> Schema:
    return {
        name: kind(access, f"{path}.{name}", member)
        for name, member in field.members.items()
        if access.state(f"{path}.{name}") >= least
    }


def _words(access: Access, path: str, field: Field) -> Schema:
    words: Schema = {"title": str(field.label), "x-kind": field.kind}
    if field.help:
        words["description"] = str(field.help)
    if field.unit:
        words["x-unit"] = str(field.unit)
    if field.kind in {"choice", "multi_choice"}:
        words["x-labels"] = {value: str(label) for value, label in options_of(field)}
    rule = rule_of(access.module, path) if field.kind == "choice" else None
    if rule is not None and rule.parent in access.readable:
        allowed = {value: sorted(one) for value, one in rule.allowed.items()}
        words["x-depends-on"] = {"field": rule.parent, "allowed": allowed}
    if field.kind == "relation":
        words["x-target"] = field.target
    if path in access.readable and field.is_filterable:
        words["x-operators"] = list(field.traits.operators)
    return words
