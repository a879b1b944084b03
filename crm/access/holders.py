"""With whom a record can be shared: people, departments and teams, and what they are called."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext_lazy

from crm.lib.whole import whole_number

PERSON, DEPARTMENT, TEAM = "person", "department", "team"
KINDS = {
    PERSON: gettext_lazy("Person"),
    DEPARTMENT: gettext_lazy("Department"),
    TEAM: gettext_lazy("Team"),
}


@dataclass(frozen=True, order=True)
class Holder:
    """One who may hold a share. `text` is how it stands in addresses: person-5."""

    kind: str
    pk: int

    @property
    def text(self) -> str:
        """The kind and the id."""
        return f"{self.kind}-{self.pk}"


def holder_from(text: str) -> Holder | None:
    """The holder that `person-5` names; None for anything else."""
    kind, _dash, number = text.partition("-")
    pk = whole_number(number)
    return Holder(kind, pk) if kind in KINDS and pk is not None else None


def _model(kind: str) -> Any:
    named = {
        PERSON: settings.AUTH_USER_MODEL,
        DEPARTMENT: settings.CRM_DEPARTMENT_MODEL,
        TEAM: settings.CRM_TEAM_MODEL,
    }
    return apps.get_model(named[kind])


def active_holders(kind: str) -> list[tuple[Holder, str]]:
    """Everybody of a kind with whom something can be shared now, by name."""
    name = "display_name" if kind == PERSON else "name"
    rows = _model(kind)._default_manager.filter(is_active=True).order_by(name, "pk")
    return [(Holder(kind, pk), label) for pk, label in rows.values_list("pk", name)]


def groups_of(holders: Iterable[Holder], is_active: bool = True) -> dict[Holder, int]:
    """The hidden groups of departments and teams; with `is_active` of those that are in use."""
    found: dict[Holder, int] = {}
    wanted = list(holders)
    for kind in (DEPARTMENT, TEAM):
        ids = [one.pk for one in wanted if one.kind == kind]
        if ids:
            rows = _model(kind)._default_manager.filter(pk__in=ids).exclude(group=None)
            rows = (rows.filter(is_active=True) if is_active else rows).values_list("pk", "group")
            found.update({Holder(kind, pk): group for pk, group in rows})
    return found


def active_people(holders: Iterable[Holder]) -> set[Holder]:
    """The people among them who may sign in."""
    ids = [one.pk for one in holders if one.kind == PERSON]
    rows = _model(PERSON)._default_manager.filter(pk__in=ids, is_active=True)
    return {Holder(PERSON, pk) for pk in rows.values_list("pk", flat=True)}


def roles_named() -> dict[int, str]:
    """Every role by its id, with its label."""
    roles = apps.get_model(settings.CRM_ROLE_MODEL)._default_manager.all()
    return {role.pk: str(role) for role in roles}


def people_named(ids: Iterable[int]) -> dict[int, tuple[Holder, str]]:
    """People by id, with their names."""
    rows = _model(PERSON)._default_manager.filter(pk__in=set(ids))
    return {pk: (Holder(PERSON, pk), name) for pk, name in rows.values_list("pk", "display_name")}


def groups_named(ids: Iterable[int]) -> dict[int, tuple[Holder, str]]:
    """Departments and teams by their hidden groups, with their names."""
    found: dict[int, tuple[Holder, str]] = {}
    wanted = set(ids)
    for kind in (DEPARTMENT, TEAM):
        rows = _model(kind)._default_manager.filter(group__in=wanted)
        for pk, group, name in rows.values_list("pk", "group", "name"):
            found[group] = (Holder(kind, pk), name)
    return found


def labels_of(texts: Iterable[str]) -> list[str]:
    """What the holders are called that stand as person-5 in the audit, in their order."""
    holders = [one for text in texts if (one := holder_from(text)) is not None]
    names: dict[Holder, str] = {}
    for kind in KINDS:
        ids = [one.pk for one in holders if one.kind == kind]
        rows = _model(kind)._default_manager.filter(pk__in=ids) if ids else ()
        names.update({Holder(kind, row.pk): str(row) for row in rows})
    return [names.get(one, one.text) for one in holders]
