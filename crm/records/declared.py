"""Modules and fields that the database defines, as the kernel's own declarations."""

from decimal import Decimal
from typing import Any

from django.db.models import Q

from crm.customfields.formulas import Formula
from crm.customfields.labels import LazyLabel
from crm.customfields.models import FieldDefinition, ModuleDefinition
from crm.lib.pinyin import pinyin_key
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.models import CustomRecord

DECIMALS = frozenset({"decimal", "money", "percent"})


def field_of(row: FieldDefinition) -> Field:
    """The declaration that a definition stands for."""
    name = f"cf_{row.pk}"
    if row.kind == FieldDefinition.FORMULA:
        return _formula_field(row, name)
    return Field(
        name=name,
        kind=row.kind,
        label=LazyLabel(row.labels, name),
        key=row.key,
        dictionary=row.dictionary,
        target=row.target,
        help=LazyLabel(row.help) if any(row.help.values()) else "",
        required=row.required,
        is_unique=row.unique,
        default=default_of(row),
        is_nullable=True,
        places=row.places,
        most_files=row.most_files,
        endings=tuple(row.endings),
        past=tuple(past_field(row, one) for one in row.past),
        beside=keys_beside(row),
    )


def _formula_field(row: FieldDefinition, key: str) -> Field:
    """A field whose value is computed; nobody writes it."""
    return Field(
        name=key,
        kind=row.result,
        label=LazyLabel(row.labels, key),
        help=LazyLabel(row.help) if any(row.help.values()) else "",
        places=row.places,
        is_nullable=True,
        is_read_only=True,
        inputs=tuple(row.inputs),
        formula=Formula(row.module, row.formula, row.result, row.places),
    )


def keys_beside(row: FieldDefinition) -> tuple[str, ...]:
    """The keys where conversions of a field keep values: what it was, what is being made."""
    kept = [one["key"] for one in row.past if one["until"]]
    found = [*kept, row.preparing] if row.preparing else kept
    return tuple(dict.fromkeys(key for key in found if key != row.key))


def past_field(row: FieldDefinition, past: dict[str, Any]) -> Field:
    """What a field was, from an entry of its `past`."""
    return Field(
        name=f"cf_{row.pk}", kind=past["kind"], label=LazyLabel(row.labels, f"cf_{row.pk}"),
        key=past["key"], dictionary=past["dictionary"], places=past["places"], is_nullable=True,
    )  # fmt: skip


def default_of(row: FieldDefinition) -> Any:
    """The default as a clean value of its kind."""
    if row.default is None:
        return None
    return Decimal(str(row.default)) if row.kind in DECIMALS else row.default


class DeclaredModule(Module):
    """A module made from a row of ModuleDefinition."""

    model = CustomRecord
    columns: Any = ()

    def __init__(self, row: ModuleDefinition, fields: list[Field]) -> None:
        super().__init__(extra_fields=fields)
        self.name = row.name
        self.label = LazyLabel(row.labels, row.name)
        self.label_plural = LazyLabel(row.labels_plural, row.name)
        self.icon = row.icon
        self.number_prefix = row.number_prefix
        names = [field.name for field in fields]
        self.sections = {self.label: ["name", *names]}
        self.columns = ["name", *names[:6], "owner", "changed_at"]
        self.search = {"n": "name", "z": "number"}

    def _own_field(self, name: str) -> Field:
        by_name = {field.name: field for field in self._extra_fields}
        if name in by_name:
            return by_name[name]
        field = super()._own_field(name)
        return field.with_changes(sort_column="sort_name") if name == "name" else field

    @property
    def condition(self) -> Q:
        """The rows of this module in the shared table."""
        return Q(module=self.name)

    @property
    def constants(self) -> dict[str, Any]:
        """The column that says whose row it is."""
        return {"module": self.name}

    def derive(self, values: Any) -> dict[str, Any]:
        """The name as it sorts."""
        return {"sort_name": pinyin_key(values.get("name") or "")[:400]}


def database_definitions() -> tuple[list[Module], dict[str, list[Field]]]:
    """The modules made by administrators, and the fields added to declared ones."""
    fields: dict[str, list[Field]] = {}
    for row in FieldDefinition.objects.all():
        fields.setdefault(row.module, []).append(field_of(row))
    made: list[Module] = [
        DeclaredModule(row, fields.pop(row.name, [])) for row in ModuleDefinition.objects.all()
    ]
    return made, fields
