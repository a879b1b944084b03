"""Delete, restore, hand to another owner: acts that touch a record and what belongs to it.

A deletion marks rows with its own id, so that a restore brings back exactly what one act
deleted. A child that has another living parent is unlinked instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Count, F, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import Access, access_to
from crm.modules.module import Module
from crm.modules.registry import all_modules, children_of, module_named
from crm.records.act import Act
from crm.records.beside import ExternalId
from crm.records.child_rows import remove_rows
from crm.records.duplicates import refuse_lost
from crm.records.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from crm.records.events import write_events
from crm.records.followers import ask_guards, tell_followers, tell_purgers
from crm.records.history import CHANGED, DELETED, write_history
from crm.records.keys import claim_keys, release_keys
from crm.records.owners import department_of, require_assignable
from crm.records.restoring import returning

GOING = frozenset({"deleted", "merged"})
Along = tuple[int, str, int]  # the record, and what went along with it: module, id


def mark_records(
    act: Act,
    module: Module,
    ids: Sequence[int],
    kind: str,
    names: Iterable[str] | None = None,
    **columns: Any,
) -> None:
    """Change columns of many records with everything that a change brings along.

    The event says that `names` changed, the columns' own names where they are left out.
    """
    if not ids:
        return
    rows = module.rows.filter(pk__in=list(ids))
    rows.update(
        **columns,
        version=F("version") + 1,
        changed_at=timezone.now(),
        changed_by_id=act.actor_id,
    )
    write_history(act, module.model, ids, DELETED if kind in GOING else CHANGED)
    changed = columns.keys() if names is None else names
    write_events(act, module.name, list(rows.values_list("pk", "version")), kind, changed)
    tell_followers(act, module, list(ids))
    module.after_write(act, list(ids))


@transaction.atomic
def delete_records(
    *, actor: Any, module: str, pks: Sequence[int], version: int | None = None, source: str = "form"
) -> Act:
    """Put records and what belongs to them into the recycle bin; all of them or none.

    Raises NotVisible, NotAllowed, StaleRecord (changed since `version`).
    """
    access = access_to(actor, module)
    act = Act(actor, source)
    records = [access.lock(pk, "delete") for pk in sorted(set(pks))]
    for record in records:
        ask_guards(act, access.module, record, frozenset({"deleted_at"}))
        if version is not None and record.version != version:
            raise StaleRecord(record.version, [], None)
    _delete(act, access.module, [record.pk for record in records])
    return act


def delete_set(act: Act, module: Module, ids: Sequence[int]) -> None:
    """Put records into the bin that the caller has locked and may take away, in its transaction."""
    _delete(act, module, list(ids))


def _delete(act: Act, module: Module, ids: list[int]) -> None:
    if not ids:
        return
    for child, relation in _hanging_modules(module):
        lookup = _lookup(child, relation, module, ids)
        children = list(
            child.rows.filter(deleted_at__isnull=True, **lookup).values_list("pk", flat=True)
        )
        elsewhere = child.other_parents(children, ids)
        for pk, parent in elsewhere.items():
            moved: dict[str, Any] = {child.fields[relation].value_path: parent}
            mark_records(act, child, [pk], "changed", **moved)
        _delete(act, child, [pk for pk in children if pk not in elsewhere])
    release_keys(module, ids)
    mark_records(act, module, ids, "deleted", deleted_at=timezone.now(), deletion_id=act.id)


def _hanging_modules(module: Module) -> list[tuple[Module, str]]:
    hanging = children_of(module)
    for other in all_modules():
        field = other.fields.get(other.parent)
        if field is not None and field.kind == "any_relation":
            hanging.append((other, other.parent))
    return hanging


def _lookup(child: Module, relation: str, module: Module, ids: list[int]) -> dict[str, Any]:
    field = child.fields[relation]
    if field.kind == "any_relation":
        return {f"{field.column}__in": [f"{module.name}/{pk}" for pk in ids]}
    return {f"{field.value_path}__in": ids}


@transaction.atomic
def restore_records(*, actor: Any, module: str, pks: Sequence[int], source: str = "form") -> Act:
    """Bring back deleted records with all that their deletion took along; all of them or none.

    Raises NotVisible; NotAllowed when they were merged into another record, or hang on one that
    the person may not restore;
    DuplicateFound when a living record has taken their place meanwhile.
    """
    act = Act(actor, source)
    restore_set(act, module_named(module), sorted(set(pks)))
    return act


def restore_set(act: Act, module: Module, pks: Sequence[int], *, only: bool = False) -> None:
    """Bring back deleted records, in the caller's transaction; see `restore_records`.

    With `only` nothing else comes back that the same act deleted, but what hung on these.
    """
    for other, values in returning(act.actor, module, pks, only=only).items():
        _refuse_merged(other, values)
        keys = {pk: other.all_keys(one) for pk, one in values.items()}
        refuse_lost(access_to(act.actor, other), claim_keys(other, keys))
        mark_records(act, other, list(keys), "restored", deleted_at=None, deletion_id=None)


def _refuse_merged(module: Module, ids: Iterable[int]) -> None:
    if module.rows.filter(pk__in=list(ids), merged_into__isnull=False).exists():
        raise NotAllowed(_("It was merged into another record: undo the merge instead."))


def restore_record(*, actor: Any, module: str, pk: int, source: str = "form") -> Act:
    """Bring back one deleted record, as `restore_records` does."""
    return restore_records(actor=actor, module=module, pks=[pk], source=source)


@transaction.atomic
def assign_records(
    *,
    actor: Any,
    module: str,
    pks: Sequence[int],
    owner: int,
    source: str = "form",
    reason: str = "",
) -> Act:
    """Give records another owner; what the old owner held under them goes along.

    Raises NotVisible, NotAllowed, Invalid (no such active person).
    """
    access = access_to(actor, module)
    require_active(owner)
    act = Act(actor, source, reason)
    records = [access.lock(pk, "assign") for pk in sorted(set(pks))]
    require_assignable(access, owner)
    for record in records:
        ask_guards(act, access.module, record, frozenset({"owner"}))
    by_old: dict[int | None, list[int]] = {}
    for record in records:
        if record.owner_id != owner:
            by_old.setdefault(record.owner_id, []).append(record.pk)
    give_set(act, access.module, by_old, owner)
    return act


def require_active(owner: int) -> None:
    """Raise Invalid unless this is a person who may sign in."""
    people = get_user_model()._default_manager
    if not people.filter(pk=owner, is_active=True).exists():
        raise Invalid(fields={"owner": [_("There is no such person.")]})


def give_set(
    act: Act, module: Module, by_old: Mapping[int | None, Sequence[int]], owner: int
) -> list[Along]:
    """Give locked records, by old owner, to another; answers what those held under them.

    By as many statements for one old owner as for a hundred.
    """
    columns: dict[str, Any] = {"owner_id": owner, "department_id": department_of(owner)}
    old_of = {pk: old for old, ids in by_old.items() for pk in ids}
    mark_records(act, module, list(old_of), "assigned", **columns)
    along: list[Along] = []
    for child, relation in children_of(module):
        lookup = _lookup(child, relation, module, list(old_of))
        rows = child.rows.filter(deleted_at__isnull=True, **lookup)
        held = rows.values_list("pk", child.fields[relation].value_path, "owner_id")
        below = {pk: parent for pk, parent, mine in held if mine == old_of[parent]}
        mark_records(act, child, list(below), "assigned", **columns)
        along += [(parent, child.name, pk) for pk, parent in below.items()]
    return along


@transaction.atomic
def purge_records(*, actor: Any, module: str, pks: Sequence[int], source: str = "form") -> Act:
    """Remove records for good that lay in the bin for BIN_DAYS; administrators only.

    Their history stays. Raises NotAllowed, NotVisible, Invalid (too early, or something outside
    still points to them).
    """
    access = access_to(actor, module).in_bin()
    if not access.grants.administer:
        raise NotAllowed(_("Only administrators empty the recycle bin."))
    act = Act(actor, source)
    rows = access.rows("delete").order_by("pk").filter(pk__in=list(pks))
    found = list(rows.select_for_update(of=("self",)))
    if len(found) != len(set(pks)):
        raise NotVisible
    if any(record.deleted_at > _due() for record in found):
        days = settings.BIN_DAYS
        raise Invalid(
            ngettext(
                "What was deleted stays in the recycle bin for %d day.",
                "What was deleted stays in the recycle bin for %d days.",
                days,
            )
            % days
        )
    try:
        _purge(act, access.module, found)
    except ProtectedError:
        raise Invalid(
            _("Other records still point to this one; change or purge them first.")
        ) from None
    return act


def _due() -> datetime:
    """What was deleted before this moment may be removed for good."""
    return timezone.now() - timedelta(days=settings.BIN_DAYS)


def purgeable(access: Access, most: int) -> list[int]:
    """The records in the bin that the person may remove for good by now, oldest first."""
    if not access.grants.administer:
        return []
    rows = access.in_bin().rows("delete").filter(deleted_at__lte=_due())
    return list(rows.order_by("deleted_at", "pk").values_list("pk", flat=True)[:most])


def _purge(act: Act, module: Module, records: Sequence[Any]) -> None:
    """Remove records, first those that the same act deleted along with them."""
    ids = [record.pk for record in records]
    for deletion in {record.deletion_id for record in records}:
        for child, relation in _hanging_modules(module):
            lookup = _lookup(child, relation, module, ids)
            gone = list(child.rows.filter(deletion_id=deletion, **lookup))
            if gone:
                _purge(act, child, gone)
    for collection in module.collections:
        rows = collection.model._default_manager.filter(module=module.name, record_id__in=ids)
        remove_rows(act, collection, list(rows.values_list("pk", flat=True)))
    tell_purgers(module.name, ids)
    ExternalId.objects.filter(module=module.name, record_id__in=ids).delete()
    write_events(act, module.name, [(record.pk, record.version) for record in records], "purged")
    module.rows.filter(pk__in=ids).delete()


@transaction.atomic
def move_owner_department(user_id: int, department_id: int | None) -> int:
    """Rewrite the stored department of all that a person owns, versions left; how many."""
    moved = 0
    for module in all_modules():
        moved += module.rows.filter(owner_id=user_id).update(department_id=department_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_search_entry SET department_id = %s WHERE owner_id = %s",
            [department_id, user_id],
        )
    return moved


@dataclass
class Deletion:
    """How a record came into the bin: when, by whom, and how many others went with it."""

    at: datetime
    actor: int | None
    along: list[tuple[Any, int]]


def deletions_of(access: Access, pks: Sequence[int]) -> dict[int, Deletion]:
    """The deletions of records in the bin that came from this door, by record id."""
    rows = access.module.rows.filter(pk__in=list(pks), deleted_at__isnull=False)
    found: dict[int, Deletion] = {}
    acts: dict[Any, list[int]] = {}
    for pk, at, act, by in rows.values_list("pk", "deleted_at", "deletion_id", "changed_by_id"):
        found[pk] = Deletion(at, by, [])
        acts.setdefault(act, []).append(pk)
    for module in all_modules():
        counted = module.rows.filter(deletion_id__in=list(acts)).values_list("deletion_id")
        for act, count in counted.annotate(n=Count("pk")).order_by():
            if module.name == access.module.name and count == 1:
                continue
            for pk in acts[act]:
                found[pk].along.append((module.label_plural, count))
    return found
