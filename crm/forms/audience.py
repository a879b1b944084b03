"""Who has a saved view: the form's controls, and reading them back."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.holders import Holder, groups_named, holder_from, people_named, roles_named
from crm.access.policy import Access
from crm.forms.sharing import controls, holder_options
from crm.lib.whole import whole_numbers
from crm.lists.models import SavedView
from crm.lists.views import LONGEST_NAME, Audience, may_rule
from crm.records.errors import Invalid


def holders_of(view: SavedView) -> list[tuple[Holder, str]]:
    """Whom a view is shared with, and what they are called."""
    return [*people_named(view.people).values(), *groups_named(view.groups).values()]


def audience_from(access: Access, view: SavedView, post: QueryDict) -> Audience:
    """What the form says; what only administrators decide stays as it is for others."""
    holders = [holder_from(text) for text in post.getlist("to")]
    if None in holders:
        raise Invalid(fields={"to": [_("There is no such person, department or team.")]})
    rules = may_rule(access)
    starts = whole_numbers(post.getlist("starts_for")) if rules else view.starts_for
    return Audience(
        holders=tuple(one for one in holders if one is not None),
        is_for_everyone=bool(post.get("everyone")) if rules else view.is_for_everyone,
        is_locked=bool(post.get("locked")),
        starts_for=tuple(starts),
    )


def audience_fields(
    access: Access, view: SavedView, post: QueryDict | None, errors: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The controls, holding what was posted or else what is kept."""
    if post is not None:
        name, is_locked = post.get("name", ""), bool(post.get("locked"))
        chosen = post.getlist("to")
        is_for_everyone = bool(post.get("everyone"))
        starts = whole_numbers(post.getlist("starts_for"))
    else:
        name, is_locked, is_for_everyone = view.name, view.is_locked, view.is_for_everyone
        chosen = [holder.text for holder, _label in holders_of(view)]
        starts = view.starts_for
    fields: list[dict[str, Any]] = [
        {
            "name": "name", "label": _("Name"), "kind": "text", "value": name, "required": True,
            "max_length": LONGEST_NAME,
        },
        {
            "name": "locked", "label": _("Locked"), "kind": "boolean", "value": is_locked,
            "help": _("Others use it, but save no changes into it."),
        },
        {
            "name": "to", "label": _("Shared with"), "kind": "multi_choice",
            "options": holder_options(view.owner_id, chosen),
        },
    ]  # fmt: skip
    if may_rule(access):
        fields += _rules(is_for_everyone, starts)
    return controls(fields, errors)


def _rules(is_for_everyone: bool, starts: list[int]) -> list[dict[str, Any]]:
    roles = [
        {"value": pk, "label": label, "is_on": pk in starts} for pk, label in roles_named().items()
    ]
    return [
        {
            "name": "everyone", "label": _("For everyone"), "kind": "boolean",
            "value": is_for_everyone,
        },
        {
            "name": "starts_for", "label": _("Whose list begins with it"), "kind": "multi_choice",
            "options": roles, "help": _("People with these roles; whoever chose another keeps it."),
        },
    ]  # fmt: skip
