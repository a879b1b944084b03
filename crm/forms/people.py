"""People and departments to choose from: owners, mentions, filters."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

from crm.access import names
from crm.lib.whole import whole_number
from crm.modules.stamp import KeptUnder, rights_version

MOST_LISTED = 300


def people_options(
    text: str = "", most: int = MOST_LISTED, holding: Any = ""
) -> list[dict[str, Any]]:
    """Active people as options, by name; `text` narrows them.

    The person with the id `holding` is among them even if he has left or stands far behind: a
    form that is saved again must not lose him.
    """
    found = [one for one in _active.get() if text.casefold() in one[1].casefold()][:most]
    held = whole_number(str(holding or ""))
    if held is not None and all(pk != held for pk, _name in found):
        found.insert(0, (held, names.people([held])[held].label))
    return [{"value": str(pk), "label": name} for pk, name in found]


def department_options() -> list[dict[str, str]]:
    """All departments as options, in the company's order."""
    return [{"value": str(pk), "label": name} for pk, name in _departments.get()]


def _read_departments() -> list[tuple[int, str]]:
    model = apps.get_model(settings.CRM_DEPARTMENT_MODEL)
    return list(model._default_manager.values_list("pk", "name"))


def _read_active() -> list[tuple[int, str]]:
    """Every active person by name."""
    people = get_user_model()._default_manager.filter(is_active=True)
    return list(people.order_by("display_name", "pk").values_list("pk", "display_name"))


# Names of people and of departments raise the version of rights too.
_departments = KeptUnder(rights_version, _read_departments)
_active = KeptUnder(rights_version, _read_active)
