"""What people and departments are called; every colleague may know these names."""

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

from crm.access.rows import Ref
from crm.modules.stamp import rights_version

_people: dict[int, str] = {}
_departments: dict[int, str] = {}
_version: int | None = None


def _fresh() -> None:
    global _version
    version = rights_version()
    if version != _version:
        _people.clear()
        _departments.clear()
        _version = version


def people(ids: Iterable[int | None]) -> dict[int, Ref]:
    """References to the persons with these ids; asks the database once for those unknown."""
    _fresh()
    wanted = {one for one in ids if one is not None}
    missing = wanted - _people.keys()
    if missing:
        found = get_user_model()._default_manager.filter(pk__in=missing)
        _people.update(found.values_list("pk", "display_name"))
    return {one: Ref(one, _people.get(one, str(one))) for one in wanted}


def departments(ids: Iterable[int | None]) -> dict[int, Ref]:
    """References to the departments with these ids."""
    _fresh()
    wanted = {one for one in ids if one is not None}
    missing = wanted - _departments.keys()
    if missing:
        model = apps.get_model(settings.CRM_DEPARTMENT_MODEL)
        found = model._default_manager.filter(pk__in=missing)
        _departments.update(found.values_list("pk", "name"))
    return {one: Ref(one, _departments.get(one, str(one))) for one in wanted}
