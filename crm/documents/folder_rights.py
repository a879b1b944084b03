"""Who may do what in a folder: as administrators and those who manage it say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.holders import (
    Holder,
    active_people,
    groups_named,
    groups_of,
    holder_from,
    people_named,
    roles_named,
)  # fmt: skip
from crm.documents.folders import locked_library, managed, note_folder
from crm.documents.library import MANAGE, Library
from crm.documents.models import Folder, FolderRight
from crm.records.errors import Invalid

EVERYONE = "everyone"
ROLE = "role-"
Level = FolderRight.Level
Kind = FolderRight.Holder


@dataclass(frozen=True)
class Right:
    """Somebody's right: `holder` as it stands in forms and the API (everyone, person-5, role-2)."""

    holder: str
    label: str
    level: int


def rights_of(pk: int) -> list[Right]:
    """The rights that a folder has of its own, those who manage first."""
    rows = list(FolderRight.objects.filter(folder=pk).order_by("-level", "pk"))
    ids: dict[str, list[int]] = {kind: [] for kind in Kind.values}
    for row in rows:
        ids[row.holder].append(row.holder_id)
    people, groups = people_named(ids[Kind.PERSON]), groups_named(ids[Kind.GROUP])
    roles = roles_named() if ids[Kind.ROLE] else {}
    found = []
    for row in rows:
        if row.holder == Kind.EVERYONE:
            found.append(Right(EVERYONE, _("Everyone"), row.level))
        elif row.holder == Kind.ROLE and row.holder_id in roles:
            found.append(Right(f"{ROLE}{row.holder_id}", roles[row.holder_id], row.level))
        elif known := (people if row.holder == Kind.PERSON else groups).get(row.holder_id):
            found.append(Right(known[0].text, known[1], row.level))
    return found


@transaction.atomic
def set_rights(*, actor: Any, pk: int, rights: Mapping[str, int] | None) -> None:
    """Give a folder rights of its own, holder by level; None: those of the folder above.

    Whoever sets them must manage the folder afterwards, too. Raises Invalid, NotVisible,
    NotAllowed.
    """
    library = locked_library(actor)
    node = managed(library, pk)
    if rights is None and node.parent is None:
        text = _("A folder at the top has rights of its own.")
        raise Invalid(fields={"rights": [text]})
    rows = _rows(pk, rights or {})
    Folder.objects.filter(pk=pk).update(
        has_own_rights=rights is not None, changed_at=timezone.now()
    )
    FolderRight.objects.filter(folder=pk).delete()
    FolderRight.objects.bulk_create(rows)
    if Library(actor).nodes[pk].level < MANAGE:
        text = _("You would not manage this folder any more. Keep yourself among those who do.")
        raise Invalid(fields={"manage": [text]})
    note_folder(actor, "folder.rights", pk, node.name, note=_in_words(pk, rights is None))


def _rows(pk: int, rights: Mapping[str, int]) -> list[FolderRight]:
    """The rows of these rights. Raises Invalid for somebody who is not there."""
    named = {text: holder_from(text) for text in rights}
    holders = [one for one in named.values() if one is not None]
    groups, people, roles = groups_of(holders), active_people(holders), roles_named()
    rows = []
    for text, level in rights.items():
        found = _key(text, named[text], groups, people, roles)
        if found is None or level not in Level.values:
            text = _("There is no such person, department, team or role.")
            raise Invalid(fields={"rights": [text]})
        rows.append(FolderRight(folder_id=pk, level=level, holder=found[0], holder_id=found[1]))
    return rows


def _key(
    text: str,
    holder: Holder | None,
    groups: Mapping[Holder, int],
    people: set[Holder],
    roles: Mapping[int, str],
) -> tuple[str, int] | None:
    if text == EVERYONE:
        return Kind.EVERYONE, 0
    number = text.removeprefix(ROLE)
    if number != text:
        is_role = number.isdecimal() and len(number) < 19 and int(number) in roles
        return (Kind.ROLE, int(number)) if is_role else None
    if holder is None:
        return None
    if holder in groups:
        return Kind.GROUP, groups[holder]
    return (Kind.PERSON, holder.pk) if holder in people else None


def _in_words(pk: int, is_inherited: bool) -> str:
    """The rights as the audit keeps them."""
    if is_inherited:
        return _("as in the folder above")
    return " · ".join(f"{Level(one.level).label}: {one.label}" for one in rights_of(pk))
