"""Who contacted whom, how often and what was said: per person, by day, week or month."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access import names
from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.customfields.dictionaries import options_of
from crm.lists.columns import EMPTY
from crm.lists.show import show_moment
from crm.lists.values import day_start
from crm.views.address import dump
from crm.views.periods import period_of

NEEDED = frozenset({"owner", "kind", "happened_at", "subject"})


@require_safe
def team_activity(request: HttpRequest) -> HttpResponse:
    """GET /follow-ups/team/?period=day|week|month&day=2026-11-23."""
    door = access_to(request.user, "follow-ups")
    if not door.grants.scope("view") or not door.readable >= NEEDED:
        raise NotVisible
    period = period_of(request, "week")
    kinds = options_of(door.module.fields["kind"])
    context = {
        "crumbs": [
            {"label": door.module.label_plural, "url": "/follow-ups/"},
            {"label": _("By person"), "url": ""},
        ],
        **period.context(),
        "kinds": [label for _value, label in kinds],
        "people": _people(door, period.first, period.last, [value for value, _label in kinds]),
        "list_url": "/follow-ups/",
    }
    return render(request, "crm/activity/page.html", context)


def _people(door: Access, first: dt.date, last: dt.date, kinds: list[str]) -> list[dict[str, Any]]:
    field = door.module.fields["happened_at"]
    low, high = day_start(field, first), day_start(field, last + dt.timedelta(days=1))
    rows = door.rows().filter(happened_at__gte=low, happened_at__lt=high).order_by()
    by_kind = {kind: Count("pk", filter=Q(kind=kind)) for kind in kinds}
    counted = rows.values("owner_id").annotate(
        total=Count("pk"),
        subjects=Count("subject", distinct=True),
        last=Max("happened_at"),
        **by_kind,
    )
    found = sorted(counted, key=lambda row: -row["total"])[:500]
    labels = names.people(row["owner_id"] for row in found)
    people = []
    for row in found:
        owner = labels.get(row["owner_id"])
        nodes = [
            {"field": "owner", "op": "eq", "value": row["owner_id"]},
            {
                "field": "happened_at",
                "op": "between",
                "value": [first.isoformat(), last.isoformat()],
            },
        ]
        people.append(
            {
                "name": owner.label if owner else _("Without an owner"),
                "url": f"/follow-ups/?{urlencode({'filter': dump(nodes)})}",
                "total": row["total"],
                "subjects": row["subjects"],
                "last": show_moment(row["last"]) if row["last"] else EMPTY,
                "counts": [row[kind] for kind in kinds],
            }
        )
    return people
