"""Which record a row of an import means: by its number, or by the key that the person chose.

A record that the person may not see is not found, as if it did not exist.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.exchange.lines import Line
from crm.exchange.targets import IDENTITY
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.children import Phone
from crm.records.keys import LONGEST_KEY, exact_holders

Found = tuple[int | None, dict[str, list[Any]]]
KEY_KINDS = frozenset({"text", "credit_code", "email", "url"})


def key_fields(access: Access) -> list[Field]:
    """The fields by which a person may find the record that a row means."""
    found = []
    for name, field in access.module.fields.items():
        if name not in access.readable or field.is_computed:
            continue
        if field.is_custom and not field.is_unique:
            continue
        is_known = name == access.module.title or name in access.module.key_fields
        is_phone = (
            field.is_collection
            and access.module.collections_by_name[name].model is Phone
            and f"{name}.{next(iter(field.members))}" in access.readable
        )
        if name == IDENTITY or (is_known and field.kind in KEY_KINDS) or is_phone:
            found.append(field)
    return found


class Finder:
    """Looks records up for many rows at once."""

    def __init__(self, access: Access, key: str) -> None:
        self.access = access
        self.key = key.partition(".")[0]

    def find(self, lines: Sequence[Line]) -> list[Found]:
        """For each row the id of the record that it means, or why there is none, or neither."""
        by_number = self._by_number({line.identity for line in lines if line.identity})
        by_key = self._by_key(lines) if self.key and self.key != IDENTITY else {}
        return [self._one(place, line, by_number, by_key) for place, line in enumerate(lines)]

    def _one(
        self, place: int, line: Line, by_number: Mapping[str, int], by_key: Mapping[int, set[int]]
    ) -> Found:
        if self.key == IDENTITY and line.identity:
            pk = by_number.get(line.identity)
            missing = {IDENTITY: [_("There is no record with this number.")]}
            return (pk, {}) if pk is not None else (None, missing)
        found = by_key.get(place, set())
        if len(found) > 1:
            return None, {self.key: [_("Several records have this value.")]}
        return next(iter(found), None), {}

    def _by_number(self, numbers: set[str]) -> dict[str, int]:
        if self.key != IDENTITY or not numbers:
            return {}
        rows = self.access.rows().filter(number__in=numbers)
        return dict(rows.values_list("number", "pk"))

    def _by_key(self, lines: Sequence[Line]) -> dict[int, set[int]]:
        """Ids by the place of the row: by exact duplicate key where the module has one."""
        field = self.access.module.fields[self.key]
        if field.is_collection:
            return self._by_phone(lines)
        keys = {n: _exact_keys(self.access.module, line, self.key) for n, line in enumerate(lines)}
        if not any(keys.values()):
            return self._by_column(field, lines)
        holders = exact_holders(
            self.access.module, {key for found in keys.values() for key in found}
        )
        reached = set(
            self.access.rows().filter(pk__in=set(holders.values())).values_list("pk", flat=True)
        )
        found: dict[int, set[int]] = {}
        for place, mine in keys.items():
            hits = {holders[key] for key in mine if key in holders} & reached
            if hits:
                found[place] = hits
        return found

    def _by_column(self, field: Field, lines: Sequence[Line]) -> dict[int, set[int]]:
        values = {
            n: str(line.values[self.key]).strip()
            for n, line in enumerate(lines)
            if line.values.get(self.key)
        }
        rows = self.access.rows().filter(**{f"{field.value_path}__in": set(values.values())})
        by_value: dict[str, set[int]] = {}
        for value, pk in rows.values_list(field.value_path, "pk"):
            by_value.setdefault(str(value), set()).add(pk)
        return {place: by_value[value] for place, value in values.items() if value in by_value}

    def _by_phone(self, lines: Sequence[Line]) -> dict[int, set[int]]:
        collection = self.access.module.collections_by_name[self.key]
        wanted: dict[int, set[str]] = {}
        for place, line in enumerate(lines):
            for row in line.values.get(self.key) or ():
                try:
                    columns = collection.derive(row) if collection.derive else {}
                except (ValueError, KeyError):
                    continue
                wanted.setdefault(place, set()).add(columns.get("e164", ""))
        numbers = {number for found in wanted.values() for number in found if number}
        rows = collection.model._default_manager.filter(
            module=self.access.module.name, e164__in=numbers
        )
        by_number: dict[str, set[int]] = {}
        for number, pk in rows.values_list("e164", "record_id"):
            by_number.setdefault(number, set()).add(pk)
        reached = set(
            self.access.rows().filter(pk__in={pk for ids in by_number.values() for pk in ids})
            .values_list("pk", flat=True)
        )  # fmt: skip
        return {
            place: {pk for number in found for pk in by_number.get(number, ())} & reached
            for place, found in wanted.items()
        }


def _exact_keys(module: Module, line: Line, name: str) -> list[tuple[str, str]]:
    """The exact duplicate keys that this one field gives."""
    if not line.values.get(name):
        return []
    alone = {one: line.values.get(one) for one in (name, "kind") if line.values.get(one)}
    alone[name] = str(alone[name])
    return [(rule, key[:LONGEST_KEY]) for rule, key in module.all_keys(alone).exact if rule == name]
