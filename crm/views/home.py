"""The start page: what is due first, who was contacted, what is new."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.customfields.dictionaries import option_label
from crm.lists.columns import due_class, record_url
from crm.lists.conditions import compile_tree
from crm.lists.query import order_from
from crm.lists.show import in_sentence, show_date, show_moment
from crm.modules.registry import all_modules, contributions
from crm.views.address import dump
from crm.views.lists import title_of
from crm.views.tour import tour_for

DUE = 12
LATEST = 8
SAID = frozenset({"text", "happened_at"})  # of a follow-up: what, and when
Node = dict[str, Any]


def _where(door: Access, *nodes: Node) -> Q:
    return compile_tree(door, {"all": list(nodes)}) if nodes else Q()


def _mine() -> Node:
    return {"field": "owner", "op": "eq", "value": "@me"}


def _today() -> str:
    return timezone.localdate().isoformat()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """GET /."""
    doors = [access_to(request.user, module) for module in all_modules()]
    doors = [door for door in doors if door.grants.scope("view")]
    dated = [d for d in doors if "next_contact_at" in d.readable and d.module.has_follow_ups]
    spoken = next((d for d in doors if d.module.name == "follow-ups" and d.readable >= SAID), None)
    context = {
        "crumbs": [{"label": _("Home"), "url": ""}],
        "greeting": _greeting(str(request.user)),
        "today": show_date(timezone.localdate()),
        "figures": _figures(doors, spoken),
        "duties": _duties(dated[0] if dated else None, spoken),
        "blocks": [
            block
            for block in (
                *(made(request.user) for made in contributions("HOME_BLOCKS")),
                _latest(spoken),
                _new(dated[0] if dated else None),
            )
            if block
        ],
        "tour": tour_for(request),
    }
    return render(request, "home/page.html", context)


def _greeting(name: str) -> str:
    hour = timezone.localtime().hour
    if 5 <= hour < 12:
        return _("Good morning, %s") % name
    return _("Good afternoon, %s") % name if 12 <= hour < 18 else _("Good evening, %s") % name


def _figures(doors: list[Access], spoken: Access | None) -> list[dict[str, Any]]:
    figures = []
    if spoken is not None:
        for label, period in (
            (_("Follow-ups this week"), "this_week"),
            (_("Follow-ups this month"), "this_month"),
        ):
            node = {"field": "happened_at", "op": "within", "value": period}
            nodes = [node]
            figures.append(_figure(spoken, label, nodes))
    for door in doors:
        if door.module.name == "follow-ups" or "created_at" not in door.readable:
            continue
        node = {"field": "created_at", "op": "within", "value": "this_month"}
        figures.append(
            _figure(door, _("New %s this month") % in_sentence(door.module.label_plural), [node])
        )
    return figures[:4]


def _figure(door: Access, label: str, nodes: list[Node]) -> dict[str, Any]:
    count, exact = door.count(_where(door, *nodes))
    return {
        "label": label,
        "value": f"{count:,}" + ("" if exact else "+"),
        "note": "",
        "why": "",
        "share": None,
        "tone": "",
        "url": f"/{door.module.name}/?{urlencode({'filter': dump(nodes)})}",
    }


def _duties(door: Access | None, spoken: Access | None) -> dict[str, Any]:
    """What is due at my own records; else what I promised at others', or what my people owe."""
    if door is None:
        return {"count": 0, "url": "", "items": []}
    node = {"field": "next_contact_at", "op": "lte", "value": _today()}
    nodes = [node, _mine()] if "owner" in door.readable else [node]
    where = _where(door, *nodes)
    names = {door.module.title, "next_contact_at", "last_follow_up_at", *door.module.phone_columns}
    rows = door.page(Slice(where, order_from(door, "next_contact_at"), 0, DUE), names)
    if not rows and len(nodes) > 1:
        where = _where(door, node)
        if not door.may("assign"):
            where &= Q(pk__in=_promised(door, spoken))
        rows = door.page(Slice(where, order_from(door, "next_contact_at"), 0, DUE), names)
    count, _exact = door.count(where)
    return {
        "count": count,
        "url": f"/{door.module.name}/?view=due&sort=next_contact_at",
        "items": [_duty(door, row) for row in rows],
    }


def _promised(door: Access, spoken: Access | None) -> list[int]:
    """Records whose next contact is the one that a follow-up of mine named."""
    if spoken is None or not {"subject", "owner", "next_contact_at"} <= spoken.readable:
        return []
    nodes = [_mine(), {"field": "next_contact_at", "op": "lte", "value": _today()}]
    mine = Slice(_where(spoken, *nodes), order_from(spoken, "-next_contact_at"), 0, 20 * DUE)
    named = {
        row["subject"].pk: row["next_contact_at"]
        for row in reversed(spoken.page(mine, {"subject", "next_contact_at"}))
        if row["subject"] and row["subject"].module == door.module.name
    }
    rows = door.page(Slice(Q(pk__in=list(named)), size=len(named)), {"next_contact_at"})
    return [row.pk for row in rows if row["next_contact_at"] == named[row.pk]]


def _duty(door: Access, row: Any) -> dict[str, Any]:
    due = row["next_contact_at"]
    url = record_url(door.module.name, row.pk)
    return {
        "icon": "clock",
        "tone": due_class(due),
        "title": title_of(door, row),
        "url": url,
        "about": _("Contact is overdue") if due_class(due) == "late" else _("Contact is due today"),
        "why": _last_time(door, row),
        "when": show_moment(due),
        "act_url": f"{url}#composer",
        "act_label": _("Follow up"),
    }


def _last_time(door: Access, row: Any) -> str:
    """How long nobody has followed up, for whom may know it."""
    if "last_follow_up_at" not in door.readable:
        return ""
    last = row["last_follow_up_at"]
    if last is None:
        return _("Never followed up")
    days = (timezone.localdate() - timezone.localtime(last).date()).days
    return _("Last follow-up %d days ago") % days


def _latest(door: Access | None) -> dict[str, Any] | None:
    if door is None:
        return None
    rows = door.page(Slice(order=order_from(door, "-happened_at"), size=LATEST))
    found = []
    for row in rows:
        owner, subject = row.get("owner"), row.get("subject")
        name = owner.label if owner else ""
        kind = option_label(door.module.fields["kind"], row.get("kind") or "")
        target = record_url(subject.module, subject.pk) if subject and subject.pk else "#"
        found.append(
            {
                "face": name[:1], "level": "", "title": f"{name} {kind}", "url": target,
                "about": row.get("text", "")[:60],
                "when": show_date(timezone.localtime(row["happened_at"]).date()),
            }
        )  # fmt: skip
    return {
        "title": _("Latest follow-ups"), "count": None, "url": "/follow-ups/", "rows": found,
        "empty": _("No follow-ups yet"),
    }  # fmt: skip


def _new(door: Access | None) -> dict[str, Any] | None:
    if door is None or "created_at" not in door.readable:
        return None
    rows = door.page(Slice(order=order_from(door, "-created_at"), size=5))
    found = [
        {
            "face": "", "level": "", "title": title_of(door, row),
            "url": record_url(door.module.name, row.pk),
            "about": row["owner"].label if row.get("owner") else "",
            "when": show_date(timezone.localtime(row["created_at"]).date()),
        }
        for row in rows
    ]  # fmt: skip
    return {
        "title": pgettext("latest", "New %s") % in_sentence(door.module.label_plural),
        "url": f"/{door.module.name}/?sort=-created_at",
        "count": None, "rows": found, "empty": "",
    }  # fmt: skip
