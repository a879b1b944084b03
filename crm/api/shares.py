"""Shares of one record over the API: with whom, how, until when."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access import names
from crm.access.errors import NotVisible
from crm.access.holders import holder_from
from crm.access.policy import Access
from crm.access.sharing import VIEW, is_shareable, shares_of
from crm.api.doors import ApiView, pk_of
from crm.api.index import PATH
from crm.api.openapi.parts import Schema, answer, body, errors, operation
from crm.api.openapi.paths import PK, describe_with
from crm.api.parsing import as_object
from crm.api.values import as_json
from crm.forms.sharing import day_from
from crm.modules.fields import COLLABORATORS
from crm.records.errors import Invalid
from crm.records.sharing import Terms, share_records, unshare_records

TAKEN = {
    "to": list, "level": str, "until": (str, type(None)), "note": str, "along": bool, "part": str,
}  # fmt: skip


class SharesView(ApiView):
    """/api/v1/<module>/<id>/shares/"""

    schema = None

    def get(self, request: Request, module: str, pk: str) -> Response:
        """With whom the record is shared; ended shares say so."""
        return Response({"results": _shares(self.open(module), pk_of(pk))})

    def post(self, request: Request, module: str, pk: str) -> Response:
        """Share, or change what a holder has."""
        access = self.open(module)
        given = _checked(as_object(request.data))
        holders = [holder_from(str(one)) for one in given.get("to", [])]
        if None in holders:
            raise Invalid(fields={"to": [_("There is no such person, department or team.")]})
        share_records(
            actor=request.user, module=module, pks=[pk_of(pk)],
            to=[one for one in dict.fromkeys(holders) if one is not None],
            terms=Terms(
                given.get("level", VIEW), day_from(given.get("until") or ""),
                given.get("note", ""), given.get("part"),
            ),
            along=given.get("along", False), source="api",
        )  # fmt: skip
        return Response({"results": _shares(access, pk_of(pk))}, status=201)


class ShareView(ApiView):
    """/api/v1/<module>/<id>/shares/<holder>/"""

    schema = None

    def delete(self, request: Request, module: str, pk: str, holder: str) -> Response:
        """Take one holder's share back."""
        self.open(module)
        who = holder_from(holder)
        if who is None:
            raise NotVisible
        unshare_records(
            actor=request.user, module=module, pks=[pk_of(pk)], holder=who, source="api"
        )
        return Response(status=204)


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    wrong: dict[str, list[Any]] = {}
    for name, value in given.items():
        if name not in TAKEN:
            wrong[name[:80]] = [_("There is no such parameter.")]
        elif not isinstance(value, TAKEN[name]):  # type: ignore[arg-type]
            wrong[name] = [_("That is no value for this field.")]
    if wrong:
        raise Invalid(fields=wrong)
    return given


def _shares(access: Access, pk: int) -> list[dict[str, Any]]:
    access.get(pk, ())
    found = shares_of(access.module.model, [pk])
    people = names.people(one.given_by for one in found)
    return [
        {
            "to": one.holder.text,
            "label": one.label,
            "level": one.level,
            **({"part": one.part} if COLLABORATORS in access.readable else {}),
            "until": as_json(one.last_day),
            "has_ended": one.has_ended,
            "note": one.note,
            "by": as_json(people[one.given_by]) if one.given_by else None,
            "at": as_json(one.given_at),
        }
        for one in found
    ]


TEXT: Schema = {"type": "string"}
LEVEL: Schema = {"type": "string", "enum": ["view", "edit"]}
DAY: Schema = {"type": "string", "format": "date", "nullable": True}
SHARE: Schema = {
    "type": "object",
    "properties": {
        "to": TEXT, "label": TEXT, "level": LEVEL, "note": TEXT, "until": DAY, "part": TEXT,
        "has_ended": {"type": "boolean"}, "by": {"type": "object", "nullable": True},
        "at": {"type": "string", "format": "date-time"},
    },
}  # fmt: skip
LISTED: Schema = {
    "type": "object", "required": ["results"],
    "properties": {"results": {"type": "array", "items": SHARE}},
}  # fmt: skip
HOLDERS = "person-5, department-3, team-2"
WANTED: Schema = {
    "type": "object", "required": ["to"], "additionalProperties": False,
    "properties": {
        "to": {"type": "array", "items": TEXT, "description": HOLDERS}, "level": LEVEL,
        "until": DAY, "note": TEXT, "along": {"type": "boolean"},
        "part": {**TEXT, "description": "collaborator_part"},
    },
}  # fmt: skip
WHO: Schema = {"name": "holder", "in": "path", "required": True, "schema": TEXT}


def _described(access: Access) -> dict[str, Any]:
    """The paths of sharing for modules whose records are shared one by one."""
    if not is_shareable(access.module.model):
        return {}
    root = f"{PATH}/{access.module.name}/{{id}}/shares/"
    listed = operation(
        access, "shares", _("With whom the record is shared"),
        {"200": answer(LISTED), **errors(404)},
    )  # fmt: skip
    found: dict[str, Any] = {root: {"parameters": [PK], "get": listed}}
    if access.may("share"):
        found[root]["post"] = operation(
            access, "share", _("Share the record"),
            {"201": answer(LISTED), **errors(400, 403, 404, 415)}, requestBody=body(WANTED),
        )  # fmt: skip
        taken = operation(
            access, "unshare", _("Take a share back"),
            {"204": {"description": _("Done.")}, **errors(403, 404)},
        )  # fmt: skip
        found[f"{root}{{holder}}/"] = {"parameters": [PK, WHO], "delete": taken}
    return found


describe_with(_described)
