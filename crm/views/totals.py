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
from crm.modules.fields import Field
from crm.views.address import Address


def summable(access: Access, shown: Sequence[str]) -> list[Field]:
    """The shown columns that are added up for this person."""
    fields = (access.module.fields[name] for name in shown if name in access.readable)
    return [field for field in fields if field.is_summable]


def totals_of(access: Access, address: Address, shown: Sequence[str]) -> list[SafeString]:
    """One cell per shown column; what offers to add up where that may take a while."""
    fields = {field.name: field for field in summable(access, shown)}
    query = address.query
    try:
        sums = access.sums(query.where, fields.values(), exact=query.exact_count)
    except OperationalError as error:
        if not isinstance(refusal_of(error), TookTooLong):
            raise
        sums = None
    instead = _instead(address) if sums is None else EMPTY
    return [_cell(access, name, fields.get(name), sums, instead) for name in shown]


def _instead(address: Address) -> SafeString:
    """What stands for sums that were not made: a link that makes them, or that it took too long."""
    if address.query.exact_count:
        why = _("There are too many to add up in time. Narrow the filter.")
        return format_html('<span title="{}">?</span>', why)
    url = address.with_(part="totals", count="exact")
    text = _("Add up")
    return format_html(
        '<a class="link" href="{}" hx-get="{}" hx-target="#totals">{}</a>', url, url, text
    )


def _cell(
    access: Access,
    name: str,
    field: Field | None,
    sums: dict[str, Any] | None,
    instead: SafeString,
) -> SafeString:
    if name == access.module.title:
        return format_html("{}", _("Total"))
    if field is None:
        return EMPTY
    if sums is None:
        return instead
    value = sums[name]
    return EMPTY if value is None else format_html("<b>{}</b>", renderer_for(field)(value))
