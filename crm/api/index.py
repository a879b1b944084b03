"""What a person may do over the API, module by module, so that a client can build itself."""

from typing import Any

from crm.access.grants import ACTIONS, State
from crm.access.policy import Access
from crm.api.actions import actions_of
from crm.customfields.dictionaries import options_of
from crm.customfields.files import FILE
from crm.modules.fields import Field

PATH = "/api/v1"


def module_as_json(access: Access) -> dict[str, Any]:
    """One module as the person sees it: its words, his rights, the fields that he may see."""
    module = access.module
    return {
        "name": module.name,
        "label": str(module.label),
        "label_plural": str(module.label_plural),
        "icon": module.icon,
        "group": str(module.group),
        "url": f"{PATH}/{module.name}/",
        "title": module.title,
        "rights": {
            action: access.may(action) for action in (*ACTIONS, *module.extra_actions)
        },
        "actions": {
            action.name: {
                "label": str(action.label),
                "body": {name: dict(one.schema) for name, one in action.parameters.items()},
                "required": [n for n, one in action.parameters.items() if one.is_required],
            }
            for action in actions_of(access)
        },
        "fields": [
            field_as_json(access, name, field)
            for name, field in module.fields.items()
            if name in access.visible
        ],
    }  # fmt: skip


def field_as_json(access: Access, path: str, field: Field) -> dict[str, Any]:
    """One field: kind, words, what may be done with it, its choices."""
    is_readable = path in access.readable
    found: dict[str, Any] = {
        "name": path.rpartition(".")[2],
        "kind": field.kind,
        "label": str(field.label),
        "help": str(field.help or ""),
        "state": access.state(path).name.lower(),
        "is_writable": path in access.editable,
        "is_required": field.required,
        "is_filterable": is_readable and field.is_filterable,
        "is_sortable": is_readable and field.is_sortable and "." not in path,
        "operators": list(field.traits.operators) if is_readable and field.is_filterable else [],
    }
    if field.unit:
        found["unit"] = str(field.unit)
    if field.kind in {"decimal", "money", "percent"}:
        found["places"] = field.places
    if field.max_length:
        found["max_length"] = field.max_length
    if field.kind == FILE:
        found["most_files"] = field.most_files
        found["endings"] = list(field.endings)
    if field.kind == "relation":
        found["target"] = field.target
    if field.kind in {"choice", "multi_choice"}:
        found["options"] = [{"value": v, "label": str(text)} for v, text in options_of(field)]
    if field.is_collection:
        found["members"] = [
            field_as_json(access, f"{path}.{name}", member)
            for name, member in field.members.items()
            if access.state(f"{path}.{name}") >= State.MASKED
        ]
    return found
