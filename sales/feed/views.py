"""The feed as a page and as a block of the start page; the star that follows a customer."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access import names
from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.lists.columns import plain_text, record_url
from crm.lists.show import in_a_row, show_date, show_moment, show_time
from crm.views.lists import title_of
from crm.views.pages import page_links, page_number
from crm.views.shell import toast
from sales.feed.feed import DAYS, Item, feed_of
from sales.feed.following import MODULE, follow

PAGE = 30
DEEPEST = 20
IN_BLOCK = 6


@require_safe
def feed_page(request: HttpRequest) -> HttpResponse:
    """GET /feed/?by=all&page=: what changed, by others unless all is asked for."""
    door = access_to(request.user, MODULE)
    if not door.may("view"):
        raise NotVisible
    page = page_number(request.GET.get("page", "1"), DEEPEST)
    everybody = request.GET.get("by") == "all"
    found = feed_of(request.user, offset=(page - 1) * PAGE, size=PAGE, by_others=not everybody)
    asked = "by=all&" if everybody else ""
    shown = found[:PAGE]
    context = {
        "crumbs": [{"label": _("What changed at my customers"), "url": ""}],
        "days": DAYS,
        "choices": [
            {"label": _("By others"), "url": request.path, "is_current": not everybody},
            {"label": _("By everybody"), "url": f"{request.path}?by=all", "is_current": everybody},
        ],
        "items": _contexts(request.user, shown),
        "count": None,
        "pager": page_links(
            page, PAGE, len(shown), len(found) > PAGE and page < DEEPEST,
            lambda number: f"{request.path}?{asked}page={number}",
        ),
    }  # fmt: skip
    return render(request, "sales/feed/page.html", context)


def feed_block(user: Any) -> dict[str, Any] | None:
    """The latest items for the start page; None for who sees no customers."""
    if not access_to(user, MODULE).grants.scope("view"):
        return None
    items = feed_of(user, offset=0, size=IN_BLOCK, by_others=True)[:IN_BLOCK]
    rows = [
        {
            "face": "", "level": "", "title": one["customer"], "url": one["url"],
            "about": one["line"], "when": one["day"],
        }
        for one in _contexts(user, items)
    ]  # fmt: skip
    return {
        "title": _("What changed at my customers"), "count": None, "url": "/feed/", "rows": rows,
        "empty": _("Nothing that colleagues or rules have changed"),
    }  # fmt: skip


def _contexts(user: Any, items: list[Item]) -> list[dict[str, Any]]:
    """Items as sales/feed/page.html takes them."""
    customers, contacts = access_to(user, MODULE), access_to(user, "contacts")
    people = names.people(one.actor for one in items)
    found = []
    for one in items:
        if one.customer is None:
            continue
        by = people[one.actor].label if one.actor else _("rule")
        person = _person(contacts, one.contact) if one.contact is not None else None
        changes = [
            {"label": label, "before": before, "after": after}
            for label, before, after in one.changes
        ]
        found.append(
            {
                "icon": "person" if one.module == "contacts" else "building",
                "customer": title_of(customers, one.customer),
                "url": record_url(MODULE, one.customer.pk),
                "person": person,
                "is_new": one.kind == "created",
                "changes": changes,
                "line": _line(one, person, changes),
                "by": by,
                "when": show_time(one.at),
                "when_title": show_moment(one.at),
                "day": show_date(timezone.localtime(one.at).date()),
            }
        )
    return found


def _person(contacts: Access, row: Row) -> dict[str, str]:
    """A contact: name, and what makes it a key person."""
    fields = contacts.module.fields
    about = [plain_text(fields[name], row.get(name)) for name in ("job", "part")]
    return {
        "name": title_of(contacts, row),
        "url": record_url("contacts", row.pk),
        "about": " · ".join(filter(None, about)),
    }


def _line(one: Item, person: dict[str, str] | None, changes: list[dict[str, Any]]) -> str:
    """The item in one line of text."""
    if person is not None and one.kind == "created":
        return _("New contact %s") % person["name"]
    words = in_a_row(f"{change['label']} {change['after']}".strip() for change in changes)
    return f"{person['name']} {words}" if person is not None else words


@require_POST
def follow_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /customers/<id>/follow/?on=1 or 0."""
    is_on = request.GET.get("on") != "0"
    follow(actor=request.user, pk=pk, is_on=is_on)
    said = (
        _("Its changes stand in your feed now.")
        if is_on
        else _("Its changes are out of your feed.")
    )
    toast(request, said)
    return HttpResponseRedirect(record_url(MODULE, pk))
