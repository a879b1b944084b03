"""The records of another module that point at this one, on a tab."""

from typing import Any

from django.utils.translation import gettext as _

from crm.access.paging import Slice
from crm.access.policy import Access, access_to
from crm.access.rows import Row
from crm.lists.conditions import compile_tree
from crm.lists.query import query_of
from crm.lists.show import in_sentence
from crm.modules.module import Part
from crm.views.address import Address
from crm.views.list_parts import column_heads
from crm.views.lists import row_contexts

MOST_RELATED = 100


def related_context(access: Access, row: Row, part: Part) -> dict[str, Any]:
    """What crm/detail/related.html shows: through the other module's own door."""
    other = access_to(access.user, part.module)
    module = other.module
    shown = [module.title, *(n for n in part.columns or module.columns[:5] if n != module.title)]
    shown = [name for name in shown if name in other.visible]
    tree = {"field": part.relation, "op": "eq", "value": row.pk}
    query = query_of(other, tree)
    rows = other.page(Slice(compile_tree(other, tree), query.order, 0, MOST_RELATED), shown)
    address = Address(f"/{module.name}/", query)
    heads = column_heads(other, shown, address)
    may_create = other.grants.scope("create") and part.relation in other.editable
    return {
        "title": part.label or module.label_plural,
        "module": module.name,
        "new_url": f"/{module.name}/new/?{part.relation}={row.pk}" if may_create else "",
        "quick_url": f"/{module.name}/new/quick/?{part.relation}={row.pk}",
        "new_label": _("New %s") % in_sentence(module.label),
        "all_url": address.with_(),
        "picture_url": f"/{access.module.name}/{row.pk}/{part.picture}" if part.picture else "",
        "columns": heads,
        "rows": row_contexts(other, rows, shown),
        "empty_text": _("No %s yet") % in_sentence(module.label_plural),
    }
