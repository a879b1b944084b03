"""Why may, or may not, this person see or change this field; and what every role makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.grants import role_grants
from accounts.models import Department, Role, User
from crm.access.grants import STATE_LABELS, State
from crm.access.inspector import Part, Weight, weigh_field, writable_on
from crm.access.policy import Access, access_to
from crm.lists.show import in_a_row
from crm.modules.module import Module
from crm.modules.registry import all_modules, module_named


def field_choices() -> list[tuple[str, str]]:
    """Every name in every module that a right can be given on, as options of a control."""
    return [
        (f"{module.name}.{path}", f"{module.label} · {path_label(module, path)}")
        for module in all_modules()
        for path in module.right_names()
    ]


def path_label(module: Module, path: str) -> str:
    """What a field, or a member of a collection, is called."""
    name, _dot, member = path.partition(".")
    whole = module.fields[name]
    return f"{whole.label} · {whole.members[member].label}" if member else str(whole.label)


def field_asked(text: str) -> tuple[Module, str] | None:
    """The module and the field that `customers.phones.number` names; None for nothing."""
    name, _dot, path = text.partition(".")
    if not path:
        return None
    module = module_named(name)
    return (module, path) if path in module.right_names() else None


def field_context(
    user: User | None, parts: Sequence[Part], module: Module, path: str, pk: int | None
) -> dict[str, Any]:
    """What setup/inspector_field.html shows; without a person the line of all roles alone."""
    found: dict[str, Any] = {
        "label": f"{module.label} · {path_label(module, path)}",
        "roles": _all_roles(module, path),
    }
    if user is None:
        return found
    door = access_to(user, module)
    weight = weigh_field(door, parts, path)
    found.update(
        person=user.display_name,
        state=STATE_LABELS[weight.state],
        is_seen=weight.state >= State.MASKED,
        chain=[_link(one, state, is_free, weight) for one, state, is_free in weight.parts],
        inputs=[
            {
                "label": path_label(module, name),
                "state": STATE_LABELS[state],
                "is_open": state >= State.READ,
            }
            for name, state in weight.inputs
        ],
        notes=list(_notes(weight)),
    )
    if pk is not None:
        found["now"] = _on_record(door, path, pk, weight)
    return found


def _link(part: Part, state: State, is_free: bool, weight: Weight) -> dict[str, Any]:
    """What one role gives by itself, and whether it decides."""
    words = str(STATE_LABELS[state])
    if state is State.EDIT and not is_free:
        words = _("%(state)s, only while empty") % {"state": words}
    return {
        "text": _("Role %(role)s: %(reach)s") % {"role": part.label, "reach": words},
        "note": part.source,
        "url": part.url,
        "decides": part in weight.deciding,
    }


def _notes(weight: Weight) -> Any:
    if weight.inputs:
        yield _("It is computed: whoever may not read one of its inputs does not see it.")
    elif weight.is_fixed:
        yield _("nobody writes it by hand")
    if not weight.deciding:
        yield _("no role shows it")
    elif len(weight.parts) > 1:
        yield _("Of several roles the strongest state holds, and of two that edit the freer one.")


def _on_record(door: Access, path: str, pk: int, weight: Weight) -> str:
    """Whether it can be written on this record as it is now."""
    name = path.partition(".")[0]
    if not door.decide("view", pk):
        return _("The record itself is out of reach, so the field is too.")
    if not door.decide("edit", pk):
        return _("The record may be read, not edited: see below which roles and shares reach it.")
    if path in writable_on(door, pk) or (path != name and name in writable_on(door, pk)):
        return _("It may be changed on this record now.")
    if path in door.grants.only_when_empty:
        return _("On this record it is filled in already: it may be filled in only while empty.")
    return _("It may be read on this record, not changed.") if weight.state else ""


def _all_roles(module: Module, path: str) -> list[dict[str, Any]]:
    """Every role with the state that it gives by itself: the line of the matrix for one field."""
    found = []
    for role in Role.objects.annotate(n=Count("holders")):
        grants = role_grants(role.pk, module.name)
        weight = weigh_field(Access(None, module, grants), (), path)
        found.append(
            {
                "label": role.label,
                "url": f"{reverse('setup-role', args=[role.name])}?module={module.name}",
                "state": STATE_LABELS[weight.state],
                "level": weight.state.name.lower(),
                "is_once": path in grants.only_when_empty and weight.state is State.EDIT,
                "count": role.n,
            }
        )
    return found


def belongs(access: Access, pk: int, is_bin: bool) -> dict[str, str]:
    """Whose a record is and the way down to its department, as the administrator reads them."""
    door = access.in_bin() if is_bin else access
    row = door.get(pk, ["owner", "department"])
    owner, department = row.get("owner"), row.get("department")
    return {
        "owner": str(owner) if owner else _("nobody"),
        "path": _way(department.pk) if department and department.pk else "",
    }


def departments_of(user: User) -> str:
    """The ways down to the departments that a person is in."""
    return in_a_row(_way(pk) for pk in sorted(user.department_ids()))


def _way(pk: int) -> str:
    """Names from the top of the tree down to a department."""
    path = Department.objects.values_list("path", flat=True).filter(pk=pk).first() or ""
    ids = [int(part) for part in path.split("/") if part]
    names = dict(Department.objects.filter(pk__in=ids).values_list("pk", "name"))
    return " › ".join(names[one] for one in ids if one in names)
