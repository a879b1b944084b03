"""New children and dying parents: no child is left living below a deleted record."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.records.errors import Invalid

Name = tuple[str, int]  # module, id


def parent_of(module: Module, values: Mapping[str, Any]) -> Name | None:
    """The record that one with these values lives and dies with."""
    field = module.fields.get(module.parent)
    value = values.get(module.parent)
    if field is None or not value:
        return None
    if field.kind == "any_relation":
        name, _slash, pk = value.partition("/")
        return name, int(pk)
    return field.target, value


def dead_parents(parents: Iterable[Name]) -> set[Name]:
    """Lock the records, so that nobody deletes them in this moment; answers those not living.

    The lock is that of a change, not a shared one: what follows the write may change them.
    """
    dead: set[Name] = set()
    by_module: dict[str, set[int]] = {}
    for name, pk in parents:
        by_module.setdefault(name, set()).add(pk)
    for name, ids in sorted(by_module.items()):
        rows = module_named(name).rows.filter(pk__in=ids, deleted_at__isnull=True)
        locked = rows.order_by("pk").select_for_update(of=("self",), no_key=True)
        dead.update((name, pk) for pk in ids - set(locked.values_list("pk", flat=True)))
    return dead


def hold_parent(module: Module, values: Mapping[str, Any]) -> None:
    """Keep the parent of a new child alive until the end of the transaction. Raises Invalid."""
    parent = parent_of(module, values)
    if parent is not None and dead_parents([parent]):
        raise Invalid(fields={module.parent: [_("There is no such record.")]})
