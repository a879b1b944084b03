"""Reads permitted columns into rows: the values, then labels and collections by one query each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from crm.access import names
from crm.access.rows import FileRef, Ref, Row, hidden_ref
from crm.access.sharing import collaborators_of
from crm.customfields.files import FILE, FieldFile
from crm.lib.masks import mask_text
from crm.modules.fields import COLLABORATORS, REFERENCES, Field

if TYPE_CHECKING:
    from crm.access.policy import Access

Values = dict[str, Any]
COVERED = "****"
PARTLY_SHOWN = frozenset({"text", "long_text", "email", "url", "phone", "credit_code"})


@dataclass(frozen=True)
class Plan:
    """What is read for some rows: the fields that show, and the columns behind them."""

    fields: tuple[Field, ...]
    plain: tuple[Field, ...]
    collections: tuple[Field, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What each column of a tuple is called."""
        return ("pk", "version", *(field.name for field in self.plain))

    @property
    def is_flat(self) -> bool:
        """Nothing has to be computed, and no child rows loaded."""
        return not self.collections and not any(
            field.is_display or field.is_from_shares for field in self.fields
        )


def plan_of(access: "Access", wanted: Iterable[str] | None = None) -> Plan:
    """What to read. `wanted` names fields (default: all visible); invisible ones are left out."""
    names_wanted = None if wanted is None else frozenset(wanted)
    fields = tuple(
        field
        for name, field in access.module.fields.items()
        if name in access.visible and (names_wanted is None or name in names_wanted)
    )
    stored = {field.name: field for field in _with_inputs(access, fields)}.values()
    return Plan(
        fields,
        tuple(field for field in stored if not field.is_collection),
        tuple(field for field in stored if field.is_collection),
    )


def columns_of(
    found: QuerySet, plan: Plan, extra: Mapping[str, Combinable] | None = None
) -> QuerySet:
    """The query set cut to the plan's columns, and after them the `extra` ones."""
    added = {f"_{field.name}": field.expression() for field in plan.plain if field.is_expressed}
    paths = [f"_{field.name}" if field.is_expressed else field.value_path for field in plan.plain]
    for name, expression in (extra or {}).items():
        added[name] = expression
        paths.append(name)
    return (found.annotate(**added) if added else found).values_list("pk", "version", *paths)


def load_rows(access: "Access", found: QuerySet, wanted: Iterable[str] | None = None) -> list[Row]:
    """The rows of a query set as the person of `access` may see them."""
    plan = plan_of(access, wanted)
    return rows_from(access, plan, columns_of(found, plan))


def rows_from(access: "Access", plan: Plan, tuples: Iterable[Sequence[Any]]) -> list[Row]:
    """Tuples in the order of the plan's columns as rows: labelled, masked, children added."""
    keys = plan.keys
    loaded = [dict(zip(keys, one, strict=True)) for one in tuples]
    if not loaded:
        return []
    _replace_references(access, loaded, plan.plain)
    for field in plan.collections:
        _add_collection(access, loaded, field)
    if any(field.is_from_shares for field in plan.fields):
        _add_collaborators(access, loaded)
    if plan.is_flat and access.masked.isdisjoint(keys):
        return [_plain_row(access.module.name, values) for values in loaded]
    return [_finish(access, values, plan.fields) for values in loaded]


def _plain_row(module: str, values: Values) -> Row:
    pk, version = values.pop("pk"), values.pop("version")
    return Row(module, pk, version, values)


def _with_inputs(access: "Access", fields: Sequence[Field]) -> list[Field]:
    found = {
        field.name: field for field in fields if not (field.is_display or field.is_from_shares)
    }
    for field in fields:
        for name in field.inputs if field.is_display else ():
            found.setdefault(name, access.module.fields[name])
    return list(found.values())


def _replace_references(
    access: "Access", loaded: Sequence[Values], fields: Sequence[Field]
) -> None:
    if files := [field for field in fields if field.kind == FILE]:
        _replace_files(access, loaded, files)
    for field in fields:
        if field.kind == "any_relation":
            _replace_any(access, loaded, field)
        if field.kind not in REFERENCES:
            continue
        ids = {values[field.name] for values in loaded} - {None}
        if not ids:
            continue
        refs = _references(access, field, ids)
        hidden = hidden_ref(field.target)
        for values in loaded:
            if values[field.name] is not None:
                values[field.name] = refs.get(values[field.name], hidden)


def _replace_files(access: "Access", loaded: Sequence[Values], fields: Sequence[Field]) -> None:
    """Lists of ids become the files themselves, those that are this record's; one query for all."""
    wanted = {one.name for one in fields if any(values[one.name] for values in loaded)}
    rows: Iterable[FieldFile] = ()
    if wanted:
        rows = FieldFile.objects.filter(
            module=access.module.name, field__in=wanted, dropped_at=None,
            record_id__in=[values["pk"] for values in loaded],
        )  # fmt: skip
    found = {
        (one.record_id, one.field, one.pk): FileRef(one.pk, one.name, one.size) for one in rows
    }
    for values in loaded:
        for name in (one.name for one in fields):
            places = [(values["pk"], name, int(one)) for one in values[name] or ()]
            values[name] = tuple(found[place] for place in places if place in found)


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


def _add_collaborators(access: "Access", loaded: Sequence[Values]) -> None:
    found = collaborators_of(access.module.model, [values["pk"] for values in loaded])
    for values in loaded:
        values[COLLABORATORS] = tuple(found.get(values["pk"], ()))


def _finish(access: "Access", values: Values, fields: Sequence[Field]) -> Row:
    masked: set[str] = set()
    result: Values = {}
    for field in fields:
        name = field.name
        value = field.display(values) if field.display else values[name]
        if field.is_collection:
            value = _masked_members(access, field, value, masked)
        elif name in access.masked and value not in (None, "", ()):
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
