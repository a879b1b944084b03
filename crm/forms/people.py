"""People and departments to choose from: owners, mentions, filters."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

from crm.access import names
from crm.lib.whole import whole_number
from crm.modules.stamp import rights_version

MOST_LISTED = 300
_kept: dict[str, Any] = {}
_departments: dict[str, Any] = {}


def people_options(
    text: str = "", most: int = MOST_LISTED, holding: Any = ""
) -> list[dict[str, Any]]:
    """Active people as options, by name; `text` narrows them.

    The person with the id `holding` is among them even if he has left or stands far behind: a
    form that is saved again must not lose him.
    """
    found = [one for one in _active() if text.casefold() in one[1].casefold()][:most]
    held = whole_number(str(holding or ""))
    if held is not None and all(pk != held for pk, _name in found):
        found.insert(0, (held, names.people([held])[held].label))
    return [{"value": str(pk), "label": name} for pk, name in found]


def department_options() -> list[dict[str, str]]:
    """All departments as options, in the company's order."""
    version = rights_version()
    if _departments.get("version") != version:
        model = apps.get_model(settings.CRM_DEPARTMENT_MODEL)
        found = list(model._default_manager.values_list("pk", "name"))
        _departments.update(version=version, found=found)
    return [{"value": str(pk), "label": name} for pk, name in _departments["found"]]


def _active() -> list[tuple[int, str]]:
    """Every active person by name; read anew when people or rights have changed."""
    version = rights_version()
    if _kept.get("version") != version:
        people = get_user_model()._default_manager.filter(is_active=True)
        found = people.order_by("display_name", "pk").values_list("pk", "display_name")
        _kept.update(version=version, people=list(found))
    return _kept["people"]
