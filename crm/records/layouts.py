"""Arranging the fields of a module: for everybody, or for one role. The one place that writes it.

Checks, the versions of two administrators, the audit. Who sees which layout is said in
crm/customfields/layouts.py.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.errors import NotAllowed
from crm.access.holders import roles_named
from crm.access.policy import access_to
from crm.customfields.layouts import arranged, is_on_forms, shipped_layout
from crm.customfields.models import LayoutRow
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.errors import Invalid, StaleRecord
from crm.records.locks import wait_for

MOST_SECTIONS = 30
LONGEST_TITLE = 60
Body = Mapping[str, Any]


def row_of(module: str, role: int | None) -> LayoutRow | None:
    """The layout that administrators made for a role, or for everybody."""
    return LayoutRow.objects.filter(module=module, role=role).first()


def save_layout(
    *, actor: Any, module: str, role: int | None, body: Body, version: int | None
) -> LayoutRow:
    """Arrange a module. `version` is that of the layout that was changed, 0 where there was none.

    Raises NotAllowed, Invalid, StaleRecord.
    """
    found = module_named(module)
    _require_administrator(actor, found)
    clean = _checked(found, role, body)
    with transaction.atomic():
        row = _locked(module, role, version)
        before = dict(row.body) if row is not None else None
        if row is None:
            row = LayoutRow(module=module, role=role, body=clean)
        else:
            row.body, row.version = clean, row.version + 1
        if before != clean:
            row.save()
            raise_definitions_version()
            _note(actor, "layout.change", found, role, before, clean)
    return row


def reset_layout(*, actor: Any, module: str, role: int | None, version: int | None) -> None:
    """Go back to what ships, or for a role to what everybody has. Raises as save_layout."""
    found = module_named(module)
    _require_administrator(actor, found)
    with transaction.atomic():
        row = _locked(module, role, version)
        if row is not None:
            _note(actor, "layout.reset", found, role, row.body, None)
            row.delete()
            raise_definitions_version()


def forget_role(role: int) -> None:
    """A role that is gone leaves no layouts behind."""
    if LayoutRow.objects.filter(role=role).delete()[0]:
        raise_definitions_version()


def _require_administrator(actor: Any, module: Module) -> None:
    if not access_to(actor, module).grants.administer:
        raise NotAllowed


def _locked(module: str, role: int | None, version: int | None) -> LayoutRow | None:
    """The stored layout, if it still is the one that was changed. Raises StaleRecord."""
    wait_for(f"layout {module} {role or 0}")
    row = row_of(module, role)
    now = row.version if row is not None else 0
    if now != version:
        raise StaleRecord(now, [], None)
    return row


def _checked(module: Module, role: int | None, body: Body) -> dict[str, Any]:
    """The body as it is kept. Raises Invalid."""
    sections = [dict(one) for one in body.get("sections", ())]
    if role is not None and role not in roles_named():
        raise Invalid(_("There is no such role."))
    if not 1 <= len(sections) <= MOST_SECTIONS:
        raise Invalid(_("A layout has 1 to %d sections.") % MOST_SECTIONS)
    left_out = list(body.get("left_out", ()))
    names = [*(name for one in sections for name in one["fields"]), *left_out]
    keys = [one["key"] for one in sections]
    if len(set(names)) < len(names) or len(set(keys)) < len(keys):
        raise Invalid(_("A field stands in one place only."))
    if not set(names) <= set(module.fields):
        raise Invalid(_("The fields have changed meanwhile. Open the page again."))
    errors: dict[str, list[Any]] = {}
    for one in sections:
        titles = {code: _line(text) for code, text in one["labels"].items() if _line(text)}
        one["labels"] = titles
        if not titles:
            errors[f"section-{one['key']}"] = [_("Give the section a name in one language.")]
        elif max(map(len, titles.values())) > LONGEST_TITLE:
            errors[f"section-{one['key']}"] = [_("At most %d characters.") % LONGEST_TITLE]
        one["more"] = [name for name in one["fields"] if name in set(one.get("more", ()))]
    needed = [name for name in left_out if is_needed(module, name)]
    if needed:
        labels = ", ".join(str(module.fields[name].label) for name in needed)
        errors["left_out"] = [
            _("%s must be filled in, so it cannot be left out of the form.") % labels
        ]
    if errors:
        raise Invalid(fields=errors)
    return {"sections": sections, "left_out": left_out}


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def is_needed(module: Module, name: str) -> bool:
    """Whether a new record must be given this field by whoever enters it."""
    field = module.fields[name]
    is_typed = not field.is_read_only and not field.is_computed and is_on_forms(module, name)
    return field.required and is_typed and field.default is None


def _note(
    actor: Any, action: str, module: Module, role: int | None, before: Any, after: Any
) -> None:
    """The audit entry: both layouts in words, and whole, so that either can be made again."""
    record_audit(
        actor=actor,
        action=action,
        module=module.name,
        detail={
            "name": roles_named().get(role, "") if role is not None else "",
            "before": _in_words(module, before),
            "after": _in_words(module, after),
            "whole": {"role": role, "before": before, "after": after},
        },
    )


def _in_words(module: Module, body: Body | None) -> dict[str, list[str]]:
    """Section → labels of its fields, as the audit shows a change."""
    layout = arranged(module, body) if body else shipped_layout(module)
    words = {
        str(one.title): [str(module.fields[name].label) for name in one.names]
        for one in layout.sections
    }
    words[str(_("Left out"))] = [str(module.fields[name].label) for name in layout.left_out]
    return words
