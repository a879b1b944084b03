"""What changed at the customers that a person follows, under his rights of this moment.

The outbox says which records changed when; history says from what to what. A fixed number of
statements answers a page, however many customers are followed.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from crm.access import names
from crm.access.policy import Access, access_to
from crm.access.rows import Row, hidden_ref
from crm.modules.fields import REFERENCES, Field
from crm.records.changes import Change
from crm.records.many_changes import changes_of_many
from crm.views.history import said
from sales.feed.following import followed_ids

DAYS = 90
# Facts of the register, where the customer stands, whose it is, on which terms.
OF_CUSTOMERS = (
    "name", "credit_code", "parent", "industry", "employees", "revenue", "province", "city",
    "website", "invoice_title", "bank", "bank_account", "relationship", "stage", "level", "owner",
    "service_person", "credit_limit", "payment_terms",
)  # fmt: skip
# Key persons: who is there, in which job, with which part in decisions.
OF_CONTACTS = ("name", "customer", "job", "unit", "part", "reports_to")
KINDS = {"customers": ("changed", "assigned"), "contacts": ("created", "changed", "assigned")}


@dataclass
class Item:
    """One act on one record: a customer, or a contact of it."""

    module: str
    pk: int
    act: UUID
    version: int
    kind: str
    actor: int | None
    at: dt.datetime
    customer: Row | None = None
    contact: Row | None = None
    changes: list[tuple[Any, str, str]] = field(default_factory=list)  # label, before, after


def feed_of(user: Any, *, offset: int, size: int, by_others: bool) -> list[Item]:
    """The items of a page, newest first, `size` and one more if there are any."""
    customers = access_to(user, "customers")
    if not customers.grants.scope("view") and not customers.may("view"):
        return []
    since = timezone.now() - dt.timedelta(days=DAYS)
    ids = followed_ids(customers, since)
    if not ids:
        return []
    contacts = access_to(user, "contacts")
    people = _contact_ids(contacts, ids, since)
    watched = {
        "customers": (ids, watched_names(customers, OF_CUSTOMERS)),
        "contacts": (list(people), watched_names(contacts, OF_CONTACTS)),
    }
    items = _events(watched, since, user.pk if by_others else None, offset, size + 1)
    _add_rows(customers, contacts, people, items)
    for door in (customers, contacts):
        _add_changes(door, [one for one in items if one.module == door.module.name])
    return items


def watched_names(door: Access, wanted: Iterable[str]) -> list[str]:
    """How the outbox calls those of these fields that the person sees."""
    found = []
    for name in wanted:
        if name in door.visible:
            found += [name, door.module.fields[name].value_path]
    return sorted(set(found))


def _contact_ids(contacts: Access, ids: list[int], since: dt.datetime) -> dict[int, int]:
    """The contacts of these customers that the person sees, with their customer."""
    if "customer" not in contacts.readable:
        return {}
    rows = contacts.rows().filter(customer_id__in=ids, changed_at__gte=since)
    return dict(rows.order_by("-changed_at").values_list("pk", "customer_id")[:5000])


def _events(
    watched: Mapping[str, tuple[list[int], list[str]]],
    since: dt.datetime,
    but: int | None,
    offset: int,
    size: int,
) -> list[Item]:
    parts: list[str] = []
    params: list[Any] = []
    for module, (ids, fields) in watched.items():
        parts.append(
            "SELECT e.* FROM unnest(%s::bigint[]) AS r(id) CROSS JOIN LATERAL ("
            "SELECT id, module, record_id, act, version, kind, actor_id, at"
            " FROM crm_event WHERE module = %s AND record_id = r.id AND at >= %s"
            " AND kind = ANY(%s) AND (kind = 'created' OR changed ?| %s)"
            " AND (%s::bigint IS NULL OR actor_id IS DISTINCT FROM %s)"
            " ORDER BY id DESC LIMIT %s) AS e"
        )
        params += [ids, module, since, list(KINDS[module]), fields, but, but, offset + size]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT module, record_id, act, version, kind, actor_id, at"  # noqa: S608  the texts above
            f" FROM ({' UNION ALL '.join(parts)}) AS found"
            " ORDER BY at DESC, id DESC LIMIT %s OFFSET %s",
            [*params, size, offset],
        )
        return [Item(*row) for row in cursor.fetchall()]


def _add_rows(
    customers: Access, contacts: Access, people: Mapping[int, int], items: list[Item]
) -> None:
    """The customer of each item and, of a contact's, the contact."""
    mine = {one.pk for one in items if one.module == "contacts"}
    theirs = {people[pk] for pk in mine} | {one.pk for one in items if one.module == "customers"}
    title = [name for name in ("name", "number") if name in customers.visible]
    rows = {row.pk: row for row in customers.rows_of(theirs, title)}
    shown = [name for name in ("name", "number", "job", "part") if name in contacts.visible]
    persons = {row.pk: row for row in contacts.rows_of(mine, shown)}
    for one in items:
        one.contact = persons.get(one.pk) if one.module == "contacts" else None
        one.customer = rows.get(people[one.pk] if one.module == "contacts" else one.pk)


def _add_changes(door: Access, items: list[Item]) -> None:
    """What each item changed, in words: references are named by one statement per kind."""
    wanted = OF_CUSTOMERS if door.module.name == "customers" else OF_CONTACTS
    deeds = {(one.pk, one.act, one.version): one for one in items if one.kind != "created"}
    found = {
        deed: [change for change in changes if change.name in wanted]
        for deed, changes in changes_of_many(door, deeds).items()
    }
    labels = _labels(door, [change for changes in found.values() for change in changes])
    for deed, changes in found.items():
        deeds[deed].changes = [
            (
                change.field.label,
                _word(door, labels, change.field, change.before),
                _word(door, labels, change.field, change.after),
            )
            for change in changes
        ]


def _labels(door: Access, changes: list[Change]) -> dict[str, Mapping[int, Any]]:
    """The names of all records and persons in these changes, by kind or module."""
    ids: dict[str, set[int]] = {}
    for change in changes:
        kind = change.field.target if change.field.kind == "relation" else change.field.kind
        for value in (change.before, change.after):
            if change.field.kind in REFERENCES and isinstance(value, int):
                ids.setdefault(kind, set()).add(value)
    known: dict[str, Mapping[int, Any]] = {}
    for kind, wanted in ids.items():
        if kind == "user":
            known[kind] = names.people(wanted)
        elif kind == "department":
            known[kind] = names.departments(wanted)
        else:
            known[kind] = door.labels(kind, wanted)
    return known


def _word(door: Access, labels: Mapping[str, Mapping[int, Any]], one: Field, value: Any) -> str:
    if one.kind in REFERENCES and isinstance(value, int):
        kind = one.target if one.kind == "relation" else one.kind
        found = labels[kind].get(value)
        return str((found or hidden_ref(one.target)).label)
    return said(door, one, value)
