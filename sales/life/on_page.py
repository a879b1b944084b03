"""What the page of a customer says of its stage: since when, how many moves, held by whom."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access import names
from crm.access.policy import Access
from crm.access.rows import Row
from crm.lists.columns import record_url
from crm.lists.show import show_date
from sales.life.moving import stage_facts


def stage_extras(access: Access, row: Row) -> dict[str, Any]:
    """The extras of crm/detail/page.html; nothing where the stage may not be read."""
    if "stage" not in access.readable:
        return {}
    facts = stage_facts(row.pk)
    made = row.get("created_at") if "created_at" in access.readable else None
    since = facts["since"] or made
    words = []
    if since:
        words.append(_("since %s") % show_date(timezone.localtime(since).date()))
    if facts["moves"]:
        words.append(ngettext("%d move", "%d moves", facts["moves"]) % facts["moves"])
    extras: dict[str, Any] = {"stage_note": " · ".join(words)}
    if facts["is_held"]:
        extras |= _held(access, row, facts["holder"])
    return extras


def _held(access: Access, row: Row, holder: int | None) -> dict[str, Any]:
    by = names.people([holder])[holder].label if holder else ""
    notice = {
        "kind": "info", "icon": "lock", "title": _("Stage set by hand"), "aside": "",
        "text": _("%s set it; the rules leave it alone.") % by if by else "",
        "action_url": "", "action_label": "", "action_note": "",
    }  # fmt: skip
    if "stage" not in access.editable:
        return {"notices": [notice]}
    action = {
        "label": _("Let the rules decide the stage"), "icon": "bolt", "is_post": True,
        "url": f"{record_url(access.module.name, row.pk)}stage/release/",
    }  # fmt: skip
    return {"notices": [notice], "actions": [action]}
