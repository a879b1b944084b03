"""What people and departments are called, and how these names are ordered; all colleagues know."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from crm.access.rows import FileRef, Ref
from crm.customfields.files import FieldFile
from crm.lib.pinyin import pinyin_key
from crm.modules.stamp import KeptUnder, rights_version

NAMED = frozenset({"user", "department"})  # kinds of fields whose values are called so


@dataclass(frozen=True)
class _Known:
    people: dict[int, str] = field(default_factory=dict)
    departments: dict[int, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


_known = KeptUnder(rights_version, _Known)


def people(ids: Iterable[int | None]) -> dict[int, Ref]:
    """References to the persons with these ids; asks the database once for those unknown."""
    known = _known.get().people
    wanted = {one for one in ids if one is not None}
    missing = wanted - known.keys()
    if missing:
        found = get_user_model()._default_manager.filter(pk__in=missing)
        known.update(found.values_list("pk", "display_name"))
    return {one: Ref(one, known.get(one, str(one))) for one in wanted}


def departments(ids: Iterable[int | None]) -> dict[int, Ref]:
    """References to the departments with these ids."""
    known = _known.get().departments
    wanted = {one for one in ids if one is not None}
    missing = wanted - known.keys()
    if missing:
        model = apps.get_model(settings.CRM_DEPARTMENT_MODEL)
        found = model._default_manager.filter(pk__in=missing)
        known.update(found.values_list("pk", "name"))
    return {one: Ref(one, known.get(one, str(one))) for one in wanted}


def files(module: str, ids: Iterable[int]) -> dict[int, FileRef]:
    """What the files with these ids are called, for those who may read the field; cleared ones too.

    Whose record they are on is not asked: history names what a field held once.
    """
    wanted = set(ids)
    rows = FieldFile.objects.filter(module=module, pk__in=wanted) if wanted else ()
    known = {one.pk: FileRef(one.pk, one.name, one.size) for one in rows}
    return {pk: known.get(pk) or FileRef(pk, str(_("(cleared file)")), 0) for pk in wanted}


def places(kind: str) -> str:
    """Where each name of a kind stands by its sound: PostgreSQL's array of places by id.

    So names order a million rows without a join; ids that nobody has stand behind all others.
    """
    known = _known.get().places
    if kind not in known:
        is_person = kind == "user"
        model = get_user_model() if is_person else apps.get_model(settings.CRM_DEPARTMENT_MODEL)
        found = model._default_manager.values_list("pk", "display_name" if is_person else "name")
        ordered = sorted((pinyin_key(name, person=is_person), pk) for pk, name in found)
        by_id = [len(ordered)] * max((pk for _key, pk in ordered), default=0)
        for place, (_key, pk) in enumerate(ordered):
            by_id[pk - 1] = place
        known[kind] = "{" + ",".join(map(str, by_id)) + "}"
    return known[kind]
