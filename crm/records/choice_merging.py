"""One choice of a dictionary taken up by another: values moved batch by batch, and given back.

It is the dictionary that changes, for everybody: nobody's reach to records is asked, only an
administrator may want it (crm/jobs/choices.py). Records in the bin move too, so that none comes
back with a choice that is gone. What histories say stays as it was written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from crm.customfields.usage import Place
from crm.modules.collections import Collection
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import all_modules
from crm.records.act import Act
from crm.records.events import write_events
from crm.records.followers import tell_followers
from crm.records.history import CHANGED, write_history

Moved = dict[int, tuple[Any, Any]]  # before and after by record; of a collection the rows' ids


@dataclass(frozen=True)
class Spot:
    """A field of a module that holds choices of a dictionary; `member` of a collection's rows."""

    module: Module
    path: str

    @property
    def field(self) -> Field:
        """The field whose values are choices."""
        found = self.module.field_at(self.path)
        assert found is not None  # spots are made of what is there
        return found

    @property
    def name(self) -> str:
        """The field of the record."""
        return self.path.partition(".")[0]

    @property
    def collection(self) -> Collection | None:
        """The collection whose rows hold the choice."""
        return self.module.collections_by_name.get(self.name)

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.module.label} · {self.field.label}"

    def rows(self, value: str) -> QuerySet:
        """The records, or rows of the collection, that hold a choice."""
        if self.collection is None:
            return Place(self.module.rows.order_by("pk"), self.field).holding(value)
        rows = self.collection.model._default_manager.filter(module=self.module.name)
        return Place(rows.order_by("record_id", "pk"), self.field).holding(value)


def spots_of(dictionary: str) -> list[Spot]:
    """Every field whose values are choices of this dictionary."""
    return [
        Spot(module, name)
        for module in all_modules()
        for name in module.right_names()
        if (field := module.field_at(name)) is not None and field.dictionary == dictionary
    ]


def move_part(act: Act, spot: Spot, lost: str, kept: str, after: int, size: int) -> Moved:
    """Move the next values behind the record `after`; in a transaction, the records locked."""
    if spot.collection is not None:
        return _move_rows(act, spot, lost, kept, after, size)
    rows = spot.rows(lost).filter(pk__gt=after).select_for_update(of=("self",))
    found = dict(rows.values_list("pk", _raw(spot))[:size])
    moved = {pk: (value, _without(value, lost, kept)) for pk, value in found.items()}
    _write(act, spot, {pk: new for pk, (_old, new) in moved.items()})
    return moved


def give_back(act: Act, spot: Spot, moved: Moved, lost: str, kept: str) -> set[int]:
    """Give records the old value where they still hold the new one; the ids of the others."""
    rows = spot.module.rows.select_for_update(of=("self",)).filter(pk__in=list(moved))
    if spot.collection is not None:
        held = set(rows.order_by("pk").values_list("pk", flat=True))
        mine = {pk: moved[pk] for pk in held}
        return _give_rows_back(act, spot, mine, lost, kept) | (moved.keys() - held)
    now = dict(rows.order_by("pk").values_list("pk", _raw(spot)))
    back = {pk: old for pk, (old, new) in moved.items() if now.get(pk) == new}
    _write(act, spot, back)
    return moved.keys() - back.keys()


def _raw(spot: Spot) -> Any:
    return KeyTransform(spot.field.key, "custom") if spot.field.is_custom else F(spot.field.column)


def _without(value: Any, lost: str, kept: str) -> Any:
    """The value with the one choice in place of the other, each once."""
    if not isinstance(value, list):
        return kept
    return list(dict.fromkeys(kept if one == lost else one for one in value))


def _write(act: Act, spot: Spot, values: Mapping[int, Any]) -> None:
    """Set one field of locked records, by one statement."""
    if not values:
        return
    field = spot.field
    if field.is_custom:
        change, keys = "custom = t.custom || jsonb_build_object(%s::text, v.value)", [field.key]
    else:  # a choice of the product's own: one text in a column of its name
        change, keys = f'"{field.column}" = v.value #>> ARRAY[]::text[]', []
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{spot.module.model._meta.db_table}" AS t SET {change}'  # noqa: S608  the model's own table
            " FROM unnest(%s::bigint[], %s::jsonb[]) AS v(id, value) WHERE t.id = v.id",
            [*keys, list(values), [json.dumps(one) for one in values.values()]],
        )
    _told(act, spot, list(values))


def _told(act: Act, spot: Spot, ids: Sequence[int]) -> None:
    """Raise the versions of changed records, write their history, tell who follows the living."""
    module = spot.module
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{module.model._meta.db_table}" SET version = version + 1,'  # noqa: S608  the model's own table
            " changed_at = %s, changed_by_id = %s WHERE id = ANY(%s)"
            " RETURNING id, version, deleted_at IS NULL",
            [timezone.now(), act.actor_id, list(ids)],
        )
        rows = sorted(cursor.fetchall())
    write_history(act, module.model, ids, CHANGED)
    living = [(pk, version) for pk, version, is_living in rows if is_living]
    write_events(act, module.name, living, "changed", [spot.name])
    if living:
        tell_followers(act, module, [pk for pk, _version in living])
        module.after_write(act, [pk for pk, _version in living])


def _move_rows(act: Act, spot: Spot, lost: str, kept: str, after: int, size: int) -> Moved:
    found = spot.rows(lost).filter(record_id__gt=after)
    parents = list(
        found.values_list("record_id", flat=True).distinct().order_by("record_id")[:size]
    )
    locked = spot.module.rows.select_for_update(of=("self",)).filter(pk__in=parents)
    list(locked.order_by("pk").values_list("pk", flat=True))
    by_parent: dict[int, list[int]] = {}
    for pk, parent in spot.rows(lost).filter(record_id__in=parents).values_list("pk", "record_id"):
        by_parent.setdefault(parent, []).append(pk)
    _set_rows(act, spot, by_parent, kept)
    return {parent: (ids, kept) for parent, ids in by_parent.items()}


def _give_rows_back(act: Act, spot: Spot, moved: Moved, lost: str, kept: str) -> set[int]:
    collection = spot.collection
    assert collection is not None  # the caller has asked
    ids = [pk for rows, _new in moved.values() for pk in rows]
    held = collection.model._default_manager.filter(pk__in=ids, **{spot.field.column: kept})
    still = set(held.values_list("pk", flat=True))
    back = {parent: [pk for pk in rows if pk in still] for parent, (rows, _new) in moved.items()}
    _set_rows(act, spot, {parent: rows for parent, rows in back.items() if rows}, lost)
    return {parent for parent, (rows, _new) in moved.items() if len(back[parent]) < len(rows)}


def _set_rows(act: Act, spot: Spot, by_parent: Mapping[int, Sequence[int]], value: str) -> None:
    collection = spot.collection
    if collection is None or not by_parent:
        return
    ids = [pk for rows in by_parent.values() for pk in rows]
    collection.model._default_manager.filter(pk__in=ids).update(**{spot.field.column: value})
    write_history(act, collection.model, ids, CHANGED)
    _told(act, spot, list(by_parent))
