"""Which columns a list shows, how wide, in which order, and how high its rows are."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.access.policy import Access
from crm.customfields.layouts import layout_for
from crm.lists.paths import column_at, related_doors
from crm.views.address import Address
from crm.views.field_menu import spelled

DENSITIES = (
    ("compact", _("Compact"), "rows"),
    ("normal", _("Normal"), "rows-even"),
    ("cosy", _("Roomy"), "rows-cosy"),
)
ACTS = (
    ("left", _("Move left"), "left"),
    ("right", _("Move right"), "right"),
    ("wider", _("Wider"), "plus"),
    ("narrower", _("Narrower"), "minus"),
    ("fit", _("As wide as what it holds"), "swap"),
    ("hide", _("Hide this column"), "x"),
)


def column_menus(access: Access, address: Address, shown: Sequence[str]) -> dict[str, Any]:
    """The columns panel, what may be done with a column, and the heights of rows."""
    return {
        "all_columns": lambda: _own_columns(access, shown),
        "related_columns": lambda: _related_columns(access, shown),
        "columns_key": (tuple(shown), tuple(access.grants.ranked)),
        "column_acts": [
            {"value": value, "label": label, "icon": icon} for value, label, icon in ACTS
        ],
        "densities": _densities(address),
    }


def _densities(address: Address) -> list[dict[str, Any]]:
    """The heights of rows, each with the list's address in it."""
    query = address.query
    current = query.density or getattr(query.access.user, "density", "") or "normal"
    return [
        {
            "value": value,
            "label": label,
            "icon": icon,
            "url": address.with_(density=value),
            "is_on": value == current,
        }
        for value, label, icon in DENSITIES
    ]


def _own_columns(access: Access, shown: Sequence[str]) -> list[dict[str, Any]]:
    """The shown columns in their order, then the module's others."""
    fields = access.module.fields
    labels = {name: column_at(access, name).label for name in shown if name in access.visible}
    labels |= {name: column_at(access, name).label for name in shown if "." in name}
    ordered = layout_for(access.module, access.grants.ranked).names
    labels |= {name: str(fields[name].label) for name in ordered if name in access.visible}
    order = [name for name in shown if name in labels]
    order += [name for name in labels if name not in shown]
    return [
        {
            "name": name,
            "label": labels[name],
            "text": spelled(labels[name]),
            "is_on": name in shown,
            "is_title": name == access.module.title,
        }
        for name in order
    ]


def _related_columns(access: Access, shown: Sequence[str]) -> list[dict[str, Any]]:
    """The fields of related records that are not shown yet, relation by relation."""
    groups = []
    for relation, other in related_doors(access):
        items = []
        for name, field in other.module.fields.items():
            path = f"{relation.name}.{name}"
            if name in other.visible and path not in shown:
                label = f"{relation.label} · {field.label}"
                items.append({"name": path, "label": label, "text": spelled(label)})
        groups.append({"label": relation.label, "items": items})
    return groups
