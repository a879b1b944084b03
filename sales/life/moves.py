"""How customers moved between stages in a period, from where to where, and who moved them."""

import datetime as dt
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.access import names
from crm.access.errors import NotAllowed
from crm.access.policy import Access, access_to
from crm.lists.columns import record_url, renderer_for
from crm.lists.show import show_moment
from crm.lists.values import day_start
from crm.modules.day import company_today
from crm.views.lists import title_of
from crm.views.pages import page_links, page_number
from crm.views.periods import period_of
from crm.views.shell import toast
from sales.life.editing import stage_options
from sales.life.models import StageMove
from sales.life.moving import release
from sales.life.rules import MODULE

PAGE = 50
DEEPEST = 40


@require_safe
def moves_page(request: HttpRequest) -> HttpResponse:
    """GET /customers/stages/?period=&day=&from=&to=&page=: counts of what the reader sees."""
    door = access_to(request.user, MODULE)
    door.require("view")
    if "stage" not in door.readable:
        raise NotAllowed(_("Your roles do not show you the stages of customers."))
    chosen = {name: request.GET.get(name, "") for name in ("from", "to")}
    period = period_of(request, "month")
    page = page_number(request.GET.get("page", "1"), DEEPEST)
    moves = _moves(door, period.first, period.last)
    context = {
        "crumbs": [
            {"label": door.module.label_plural, "url": "/customers/"},
            {"label": _("Moves between stages"), "url": ""},
        ],
        **period.context(),
        **({} if period.last < company_today() else {"next_url": ""}),  # nothing moves in future
        **_matrix(door, moves, period.url, chosen),
        **_lines(door, moves, period.url, chosen, page),
    }
    return render(request, "sales/life/moves.html", context)


def _moves(door: Access, first: dt.date, last: dt.date) -> QuerySet[StageMove]:
    """The moves of these days among the customers that the person sees."""
    moment = door.module.fields["created_at"]
    low, high = day_start(moment, first), day_start(moment, last + dt.timedelta(days=1))
    found = StageMove.objects.filter(at__gte=low, at__lt=high)
    return found.filter(customer_id__in=door.rows().values("pk"))


def _matrix(door: Access, moves: QuerySet, url: Any, chosen: dict[str, str]) -> dict[str, Any]:
    counted = moves.order_by().values_list("from_stage", "to_stage").annotate(n=Count("pk"))
    counts = {(before, after): n for before, after, n in counted}
    used = {stage for pair in counts for stage in pair}
    labels = dict(stage_options(with_retired=True))
    stages = [one for one in labels if one in used] + sorted(used - set(labels))
    rows = []
    for before in stages:
        cells = []
        for after in stages:
            is_chosen = (before, after) == (chosen["from"], chosen["to"])
            count = counts.get((before, after), 0)
            way = {} if is_chosen else {"from": before, "to": after}
            cells.append({"n": count, "url": url(**way) if count else "", "is_current": is_chosen})
        gone = sum(one["n"] for one in cells)
        rows.append({"label": labels.get(before, before), "cells": cells, "total": gone})
    return {
        "stages": [labels.get(one, one) for one in stages],
        "matrix": rows,
        "come": [sum(row["cells"][n]["n"] for row in rows) for n in range(len(stages))],
        "total": sum(counts.values()),
    }


def _lines(
    door: Access, moves: QuerySet, url: Any, chosen: dict[str, str], page: int
) -> dict[str, Any]:
    """The moves themselves, newest first, those of one cell where one is chosen."""
    if chosen["from"] and chosen["to"]:
        moves = moves.filter(from_stage=chosen["from"], to_stage=chosen["to"])
    start = (page - 1) * PAGE
    found = list(moves.order_by("-at", "-id")[start : start + PAGE + 1])
    shown = found[:PAGE]
    rows = {row.pk: row for row in door.rows_of({one.customer_id for one in shown}, _named(door))}
    people = names.people(one.person_id for one in shown)
    dial = renderer_for(door.module.fields["stage"], door.module)
    lines = []
    for one in shown:
        row = rows.get(one.customer_id)
        if row is None:
            continue
        by = people[one.person_id].label if one.person_id else _("rule")
        lines.append(
            {
                "title": title_of(door, row), "url": record_url(MODULE, row.pk),
                "before": dial(one.from_stage), "after": dial(one.to_stage),
                "by": by, "when": show_moment(one.at),
            }
        )  # fmt: skip
    kept = {key: value for key, value in chosen.items() if value}
    pager = page_links(
        page, PAGE, len(shown), len(found) > PAGE and page < DEEPEST,
        lambda number: url(**kept, page=number),
    )  # fmt: skip
    return {"lines": lines, "pager": pager, "count": None, "all_url": url() if kept else ""}


def _named(door: Access) -> list[str]:
    return [name for name in (door.module.title, "number") if name in door.visible]


@require_POST
def release_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /customers/<id>/stage/release/: the rules may decide again."""
    release(access_to(request.user, MODULE), pk)
    toast(request, _("The rules decide on the stage again."))
    return HttpResponseRedirect(record_url(MODULE, pk))
