"""Records above records of the same module: no record stands above itself."""

from typing import Any

from django.utils.translation import gettext as _

from crm.modules.module import Module
from crm.records.errors import Invalid
from crm.records.locks import wait_for


def refuse_loops(module: Module, pk: int, changed: dict[str, Any]) -> None:
    """Raise Invalid when a changed reference to the own module would close a ring.

    Changes of one module's tree wait for each other, so that two people cannot close a ring
    from both ends at the same moment.
    """
    for name, value in changed.items():
        field = module.fields[name]
        if field.kind != "relation" or field.target != module.name or value is None:
            continue
        wait_for(f"tree {module.name}.{name}")
        if pk == value or pk in _above(module, field.value_path, value):
            raise Invalid(fields={name: [_("That would put the record above itself.")]})


def _above(module: Module, column: str, pk: int) -> set[int]:
    found: set[int] = set()
    while True:
        parent = module.rows.filter(pk=pk).values_list(column, flat=True).first()
        if parent is None or parent in found:
            return found
        found.add(parent)
        pk = parent
