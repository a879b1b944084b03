"""People at several companies over time: kept when they move, shown where they were."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.html import format_html
from django.utils.translation import gettext as _

from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.lists.columns import record_url
from crm.lists.conditions import compile_tree
from crm.lists.query import order_from
from crm.lists.show import show_date
from crm.modules.day import company_today
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.child_rows import add_rows
from crm.records.merge_links import MERGE
from crm.views.lists import title_of

NAME = "employments"
MOST = 50
LAST = 1000  # the place of what is remembered: below what people have entered


def remember_employers(act: Act, module: Module, ids: Sequence[int]) -> None:
    """Keep the company that a contact has left, with the job there and the day, in `employments`.

    Not when a person has entered that company there himself, nor when a change is taken back or
    two companies turn out to be one.
    """
    if act.source in {"undo", MERGE}:
        return
    today = company_today()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, p.customer_id, p.job FROM sales_contact c"
            " CROSS JOIN LATERAL (SELECT h.customer_id, h.job FROM sales_contact_history h"
            " WHERE h.id = c.id ORDER BY h.history_id DESC OFFSET 1 LIMIT 1) p"
            " JOIN sales_customer o ON o.id = p.customer_id"
            " WHERE c.id = ANY(%s) AND c.deleted_at IS NULL"
            " AND c.customer_id IS DISTINCT FROM p.customer_id AND NOT EXISTS ("
            " SELECT FROM sales_employment e WHERE e.module = %s AND e.record_id = c.id"
            " AND e.customer_id = p.customer_id"
            " AND (e.until IS NULL OR e.until > %s - 60))",
            [list(ids), module.name, today],
        )
        rows = [
            (pk, {"customer": customer, "job": job, "until": today, "position": LAST})
            for pk, customer, job in cursor.fetchall()
        ]
    add_rows(act, module, module.collections_by_name[NAME], rows)


def people_group(customers: Access, row: Row) -> dict[str, Any] | None:
    """Those who work or worked at a customer besides their main company, for its page."""
    door = access_to(customers.user, "contacts")
    path = f"{NAME}.customer"
    if not door.grants.scope("view") or path not in door.readable:
        return None
    tree = {"field": path, "op": "eq", "value": row.pk}
    names = {door.module.title, "number", NAME} & door.visible
    found = door.page(Slice(compile_tree(door, tree), order_from(door, ""), 0, MOST), names)
    rows = [
        _line(door, person, one)
        for person in found
        for one in person.get(NAME) or ()
        if one.get("customer") is not None and one["customer"].pk == row.pk
    ]
    if not rows:
        return None
    return {"title": _("Works or worked here besides"), "fields": [], "rows": rows}


def _line(door: Access, person: Row, one: Mapping[str, Any]) -> dict[str, Any]:
    name = title_of(door, person)
    job = "" if f"{NAME}.job" in person.masked else one.get("job") or ""
    return {
        "face": name[:1],
        "title_html": format_html('{} <span class="dim">{}</span>', name, job),
        "aside_html": format_html('<span class="dim note-size fig">{}</span>', span(one)),
        "url": record_url("contacts", person.pk),
    }


def span(one: Mapping[str, Any]) -> str:
    """From when to when: 2021年3月01日 – 2024年5月31日; open on the side that is not known."""
    since, until = one.get("since"), one.get("until")
    if not since and not until:
        return ""
    days = [
        day if isinstance(day, str) else show_date(day) if day else "" for day in (since, until)
    ]
    return f"{days[0]} – {days[1]}".strip()
