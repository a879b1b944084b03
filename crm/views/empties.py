"""What stands where rows would: what this is, which condition hides it, whom to ask.

`crm/empty/*.html` draw the three kinds; lists, boards and calendars take `empty_context`.
"""

from collections.abc import Sequence
from typing import Any

from django.db import OperationalError
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.lists.query import query_from
from crm.lists.shapes import SHAPE
from crm.lists.show import in_sentence

MOST_TRIED = 3


def empty_context(
    access: Access, kind: str, chips: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The kind ("" = there are rows) and the words that its page needs."""
    context: dict[str, Any] = {"empty": kind}
    if kind == "first":
        about = [str(access.module.about)] if access.module.about else []
        if access.grants.administer:
            about.append(_("Invented data to look around comes with “manage.py demo”."))
        context["about"] = " ".join(about)
    elif kind == "nomatch":
        context["hint"] = _hint(access, chips)
    elif kind == "noright":
        label = in_sentence(access.module.label_plural)
        context["reason"] = _("None of your roles lets you see %s.") % label
        context["whom"] = _whom(access.user)
    return context


def _hint(access: Access, chips: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The condition without which most would show, and how many that were."""
    best = None
    for chip in chips[:MOST_TRIED] if len(chips) > 1 else ():
        params = QueryDict(chip["remove_url"].partition("?")[2], mutable=True)
        for name in ("view", *SHAPE):
            params.pop(name, None)
        try:
            count, _is_exact = access.count(query_from(params, access).where)
        except OperationalError:
            return None  # too much to count: the conditions alone must do
        if count and (best is None or count > best["count"]):
            text = _("Without the condition on %s there are:") % chip["label"]
            best = {"text": text, "count": count, "url": chip["remove_url"]}
    return best


def _whom(user: Any) -> str:
    """The head of one's department, and those who give rights."""
    head = getattr(getattr(user, "department", None), "manager", None)
    if head is None or head.pk == user.pk:
        return _("If you need it, ask whoever administers the rights.")
    return _("If you need it, ask %s or whoever administers the rights.") % head.display_name
