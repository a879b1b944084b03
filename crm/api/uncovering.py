"""Uncover a masked value: logged, and limited per person and hour."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from crm.access.grants import State
from crm.access.policy import Access, access_to
from crm.api.limits import spend
from crm.records.errors import Invalid


def uncover(*, actor: Any, module: str, pk: int, path: str) -> Any:
    """The plain value of a field (`credit_code`, `phones.number`, `phones`) that shows masked.

    Of a collection the rows. Raises NotVisible, Invalid (no such field), TooMany.
    """
    access = access_to(actor, module)
    name = path.partition(".")[0]
    if access.module.field_at(path) is None or path not in access.visible:
        raise Invalid(fields={"field": [_("There is no such field.")]})
    row = access.get(pk, [name])
    covered = _covered(access, path)
    if not covered or not row.masked:
        return row[name]
    spend(
        actor, "unmask", "UNMASKS_PER_HOUR", module=access.module.name, record_id=pk,
        detail={"field": path},
    )  # fmt: skip
    return _opened(access, covered).get(pk, [name])[name]


def _covered(access: Access, path: str) -> list[str]:
    """The masked right names under `path`: itself, or the members of a collection."""
    name, _dot, member = path.partition(".")
    field = access.module.fields[name]
    if not field.is_collection:
        return [path] if path in access.masked else []
    names = [path] if member else [f"{name}.{one}" for one in field.members]
    return [one for one in names if one in access.masked]


def _opened(access: Access, covered: list[str]) -> Access:
    """The same person's door with these fields readable and all others as they are."""
    states = {name: access.state(name) for name in access.module.right_names()}
    states.update(dict.fromkeys(covered, State.READ))
    for path in covered:
        collection = path.partition(".")[0]
        states[collection] = max(states[collection], State.READ)
    return Access(access.user, access.module, replace(access.grants, states=states))
