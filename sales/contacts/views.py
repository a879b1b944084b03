"""The people of a customer as a picture: who reports to whom, and who decides."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.customfields.dictionaries import option_label
from crm.lists.columns import record_url
from crm.lists.conditions import compile_tree
from crm.lists.query import order_from

MOST = 300


@require_safe
def reporting_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /customers/<id>/people/: the contacts that the reader sees, those above on top."""
    customers = access_to(request.user, "customers")
    customer = customers.get(pk, ["name", "number"])
    door = access_to(request.user, "contacts")
    door.require("view")
    tree = {"field": "customer", "op": "eq", "value": pk}
    names = ["name", "job", "unit", "part", "reports_to"]
    rows = door.page(Slice(compile_tree(door, tree), order_from(door, "name"), 0, MOST), names)
    title = str(customer.get("name") or customer.get("number"))
    context = {
        "title": title,
        "record_url": record_url("customers", pk),
        "crumbs": [
            {"label": customers.module.label_plural, "url": "/customers/"},
            {"label": title, "url": record_url("customers", pk)},
            {"label": _("Reporting lines"), "url": ""},
        ],
        "people": people_tree(door, rows),
    }
    return render(request, "sales/contacts/chart.html", context)


def people_tree(door: Access, rows: list[Row]) -> list[dict[str, Any]]:
    """The contacts as a tree; whose superior is not among them stands on top."""
    nodes = {row.pk: _node(door, row) for row in rows}
    top = []
    for row in rows:
        above = row.get("reports_to")
        if above is not None and above.pk in nodes and above.pk != row.pk:
            nodes[above.pk]["below"].append(nodes[row.pk])
        else:
            top.append(nodes[row.pk])
    return top


def _node(door: Access, row: Row) -> dict[str, Any]:
    part = row.get("part")
    return {
        "name": row.get("name") or "",
        "url": record_url("contacts", row.pk),
        "about": " · ".join(filter(None, (row.get("job"), row.get("unit")))),
        "part": option_label(door.module.fields["part"], part) if part else "",
        "decides": part == "decides",
        "below": [],
    }
