"""What can be done to one record besides reading and changing it: POST …/actions/<name>/.

Modules add their own (claim, convert, approve) with `register`; index and schema show them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.access.errors import NotVisible
from crm.access.policy import Access
from crm.api.values import value_as_json
from crm.records.errors import Invalid
from crm.records.lifecycle import assign_records, delete_records, restore_record
from crm.records.merging import may_merge, merge_records
from crm.records.uncovering import uncover
from crm.records.unmerging import last_merge, undo_merge

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "integer": int, "string": str, "boolean": bool, "array": list, "object": dict,
}  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """One key of an action's body. `schema` is its OpenAPI schema, which is checked by type."""

    schema: Mapping[str, Any]
    is_required: bool = True


@dataclass(frozen=True)
class Call:
    """One action asked for by one person on one record."""

    access: Access
    pk: int
    body: Mapping[str, Any]

    @property
    def actor(self) -> Any:
        """Who asks."""
        return self.access.user

    @property
    def module(self) -> str:
        """The module's name."""
        return self.access.module.name


Answer = dict[str, Any] | None


@dataclass(frozen=True)
class Action:
    """An action: what it needs, who is offered it, and the service that does it.

    `run` answers None for "the record as it is now", or an object of its own that `answer`
    describes as an OpenAPI schema. `is_gone` makes the answer a 204. `is_offered` only decides
    what index and schema show; the service asks for rights itself.
    """

    name: str
    label: Any
    run: Callable[[Call], Answer]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    is_offered: Callable[[Access], bool] = lambda access: access.may("edit")
    answer: Mapping[str, Any] | None = None
    is_gone: bool = False


_actions: dict[str, list[Action]] = {}


def register(action: Action, module: str = "") -> None:
    """Offer an action in one module, or in all; a module's own goes before the general one."""
    _actions.setdefault(module, []).append(action)


def actions_of(access: Access) -> list[Action]:
    """The actions that the person is offered in a module."""
    return [one for one in _known(access.module.name).values() if one.is_offered(access)]


def action_named(module: str, name: str) -> Action:
    """The action of a module. Raises NotVisible."""
    try:
        return _known(module)[name]
    except KeyError:
        raise NotVisible from None


def _known(module: str) -> dict[str, Action]:
    return {one.name: one for one in (*_actions.get("", ()), *_actions.get(module, ()))}


def check_body(action: Action, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body, if it has what the action needs and nothing else. Raises Invalid."""
    return check_parameters(action.parameters, body)


def check_parameters(
    parameters: Mapping[str, Parameter], body: Mapping[str, Any]
) -> dict[str, Any]:
    """The body without its nulls, if it has what is needed and nothing else. Raises Invalid."""
    errors: dict[str, list[Any]] = {}
    for name in body:
        if name not in parameters:
            errors[name[:80]] = [_("There is no such parameter.")]
    for name, parameter in parameters.items():
        value = body.get(name)
        if value is None:
            if parameter.is_required:
                errors[name] = [_("This field is required.")]
        elif not _fits(parameter.schema, value):
            errors[name] = [_("This must be of type “%s”.") % parameter.schema.get("type")]
    if errors:
        raise Invalid(fields=errors)
    return {name: value for name, value in body.items() if value is not None}


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    wanted = TYPES.get(str(schema.get("type", "")))
    if wanted is None:
        return True
    if isinstance(value, bool) and wanted is not bool:
        return False
    if wanted is int and isinstance(value, int):
        return -(2**63) <= value < 2**63
    if wanted is str and isinstance(value, str):
        return len(value) <= int(schema.get("maxLength", 20_000))
    return isinstance(value, wanted)


def _assign(call: Call) -> Answer:
    assign_records(
        actor=call.actor, module=call.module, pks=[call.pk], owner=call.body["owner"],
        source="api", reason=call.body.get("reason", ""),
    )  # fmt: skip
    return None


def _restore(call: Call) -> Answer:
    restore_record(actor=call.actor, module=call.module, pk=call.pk, source="api")
    return None


def _delete(call: Call) -> Answer:
    delete_records(
        actor=call.actor, module=call.module, pks=[call.pk], version=call.body.get("version"),
        source="api",
    )  # fmt: skip
    return None


def _merge(call: Call) -> Answer:
    choices, losers = call.body.get("choices", {}), call.body["losers"]
    if not all(_is_id(pk) for pk in (*losers, *choices.values())):
        raise Invalid(fields={"losers": [_("Name records by their ids.")]})
    merge_records(
        actor=call.actor, module=call.module, survivor=call.pk, losers=losers, choices=choices
    )
    return None


def _unmerge(call: Call) -> Answer:
    call.access.get(call.pk, [])
    merge = last_merge(call.access, call.pk)
    if merge is None:
        raise Invalid(_("There is no merge to take back."))
    left = undo_merge(actor=call.actor, pk=merge.pk)
    shown = [name for name in left.fields if name in call.access.visible]
    return {"losers": merge.losers, "left": shown, "links_left": left.links}


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _unmask(call: Call) -> Answer:
    """Of a collection the rows with all their members; of any other field its one value."""
    path = call.body["field"]
    name, _dot, _member = path.partition(".")
    if path not in call.access.visible:
        raise Invalid(fields={"field": [_("There is no such field.")]})
    if not any(one == name or one.startswith(f"{name}.") for one in call.access.masked):
        raise Invalid(fields={"field": [_("This field is not masked for you.")]})
    row = uncover(call.access, call.pk, name)
    return {"field": path, "value": value_as_json(call.access, name, row[name])}


register(
    Action(
        "assign",
        gettext_lazy("Give the record to another owner"),
        _assign,
        {
            "owner": Parameter({"type": "integer", "description": "The id of the new owner."}),
            "reason": Parameter({"type": "string", "maxLength": 100}, is_required=False),
        },
        lambda access: access.may("assign"),
    )
)
register(
    Action(
        "restore",
        gettext_lazy("Bring the record back from the recycle bin"),
        _restore,
        is_offered=lambda access: access.may("delete"),
    )
)
register(
    Action(
        "delete",
        gettext_lazy("Put the record into the recycle bin"),
        _delete,
        {"version": Parameter({"type": "integer"}, is_required=False)},
        lambda access: access.may("delete"),
        is_gone=True,
    )
)
register(
    Action(
        "merge",
        gettext_lazy("Merge other records into this one"),
        _merge,
        {
            "losers": Parameter({"type": "array", "items": {"type": "integer"}, "maxItems": 4}),
            "choices": Parameter(
                {"type": "object", "description": "Field → id of the record whose value stays."},
                is_required=False,
            ),
        },
        may_merge,
    )
)
register(
    Action(
        "unmerge",
        gettext_lazy("Take the last merge into this record back"),
        _unmerge,
        {},
        may_merge,
        {
            "type": "object",
            "required": ["losers", "left", "links_left"],
            "properties": {
                "losers": {"type": "array", "items": {"type": "integer"}},
                "left": {"type": "array", "items": {"type": "string"}},
                "links_left": {"type": "integer"},
            },
        },
    )
)
register(
    Action(
        "unmask",
        gettext_lazy("Show a masked value; logged and limited"),
        _unmask,
        {
            "field": Parameter(
                {"type": "string", "maxLength": 80, "description": "Such as `phones.number`."}
            )
        },
        lambda access: bool(access.masked),
        {
            "type": "object",
            "required": ["field", "value"],
            "properties": {"field": {"type": "string"}, "value": {}},
        },
    )
)
