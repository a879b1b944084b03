"""How many records use a choice; for administrators who want to take one away."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db.models import Count, F, Func, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform

from crm.modules.fields import COLLABORATORS, PART, PARTS, Field
from crm.modules.module import Module
from crm.modules.registry import all_modules

MayRead = Callable[[Module, str], bool]


class Place(NamedTuple):
    """Rows and the field of them that holds choices of the dictionary."""

    rows: QuerySet
    field: Field

    def holding(self, value: str) -> QuerySet:
        """The rows with this choice."""
        field = self.field
        held: Any = [value] if field.kind == "multi_choice" else value
        if field.is_custom:
            return self.rows.filter(custom__contains={field.key: held})
        lookup = f"{field.column}__contains" if held != value else field.column
        return self.rows.filter(**{lookup: held})


def _places(dictionary: str, may_read: MayRead = lambda module, path: True) -> Iterator[Place]:
    for module in all_modules():
        for name in module.right_names():
            field = module.field_at(name)
            if field is None or field.dictionary != dictionary or not may_read(module, name):
                continue
            collection = module.collections_by_name.get(name.partition(".")[0])
            rows = collection.model._default_manager.all() if collection else module.rows
            yield Place(rows.order_by(), field)
    if dictionary == PARTS:
        for module in all_modules():
            if module.user_shares is not None and may_read(module, COLLABORATORS):
                yield Place(module.user_shares.objects.order_by(), PART)


def is_used(dictionary: str, value: str) -> bool:
    """Whether any row holds the choice; stops at the first."""
    return any(place.holding(value).exists() for place in _places(dictionary))


def uses_of(
    dictionary: str, values: list[str], may_read: MayRead = lambda module, path: True
) -> dict[str, int]:
    """Choice → number of rows that hold it, over all fields that the asking person may read.

    Empty when that is none of them.
    Reads whole tables, one after the other: about half a second a million rows. Pages ask for it
    after they stand.
    """
    places = list(_places(dictionary, may_read))
    found = dict.fromkeys(values, 0) if places else {}
    for place in places:
        for value, count in _counted(place):
            if value in found:
                found[value] += count
    return found


def _counted(place: Place) -> Iterator[tuple[str, int]]:
    field, rows = place.field, place.rows
    if field.kind == "multi_choice":  # each row once for every choice that it holds
        held: Any = Func(field.expression(), function="unnest", output_field=TextField())
    else:
        held = KeyTextTransform(field.key, "custom") if field.is_custom else F(field.column)
    yield from rows.annotate(held=held).values_list("held").annotate(n=Count("pk"))
