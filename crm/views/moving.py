"""A card put somewhere else: into another column of a board, on another day of a calendar."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access import names
from crm.access.policy import Access, access_to
from crm.access.rows import Ref, Row
from crm.forms.page import error_list, one_field
from crm.forms.posted import posted_values
from crm.lib.whole import whole_number
from crm.lists.columns import plain_text, record_url
from crm.lists.drawing import draw_cards
from crm.lists.errors import BadQuery
from crm.lists.shapes import BOARD, CALENDAR, Shape, take_shape
from crm.lists.show import show_date
from crm.modules.fields import Field
from crm.modules.registry import module_named
from crm.records.errors import DuplicateFound, Invalid, NotAllowed, Refusal, StaleRecord
from crm.records.limits import counted
from crm.views.cards import card_contexts, card_names
from crm.views.fields import save_part
from crm.views.lists import title_of


@require_POST
def move(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/<id>/move/: the card's field gets the value of the place it was put to.

    `move-form`, `move-to` and `move-version` say the page, the place and the version that was
    read; by, on, sum and card are those of the page. Answers with the card as it is now, with the
    fields that the change asks for besides, or with why it cannot be.
    """
    access = access_to(request.user, module_named(module))
    form = request.POST.get("move-form", "")
    shape = take_shape(access, request.POST.copy(), form if form in {BOARD, CALENDAR} else BOARD)
    field = shape.by or shape.on
    assert field is not None  # a shape without it is refused
    row = access.get(pk)
    try:
        to = _place(row, field, request.POST.get("move-to", ""))
        access.require("edit", pk)
        if field.name not in access.writable(row):
            raise NotAllowed(_("Your roles let you read this, not change it."))
        values = {**posted_values(access, request.POST, row), field.name: to}
        version = whole_number(request.POST.get("move-version", ""))
        save_part(access, pk, values, version, form)
    except StaleRecord as refusal:
        return _refused(refusal, _conflict(access, access.get(pk), field, refusal))
    except (Invalid, DuplicateFound) as error:
        told = counted(access, error, "change")
        asked = [name for name in told.fields if name in access.writable(row)]
        if isinstance(told, Invalid) and set(asked) - {field.name}:
            return _asked(request, access, row, told, asked)
        return _refused(told, " ".join(str(t) for texts in told.fields.values() for t in texts))
    except (NotAllowed, BadQuery) as refusal:
        return _refused(refusal)
    return _moved(access, shape, field, row)


def _place(row: Row, field: Field, text: str) -> Any:
    """The value that a place stands for; an instant keeps its time of day on another day."""
    value = row.get(field.name)
    if field.kind != "datetime" or "T" in text or not text:
        return text or None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise BadQuery(_("“%s” is no day.") % text[:80]) from None
    clock = timezone.localtime(value).time() if isinstance(value, dt.datetime) else dt.time(9)
    return dt.datetime.combine(day, clock, timezone.get_current_timezone())


def _text_of(value: Any) -> str:
    """A value as `move-to` takes it: the way back."""
    if value is None:
        return ""
    if isinstance(value, Ref):
        return str(value.pk)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _moved(access: Access, shape: Shape, field: Field, before: Row) -> HttpResponse:
    row = access.get(before.pk, card_names(access, shape))
    [card] = card_contexts(access, [row], shape)
    place = plain_text(field, row.get(field.name)) or _("No value")
    day = _local(row.get(field.name)) if shape.form == CALENDAR else None
    if day is not None:
        place = show_date(day)
    said = {"title": title_of(access, row), "field": field.label, "place": place}
    return JsonResponse(
        {
            "card": draw_cards([card], on_day=shape.form == CALENDAR),
            "before": _text_of(before.get(field.name)),
            "key": _text_of(day or row.get(field.name)),
            "text": _("%(title)s · %(field)s: %(place)s") % said,
        }
    )


def _local(value: dt.date | None) -> dt.date | None:
    return timezone.localtime(value).date() if isinstance(value, dt.datetime) else value


def _refused(refusal: Refusal, reason: str = "") -> HttpResponse:
    return JsonResponse({"reason": reason or str(refusal.message)}, status=refusal.status)


def _conflict(access: Access, row: Row, field: Field, refusal: StaleRecord) -> str:
    """Who was faster, and what it is now."""
    by = names.people([refusal.changed_by]).get(refusal.changed_by or 0)
    return _("%(by)s changed %(field)s meanwhile: it is “%(now)s” now.") % {
        "by": by.label if by else _("Somebody"),
        "field": field.label,
        "now": plain_text(field, row.get(field.name)) or _("No value"),
    }


def _asked(
    request: HttpRequest, access: Access, row: Row, refusal: Refusal, asked: list[str]
) -> HttpResponse:
    """The fields that must be filled in before the record can go there."""
    post = request.POST
    fields = [
        one_field(access, access.module.fields[name], row, post, refusal.fields[name])
        for name in asked
    ]
    shown = set(asked)
    keep = [
        {"name": name, "value": value}
        for name, values in post.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and name.partition("-")[0] not in shown
    ]
    context = {
        "title": title_of(access, row),
        "action_url": f"{record_url(access.module.name, row.pk)}move/",
        "edit_url": f"{record_url(access.module.name, row.pk)}edit/",
        "fields": fields,
        "keep": keep,
        "errors": error_list(access, refusal.fields) if "move-asked" in post else [],
    }
    html = render(request, "crm/board/ask.html", context).content.decode()
    return JsonResponse({"ask": html}, status=409)
