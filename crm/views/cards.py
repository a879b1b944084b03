"""Records as cards: of a board's column, of a calendar's day."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import Access
from crm.access.rows import Ref, Row
from crm.lists.columns import cell, record_url, renderer_for
from crm.lists.shapes import BOARD, Shape
from crm.lists.show import show_date, show_time, today
from crm.modules.fields import Field
from crm.views.lists import title_of

TONES = {"late": "red", "today": "green", "later": "", "none": "amber"}


def card_names(access: Access, shape: Shape) -> set[str]:
    """What is read for a card."""
    due = _due_field(access)
    moved = shape.by or shape.on
    fields = [one.name for one in (due, moved, shape.total) if one is not None]
    return {access.module.title, access.module.level, "owner", "number", *fields, *shape.card}


def card_contexts(access: Access, rows: Sequence[Row], shape: Shape) -> list[dict[str, Any]]:
    """The rows as crm/lists/drawing.py draws them."""
    moved = shape.by or shape.on
    may = _movable(access, rows, moved)
    module = access.module
    level = (
        module.fields.get(module.level)
        if shape.by is None or module.level != shape.by.name
        else None
    )
    card = [module.fields[name] for name in shape.card]
    renderers = [(field, renderer_for(field, module)) for field in card]
    mark = renderer_for(level, module) if level is not None else None
    figure = renderer_for(shape.total, module) if shape.total is not None else None
    due = _due_field(access)
    found = []
    for row in rows:
        url = record_url(module.name, row.pk)
        lines = [(field.label, cell(row, field, render)) for field, render in renderers]
        found.append(
            {
                "pk": row.pk,
                "url": url,
                "peek_url": f"{url}peek/",
                "version": row.version,
                "is_movable": row.pk in may,
                "title": title_of(access, row),
                "mark": cell(row, level, mark) if level is not None and mark else "",
                "lines": [{"label": label, "html": html} for label, html in lines if html],
                "face": _face(access, row),
                "due": _due(row, due) if due is not None and shape.form == BOARD else None,
                "time": _time(row, shape.on),
                "tone": _day_tone(row, shape.on),
                "figure": cell(row, shape.total, figure) if shape.total and figure else "",
            }
        )
    return found


def _movable(access: Access, rows: Sequence[Row], moved: Field | None) -> set[int]:
    """The records that the person may move: the field is his to write, and the record too."""
    if moved is None or moved.name not in access.editable or moved.is_yearly:
        return set()
    if access.grants.scope("edit").everything:
        may = {row.pk for row in rows}
    else:
        ids = [row.pk for row in rows]
        may = set(access.rows("edit").filter(pk__in=ids).values_list("pk", flat=True))
    return {row.pk for row in rows if row.pk in may and moved.name in access.writable(row)}


def may_move_any(access: Access, moved: Field | None) -> bool:
    """Whether the page is one on which something can be moved at all."""
    if moved is None or moved.is_yearly:
        return False
    return moved.name in access.editable and access.may("edit")


def _face(access: Access, row: Row) -> str:
    owner = row.get("owner")
    return owner.label if isinstance(owner, Ref) and "owner" not in row.masked else ""


def _due_field(access: Access) -> Field | None:
    """The moment of the next step, where the module has such a thing and the person may read it."""
    if not access.module.has_follow_ups:
        return None
    fields = access.module.fields.values()
    return next((one for one in fields if one.is_due and one.name in access.readable), None)


def _due(row: Row, field: Field) -> dict[str, str]:
    """How the next step stands: late, today, later, or none planned."""
    moment = row.get(field.name)
    if moment is None:
        return {"tone": TONES["none"], "text": _("Not planned"), "is_late": ""}
    day = _day_of(moment)
    late = (today() - day).days
    if late > 0:
        text = ngettext("%d day late", "%d days late", late) % late
        return {"tone": TONES["late"], "text": text, "is_late": "1"}
    if late == 0:
        clock = f" {show_time(moment)}" if isinstance(moment, dt.datetime) else ""
        is_past = isinstance(moment, dt.datetime) and moment < timezone.now()
        tone = TONES["late" if is_past else "today"]
        return {"tone": tone, "text": _("Today") + clock, "is_late": "1" if is_past else ""}
    return {"tone": TONES["later"], "text": show_date(day), "is_late": ""}


def _day_of(moment: dt.date) -> dt.date:
    return timezone.localtime(moment).date() if isinstance(moment, dt.datetime) else moment


def _time(row: Row, on: Field | None) -> str:
    value = row.get(on.name) if on is not None else None
    return show_time(value) if isinstance(value, dt.datetime) else ""


def _day_tone(row: Row, on: Field | None) -> str:
    """Of what is due: whether its day is over."""
    if on is None or not on.is_due or row.get(on.name) is None:
        return ""
    return _due(row, on)["tone"]
