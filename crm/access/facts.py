"""Verdicts without a person: is this known, and to whom. Never rows to a page."""

from django.utils.translation import gettext as _

from crm.access import names
from crm.modules.module import Module


def holder_word(module: Module, pk: int) -> str:
    """Who holds a record, in the words that everybody may hear: the owner and his department."""
    row = module.rows.filter(pk=pk).values_list("owner_id", "department_id").first()
    if row is None or row[0] is None:
        return _("without an owner")
    owner = names.people([row[0]])[row[0]]
    department = names.departments([row[1]]).get(row[1]) if row[1] else None
    if department is None:
        return _("belongs to %s") % owner
    return _("belongs to %(owner)s, %(department)s") % {"owner": owner, "department": department}
