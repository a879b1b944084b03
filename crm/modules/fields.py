"""What one field of a module is, whichever table or JSON key holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Func
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT, KeyTransform
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

TEXT_OPERATORS = ("eq", "ne", "in", "not_in", "contains", "starts", "empty", "not_empty")
ORDER_OPERATORS = (
    "eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "between", "empty", "not_empty",
)  # fmt: skip
CHOICE_OPERATORS = ("eq", "ne", "in", "not_in", "empty", "not_empty")


@dataclass(frozen=True)
class Kind:
    """What all fields of one type have in common."""

    name: str
    operators: tuple[str, ...]
    align: str = "start"
    is_sortable: bool = True
    is_maskable: bool = True  # whether a covered value still says something: of a file nothing
    cast: type[models.Field] | None = None  # how a value in JSON becomes a typed SQL value


KINDS = {
    kind.name: kind
    for kind in (
        Kind("text", TEXT_OPERATORS),
        Kind("long_text", ("contains", "empty", "not_empty"), is_sortable=False),
        Kind("integer", ORDER_OPERATORS, "end", cast=models.BigIntegerField),
        Kind("decimal", ORDER_OPERATORS, "end", cast=models.DecimalField),
        Kind("money", ORDER_OPERATORS, "end", cast=models.DecimalField),
        Kind("percent", ORDER_OPERATORS, "end", cast=models.DecimalField),
        Kind("date", (*ORDER_OPERATORS, "within"), cast=models.DateField),
        Kind("datetime", (*ORDER_OPERATORS, "within"), cast=models.DateTimeField),
        Kind("boolean", ("eq", "ne", "empty", "not_empty"), cast=models.BooleanField),
        Kind("choice", CHOICE_OPERATORS),
        Kind("multi_choice", ("contains", "empty", "not_empty"), is_sortable=False),
        # the labels of related records depend on the reader: docs/decisions/006-deep-lists.md
        Kind("relation", CHOICE_OPERATORS, is_sortable=False, cast=models.BigIntegerField),
        Kind("any_relation", ("eq", "in", "empty", "not_empty"), is_sortable=False),
        Kind("user", CHOICE_OPERATORS, cast=models.BigIntegerField),
        Kind("department", CHOICE_OPERATORS, cast=models.BigIntegerField),
        Kind("email", TEXT_OPERATORS),
        Kind("url", TEXT_OPERATORS),
        Kind("phone", TEXT_OPERATORS),
        Kind("credit_code", TEXT_OPERATORS),
        Kind("file", ("empty", "not_empty"), is_sortable=False, is_maskable=False),
        Kind("collection", ("empty", "not_empty"), is_sortable=False),
        Kind("collaborators", CHOICE_OPERATORS, is_sortable=False),
    )
}
LISTS = frozenset({"multi_choice", "file"})  # whose values in JSON are lists
REFERENCES = frozenset({"relation", "user", "department"})
COLLABORATORS = "collaborators"


class _Words(Func):
    """A JSON list as an array of texts, empty where there is none."""

    template = "ARRAY(SELECT jsonb_array_elements_text(%(expressions)s))"
    output_field = ArrayField(models.TextField())


class Computation(Protocol):
    """How a value is computed in SQL from other fields of its row."""

    def expression(self) -> Combinable:
        """The value, typed."""


class _Day(Func):
    """An ISO day as a date: by a function that indexes may use, as the plain cast may not be."""

    function = "crm_day"
    output_field = models.DateField()


class _Moment(Func):
    """An ISO moment with its offset as an instant; likewise."""

    function = "crm_moment"
    output_field = models.DateTimeField()


_BY_FUNCTION: dict[type[models.Field] | None, type[Func]] = {
    models.DateField: _Day,
    models.DateTimeField: _Moment,
}


@dataclass(frozen=True)
class Field:
    """One field: name, type, label and where its value lives.

    `column` is the attribute of the model; a custom field lives in `custom` under `key`.
    `inputs` names what a computed field is made from: it is readable only if all of them are.
    It has a `formula`, computed in SQL, or a `display`, computed from a row's plain values.
    `is_due` marks a moment by which something must be done: late ones show in red.
    `is_yearly` marks a day that comes again every year: a birthday.
    `sort_column` names another column that puts the values in their natural order.
    A field of files holds at most `most_files`, of these `endings` where there are any.
    `members` are the fields of a collection's rows.
    `past` is what a custom field was before it was converted, oldest first; whoever writes the
    field also empties the keys `beside` it, where conversions keep their values.
    """

    name: str
    kind: str
    label: Any
    help: Any = ""
    column: str = ""
    key: str = ""
    required: bool = False
    default: Any = None
    max_length: int | None = None
    places: int = 2
    unit: Any = ""
    choices: tuple[tuple[str, Any], ...] = ()
    dictionary: str = ""
    target: str = ""
    is_read_only: bool = False
    is_unique: bool = False
    is_nullable: bool = False
    nulls_first: bool = False
    is_due: bool = False
    is_yearly: bool = False
    sort_column: str = ""
    inputs: tuple[str, ...] = ()
    display: Callable[[Mapping[str, Any]], Any] | None = None
    formula: Computation | None = None
    mask: Callable[[str], str] | None = None
    members: Mapping[str, "Field"] = field(default_factory=dict)
    most_files: int = 1
    endings: tuple[str, ...] = ()
    past: tuple["Field", ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def traits(self) -> Kind:
        """What all fields of this kind share."""
        return KINDS[self.kind]

    @property
    def is_computed(self) -> bool:
        """Made from other fields, or from shares; never written as a value."""
        return self.is_display or self.formula is not None or self.is_from_shares

    @property
    def is_display(self) -> bool:
        """Computed from a row's plain values; the database knows nothing of it."""
        return self.display is not None

    @property
    def is_from_shares(self) -> bool:
        """The people whom shares make collaborators of the record."""
        return self.kind == COLLABORATORS

    @property
    def is_custom(self) -> bool:
        """Lives in the record's `custom` JSON."""
        return bool(self.key)

    @property
    def is_added(self) -> bool:
        """Administrators added it."""
        return self.is_custom or self.formula is not None

    @property
    def is_expressed(self) -> bool:
        """No column holds it: it is read as an expression."""
        return self.is_custom or self.formula is not None

    @property
    def is_collection(self) -> bool:
        """Its value is a list of child rows."""
        return self.kind == "collection"

    @property
    def is_filterable(self) -> bool:
        """May stand in a condition, rights permitting."""
        return not self.is_display

    @property
    def is_sortable(self) -> bool:
        """May order a list, rights permitting."""
        return self.traits.is_sortable and not self.is_display

    @property
    def may_mask(self) -> bool:
        """Whether a role may see it covered; what is computed is as open as its inputs."""
        return self.traits.is_maskable and not self.is_computed

    @property
    def value_path(self) -> str:
        """The ORM name of the stored value: of a reference, its id."""
        return (
            f"{self.column}_id" if self.kind in REFERENCES and not self.is_custom else self.column
        )

    @property
    def is_summable(self) -> bool:
        """Whether a sum over records says something: amounts, no rates, years or counts."""
        return self.kind in {"money", "decimal"} and not self.is_display

    def expression(self) -> Combinable:
        """The field's value in SQL, typed."""
        if self.formula is not None:
            return self.formula.expression()
        if not self.is_custom:
            return F(self.value_path)
        if self.kind in LISTS:
            return _Words(KeyTransform(self.key, "custom"))
        text = KT(f"custom__{self.key}")
        if self.traits.cast is None:
            return text
        if self.traits.cast is models.DecimalField:
            return Cast(text, models.DecimalField(max_digits=20, decimal_places=self.places))
        if self.traits.cast in _BY_FUNCTION:
            return _BY_FUNCTION[self.traits.cast](text)
        return Cast(text, self.traits.cast())

    def sort_expression(self) -> Combinable:
        """What the field is ordered by."""
        return F(self.sort_column) if self.sort_column else self.expression()

    def with_changes(self, **changes: Any) -> "Field":
        """The same field with other attributes."""
        return replace(self, **changes)


# What a collaborator does on a record: a choice of his share, shown with the people.
PARTS = "collaborator_part"
PART = Field("part", "choice", gettext_lazy("Part"), column="part", dictionary=PARTS)

_BY_CLASS: tuple[tuple[type[models.Field], str], ...] = (
    (models.EmailField, "email"),
    (models.URLField, "url"),
    (models.CharField, "text"),
    (models.TextField, "long_text"),
    (models.BooleanField, "boolean"),
    (models.DecimalField, "decimal"),
    (models.IntegerField, "integer"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
)


def _reference(column: models.Field) -> tuple[str, str]:
    related = column.related_model
    assert related is not None  # a column that references has a model behind it
    label = related._meta.label
    if label == settings.AUTH_USER_MODEL:
        return "user", ""
    if label == settings.CRM_DEPARTMENT_MODEL:
        return "department", ""
    return "relation", label


def field_from_column(model: type[models.Model], name: str) -> Field:
    """The field that a model's column stands for. Raises FieldDoesNotExist."""
    column = model._meta.get_field(name)
    if not isinstance(column, models.Field):
        raise FieldDoesNotExist(f"{model.__name__}.{name} is no column.")
    target = ""
    if isinstance(column, models.ForeignKey):
        kind, target = _reference(column)
    elif column.choices:
        kind = "choice"
    else:
        kind = next((kind for cls, kind in _BY_CLASS if isinstance(column, cls)), "")
        if not kind:
            raise FieldDoesNotExist(
                f"{model.__name__}.{name}: no kind for {type(column).__name__}."
            )
    default = column.get_default() if column.has_default() else None
    return Field(
        name=name,
        kind=kind,
        label=capfirst(column.verbose_name),
        help=column.help_text,
        column=name,
        required=not column.blank and not column.has_default() and kind != "boolean",
        default=default,
        is_nullable=column.null,
        max_length=getattr(column, "max_length", None),
        places=getattr(column, "decimal_places", 2) or 0,
        choices=tuple(column.choices or ()),
        target=target,
    )
