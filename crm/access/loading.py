"""Reads permitted columns into rows: the values, then labels and collections by one query each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from crm.access import names
from crm.access.rows import Ref, Row, hidden_ref
from crm.lib.masks import mask_text
from crm.modules.fields import REFERENCES, Field

if TYPE_CHECKING:
    from crm.access.policy import Access

Values = dict[str, Any]
COVERED = "****"
PARTLY_SHOWN = frozenset({"text", "long_text", "email", "url", "phone", "credit_code"})


def load_rows(access: "Access", found: QuerySet, wanted: Iterable[str] | None = None) -> list[Row]:
    """The rows of a query set as the person of `access` may see them.

    `wanted` names fields (default: all visible); names that are not visible are left out.
    """
    fields = [
        field
        for name, field in access.module.fields.items()
        if name in access.visible and (wanted is None or name in wanted)
    ]
    stored = {field.name: field for field in _with_inputs(access, fields)}
    plain = [field for field in stored.values() if not field.is_collection]
    loaded = _values(found, plain)
    _replace_references(access, loaded, plain)
    for field in stored.values():
        if field.is_collection:
            _add_collection(access, loaded, field)
    names_shown = {field.name for field in fields}
    return [_finish(access, values, fields, names_shown) for values in loaded]


def _with_inputs(access: "Access", fields: Sequence[Field]) -> list[Field]:
    found = {field.name: field for field in fields if not field.is_computed}
    for field in fields:
        for name in field.inputs:
            found.setdefault(name, access.module.fields[name])
    return list(found.values())


def _values(found: QuerySet, fields: Sequence[Field]) -> list[Values]:
    custom = {f"_{field.name}": field.expression() for field in fields if field.is_custom}
    paths = [f"_{field.name}" if field.is_custom else field.value_path for field in fields]
    columns = ("pk", "version", *paths)
    rows = found.annotate(**custom).values_list(*columns) if custom else found.values_list(*columns)
    keys = ("pk", "version", *(field.name for field in fields))
    return [dict(zip(keys, row, strict=True)) for row in rows]


def _replace_references(
    access: "Access", loaded: Sequence[Values], fields: Sequence[Field]
) -> None:
    for field in fields:
        if field.kind == "any_relation":
            _replace_any(access, loaded, field)
        if field.kind not in REFERENCES:
            continue
        ids = {values[field.name] for values in loaded} - {None}
        if not ids:
            continue
        refs = _references(access, field, ids)
        for values in loaded:
            if values[field.name] is not None:
                values[field.name] = refs.get(values[field.name], hidden_ref(field.target))


def _references(access: "Access", field: Field, ids: set[int]) -> Mapping[int, Ref]:
    if field.kind == "user":
        return names.people(ids)
    if field.kind == "department":
        return names.departments(ids)
    return access.labels(field.target, ids)


def _add_collection(access: "Access", loaded: Sequence[Values], field: Field) -> None:
    collection = access.module.collections_by_name[field.name]
    members = [
        member for name, member in field.members.items() if f"{field.name}.{name}" in access.visible
    ]
    by_record: dict[int, list[Values]] = {values["pk"]: [] for values in loaded}
    columns = ["record_id", "id", *(member.value_path for member in members)]
    found = collection.model._default_manager.filter(
        module=access.module.name, record_id__in=by_record.keys()
    )
    rows: list[Values] = []
    for record_id, pk, *cells in found.order_by("position", "id").values_list(*columns):
        child = {"id": pk, **{m.name: cell for m, cell in zip(members, cells, strict=True)}}
        by_record[record_id].append(child)
        rows.append(child)
    _replace_references(access, rows, members)
    for values in loaded:
        values[field.name] = tuple(by_record[values["pk"]])


def _finish(access: "Access", values: Values, fields: Sequence[Field], shown: set[str]) -> Row:
    masked: set[str] = set()
    result: Values = {}
    for field in fields:
        name = field.name
        value = field.display(values) if field.display else values[name]
        if field.is_collection:
            value = _masked_members(access, field, value, masked)
        elif name in access.masked and value not in (None, ""):
            value = mask(field, value)
            masked.add(name)
        result[name] = value
    return Row(access.module.name, values["pk"], values["version"], result, frozenset(masked))


def _masked_members(
    access: "Access", field: Field, rows: tuple[Values, ...], masked: set[str]
) -> tuple[Values, ...]:
    hidden = [name for name in field.members if f"{field.name}.{name}" in access.masked]
    if not hidden or not rows:
        return rows
    changed = []
    for row in rows:
        shown = dict(row)
        for name in hidden:
            if shown.get(name) not in (None, ""):
                shown[name] = mask(field.members[name], shown[name])
                masked.add(f"{field.name}.{name}")
        changed.append(shown)
    return tuple(changed)


def mask(field: Field, value: Any) -> Any:
    """The value with everything covered that tells it apart: text, or a reference to nobody.

    Of numbers, dates, choices and references not even the first sign may show.
    """
    if isinstance(value, Ref):
        return Ref(None, COVERED, field.target)
    if field.mask:
        return field.mask(str(value))
    return mask_text(str(value)) if field.kind in PARTLY_SHOWN else COVERED


def _replace_any(access: "Access", loaded: Sequence[Values], field: Field) -> None:
    """Values such as `customers/7` become references, by one query per module named."""
    by_module: dict[str, set[int]] = {}
    for values in loaded:
        name, _slash, pk = (values[field.name] or "").partition("/")
        if pk:
            by_module.setdefault(name, set()).add(int(pk))
    refs = {name: access.labels(name, ids) for name, ids in by_module.items()}
    for values in loaded:
        name, _slash, pk = (values[field.name] or "").partition("/")
        values[field.name] = refs[name].get(int(pk), hidden_ref(name)) if pk else None
