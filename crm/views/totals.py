"""The foot of a list: what the columns add up to over all that matches, not this page alone."""

from collections.abc import Sequence
from typing import Any

from django.db import OperationalError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from crm.access.errors import TookTooLong, refusal_of
from crm.access.policy import Access
from crm.lists.columns import EMPTY, renderer_for
from crm.lists.query import Query
from crm.modules.fields import Field


def summable(access: Access, shown: Sequence[str]) -> list[Field]:
    """The shown columns that are added up for this person."""
    fields = (access.module.fields[name] for name in shown if name in access.readable)
    return [field for field in fields if field.is_summable]


def totals_of(access: Access, query: Query, shown: Sequence[str]) -> list[SafeString]:
    """One cell per shown column; a question mark where the sums took too long."""
    fields = {field.name: field for field in summable(access, shown)}
    try:
        sums: dict[str, Any] | None = access.sums(query.where, fields.values())
    except OperationalError as error:
        if not isinstance(refusal_of(error), TookTooLong):
            raise
        sums = None
    return [_cell(access, name, fields.get(name), sums) for name in shown]


def _cell(
    access: Access, name: str, field: Field | None, sums: dict[str, Any] | None
) -> SafeString:
    if name == access.module.title:
        return format_html("{}", _("Total"))
    if field is None:
        return EMPTY
    if sums is None:
        why = _("There are too many to add up in time. Narrow the filter.")
        return format_html('<span title="{}">?</span>', why)
    value = sums[name]
    return EMPTY if value is None else format_html("<b>{}</b>", renderer_for(field)(value))
