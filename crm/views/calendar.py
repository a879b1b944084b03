"""The calendar of any module: its list on the days that one of its fields says."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crm.access.grouping import Some
from crm.lists.calendars import YEARS, Span, day_from, read_days
from crm.lists.shapes import CALENDAR, DAY, MONTH, WEEK, day_fields
from crm.lists.show import show_date, show_day, show_month, today
from crm.modules.fields import Field
from crm.operation.replica import from_replica
from crm.views.cards import card_contexts, card_names, may_move_any
from crm.views.shaped import Opened, field_choices, is_fragment, open_form


@require_safe
@from_replica
def calendar(request: HttpRequest, module: str) -> HttpResponse:
    """GET /<module>/calendar/: the records that the person may see, on their days."""
    opened = open_form(request, module, CALENDAR, ("day",))
    if isinstance(opened, HttpResponse):
        return opened
    on = opened.shape.on
    assert on is not None  # a calendar without it is refused
    context = {**opened.frame(), **_calendar_context(opened, on)}
    is_part = is_fragment(request)
    name = "crm/calendar/body.html" if is_part else "crm/calendar/page.html"
    response = render(request, name, {**context, "is_fragment": is_part})
    response["Vary"] = "HX-Request"
    return response


def _calendar_context(opened: Opened, on: Field) -> dict[str, Any]:
    access, shape = opened.access, opened.shape
    span = Span(shape.scale, day_from(opened.own.get("day", ""), today()))
    found = read_days(opened.query, on, span, card_names(access, shape))
    rows = [row for some in found.values() for row in some.rows]
    cards = {card["pk"]: card for card in card_contexts(access, rows, shape)}
    days = [_day(opened, span, day, found.get(day), cards) for day in span.days]
    return {
        "days": days,
        "has_any": bool(rows),
        "weekdays": [WEEKDAYS_ABBR[day.weekday()] for day in span.days[:7]],
        "scale": span.scale,
        "span": _span_words(span),
        "turn": _turns(opened, span),
        "scales": _scales(opened, span),
        "on": {"name": on.name, "label": on.label},
        "on_choices": field_choices(day_fields(access), on),
        "day_text": span.anchor.isoformat(),
        "may_move": may_move_any(access, on),
    }


def _day(
    opened: Opened, span: Span, day: dt.date, some: Some | None, cards: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    shown = [cards[row.pk] for row in some.rows] if some is not None else []
    more = some.count - len(shown) if some is not None else 0
    return {
        "key": day.isoformat(),
        "number": day.day,
        "label": show_day(day),
        "month": show_month(day) if day.day == 1 else "",
        "is_today": day == today(),
        "is_outside": span.scale == MONTH and day.month != span.anchor.month,
        "is_weekend": day.weekday() > 4,
        "cards": shown,
        "more": more,
        "url": _url(opened, day, DAY),
    }


def _url(opened: Opened, day: dt.date, scale: str) -> str:
    said = {"scale": scale if scale != MONTH else "", "day": "" if day == today() else day}
    return opened.address.with_(**said)


def _span_words(span: Span) -> str:
    if span.scale == MONTH:
        return show_month(span.anchor)
    if span.scale == DAY:
        return show_day(span.anchor)
    return _("%(first)s – %(last)s") % {
        "first": show_date(span.days[0]),
        "last": show_date(span.days[-1]),
    }


def _turns(opened: Opened, span: Span) -> dict[str, str]:
    """The addresses before and after, and today's; nothing beyond the years that there are."""
    found = {"today": _url(opened, today(), span.scale)}
    for name, by in (("previous", -1), ("next", 1)):
        day = span.moved(by)
        found[name] = _url(opened, day, span.scale) if day.year in YEARS else ""
    return found


def _scales(opened: Opened, span: Span) -> list[dict[str, Any]]:
    labels = {MONTH: _("Month"), WEEK: _("Week"), DAY: _("Day")}
    return [
        {"label": label, "url": _url(opened, span.anchor, scale), "is_current": scale == span.scale}
        for scale, label in labels.items()
    ]
