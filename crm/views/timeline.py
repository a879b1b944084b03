"""The timeline of a record: what is due, follow-ups, and changes between them; and the composer."""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access import names
from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.activities.models import Phrase
from crm.customfields.dictionaries import option_label, options_of
from crm.documents.services import attach_files
from crm.forms.people import people_options
from crm.lib.whole import whole_number
from crm.lists.columns import due_class, record_url
from crm.lists.conditions import compile_tree
from crm.lists.query import order_from
from crm.lists.show import show_date, show_moment, show_time
from crm.modules.registry import children_of, module_named
from crm.records.changes import entries_of
from crm.records.errors import Refusal
from crm.records.services import create_record
from crm.views.history import KINDS, change_context, summary

ICONS = {
    "call": "phone", "visit": "pin", "mail": "mail", "sms": "chat", "wechat": "chat",
    "meeting": "meeting", "fax": "printer", "other": "pen",
}  # fmt: skip
MOST = 30
SHOWN = ("kind", "text", "partner", "owner", "happened_at", "next_contact_at", "files")


def _follow_ups(access: Access, row: Row) -> Access | None:
    if not access.module.has_follow_ups:
        return None
    door = access_to(access.user, "follow-ups", through=row)
    is_told = {"text", "happened_at"} <= door.readable  # what was said, and when
    return door if door.grants.scope("view") and is_told else None


def timeline_context(
    access: Access, row: Row, request: HttpRequest, most: int = MOST
) -> dict[str, Any]:
    """What crm/detail/timeline.html shows."""
    show = request.GET.get("show", "")
    door = _follow_ups(access, row)
    offset = _offset(request)
    events: list[tuple[dt.datetime, dict[str, Any]]] = []
    has_more = False
    if door is not None and show != "changes":
        rows = door.page(
            Slice(order=order_from(door, "-happened_at"), offset=offset, size=most + 1), SHOWN
        )
        has_more = len(rows) > most
        events += [(one["happened_at"], _follow_up_event(door, one)) for one in rows[:most]]
    if show != "follow-ups" and offset == 0:
        oldest = min((at for at, _e in events), default=None) if has_more else None
        changes = _change_events(access, row.pk, most)
        events += [(at, event) for at, event in changes if oldest is None or at >= oldest]
    events.sort(key=lambda pair: pair[0], reverse=True)
    url = record_url(access.module.name, row.pk)
    filters = [
        {
            "label": label,
            "count": None,
            "url": f"{url}?show={key}" if key else url,
            "is_current": key == show,
        }
        for key, label in (
            ("", _("All")),
            ("follow-ups", _("Follow-ups")),
            ("changes", _("Changes")),
        )
    ]
    return {
        "events": [event for _at, event in events],
        "upcoming": _upcoming(access, row) if offset == 0 and show != "changes" else [],
        "filters": filters if door is not None else [],
        "more_url": f"{url}?show={show}&offset={offset + most}" if has_more else "",
    }


def _offset(request: HttpRequest) -> int:
    raw = request.GET.get("offset", "0")
    return min(whole_number(raw) or 0, 10_000)


def _upcoming(access: Access, row: Row) -> list[dict[str, Any]]:
    due = row.get("next_contact_at") if access.module.has_follow_ups else None
    if not due or "next_contact_at" in row.masked:
        return []
    return [
        {
            "icon": "clock",
            "title_html": format_html("<b>{}</b>", _("Next contact")),
            "by": row["owner"].label if row.get("owner") else "",
            "when": show_moment(due),
            "when_class": due_class(due),
        }
    ]


def _follow_up_event(door: Access, one: Row) -> dict[str, Any]:
    kind = one.get("kind") or ""
    label = option_label(door.module.fields["kind"], kind)
    partner = one.get("partner")
    title = format_html("<b>{}</b>", label)
    if partner is not None and partner.pk:
        title = format_html(
            '{} <a href="{}">{}</a>', title, record_url(partner.module, partner.pk), partner.label
        )
    owner = one.get("owner")
    happened = one["happened_at"]
    due = one.get("next_contact_at")
    return {
        "pk": one.pk,
        "icon": ICONS.get(kind, "pen"),
        "title_html": title,
        "text": one.get("text", ""),
        "by": owner.label if owner else "",
        "when": _short(happened),
        "when_title": show_moment(happened),
        "day": _heading(happened),
        "note": _("Next contact %s") % show_moment(due) if due else "",
        "files": [
            {"name": file["name"], "url": f"/files/{file['id']}/", "size": file.get("size")}
            for file in one.get("files") or ()
            if file.get("name")
        ],
    }


def _change_events(access: Access, pk: int, most: int) -> list[tuple[dt.datetime, dict[str, Any]]]:
    from_entries = []
    for entry in entries_of(access, pk, most):
        _kind, word = KINDS.get(entry.kind, ("update", entry.kind))
        if entry.kind == "changed" and not entry.changes:
            continue
        by = _actor(entry.actor)
        from_entries.append(
            (
                entry.at,
                {
                    "icon": "plus" if entry.kind == "created" else "pen",
                    "title_html": format_html(
                        '<span class="by">{}</span>', summary(access, entry, str(word))
                    ),
                    "by": by,
                    "when": _short(entry.at),
                    "when_title": show_moment(entry.at),
                    "day": _heading(entry.at),
                    "changes": [change_context(access, change) for change in entry.changes],
                },
            )
        )
    return from_entries


def _actor(pk: int | None) -> str:
    return names.people([pk])[pk].label if pk else _("the system")


def _short(moment: dt.datetime) -> str:
    local = timezone.localtime(moment)
    if local.date() == timezone.localdate():
        return show_time(moment)
    return f"{show_date(local.date())} {show_time(moment)}"


def _heading(moment: dt.datetime) -> str:
    day, today = timezone.localtime(moment).date(), timezone.localdate()
    if (day.year, day.month) == (today.year, today.month):
        return _("This month")
    return day.strftime(_("%B %Y"))


def composer_context(access: Access, row: Row, request: HttpRequest) -> dict[str, Any] | None:
    """What crm/detail/composer.html shows; None where the person may log nothing."""
    if _follow_ups(access, row) is None:
        return None
    door = access_to(request.user, "follow-ups")
    if not door.may("create"):
        return None
    kinds = [
        {"value": value, "label": label, "icon": ICONS.get(value, ""), "is_on": value == "call"}
        for value, label in options_of(door.module.fields["kind"])
    ]
    return {
        "url": f"{record_url(access.module.name, row.pk)}follow-up/",
        "draft_key": f"{access.module.name}/{row.pk}",
        "kinds": kinds,
        "text": "",
        "contacts": _partners(access, row),
        "next_at": "",
        "next_choices": _next_choices(),
        "phrases": _phrases(request.user),
        "people": [{"pk": one["value"], "name": one["label"]} for one in people_options()],
        "may_attach": "files" in door.visible,
        "key": uuid.uuid4().hex,
    }


def _partners(access: Access, row: Row) -> list[dict[str, Any]]:
    """The people that a follow-up can be with: records that hang on this one and have phones."""
    found = []
    for child, relation in children_of(access.module):
        door = access_to(access.user, child)
        if child.has_follow_ups and door.grants.scope("view") and relation in door.readable:
            where = Slice(
                compile_tree(door, {"field": relation, "op": "eq", "value": row.pk}), size=20
            )
            for one in door.page(where, [child.title, "job"]):
                label = " ".join(str(one.get(name) or "") for name in (child.title, "job"))
                found.append({"value": f"{child.name}/{one.pk}", "label": label, "is_on": False})
    return found


def _next_choices() -> list[dict[str, str]]:
    today = timezone.localdate()
    choices = []
    for label, days in (
        (_("Tomorrow 10:00"), 1), (_("In 3 days"), 3), (_("In a week"), 7), (_("In a month"), 30),
    ):  # fmt: skip
        day = today + dt.timedelta(days=days)
        if days > 1 and day.weekday() > 4:
            day += dt.timedelta(days=7 - day.weekday())
        choices.append({"value": f"{day.isoformat()}T10:00", "label": label})
    return choices


def _phrases(user: Any) -> list[str]:
    mine = Phrase.objects.filter(owner=user) | Phrase.objects.filter(owner=None)
    return list(mine.values_list("text", flat=True)[:40])


@require_POST
def log_follow_up(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/<id>/follow-up/: what was said; answers the timeline."""
    access = access_to(request.user, module_named(module))
    access.get(pk, ["number"])
    values: dict[str, Any] = {
        "subject": f"{module}/{pk}",
        "kind": request.POST.get("kind") or "other",
        "text": request.POST.get("text", ""),
        "partner": request.POST.get("contact", ""),
        "next_contact_at": request.POST.get("next_at", ""),
    }
    mentions = request.POST.getlist("mention")
    if mentions:
        values["mentions"] = [{"person": one} for one in mentions]
    values = {name: value for name, value in values.items() if value not in ("", [])}
    values.setdefault("text", "")
    is_part = bool(request.headers.get("HX-Request"))
    key = request.POST.get("key") or None
    try:
        with transaction.atomic():
            made = create_record(actor=request.user, module="follow-ups", values=values, key=key)
            files = request.FILES.getlist("files")
            if files:
                attach_files(actor=request.user, module="follow-ups", pk=made, files=files)
    except Refusal as refusal:
        if not is_part:
            raise
        words = [str(word) for found in refusal.fields.values() for word in found]
        response = HttpResponse(escape(" ".join(words) or str(refusal.message)), status=422)
        response["HX-Retarget"] = "[data-files]"
        return response
    if not is_part:
        return HttpResponseRedirect(record_url(module, pk))
    row = access.get(pk)
    context = timeline_context(access, row, request)
    response = render(request, "crm/detail/timeline.html", context)
    response["X-Next-Key"] = uuid.uuid4().hex
    return response
