"""Indexes for fields that administrators add: made and dropped without holding up the table.

A field that can order a list has two, one for each direction: rows without a value stand last in
both, so one read backwards would not do. They end in the id and hold living rows only, like those
of built-in columns (docs/decisions/001-the-door.md). The catalogue is the only memory.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import connection, models
from django.db.models import F, Q
from django.db.models.expressions import OrderBy
from django.db.models.fields.json import KeyTransform

from crm.customfields.models import FieldDefinition
from crm.modules.fields import REFERENCES
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named
from crm.records.declared import field_of

MOST_FAST = 20  # of one module: each makes every write of its records a little slower
NOT_FAST = frozenset({"long_text", FieldDefinition.FORMULA})
_NAME = re.compile(r"crm_field_([0-9]+)_([0-9]+)_(up|down|all)")


@dataclass(frozen=True)
class Made:
    """An index that is there."""

    name: str
    is_valid: bool
    size: int


def indexes_of(row: FieldDefinition) -> list[models.Index]:
    """The indexes that make filter and sort by a field fast."""
    field = field_of(row)
    start = f"crm_field_{row.pk}_{row.generation}"
    living = Q(deleted_at__isnull=True) & module_named(row.module).condition
    if row.kind == "multi_choice":
        words = OpClass(KeyTransform(field.key, "custom"), name="jsonb_path_ops")
        return [GinIndex(words, name=f"{start}_all", condition=living)]
    value: Any = field.expression()
    found = [models.Index(OrderBy(value), F("id"), name=f"{start}_up", condition=living)]
    if row.kind not in REFERENCES:
        down = OrderBy(value, descending=True, nulls_last=True)
        found.append(models.Index(down, F("id").desc(), name=f"{start}_down", condition=living))
    return found


def made_indexes() -> dict[str, Made]:
    """All indexes of added fields in the database, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid, pg_relation_size(c.oid) FROM pg_index i"
            " JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE c.relname ~ '^crm_field_[0-9]+_[0-9]+_(up|down|all)$'"
            " AND c.relnamespace = current_schema()::regnamespace"
        )
        return {name: Made(name, valid, size) for name, valid, size in cursor.fetchall()}


def is_ready(row: FieldDefinition, made: dict[str, Made]) -> bool:
    """Whether a field has all its indexes."""
    names = [one.name for one in indexes_of(row)]
    return all(name in made and made[name].is_valid for name in names)


def make(module: Module, index: models.Index) -> None:
    """Make one index beside running work. What a dead worker left half made is dropped first."""
    found = made_indexes().get(index.name)
    if found is not None and found.is_valid:
        return
    if found is not None:
        drop([index.name])
    is_beside = not connection.in_atomic_block  # a test's transaction allows no other way
    with connection.schema_editor(atomic=False) as editor:
        statement = index.create_sql(module.model, editor, concurrently=is_beside)  # type: ignore[arg-type]
        editor.execute(statement, params=None)


def drop(names: Iterable[str]) -> None:
    """Drop indexes of added fields by their names."""
    beside = "" if connection.in_atomic_block else "CONCURRENTLY"
    with connection.cursor() as cursor:
        for name in names:
            assert _NAME.fullmatch(name)
            cursor.execute(f'DROP INDEX {beside} IF EXISTS "{name}"')


def analyse(module: Module) -> None:
    """Let the planner know how the values of new indexes lie."""
    with connection.cursor() as cursor:
        cursor.execute(f'ANALYZE "{module.model._meta.db_table}"')


def unwanted() -> list[str]:
    """Indexes of fields that are gone, were converted, or need not be fast any more."""
    wanted: set[str] = set()
    for row in FieldDefinition.objects.filter(is_fast=True):
        try:
            wanted.update(one.name for one in indexes_of(row))
        except UnknownModule:
            continue
    return sorted(set(made_indexes()) - wanted)
