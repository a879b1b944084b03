"""Values as JSON holds them: decimals as text, moments with their zone, references as objects."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crm.access import names
from crm.access.grants import State
from crm.access.policy import Access
from crm.access.rows import FileRef, Ref, Row, hidden_ref
from crm.customfields.files import FILE
from crm.lists.paths import column_at
from crm.modules.fields import Field
from crm.records.duplicates import Match

Plain = Any
Converter = Callable[[Any], Plain]


def as_json(value: Any) -> Plain:
    """One value of a row."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Ref):
        return {"id": value.pk, "label": str(value.label)}
    if isinstance(value, FileRef):
        return file_as_json(value)
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    if isinstance(value, Mapping):
        return {name: as_json(one) for name, one in value.items()}
    return str(value)


def file_as_json(value: FileRef) -> Plain:
    """A file of a field, and where it is downloaded with a token."""
    return {
        "id": value.pk, "name": value.name, "size": value.size,
        "url": f"/api/v1/field-files/{value.pk}/",
    }  # fmt: skip


def _any_relation(value: Any) -> Plain:
    if not isinstance(value, Ref):
        return as_json(value)
    return {"module": value.module, "id": value.pk, "label": str(value.label)}


def _choices(value: Any) -> Plain:
    """Several choices; of a custom field they come as JSON text."""
    if isinstance(value, str) and value.startswith("["):
        return json.loads(value)
    return as_json(value or [])


CONVERTERS: Mapping[str, Converter] = {"any_relation": _any_relation, "multi_choice": _choices}


def rows_as_json(access: Access, rows: Sequence[Row]) -> list[dict[str, Plain]]:
    """Rows as objects; hidden fields have no key, masked ones are named in `_masked`."""
    names = {name for row in rows[:1] for name in row}
    converters = {
        name: CONVERTERS.get(column_at(access, name).field.kind, as_json) for name in names
    }
    return [
        {
            "id": row.pk,
            "version": row.version,
            **{name: converters[name](value) for name, value in row.items()},
            "_masked": sorted(row.masked),
        }
        for row in rows
    ]


def value_as_json(access: Access, name: str, value: Any) -> Plain:
    """One value of one field."""
    return CONVERTERS.get(access.module.fields[name].kind, as_json)(value)


def row_as_json(access: Access, row: Row) -> dict[str, Plain]:
    """One row as an object."""
    return rows_as_json(access, [row])[0]


def match_as_json(match: Match) -> dict[str, Plain]:
    """A known record: whose it is; which one, only for those who may see it. Never its fields."""
    found: dict[str, Plain] = {"exact": match.is_exact, "whose": str(match.word)}
    if match.pk is not None:
        found.update(id=match.pk, label=str(match.label))
    return found


class Labels:
    """Names stored references for one person, asking once per module however many there are."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._wanted: dict[str, set[int]] = {}
        self._found: dict[str, Mapping[int, Ref]] = {}

    def want(self, field: Field, value: Any) -> None:
        """Note a reference that `ref` will be asked for."""
        kind, pk = _target(field, value)
        if pk is not None:
            self._wanted.setdefault(kind, set()).add(pk)

    def ref(self, field: Field, value: Any) -> Ref | None:
        """The reference as the person may name it."""
        kind, pk = _target(field, value)
        if pk is None:
            return None
        known = self._found.get(kind)
        if known is None or pk not in self._wanted.get(kind, ()):
            self._wanted.setdefault(kind, set()).add(pk)
            known = self._found[kind] = self._ask(kind, self._wanted[kind])
        return known.get(pk) or hidden_ref(kind)

    def _ask(self, kind: str, ids: Iterable[int]) -> Mapping[int, Ref]:
        if kind == "user":
            return names.people(ids)
        if kind == "department":
            return names.departments(ids)
        return self.access.labels(kind, set(ids))


REFERRING = frozenset({"relation", "user", "department", "any_relation"})


def _target(field: Field, value: Any) -> tuple[str, int | None]:
    if field.kind == "any_relation":
        kind, _slash, text = str(value or "").partition("/")
        return kind, int(text) if text.isdecimal() else None
    kind = field.target if field.kind == "relation" else field.kind
    if value in (None, "") or isinstance(value, bool) or not str(value).isdecimal():
        return kind, None
    return kind, int(value)


def stored_as_json(field: Field, value: Any, labels: Labels) -> Plain:
    """A stored value (ids, not references) as an answer shows it."""
    if field.kind == FILE:
        found = names.files(labels.access.module.name, value or ())
        return [{"id": pk, "name": found[pk].name} for pk in value or ()]
    if field.kind in REFERRING:
        ref = labels.ref(field, value)
        return None if ref is None else CONVERTERS.get(field.kind, as_json)(ref)
    return CONVERTERS.get(field.kind, as_json)(value)


def plain_as_json(access: Access, name: str, value: Any) -> Plain:
    """A stored value of a field, cut to what the person may read.

    Members of a collection that he may not read are left out, masked ones too.
    """
    field, labels = access.module.fields[name], Labels(access)
    if not field.is_collection:
        return stored_as_json(field, value, labels)
    shown = [
        member
        for member in field.members
        if access.state(f"{name}.{member}") >= State.READ
    ]  # fmt: skip
    return [
        {
            **({"id": row["id"]} if row.get("id") else {}),
            **{
                member: stored_as_json(field.members[member], row[member], labels)
                for member in shown
                if member in row
            },
        }
        for row in value or ()
    ]
