"""What people and departments are called, and how these names are ordered; all colleagues know."""

from collections.abc import Iterable

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model

from crm.access.rows import Ref
from crm.lib.pinyin import pinyin_key
from crm.modules.stamp import rights_version

NAMED = frozenset({"user", "department"})  # kinds of fields whose values are called so
_people: dict[int, str] = {}
_departments: dict[int, str] = {}
_places: dict[str, str] = {}
_version: int | None = None


def _fresh() -> None:
    global _version
    version = rights_version()
    if version != _version:
        _people.clear()
        _departments.clear()
        _places.clear()
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


def places(kind: str) -> str:
    """Where each name of a kind stands by its sound: PostgreSQL's array of places by id.

    So names order a million rows without a join; ids that nobody has stand behind all others.
    """
    _fresh()
    if kind not in _places:
        is_person = kind == "user"
        model = get_user_model() if is_person else apps.get_model(settings.CRM_DEPARTMENT_MODEL)
        found = model._default_manager.values_list("pk", "display_name" if is_person else "name")
        ordered = sorted((pinyin_key(name, person=is_person), pk) for pk, name in found)
        by_id = [len(ordered)] * max((pk for _key, pk in ordered), default=0)
        for place, (_key, pk) in enumerate(ordered):
            by_id[pk - 1] = place
        _places[kind] = "{" + ",".join(map(str, by_id)) + "}"
    return _places[kind]
