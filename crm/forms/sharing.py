"""What a person chooses when sharing: with whom, how, until when; and reading it back."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.access.holders import KINDS, PERSON, Holder, active_holders, holder_from
from crm.access.policy import Access
from crm.access.sharing import EDIT, VIEW
from crm.customfields.dictionaries import options_of
from crm.modules.fields import COLLABORATORS, PART
from crm.records.errors import Invalid
from crm.records.sharing import LONGEST_NOTE, Terms

NO_PART = "-"  # in an address that gives terms back; an empty choice leaves the part that stands


def holder_options(but: int, chosen: Sequence[str] = ()) -> list[dict[str, Any]]:
    """People, departments and teams to share with; the person with the id `but` is left out."""
    found = []
    for kind, word in KINDS.items():
        for holder, name in active_holders(kind):
            if holder != Holder(PERSON, but):
                label = name if kind == PERSON else f"{name} ({word})"
                value = holder.text
                found.append({"value": value, "label": label, "is_on": value in chosen})
    return found


def share_fields(access: Access, data: Any, may_edit: bool, errors: Mapping[str, Any]) -> list[Any]:
    """The controls of the form as crm/edit/field.html takes them, holding what was posted."""
    level, part = data.get("level", VIEW), data.get("part", "")
    levels = [(VIEW, _("Read"))] + ([(EDIT, _("Read and edit"))] if may_edit else [])
    fields = [
        {
            "name": "to", "label": _("With whom"), "kind": "multi_choice", "required": True,
            "options": holder_options(access.user.pk, data.getlist("to")),
        },
        {
            "name": "level", "label": _("They may"), "kind": "choice", "required": True,
            "value": level,
            "options": [{"value": v, "label": w, "is_on": v == level} for v, w in levels],
        },
        {
            "name": "until", "label": _("Until"), "kind": "date", "value": data.get("until", ""),
            "help": _("To the end of this day; empty: for good."),
        },
        {
            "name": "part", "label": _("Part"), "kind": "choice", "value": part,
            "options": [
                {"value": v, "label": w, "is_on": v == part} for v, w in options_of(PART)
            ],
            "help": _("With a part, people are collaborators of the record."),
        },
        {
            "name": "note", "label": _("Note"), "kind": "text", "value": data.get("note", ""),
            "max_length": LONGEST_NOTE,
        },
    ]  # fmt: skip
    may_part = COLLABORATORS in access.readable
    return controls([one for one in fields if one["name"] != "part" or may_part], errors)


def controls(
    fields: Sequence[Mapping[str, Any]], errors: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Fields of a form of ours as crm/edit/field.html takes them."""
    return [
        {
            "html_name": one["name"], "id": f"id-{one['name']}", "options": None, "rows": [],
            **one, "errors": errors.get(str(one["name"]), []),
        }
        for one in fields
    ]  # fmt: skip


def terms_from(data: Any) -> tuple[list[Holder], Terms]:
    """Holders and terms as a form or an address gives them. Raises Invalid."""
    holders = [holder_from(text) for text in data.getlist("to")]
    if None in holders:
        raise Invalid(fields={"to": [_("There is no such person, department or team.")]})
    until = day_from(data.get("until", ""))
    found = [one for one in holders if one is not None]
    part = {"": None, NO_PART: ""}.get(data.get("part", ""), data.get("part"))
    terms = Terms(data.get("level", VIEW), until, data.get("note", ""), part)
    return found, terms


def day_from(text: str) -> dt.date | None:
    """A day as it is posted; None for nothing. Raises Invalid."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Invalid(fields={"until": [_("This must be a date.")]}) from None
