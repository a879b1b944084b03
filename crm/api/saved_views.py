"""Saved views over the API: a module's own, shared ones and everyone's."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.policy import Access
from crm.api.doors import ApiView, pk_of
from crm.api.index import PATH
from crm.api.openapi.parts import Schema, answer, body, errors, operation
from crm.api.openapi.paths import PK, describe_with
from crm.api.parsing import as_object
from crm.api.values import as_json
from crm.lists.errors import BadQuery
from crm.lists.models import SavedView
from crm.lists.views import (
    STATE as KEPT,
)  # fmt: skip
from crm.lists.views import (
    check_view,
    create_view,
    delete_view,
    may_manage,
    may_update,
    update_view,
    view_of,
    views_of,
)
from crm.records.errors import Invalid

TAKEN = ("name", *KEPT)


class SavedViewsView(ApiView):
    """/api/v1/<module>/views/"""

    schema = None

    def get(self, request: Request, module: str) -> Response:
        """The views that the person has."""
        access = self.open(module)
        access.require("view")
        return Response({"results": [_view(access, one) for one in views_of(access)]})

    def post(self, request: Request, module: str) -> Response:
        """Save a view of one's own."""
        access = self.open(module)
        given = _given(request.data)
        view = create_view(access, given.pop("name", ""), given)
        return Response(_view(access, view), status=201)


class SavedViewView(ApiView):
    """/api/v1/<module>/views/<id>/"""

    schema = None

    def get(self, request: Request, module: str, pk: str) -> Response:
        """One view."""
        access = self.open(module)
        access.require("view")
        return Response(_view(access, view_of(access, pk_of(pk))))

    def put(self, request: Request, module: str, pk: str) -> Response:
        """Another state for the view; the name stays."""
        access = self.open(module)
        given = _given(request.data)
        if "name" in given:
            raise Invalid(fields={"name": [_("There is no such parameter.")]})
        return Response(_view(access, update_view(access, pk_of(pk), given)))

    def delete(self, request: Request, module: str, pk: str) -> Response:
        """Take the view away from everybody who has it."""
        delete_view(self.open(module), pk_of(pk))
        return Response(status=204)


def _given(data: Any) -> dict[str, str]:
    """The body as an address' texts: `filter` may be the tree itself, `columns` a list."""
    found: dict[str, str] = {}
    for name, value in as_object(data).items():
        if name not in TAKEN:
            raise Invalid(fields={name[:80]: [_("There is no such parameter.")]})
        if name == "filter" and isinstance(value, dict):
            value = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if name in {"columns", "sort", "card"} and isinstance(value, list):
            value = ",".join(str(one) for one in value)
        if name == "size" and isinstance(value, int):
            value = str(value)
        if not isinstance(value, str):
            raise Invalid(fields={name: [_("That is no value for this field.")]})
        found[name] = value
    return found


def _view(access: Access, view: SavedView) -> dict[str, Any]:
    """A view as JSON; `state` is left out where it uses what the reader may not read."""
    from_others = {
        "id": view.pk,
        "name": view.name,
        "owner": view.owner_id,
        "is_for_everyone": view.is_for_everyone,
        "is_locked": view.is_locked,
        "may_change": may_update(access, view),
        "may_arrange": may_manage(access, view),
        "changed_at": as_json(view.changed_at),
    }
    return from_others | {"state": _state(access, view)}


def _state(access: Access, view: SavedView) -> dict[str, Any] | None:
    try:
        check_view(access, view)
    except BadQuery:
        return None
    state = dict(view.state)
    if "filter" in state:
        state["filter"] = json.loads(state["filter"])
    return state


TEXT: Schema = {"type": "string"}
STATE: Schema = {
    "type": "object",
    "nullable": True,
    "properties": {
        **dict.fromkeys(KEPT, TEXT), "filter": {"type": "object"},
        "scope": {"type": "string", "enum": ["shared"]},
    },
}  # fmt: skip
VIEW: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"}, "name": TEXT, "owner": {"type": "integer"},
        "is_for_everyone": {"type": "boolean"}, "is_locked": {"type": "boolean"},
        "may_change": {"type": "boolean"}, "may_arrange": {"type": "boolean"},
        "changed_at": {"type": "string", "format": "date-time"}, "state": STATE,
    },
}  # fmt: skip
LISTED: Schema = {
    "type": "object", "required": ["results"],
    "properties": {"results": {"type": "array", "items": VIEW}},
}  # fmt: skip
CHANGED: Schema = {**STATE, "nullable": False, "additionalProperties": False}
WANTED: Schema = {
    **CHANGED, "required": ["name"], "properties": {"name": TEXT, **STATE["properties"]},
}  # fmt: skip


def _described(access: Access) -> dict[str, Any]:
    """The paths of saved views."""
    root = f"{PATH}/{access.module.name}/views/"
    seen = {"200": answer(VIEW), **errors(404)}
    return {
        root: {
            "get": operation(
                access, "views", _("The saved views"), {"200": answer(LISTED), **errors(403)}
            ),
            "post": operation(
                access, "save-view", _("Save a view"),
                {"201": answer(VIEW), **errors(400, 404, 415)}, requestBody=body(WANTED),
            ),
        },
        f"{root}{{id}}/": {
            "parameters": [PK],
            "get": operation(access, "view", _("One saved view"), seen),
            "put": operation(
                access, "change-view", _("Another state for a view"),
                {"200": answer(VIEW), **errors(400, 403, 404, 415)}, requestBody=body(CHANGED),
            ),
            "delete": operation(
                access, "delete-view", _("Delete a view"),
                {"204": {"description": _("Done.")}, **errors(403, 404)},
            ),
        },
    }  # fmt: skip


describe_with(_described)
