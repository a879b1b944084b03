"""Submitted values, checked against rights and kinds before anything is locked or written."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.modules.fields import LISTS, Field
from crm.modules.module import Module
from crm.records.child_rows import Changes, clean_rows, compare, loaded_rows
from crm.records.choice_rules import wrong_choices
from crm.records.cleaning import TEXT_KINDS, Cleaner, is_empty
from crm.records.errors import Invalid

Values = dict[str, Any]


@dataclass
class Draft:
    """Clean values of one record: its own fields and its collections."""

    values: Values = field(default_factory=dict)
    collections: dict[str, list[Values]] = field(default_factory=dict)
    errors: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def all(self) -> Values:
        """Fields and collections in one mapping."""
        return {**self.values, **self.collections}

    def refuse(self) -> None:
        """Raise Invalid if anything is wrong."""
        if self.errors:
            raise Invalid(fields=self.errors)


def draft_of(
    cleaner: Cleaner,
    raw: Mapping[str, Any],
    writable: frozenset[str],
    allowed: Iterable[str] = (),
) -> Draft:
    """Clean what was submitted. Fields that may not be written are errors, never dropped.

    `allowed` names fields that a service lets through besides (the owner of a new record).
    """
    module = cleaner.access.module
    draft = Draft()
    for name, value in raw.items():
        one = module.fields.get(name)
        is_permitted = name in writable or name in allowed
        if one is None or (not is_permitted and name not in cleaner.access.visible):
            draft.errors[name] = [_("There is no such field.")]
        elif not is_permitted:
            draft.errors[name] = [_("You may not write this field.")]
        else:
            _take(cleaner, draft, one, value)
    return draft


def _take(cleaner: Cleaner, draft: Draft, one: Field, value: Any) -> None:
    try:
        if one.is_collection:
            draft.collections[one.name] = clean_rows(cleaner, one, value)
        else:
            draft.values[one.name] = cleaner.clean(one, value)
    except ValueError as error:
        draft.errors[one.name] = [_sentence(error)]


def _sentence(error: ValueError) -> Any:
    return error.args[0] if error.args else _("This value cannot be read.")


@lru_cache(maxsize=64)
def _fields_to_fill(module: Module) -> list[tuple[str, Field]]:
    """The fields that a new record may not be without, or that come with a default."""
    return [
        (name, one)
        for name, one in module.stored_fields.items()
        if not one.is_read_only and (one.default is not None or one.required)
    ]


def add_defaults(module: Module, draft: Draft, writable: frozenset[str]) -> None:
    """Give a new record what it needs: defaults, and an error for what is missing."""
    for name, one in _fields_to_fill(module):
        if name in draft.values or name in draft.errors:
            continue
        if one.default is not None:
            draft.values[name] = one.default() if callable(one.default) else one.default
        elif one.required and is_empty(draft.values.get(name)):
            word = _("This field is required.")
            if name not in writable:
                word = _("This field is required, and your roles do not let you fill it in.")
            draft.errors[name] = [word]


def columns_of(module: Module, values: Mapping[str, Any]) -> tuple[Values, Values]:
    """Values by field as (columns of the table, keys of `custom`)."""
    columns: Values = {}
    custom: Values = {}
    for name, value in values.items():
        one = module.fields[name]
        if one.is_custom:
            custom.update(dict.fromkeys(one.beside))
            custom[one.key] = plain(value)
        else:
            columns[one.value_path] = value
    return columns, custom


@dataclass
class Change:
    """How one record differs from what is stored: fields, collections, and all of it afterwards."""

    changed: Values
    children: dict[str, Changes]
    before: Values
    after: Values

    @property
    def names(self) -> frozenset[str]:
        """What changes, by field."""
        return frozenset({*self.changed, *self.children})


def change_of(access: Access, before: Mapping[str, Any], draft: Draft) -> Change:
    """What a draft changes in a record; puts into the draft what does not fit together."""
    children = {}
    for name, rows in draft.collections.items():
        collection = access.module.collections_by_name[name]
        changes = compare(access, collection, before[name], rows)
        if changes:
            children[name] = changes
    changed = {name: value for name, value in draft.values.items() if before.get(name) != value}
    change = Change(changed, children, dict(before), {**before, **draft.all})
    if change.names and not draft.errors:
        errors = access.module.validate(change.after)
        draft.errors.update({name: [text] for name, text in errors.items()})
        draft.errors.update(wrong_choices(access, change.after, change.names))
    return change


def changed_columns(module: Module, record: Any, change: Change) -> Values:
    """The columns that a change writes; custom values are merged key by key."""
    columns, custom = columns_of(module, change.changed)
    columns.update(module.derive(change.after))
    if custom:
        kept = {**record.custom, **custom}
        columns["custom"] = {name: plain(v) for name, v in kept.items() if v not in NOTHING}
    return columns


def plain(value: Any) -> Any:
    """A value as JSON holds it: numbers and dates as text; nothing for nothing."""
    if value is None or isinstance(value, bool | int | str | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


NOTHING: tuple[Any, ...] = (None, "", [])  # never stored in `custom`
TYPES: dict[str, Callable[[Any], Any]] = {
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "decimal": lambda value: Decimal(str(value)),
    "money": lambda value: Decimal(str(value)),
    "percent": lambda value: Decimal(str(value)),
}


def typed(field: Field, value: Any) -> Any:
    """A value of `custom` as its kind has it; what `plain` made plain."""
    if value is None:
        return "" if field.kind in TEXT_KINDS else ([] if field.kind in LISTS else None)
    return TYPES[field.kind](value) if field.kind in TYPES else value


def snapshots(
    module: Module, records: Sequence[Any], with_collections: bool = True
) -> dict[int, Values]:
    """All values of records as they are stored, by id; for services and facts only."""
    found: dict[int, Values] = {}
    for record in records:
        values: Values = {}
        for name, one in module.stored_fields.items():
            if one.is_custom:
                values[name] = typed(one, record.custom.get(one.key))
            else:
                values[name] = getattr(record, one.value_path)
        found[record.pk] = values
    if with_collections:
        for collection in module.collections:
            for pk, rows in loaded_rows(module, collection, list(found)).items():
                found[pk][collection.name] = rows
    return found


def living(module: Module, ids: Sequence[int]) -> list[Any]:
    """The living records with these ids; for followers of a write."""
    return list(module.rows.filter(pk__in=list(ids), deleted_at__isnull=True))


def refused_by_database(module: Module, error: IntegrityError | DataError) -> Invalid:
    """What the database says to values that are right for the forms: at the field, if known."""
    diagnostics = getattr(error.__cause__, "diag", None)
    told = f"_{getattr(diagnostics, 'constraint_name', None) or ''}"
    sentence = _("The database refuses this value.")
    names = [name for name in module.stored_fields if told.endswith(f"_{name}")]
    if names:
        return Invalid(fields={max(names, key=len): [sentence]})
    return Invalid(_("The database refuses these values."))
