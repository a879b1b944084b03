"""Cells: each kind of value as prebuilt HTML, escaped here and nowhere else."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crm.access.rows import FileRef, Ref, Row
from crm.customfields.dictionaries import labels_of, option_label, options_of
from crm.lists.show import in_a_row, show_date, show_moment, show_number
from crm.modules.fields import PART, Field
from crm.modules.module import Module

MOST_TEXT = 120
MOST_TAGS = 3
Renderer = Callable[[Any], SafeString]
EMPTY = mark_safe("")


def record_url(module: str, pk: int) -> str:
    """The page of a record."""
    return f"/{module}/{pk}/"


def _text(value: Any) -> SafeString:
    return escape(value)


def _long_text(value: Any) -> SafeString:
    text = str(value)
    return escape(text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…")


def _number(value: Any) -> SafeString:
    return escape(show_number(value))


def _percent(value: Any) -> SafeString:
    return format_html("{}%", show_number(value))


def _date(value: dt.date) -> SafeString:
    return escape(show_date(value))


def _moment(value: dt.datetime) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), show_moment(value))


def due_class(moment: dt.datetime | dt.date) -> str:
    """How a due moment stands: late, today, or neither."""
    day = timezone.localtime(moment).date() if isinstance(moment, dt.datetime) else moment
    today = timezone.localdate()
    is_past = moment < timezone.now() if isinstance(moment, dt.datetime) else day < today
    if day < today or (is_past and day != today):
        return "late"
    return "soon" if day == today else ""


def _due(value: Any) -> SafeString:
    shown = show_moment(value) if isinstance(value, dt.datetime) else show_date(value)
    return format_html('<span class="{}">{}</span>', due_class(value), shown)


def _boolean(value: Any) -> SafeString:
    return escape(_("Yes") if value else _("No"))


def _reference(value: Ref) -> SafeString:
    if value.pk is None:
        return format_html('<span class="faint">{}</span>', value.label)
    if not value.module:
        return escape(value.label)
    label = value.label if len(value.label) <= 40 else value.label[:39] + "…"
    return format_html('<a href="{}">{}</a>', record_url(value.module, value.pk), label)


def _link(value: str) -> SafeString:
    shown = value.removeprefix("https://").removeprefix("http://").rstrip("/")
    return format_html(
        '<a href="{}" rel="noopener noreferrer" target="_blank">{}</a>', value, shown
    )


def _email(value: str) -> SafeString:
    return format_html('<a href="mailto:{}">{}</a>', value, value)


def _phone(value: str) -> SafeString:
    number = "".join(sign for sign in value if sign.isdigit() or sign == "+")
    return format_html('<a class="fig" href="tel:{}">{}</a>', number, value)


def _choice(field: Field) -> Renderer:
    labels = labels_of(field)
    return lambda value: escape(labels.get(value, value))


def _choices(field: Field) -> Renderer:
    labels = labels_of(field)
    return lambda values: _tags([labels.get(one, one) for one in values])


def _level(field: Field) -> Renderer:
    labels = labels_of(field)
    best = next(iter(labels), "")

    def render(value: str) -> SafeString:
        extra = " best" if value == best else ""
        label = labels.get(value, value)
        return format_html('<span class="level{}" title="{}">{}</span>', extra, label, value)

    return render


def stage_shares(field: Field) -> dict[str, int]:
    """How far each stage is, 0-100 in tens, in the order of the choices."""
    values = [value for value, _label in options_of(field)]
    most = max(len(values) - 1, 1)
    return {value: round(number * 10 / most) * 10 for number, value in enumerate(values)}


def _stage(field: Field) -> Renderer:
    labels = labels_of(field)
    shares = stage_shares(field)
    return lambda value: format_html(
        '<span class="dial p{}">{}</span>', shares.get(value, 0), labels.get(value, value)
    )


def _tags(words: Sequence[str]) -> SafeString:
    if not words:
        return EMPTY
    shown = format_html_join(
        "", '<span class="tag">{}</span>', ((word,) for word in words[:MOST_TAGS])
    )
    if len(words) > MOST_TAGS:
        rest = words[MOST_TAGS:]
        shown += format_html('<span class="tag" title="{}">+{}</span>', in_a_row(rest), len(rest))
    return format_html('<span class="tags">{}</span>', shown)


def _collection(field: Field) -> Renderer:
    main = next(iter(field.members))
    if field.name == "tags":
        return lambda rows: _tags([row[main] for row in rows if row.get(main)])
    inner = renderer_for(field.members[main])

    def render(rows: Sequence[Mapping[str, Any]]) -> SafeString:
        values = [row[main] for row in rows if row.get(main) not in (None, "")]
        if not values:
            return EMPTY
        first = str(values[0])
        shown = escape(first) if "*" in first else inner(values[0])
        if len(values) == 1:
            return shown
        return format_html('{} <span class="faint">+{}</span>', shown, len(values) - 1)

    return render


def _files(files: Sequence[FileRef]) -> SafeString:
    """Each file by its name, leading to its download."""
    links = ((one.url, one.name) for one in files)
    return format_html_join(pgettext("between words", ", "), '<a href="{}" download>{}</a>', links)


def _collaborators(people: Sequence[Mapping[str, Any]]) -> SafeString:
    """Who works along, each with his part."""
    return format_html_join(
        pgettext("between words", ", "),
        '<span class="person">{} <span class="dim">{}</span></span>',
        ((one["person"].label, option_label(PART, one["part"])) for one in people),
    )


def collaborator_text(one: Mapping[str, Any]) -> str:
    """One collaborator in words: 宋喆（交付）."""
    words = {"person": one["person"], "part": option_label(PART, one["part"])}
    return pgettext("collaborator", "%(person)s (%(part)s)") % words


BY_KIND: dict[str, Renderer] = {
    "collaborators": _collaborators,
    "file": _files,
    "long_text": _long_text,
    "integer": _number,
    "decimal": _number,
    "money": _number,
    "percent": _percent,
    "date": _date,
    "datetime": _moment,
    "boolean": _boolean,
    "relation": _reference,
    "any_relation": _reference,
    "user": _reference,
    "department": _reference,
    "url": _link,
    "email": _email,
    "phone": _phone,
}
BY_FIELD: dict[str, Callable[[Field], Renderer]] = {
    "choice": _choice,
    "multi_choice": _choices,
    "collection": _collection,
}


def renderer_for(field: Field, module: Module | None = None) -> Renderer:
    """What turns this field's values into HTML; built once per page, called per row."""
    if module is not None and field.name == module.level:
        return _level(field)
    if module is not None and field.name == module.stage:
        return _stage(field)
    if field.is_due:
        return _due
    if field.kind in BY_FIELD:
        return BY_FIELD[field.kind](field)
    return BY_KIND.get(field.kind, _text)


def masked_cell(value: Any) -> SafeString:
    """A covered value."""
    return format_html('<span class="masked">{}</span>', value)


def cell(row: Row, field: Field, render: Renderer) -> SafeString:
    """One cell of one row."""
    value = row.get(field.name)
    if value is None or value == "" or value == () or value == []:
        return EMPTY
    if field.name in row.masked:
        return masked_cell(value)
    return render(value)


def plain_text(field: Field, value: Any) -> str:
    """A value as text without HTML: phone cards, conflicts, history, output fields."""
    if value is None or value == "" or value == () or value == []:
        return ""
    if field.kind == "collection":
        main = next(iter(field.members))
        member = field.members[main]
        return in_a_row(plain_text(member, row.get(main)) for row in value)
    if field.kind == "file":
        return in_a_row(str(one) for one in value)
    if field.is_from_shares:
        return in_a_row(collaborator_text(one) for one in value)
    if field.kind == "choice":
        return option_label(field, value)
    if field.kind == "multi_choice":
        labels = labels_of(field)
        return in_a_row(labels.get(one, one) for one in value)
    if isinstance(value, dt.datetime):
        return show_moment(value)
    if isinstance(value, dt.date):
        return show_date(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | Decimal):  # covered values are text
        return show_number(value)
    return str(value)
