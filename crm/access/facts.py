"""Verdicts without a person: is this known, and to whom. Never rows to a page."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from crm.access import names
from crm.modules.module import Module


def holder_word(module: Module, pk: int) -> str:
    """Who holds a record, in the words that everybody may hear: the owner and his department."""
    return holder_words(module, {pk})[pk]


def holder_words(module: Module, ids: Iterable[int]) -> dict[int, str]:
    """Who holds each of these records, in the words that everybody may hear."""
    wanted = set(ids)
    rows = module.rows.filter(pk__in=wanted).values_list("pk", "owner_id", "department_id")
    found = {pk: (owner, department) for pk, owner, department in rows}
    owners = names.people(owner for owner, _department in found.values())
    departments = names.departments(department for _owner, department in found.values())
    words = {}
    for pk in wanted:
        owner, department = found.get(pk, (None, None))
        if owner is None:
            words[pk] = _("without an owner")
        elif department is None:
            words[pk] = _("belongs to %s") % owners[owner]
        else:
            words[pk] = _("belongs to %(owner)s, %(department)s") % {
                "owner": owners[owner],
                "department": departments[department],
            }
    return words
