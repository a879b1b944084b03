"""The pieces that every module's part of the OpenAPI document is made of."""

import re
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access

Schema = dict[str, Any]

REF: Schema = {
    "type": "object",
    "required": ["id", "label"],
    "properties": {
        "id": {"type": "integer", "format": "int64", "nullable": True},
        "label": {"type": "string"},
    },
}
SHARED: dict[str, Schema] = {
    "Reference": REF,
    "AnyReference": {
        **REF, "properties": {**REF["properties"], "module": {"type": "string"}},
    },
    "Error": {
        "type": "object",
        "required": ["detail", "fields"],
        "properties": {
            "detail": {"type": "string"},
            "fields": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            "version": {"type": "integer"},
            "changed_by": {"allOf": [{"$ref": "#/components/schemas/Reference"}], "nullable": True},
            "conflicts": {"type": "array", "items": {"$ref": "#/components/schemas/Conflict"}},
            "duplicates": {"type": "array", "items": {"$ref": "#/components/schemas/Match"}},
            "merged_into": {"type": "integer"},
        },
    },
    "Conflict": {
        "type": "object",
        "required": ["field", "before", "theirs", "mine"],
        "properties": {"field": {"type": "string"}, "before": {}, "theirs": {}, "mine": {}},
    },
    "Match": {
        "type": "object",
        "required": ["exact", "whose"],
        "properties": {
            "exact": {"type": "boolean"},
            "whose": {"type": "string"},
            "id": {"type": "integer"},
            "label": {"type": "string"},
        },
    },
    "Duplicates": {
        "type": "object",
        "required": ["exists", "matches"],
        "properties": {
            "exists": {"type": "boolean"},
            "matches": {"type": "array", "items": {"$ref": "#/components/schemas/Match"}},
        },
    },
    "HistoryEntry": {
        "type": "object",
        "required": ["at", "by", "kind", "source", "version", "reason", "changes"],
        "properties": {
            "at": {"type": "string", "format": "date-time"},
            "by": {"allOf": [{"$ref": "#/components/schemas/Reference"}], "nullable": True},
            "kind": {"type": "string", "description": "created, changed, assigned, deleted, …"},
            "source": {"type": "string", "description": "form, api, import, …"},
            "version": {"type": "integer"},
            "reason": {"type": "string"},
            "changes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "label", "before", "after"],
                    "properties": {
                        "field": {"type": "string"},
                        "label": {"type": "string"},
                        "before": {},
                        "after": {},
                    },
                },
            },
        },
    },
}  # fmt: skip


def component(name: str) -> str:
    """A module's name as OpenAPI allows it for components."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def pointer(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{component(name)}"}


def page_of(items: Schema) -> Schema:
    """The envelope of a list."""
    link = {"type": "string", "format": "uri", "nullable": True}
    return {
        "type": "object",
        "required": ["count", "count_exact", "next", "previous", "results"],
        "properties": {
            "count": {"type": "integer"},
            "count_exact": {"type": "boolean"},
            "next": link,
            "previous": link,
            "results": {"type": "array", "items": items},
        },
    }


def errors(*statuses: int) -> dict[str, Schema]:
    """Answers that hold an error, by status."""
    words = {
        400: _("Something in it is not right."),
        401: _("Nobody is signed in."),
        403: _("Visible, but not allowed."),
        404: _("Not there, or not to be known."),
        409: _("It has changed meanwhile, is known already, or the key had another body."),
        413: _("The body is too large."),
        415: _("The body is not JSON."),
        428: _("The version is missing."),
        429: _("Too many calls; see Retry-After."),
    }
    return {
        str(status): {"description": words[status], "content": json_of(pointer("Error"))}
        for status in (*statuses, 401, 429)
    }


def json_of(schema: Schema) -> Schema:
    """A JSON body of this schema."""
    return {"application/json": {"schema": schema}}


def answer(schema: Schema, words: str = "") -> Schema:
    """An answer that holds this schema."""
    return {"description": words or _("As asked."), "content": json_of(schema)}


def body(schema: Schema, is_required: bool = True) -> Schema:
    """A request body of this schema."""
    return {"required": is_required, "content": json_of(schema)}


def operation(access: Access, verb: str, summary: str, responses: Schema, **more: Any) -> Schema:
    """One operation of a module."""
    return {
        "operationId": f"{component(access.module.name)}_{verb}",
        "summary": summary,
        "tags": [access.module.name],
        "security": [{"token": []}, {"session": []}],
        "responses": responses,
        **more,
    }


def header(name: str, words: str) -> Schema:
    """A header that a call may have."""
    return {"name": name, "in": "header", "description": words, "schema": {"type": "string"}}


def query(name: str, schema: Schema, words: str = "") -> Schema:
    """A parameter of the address."""
    found: Schema = {"name": name, "in": "query", "schema": schema}
    return {**found, "description": words} if words else found
