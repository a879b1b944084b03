"""Start-up checks: a wrong name in a declaration stops manage.py, with a way out."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist

from crm.modules.fields import KINDS
from crm.modules.module import Module
from crm.modules.registry import declared_modules

NAME_LISTS = ("columns", "phone_columns", "quick", "facts", "filters", "closed", "read_only")
SINGLE_NAMES = ("title", "stage", "level", "chance", "parent")
MOST_NAME = 40


def _error(cls: type[Module], attribute: str, problem: str, hint: str, code: str) -> Error:
    return Error(f"{cls.__name__}.{attribute} {problem}.", hint=hint, id=f"crm.{code}")


def _check_identity(cls: type[Module]) -> Iterator[CheckMessage]:
    for attribute in ("name", "label", "label_plural", "number_prefix", "model"):
        if not getattr(cls, attribute, None):
            hint = f"Say what it is: {attribute} = …"
            yield _error(cls, attribute, "is missing", hint, "E001")
    name = cls.name
    if name and (name != name.lower() or " " in name or "_" in name or len(name) > MOST_NAME):
        hint = f"Plural, lower case, hyphens, at most {MOST_NAME} characters: 'payment-plans'."
        yield _error(cls, "name", f"is {name!r}", hint, "E002")
    twins = [other.__name__ for other in declared_modules() if other.name == name]
    if len(twins) > 1:
        hint = "Give each module its own name."
        yield _error(cls, "name", f"{name!r} is used by {', '.join(twins)}", hint, "E003")


def _check_fields(cls: type[Module]) -> Iterator[CheckMessage]:
    try:
        module = cls()
        fields = module.fields
    except FieldDoesNotExist as error:
        hint = f"Name a column of {cls.model.__name__}, a collection or a computed field."
        yield _error(cls, "sections", f"names an unknown field: {error}", hint, "E004")
        return
    for field in fields.values():
        if field.kind not in KINDS:
            hint = f"Kinds are {', '.join(KINDS)}."
            yield _error(cls, "changes", f"gives {field.name!r} kind {field.kind!r}", hint, "E005")
        for name in field.inputs:
            if name not in fields:
                hint = "Name the fields that it is made from."
                yield _error(cls, "computed", f"{field.name!r} reads {name!r}", hint, "E006")
        if field.display is not None and not field.inputs:
            hint = "A computed field is readable only if all its inputs are: name them."
            yield _error(cls, "computed", f"{field.name!r} names no inputs", hint, "E007")
    yield from _check_names(cls, module)


def _check_names(cls: type[Module], module: Module) -> Iterator[CheckMessage]:
    known = set(module.right_names())
    named: list[tuple[str, Any]] = [
        (attribute, name) for attribute in NAME_LISTS for name in getattr(cls, attribute)
    ]
    named += [(a, getattr(cls, a)) for a in SINGLE_NAMES if getattr(cls, a)]
    named += [("search", name) for name in cls.search.values()]
    named += [("default_sort", name.lstrip("-")) for name in cls.default_sort]
    for attribute, name in named:
        if name not in known:
            hint = f"Add it to {cls.__name__}.sections or take it out of {attribute}."
            yield _error(cls, attribute, f"names {name!r}, which is no field", hint, "E008")
    for name in cls.default_sort:
        field = module.field_at(name.lstrip("-"))
        if field is not None and not field.is_sortable:
            hint = "Sort by a stored field."
            yield _error(cls, "default_sort", f"names {name!r}, unsortable", hint, "E009")
    for name in cls.changes:
        if name not in known and name not in module.record_fields:
            hint = "Change only fields that stand in a section."
            yield _error(cls, "changes", f"names {name!r}, which is no field", hint, "E010")


@register()
def check_modules(**_kwargs: Any) -> list[CheckMessage]:
    """Every declaration's names exist and fit together."""
    found: list[CheckMessage] = []
    for cls in declared_modules():
        problems = list(_check_identity(cls))
        found.extend(problems or _check_fields(cls))
    return found
