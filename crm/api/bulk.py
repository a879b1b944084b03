"""Many records at once over the API: POST …/bulk/, few answered row by row, many done by a job."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.holders import holder_from
from crm.access.policy import Access
from crm.access.sharing import VIEW, is_shareable
from crm.api.actions import Parameter, check_parameters
from crm.api.doors import ApiView
from crm.api.index import PATH
from crm.api.openapi.parts import Schema, answer, body, errors, header, operation
from crm.api.openapi.paths import describe_with
from crm.api.parsing import as_object, idempotency_key
from crm.exchange.services import query_of_body
from crm.forms.sharing import day_from
from crm.jobs import acting, deeds, editing
from crm.jobs.models import Job, JobRow
from crm.lists.query import query_from
from crm.records.drafts import plain
from crm.records.edits import ADD, CLEAR, REMOVE, SET, TAGS, Edit, editable_fields, may_tag, ways
from crm.records.errors import Invalid, Refusal
from crm.records.services import claim_key, keep_key
from crm.records.sharing import Terms

OUTCOMES = {deeds.UPDATED: "changed", deeds.SAME: "same", deeds.REFUSED: "refused"}
TEXTS = Parameter({"type": "array", "items": {"type": "string"}}, is_required=False)
TEXT = Parameter({"type": "string", "maxLength": 200}, is_required=False)
WHICH = {
    "action": Parameter({"type": "string"}),
    "ids": Parameter(
        {"type": "array", "items": {"type": "integer"}, "maxItems": deeds.MOST}, is_required=False
    ),
    "filter": Parameter({"type": "object"}, is_required=False),
    "q": TEXT,
    "expected": Parameter({"type": "integer"}, is_required=False),
}
GIVEN: Mapping[str, Mapping[str, Parameter]] = {
    "edit": {"values": Parameter({"type": "object"})},
    "tag": {"add": TEXTS, "remove": TEXTS},
    "assign": {"owner": Parameter({"type": "integer"}), "reason": TEXT},
    "delete": {},
    "share": {
        "to": Parameter({"type": "array", "items": {"type": "string"}}),
        "level": TEXT, "until": TEXT, "note": TEXT, "part": TEXT,
    },
}  # fmt: skip
Asked = Mapping[str, Any]


class Grown(Refusal):
    """The filter finds another number of records than the caller expects."""

    status = 409
    message = gettext_lazy("Meanwhile the filter finds another number of records.")


class BulkView(ApiView):
    """POST /api/v1/<module>/bulk/ ({action, ids | filter, …})"""

    schema = None

    def post(self, request: Request, module: str) -> Response:
        """Do one thing to many records; the same call with the same key does it once."""
        access = self.open(module)
        asked = as_object(request.data)
        wanted = GIVEN.get(str(asked.get("action")))
        if wanted is None:
            words = ", ".join(GIVEN)
            raise Invalid(fields={"action": [_("This must be one of: %s.") % words]})
        checked = check_parameters({**WHICH, **wanted}, asked)
        job = deeds.run_soon(_job_of(access, checked, idempotency_key(request)))
        if job.ended_at is None:
            return Response({"job": job.pk}, status=202)
        return Response(_as_json(access, job))


@transaction.atomic
def _job_of(access: Access, asked: Asked, key: str | None) -> Job:
    """The job that was asked for now, or by an earlier call with this key and body."""
    done = claim_key(access.user, access.module, key, {"bulk": asked}) if key else None
    if done is not None:
        return Job.objects.get(pk=done)
    job = _ASK[asked["action"]](access, _ids(access, asked), asked)
    if key:
        keep_key(access.user, key, job.pk)
    return job


def _ids(access: Access, asked: Asked) -> list[int]:
    """Which records, as named or as the filter finds them now."""
    if ("ids" in asked) == bool(asked.get("filter") or asked.get("q")):
        raise Invalid(_("Name the records by “ids”, or by “filter” and “q”."))
    if "ids" in asked:
        found = asked["ids"]
        if not all(type(pk) is int and 0 < pk < 2**63 for pk in found):
            raise Invalid(fields={"ids": [_("Name records by their ids.")]})
    else:
        access.require("view")
        where = query_from(query_of_body(asked), access).where
        rows = access.rows().filter(where).order_by("pk")
        found = list(rows.values_list("pk", flat=True)[: deeds.MOST + 1])
    if len(set(found)) > deeds.MOST:
        raise Invalid(_("At most %d records at once. Narrow the filter first.") % deeds.MOST)
    if asked.get("expected", len(set(found))) != len(set(found)):
        raise Grown
    if not found:
        raise Invalid(_("Select at least one record."))
    return sorted(set(found))


def _edit(access: Access, ids: list[int], asked: Asked) -> Job:
    known = {one.name: one for one in editable_fields(access) if SET in ways(one)}
    wrong = {
        name[:80]: [_("You may not write this field.")]
        for name in asked["values"]
        if name not in known
    }
    if wrong:
        raise Invalid(fields=wrong)
    edits = [
        Edit(name, CLEAR if value in (None, "", []) else SET, _plain(value))
        for name, value in asked["values"].items()
    ]
    return _ask_edit(access, ids, edits)


def _plain(value: Any) -> Any:
    """A value of a body as the job's row can hold it."""
    return value if isinstance(value, dict) else plain(value)


def _tag(access: Access, ids: list[int], asked: Asked) -> Job:
    if not may_tag(access):
        raise Invalid(_("You may not write this field."))
    edits = [
        Edit(TAGS, how, "\n".join(map(str, asked[word])))
        for word, how in (("add", ADD), ("remove", REMOVE))
        if asked.get(word)
    ]
    return _ask_edit(access, ids, edits)


def _ask_edit(access: Access, ids: list[int], edits: list[Edit]) -> Job:
    return editing.ask_for_edit(
        owner=access.user, module=access.module.name, pks=ids, edits=edits, source="api"
    )


def _assign(access: Access, ids: list[int], asked: Asked) -> Job:
    return acting.ask_to_assign(
        owner=access.user, module=access.module.name, pks=ids, to=asked["owner"],
        reason=asked.get("reason", "")[:100], source="api",
    )  # fmt: skip


def _delete(access: Access, ids: list[int], _asked: Asked) -> Job:
    name = access.module.name
    return acting.ask_to_delete(owner=access.user, module=name, pks=ids, source="api")


def _share(access: Access, ids: list[int], asked: Asked) -> Job:
    holders = [holder_from(str(one)) for one in asked["to"]]
    if None in holders:
        raise Invalid(fields={"to": [_("There is no such person, department or team.")]})
    until = day_from(asked.get("until", ""))
    terms = Terms(asked.get("level", VIEW), until, asked.get("note", ""), asked.get("part"))
    return acting.ask_to_share(
        owner=access.user, module=access.module.name, pks=ids,
        to=[one for one in dict.fromkeys(holders) if one is not None],
        terms=terms, source="api",
    )  # fmt: skip


_ASK: Mapping[str, Callable[[Access, list[int], Asked], Job]] = {
    "edit": _edit, "tag": _tag, "assign": _assign, "delete": _delete, "share": _share,
}  # fmt: skip


def _as_json(access: Access, job: Job) -> dict[str, Any]:
    rows = JobRow.objects.filter(job=job).order_by("number")
    results = [row_as_json(access, row) for row in rows]
    return {
        "job": job.pk,
        "changed": sum(one["outcome"] == "changed" for one in results),
        "refused": sum(one["outcome"] == "refused" for one in results),
        "results": results,
    }


def row_as_json(access: Access, row: JobRow) -> dict[str, Any]:
    """What became of one record, with the reasons by field as far as the person sees them."""
    reasons = row.reasons or {}
    fields = {name: texts for name, texts in reasons.items() if name in access.visible}
    whole = [text for name, texts in reasons.items() if name not in fields for text in texts]
    detail = " ".join(whole) or (str(Invalid.message) if fields else "")
    outcome = OUTCOMES.get(row.outcome, row.outcome)
    return {"id": row.record_id, "outcome": outcome, "detail": detail, "fields": fields}


def _described(access: Access) -> dict[str, Any]:
    """The path of bulk work, with the actions that the person may do."""
    offered = {
        "edit": access.may("edit") and bool(editable_fields(access)),
        "tag": access.may("edit") and may_tag(access),
        "assign": access.may("assign"),
        "delete": access.may("delete"),
        "share": access.may("share") and is_shareable(access.module.model),
    }
    kinds = [_wanted(name) for name, is_offered in offered.items() if is_offered]
    if not kinds:
        return {}
    done: Schema = {
        "type": "object", "required": ["job", "changed", "refused", "results"],
        "properties": {
            "job": {"type": "integer"}, "changed": {"type": "integer"},
            "refused": {"type": "integer"}, "results": {"type": "array", "items": RESULT},
        },
    }  # fmt: skip
    later: Schema = {"type": "object", "properties": {"job": {"type": "integer"}}}
    asked = operation(
        access, "bulk", _("Change many records at once"),
        {"200": answer(done), "202": answer(later), **errors(400, 403, 409, 413, 415)},
        parameters=[header("Idempotency-Key", _("The same call again is done once."))],
        requestBody=body({"oneOf": kinds}),
    )  # fmt: skip
    return {f"{PATH}/{access.module.name}/bulk/": {"post": asked}}


RESULT: Schema = {
    "type": "object", "required": ["id", "outcome", "detail", "fields"],
    "properties": {
        "id": {"type": "integer", "format": "int64"},
        "outcome": {"type": "string", "enum": list(OUTCOMES.values())},
        "detail": {"type": "string"},
        "fields": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}  # fmt: skip


def _wanted(action: str) -> Schema:
    parameters = {**WHICH, **GIVEN[action]}
    properties = {name: dict(one.schema) for name, one in parameters.items()}
    properties["action"] = {"type": "string", "enum": [action]}
    return {
        "type": "object", "additionalProperties": False, "properties": properties,
        "required": [name for name, one in parameters.items() if one.is_required],
    }  # fmt: skip


describe_with(_described)
