"""OpenAPI of the library and of documents, which hang on no module of their own."""

from typing import Any

from django.utils.translation import gettext as _

from crm.api.index import PATH
from crm.api.openapi.parts import Schema, answer, body, errors, query
from crm.api.openapi.paths import PK

NUMBER: Schema = {"type": "integer", "format": "int64"}
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
LEVEL: Schema = {"type": "string", "enum": ["read", "add", "manage"]}
RIGHTS: Schema = {"type": "object", "nullable": True, "additionalProperties": LEVEL}
PARENT: Schema = {**NUMBER, "nullable": True}
FOLDER: Schema = {
    "type": "object",
    "required": ["id", "name", "parent", "level"],
    "properties": {"id": NUMBER, "name": TEXT, "parent": PARENT, "level": LEVEL, "rights": RIGHTS},
}
DOCUMENT: Schema = {
    "type": "object",
    "required": ["id", "name", "description", "version", "folder"],
    "properties": {
        "id": NUMBER, "name": TEXT, "description": TEXT, "version": {"type": "integer"},
        "folder": NUMBER, "created_at": MOMENT, "created_by": PARENT, "size": NUMBER,
        "changed_at": MOMENT,
    },
}  # fmt: skip
UPLOADED: Schema = {
    "type": "object",
    "properties": {"id": NUMBER, "version": {"type": "integer"}, "is_new": {"type": "boolean"}},
}
FILE: Schema = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object", "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        }
    },
}  # fmt: skip
BYTES: Schema = {
    "description": "",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


def _strict(properties: Schema, *required: str) -> Schema:
    found: Schema = {
        "type": "object", "additionalProperties": False, "properties": properties,
    }  # fmt: skip
    return body({**found, "required": list(required)} if required else found, bool(required))


def _list(items: Schema) -> Schema:
    return answer({"type": "object", "properties": {"results": {"type": "array", "items": items}}})


def _operation(verb: str, summary: str, responses: Schema, **more: Any) -> Schema:
    return {
        "operationId": f"library_{verb}", "summary": summary, "tags": ["library"],
        "security": [{"token": []}, {"session": []}], "responses": responses, **more,
    }  # fmt: skip


def library_paths() -> dict[str, Any]:
    """The paths of folders, documents and versions."""
    return {**_folders(), **_in_folders(), **_documents(), **_versions()}


def _folders() -> dict[str, Any]:
    root, gone = f"{PATH}/library/folders/", {"204": {"description": _("Done.")}}
    bad = errors(400, 403, 404, 415)
    folder = {"200": answer(FOLDER), **errors(403, 404)}
    changes = {"name": TEXT, "parent": PARENT, "rights": RIGHTS}
    return {
        root: {
            "get": _operation("folders", _("The folders"), {"200": _list(FOLDER), **errors(403)}),
            "post": _operation(
                "create_folder", _("Make a folder"), {"201": answer(FOLDER), **bad},
                requestBody=_strict({"name": TEXT, "parent": PARENT}, "name"),
            ),
        },
        f"{root}{{id}}/": {
            "parameters": [PK],
            "get": _operation("folder", _("One folder"), folder),
            "patch": _operation(
                "change_folder", _("Rename or move a folder, or set its rights"),
                {"200": answer(FOLDER), **bad}, requestBody=_strict(changes),
            ),
            "delete": _operation(
                "delete_folder", _("Delete a folder with all in it"), {**gone, **errors(403, 404)}
            ),
        },
        f"{root}{{id}}/restore/": {
            "parameters": [PK],
            "post": _operation(
                "restore_folder", _("Bring a folder back"), {"200": answer(FOLDER), **bad},
                requestBody=_strict({}),
            ),
        },
    }  # fmt: skip


def _in_folders() -> dict[str, Any]:
    root, bad = f"{PATH}/library/folders/", errors(400, 403, 404, 415)
    found = {"folders": {"type": "array", "items": FOLDER},
             "documents": {"type": "array", "items": DOCUMENT}}  # fmt: skip
    return {
        f"{root}{{id}}/documents/": {
            "parameters": [PK],
            "get": _operation(
                "documents", _("The documents in a folder"),
                {"200": _list(DOCUMENT), **errors(403, 404)},
            ),
            "post": _operation(
                "upload", _("Upload a document"),
                {"201": answer(UPLOADED), "200": answer(UPLOADED), **bad}, requestBody=FILE,
            ),
        },
        f"{PATH}/library/search/": {
            "get": _operation(
                "search", _("Folders and documents by name"),
                {"200": answer({"type": "object", "properties": found}), **errors(403)},
                parameters=[query("q", TEXT, _("Words to search for."))],
            ),
        },
    }  # fmt: skip


def _documents() -> dict[str, Any]:
    root, bad = f"{PATH}/library/documents/{{id}}/", errors(400, 403, 404, 415)
    changes = {"name": TEXT, "description": TEXT, "folder": NUMBER}
    return {
        root: {
            "parameters": [PK],
            "get": _operation(
                "document", _("One document"), {"200": answer(DOCUMENT), **errors(403, 404)}
            ),
            "patch": _operation(
                "change_document", _("Rename, describe or move a document"),
                {"200": answer(DOCUMENT), **bad}, requestBody=_strict(changes),
            ),
            "delete": _operation(
                "delete_document", _("Delete a document"),
                {"204": {"description": _("Done.")}, **errors(403, 404)},
            ),
        },
        f"{root}restore/": {
            "parameters": [PK],
            "post": _operation(
                "restore_document", _("Bring a document back"), {"200": answer(DOCUMENT), **bad},
                requestBody=_strict({}),
            ),
        },
    }  # fmt: skip


def _versions() -> dict[str, Any]:
    number, bad = query("version", {"type": "integer"}), errors(400, 403, 404, 415)
    return {
        f"{PATH}/documents/{{id}}/versions/": {
            "parameters": [PK],
            "get": _operation(
                "versions", _("A document and its versions"),
                {"200": answer({"type": "object"}), **errors(403, 404)},
            ),
            "post": _operation(
                "add_version", _("Upload a new version"),
                {"201": answer(UPLOADED), "200": answer(UPLOADED), **bad}, requestBody=FILE,
            ),
        },
        f"{PATH}/documents/{{id}}/file/": {
            "parameters": [PK, number],
            "get": _operation(
                "file", _("The file, whole or in parts"),
                {"200": BYTES, "206": BYTES, **errors(403, 404)},
            ),
        },
    }  # fmt: skip
