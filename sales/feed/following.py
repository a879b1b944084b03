"""Following customers: one's own unless one says no, others' if one says yes."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.lists.columns import record_url
from sales.feed.models import Following

MODULE = "customers"
MOST = 2000  # customers that one feed watches: those that changed last


def follow(*, actor: Any, pk: int, is_on: bool) -> None:
    """Follow a customer that the person sees, or no longer. Raises NotVisible."""
    access_to(actor, MODULE).get(pk, [])
    Following.objects.update_or_create(user=actor, customer_id=pk, defaults={"is_on": is_on})


def followed_ids(door: Access, since: dt.datetime) -> list[int]:
    """The customers that the person follows and sees, of those that changed since a moment."""
    said = dict(Following.objects.filter(user=door.user).values_list("customer_id", "is_on"))
    fresh = door.rows().filter(changed_at__gte=since)
    own = fresh.filter(owner_id=door.user.pk).order_by("-changed_at", "-pk")
    found = [pk for pk in own.values_list("pk", flat=True)[:MOST] if said.get(pk, True)]
    others = [pk for pk, is_on in said.items() if is_on]
    if others:
        found += (
            fresh.filter(pk__in=others)
            .exclude(owner_id=door.user.pk)
            .values_list("pk", flat=True)[:MOST]
        )
    return found


def is_followed(door: Access, row: Row) -> bool:
    """Whether the person follows this customer."""
    said = Following.objects.filter(user=door.user, customer_id=row.pk).values_list("is_on")
    word = said.first()
    if word is not None:
        return word[0]
    if "owner" in door.readable:
        return row["owner"] is not None and row["owner"].pk == door.user.pk
    return door.rows().filter(pk=row.pk, owner_id=door.user.pk).exists()


def follow_extras(door: Access, row: Row) -> dict[str, Any]:
    """The star in the head of the customer's page, and the same in its menu."""
    is_on = is_followed(door, row)
    url = f"{record_url(MODULE, row.pk)}follow/?on={0 if is_on else 1}"
    label = _("Stop following") if is_on else _("Follow what changes")
    action = {"label": label, "icon": "star", "is_post": True, "url": url}
    return {"watch": {"url": url, "is_on": is_on}, "actions": [action]}
