"""What a column of a file may stand for: the fields that this person may fill, and in whose record.

Paths: `name`, `phones.number`, and with the module in front what one row carries besides its
record: `contacts.phones.number`, `follow-ups.text`. `number` only tells which record is meant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.customfields.files import FILE
from crm.lib.text import fold
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import all_modules, children_of

IDENTITY = "number"


@dataclass(frozen=True)
class Target:
    """One place that a column can fill.

    `module` is the record's module, `is_child` whether that is another one than is imported;
    `field` the field of the record, `member` the field of a collection's row.
    """

    path: str
    module: Module
    field: Field
    member: Field | None = None
    is_child: bool = False

    @property
    def label(self) -> str:
        """What it is called below its module's name."""
        if self.member is None:
            return str(self.field.label)
        return f"{self.field.label} · {self.member.label}"

    @property
    def value_field(self) -> Field:
        """The field whose kind tells how a cell is read."""
        return self.member or self.field


def child_modules(module: Module) -> list[tuple[Module, str]]:
    """The modules whose records one row may carry besides its own, and the field that ties them."""
    found = children_of(module)
    if module.has_follow_ups:
        for other in all_modules():
            parent = other.fields.get(other.parent)
            if parent is not None and parent.kind == "any_relation":
                found.append((other, other.parent))
    return [(other, relation) for other, relation in found if other.name != module.name]


def targets_for(access: Access) -> dict[str, Target]:
    """Every place that the person may fill by an import of this module, by path."""
    found: dict[str, Target] = {}
    number = access.module.fields.get(IDENTITY)
    if number is not None and IDENTITY in access.readable:
        found[IDENTITY] = Target(IDENTITY, access.module, number)
    for target in _of_module(access, ""):
        found[target.path] = target
    for child, relation in child_modules(access.module):
        other = access_to(access.user, child)
        if other.may("create"):
            for target in _of_module(other, f"{child.name}.", relation):
                found[target.path] = target
    return found


def _of_module(access: Access, prefix: str, relation: str = "") -> Iterator[Target]:
    writable = access.writable()
    for name, field in access.module.fields.items():
        if name == relation or (name not in writable and name != "owner"):
            continue
        if field.kind == FILE:  # a cell holds no file
            continue
        if name == "owner" and name not in access.visible:
            continue
        if not field.is_collection:
            yield Target(f"{prefix}{name}", access.module, field, None, bool(prefix))
            continue
        for member_name, member in field.members.items():
            if f"{name}.{member_name}" in access.editable:
                path = f"{prefix}{name}.{member_name}"
                yield Target(path, access.module, field, member, bool(prefix))


def target_at(targets: dict[str, Target], path: str) -> Target | None:
    """The place called `path`; the name of a collection alone means its main member."""
    if path in targets:
        return targets[path]
    for target in targets.values():
        if target.member is not None and target.path.rpartition(".")[0] == path:
            return target
    return None


def why_no_target(access: Access, path: str) -> str:
    """The sentence for a path that no column may stand for."""
    field = access.module.fields.get(path)
    if field is not None and field.kind == FILE and path in access.visible:
        return holds_files(field)
    return _("There is no field “%s” that you may fill by an import.") % path[:80]


def holds_files(field: Field) -> str:
    """Why a field of files is filled by no import."""
    return _("“%s” holds files; a cell cannot hold one. Add them on the record.") % field.label


def named_file_field(access: Access, heading: str) -> Field | None:
    """The field of files that a heading names, if the person may know of it."""
    for name, field in access.module.fields.items():
        if field.kind != FILE or name not in access.visible:
            continue
        if fold(heading) in {name, fold(str(field.label))}:
            return field
    return None


def describe(targets: dict[str, Target]) -> list[dict[str, Any]]:
    """The targets by module, as choices: [{label, items: [(path, label, is required)]}]."""
    groups: dict[str, dict[str, Any]] = {}
    for target in targets.values():
        group = groups.setdefault(
            target.module.name, {"label": str(target.module.label), "items": []}
        )
        required = target.field.required and not target.is_child
        group["items"].append((target.path, target.label, required))
    return list(groups.values())
