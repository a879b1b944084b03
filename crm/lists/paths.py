"""What a dotted path leads to: a field, a member of a collection, a field of a related record."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.lists.conditions import MOST_RELATIONS, readable_field
from crm.lists.errors import BadQuery
from crm.modules.fields import Field
from crm.modules.registry import module_names


@dataclass(frozen=True)
class Place:
    """The field at a path and the door that it is read through.

    `shown` is the field whose values a condition compares: of a collection its main member.
    """

    path: str
    door: Access
    field: Field
    label: str

    @property
    def shown(self) -> Field:
        """What a condition on the place compares."""
        return next(iter(self.field.members.values())) if self.field.is_collection else self.field

    @property
    def column(self) -> Field:
        """The field under its path, for lists that show it beside their own."""
        return self.field.with_changes(name=self.path, label=self.label)


def place_at(access: Access, path: str, hops: int = 0) -> Place:
    """The place that a person may filter by. Raises BadQuery: unknown or not readable."""
    name, _dot, rest = path.partition(".")
    own = access.module.fields.get(name)
    if own is None or not is_crossed(own, rest):
        return Place(path, access, readable_field(access, path), label_at(access, path))
    if hops >= MOST_RELATIONS:
        raise BadQuery(_("A path may go over %d relations.") % MOST_RELATIONS)
    readable_field(access, name)
    there = place_at(access_to(access.user, own.target), rest, hops + 1)
    return Place(path, there.door, there.field, f"{own.label} · {there.label}")


def is_crossed(own: Field, rest: str) -> bool:
    """Whether a path goes over this field to a related record."""
    return own.kind == "relation" and bool(rest) and own.target in module_names()


def label_at(access: Access, path: str) -> str:
    """What people call a field of this module, or a member of its collections."""
    name, _dot, member = path.partition(".")
    field = access.module.fields[name]
    if not member or member == next(iter(field.members)):
        return str(field.label)
    return f"{field.label} · {field.members[member].label}"


def column_at(access: Access, path: str) -> Place:
    """The place of a column: a field, masked or not, or one of the record that a relation names.

    The relation itself must be readable: what hangs on it tells which record it is.
    """
    refusal = BadQuery(_("There is no field “%s” that you may use here.") % path[:80])
    name, _dot, rest = path.partition(".")
    own = access.module.fields.get(name)
    if own is None or name not in access.visible or path.endswith("."):
        raise refusal
    if not rest:
        return Place(path, access, own, str(own.label))
    if not is_crossed(own, rest) or name not in access.readable:
        raise refusal
    other = access_to(access.user, own.target)
    field = other.module.fields.get(rest)
    if field is None or rest not in other.visible:
        raise refusal
    return Place(path, other, field, f"{own.label} · {field.label}")


def related_doors(access: Access) -> list[tuple[Field, Access]]:
    """The relations that the person may follow, each with his door to the other module."""
    found = []
    for name, field in access.module.fields.items():
        if name in access.readable and is_crossed(field, "x"):
            other = access_to(access.user, field.target)
            if other.readable and other.may("view"):
                found.append((field, other))
    return found
