"""Fields that were deleted: gone from everywhere at once, restorable for a time, then purged.

An id never comes again, so neither values nor rights of a deleted field pass to another of the
same name. Until it is purged the values stay in the rows, where nothing reads them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.customfields.models import FieldDefinition, Option
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.choice_rules import forget_rule
from crm.records.converting import KEEP, forget_preparation
from crm.records.errors import Invalid
from crm.records.field_files import forget_field
from crm.records.formulas import refuse_broken, refuse_used
from crm.records.uniqueness import forget_keys

COUNTED = 10_000
BATCH = 2000


def holders(row: FieldDefinition) -> tuple[int, bool]:
    """How many records hold a value of this field; (10000, False) when they are more."""
    rows = module_named(row.module).rows.filter(custom__has_key=row.key).order_by()
    found = rows.values("pk")[: COUNTED + 1].count()
    return min(found, COUNTED), found <= COUNTED


def remove_field(*, actor: Any, row: FieldDefinition) -> None:
    """Put a field into the bin; rights, values and choices wait there with it.

    Raises Invalid while formulas read it or other choices depend on it.
    """
    count, is_exact = holders(row)
    with transaction.atomic():
        raise_definitions_version()  # its row holds back formulas that would read it
        refuse_used(row.module, row.name)
        forget_rule(row)
        row = FieldDefinition.objects.select_for_update().get(pk=row.pk)
        forget_preparation(row)
        row.deleted_at = timezone.now()
        row.save(update_fields=["deleted_at", "preparing", "litter"])
        forget_keys(row)
        raise_definitions_version()
        _note(actor, "field.delete", row, records=count, more=not is_exact)


def deleted_fields(module: str) -> list[FieldDefinition]:
    """The fields of a module that wait in the bin, latest first."""
    rows = FieldDefinition.everything.filter(module=module, deleted_at__isnull=False)
    return list(rows.order_by("-deleted_at", "-pk"))


def goes_at(row: FieldDefinition) -> datetime:
    """From when on a deleted field can't be restored."""
    assert row.deleted_at is not None
    return row.deleted_at + KEEP


def restore_field(*, actor: Any, module: str, pk: int, most: int) -> FieldDefinition:
    """Take a field out of the bin, with values and rights as they were. Raises Invalid.

    It is not unique any more: what was entered meanwhile may repeat a value.
    """
    with transaction.atomic():
        row = (
            FieldDefinition.everything.select_for_update()
            .filter(pk=pk, module=module, deleted_at__isnull=False)
            .first()
        )
        if row is None or goes_at(row) <= timezone.now():
            raise Invalid(_("This field is gone for good."))
        if FieldDefinition.objects.filter(module=module).count() >= most:
            raise Invalid(_("A module has at most %d fields of this sort.") % most)
        if row.kind == FieldDefinition.FORMULA:
            refuse_broken(row)
        row.deleted_at, row.unique = None, False
        row.save(update_fields=["deleted_at", "unique"])
        raise_definitions_version()
        _note(actor, "field.restore", row)
    return row


def purge_due(now: datetime | None = None) -> Iterator[FieldDefinition]:
    """Take what nobody can get back any more out of the rows; yields fields that are gone.

    Batch by batch, each in a transaction of its own, without versions or histories: nobody sees
    these values. What breaks off half way goes on with the next call.
    """
    now = now or timezone.now()
    for row in list(FieldDefinition.everything.order_by("pk")):
        if row.deleted_at is not None and goes_at(row) <= now:
            _strip(row, [row.key, *(one["key"] for one in (*row.past, *row.litter))])
            _forget(row)
            yield row
        elif row.deleted_at is None:
            _tidy(row, now)


def _tidy(row: FieldDefinition, now: datetime) -> None:
    """What a living field was long ago, and what a stopped conversion left behind."""
    due = [one["key"] for one in row.past if one["until"] and _is_past(one["until"], now)]
    hour_ago = now - timedelta(hours=1)
    litter = [one["key"] for one in row.litter if _is_past(one["after"], hour_ago)]
    keys = [key for key in (*due, *litter) if key not in (row.key, row.preparing)]
    if not keys:
        return
    _strip(row, keys)
    with transaction.atomic():
        kept = FieldDefinition.everything.select_for_update().get(pk=row.pk)
        kept.past = [{**one, "until": ""} if one["key"] in keys else one for one in kept.past]
        kept.litter = [one for one in kept.litter if one["key"] not in keys]
        kept.save(update_fields=["past", "litter"])
        raise_definitions_version()


def _is_past(text: str, now: datetime) -> bool:
    return datetime.fromisoformat(text) <= now


def _strip(row: FieldDefinition, keys: list[str]) -> None:
    try:
        module = module_named(row.module)
    except UnknownModule:
        return
    for key in keys:
        after: int | None = 0
        while after is not None:
            after = _strip_part(module, key, after)


@transaction.atomic
def _strip_part(module: Module, key: str, after: int) -> int | None:
    rows = module.rows.filter(pk__gt=after, custom__has_key=key).order_by("pk")
    ids = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True)[:BATCH])
    if not ids:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{module.model._meta.db_table}" SET custom = custom - %s'  # noqa: S608  the model's own table
            " WHERE id = ANY(%s)",
            [key, ids],
        )
    return ids[-1]


@transaction.atomic
def _forget(row: FieldDefinition) -> None:
    """The definition itself, its choices and keys."""
    own = [f"field_{row.pk}", *(f"field_{row.pk}_{n}" for n in range(1, row.last_generation + 1))]
    Option.objects.filter(dictionary__in=own).delete()
    forget_keys(row)
    forget_field(row.name)
    _note(None, "field.purge", row)
    FieldDefinition.everything.filter(pk=row.pk).delete()
    raise_definitions_version()


def _note(actor: Any, action: str, row: FieldDefinition, **more: Any) -> None:
    label = next(iter(row.labels.values()), row.name)
    record_audit(
        actor=actor, action=action, module=row.module,
        detail={"name": label, "key": row.name, **more},
    )  # fmt: skip
