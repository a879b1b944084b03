"""Why records look the same, in words, and where the person looks through those that do."""

from typing import Any

from django.utils.translation import gettext_lazy

from crm.access.policy import Access
from crm.records.merging import may_merge

WHY = {
    "name": gettext_lazy("same name"),
    "credit_code": gettext_lazy("same credit code"),
    "name_mobile": gettext_lazy("same name and mobile"),
    "bare_name": gettext_lazy("similar name"),
    "pinyin": gettext_lazy("name sounds the same"),
    "mobile": gettext_lazy("same mobile"),
    "landline": gettext_lazy("same phone"),
    "mail": gettext_lazy("same mail"),
    "domain": gettext_lazy("same mail domain"),
}


def why(access: Access, rule: str) -> Any:
    """A duplicate rule in words."""
    field = access.module.fields.get(rule)
    if field is not None and field.is_unique and rule in access.visible:
        return field.label
    return WHY.get(rule, rule)


def doubles_url(access: Access) -> str:
    """Where the person looks through the possible doubles of a module; "" where he may not."""
    if not access.module.key_fields or not may_merge(access):
        return ""
    return f"/{access.module.name}/doubles/"
