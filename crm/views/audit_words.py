"""What an entry of the audit log says of itself: to whom or what, and what became what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.access import names
from crm.access.holders import labels_of
from crm.access.wording import right_words, setting_words
from crm.customfields.dictionaries import option_label
from crm.lists.show import in_a_row
from crm.modules.fields import PART
from crm.modules.module import Module

# What is said as it stands; ids and other figures of an entry are for machines.
PLAIN = (
    "username",
    "account",
    "name",
    "role",
    "dictionary",
    "file",
    "format",
    "until",
    "note",
    "path",
)
LABELS = {
    "display_name": _("Name"),
    "email": _("Mail"),
    "phone": _("Phone"),
    "employee_number": _("Employee number"),
    "position": _("Position"),
    "language": _("Language"),
    "name": _("Name"),
    "manager": _("Head"),
    "order": _("Order"),
    "rank": _("Order"),
    "purpose": _("Purpose"),
    "description": _("Description"),
    "networks": _("Allowed networks"),
    "is_active": _("Active"),
    "view_all": _("May view all records"),
    "edit_all": _("May edit all records"),
    "administer": _("Administers"),
}
LONGEST = 300
MOST_RIGHTS = 3


def detail_words(detail: Mapping[str, Any], actor: int | None, module: Module | None) -> str:
    """The detail of one entry for a person; "" when it says nothing that the columns don't."""
    return " · ".join(_words(detail, actor, module))[:LONGEST]


def _words(detail: Mapping[str, Any], actor: int | None, module: Module | None) -> Iterator[str]:
    user = detail.get("user")
    if isinstance(user, int) and user != actor:
        yield names.people([user])[user].label
    if isinstance(detail.get("holders"), list):
        yield in_a_row(labels_of(map(str, detail["holders"])))
    if detail.get("part"):
        yield option_label(PART, str(detail["part"]))
    for key in PLAIN:
        if detail.get(key):
            text = str(detail[key])
            yield get_user_model().role_label(text) if key == "role" else text
    if isinstance(detail.get("records"), int):
        count = detail["records"]
        yield ngettext("%d record had a value", "%d records had a value", count) % count
    if detail.get("field"):
        field = module.field_at(str(detail["field"])) if module else None
        yield str(field.label if field else detail["field"])
    if isinstance(detail.get("changes"), list):
        yield from _rights(detail["changes"])
    decided = setting_words(module, detail) if module and "setting" in detail else None
    if decided is not None:
        yield "{1} {2} → {3}".format(*decided)
        return
    yield from _became(detail.get("before"), detail.get("after"))


def _rights(changes: Sequence[Any]) -> Iterator[str]:
    """The first changed rights in full, and how many more there are."""
    for change in changes[:MOST_RIGHTS]:
        yield "{} · {} {} → {}".format(*right_words(change))
    more = len(changes) - MOST_RIGHTS
    if more > 0:
        yield ngettext("%d more change", "%d more changes", more) % more


def _became(before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, str) and isinstance(after, str):
        yield f"{before} → {after}"
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, value in after.items():
            if before.get(key) != value:
                yield f"{LABELS.get(key, key)} {_said(before.get(key))} → {_said(value)}"


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return " / ".join(str(one) for one in value)
    return "" if value is None else str(value)
