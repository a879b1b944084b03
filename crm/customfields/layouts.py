"""In which sections, and in what order, the fields of a module stand on its pages and forms.

The declaration is the layout that ships; administrators may arrange it otherwise (see
docs/layouts.md). A layout is never a right: it says where a field stands, not who may read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.customfields.labels import LazyLabel
from crm.customfields.models import LayoutRow
from crm.modules.module import Module
from crm.modules.stamp import KeptUnder, definitions_version

CONTACT, RECORD = "contact", "record"
FIRST = frozenset({"number", "owner", "collaborators"})  # of the section of the record itself
UNSHOWN = frozenset({"changed_by"})  # no page shows it unless an administrator wants it


@dataclass(frozen=True)
class Section:
    """One section: its fields in order, and which of them stand folded under “More”."""

    key: str
    title: Any
    names: tuple[str, ...]
    more: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Layout:
    """All sections of a module in order, and the fields that stand in none."""

    sections: tuple[Section, ...]
    left_out: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every field in the order of the sections, those left out at the end."""
        return (*(name for one in self.sections for name in one.names), *self.left_out)


def shipped_layout(module: Module) -> Layout:
    """The layout that the declaration gives: added fields stand at the end of the first section."""
    declared = enumerate(module.sections.items())
    titled: list[tuple[str, Any, list[str]]] = [
        (f"s{number}", title, list(names)) for number, (title, names) in declared
    ]
    placed = {name for _key, _title, names in titled for name in names}
    rest = [name for name in module.fields if name not in placed]
    titled[0][2].extend(name for name in rest if module.fields[name].is_added)
    contact = [name for name in rest if module.fields[name].is_collection]
    if contact:
        title = _("Contact and tags") if "phones" in module.fields else _("More")
        titled.insert(1, (CONTACT, title, contact))
    record = [name for name in rest if name in module.record_fields and name not in UNSHOWN]
    record.sort(key=lambda name: name not in FIRST)  # stable: the others keep their order
    titled.append((RECORD, _("Record"), record))
    return Layout(
        tuple(Section(key, title, tuple(names)) for key, title, names in titled if names),
        tuple(name for name in rest if name in UNSHOWN),
    )


def is_on_forms(module: Module, name: str) -> bool:
    """Whether a form may hold the field: what every record has of itself is no one's to type."""
    return name not in module.record_fields or name in module.section_names


def arranged(module: Module, body: Mapping[str, Any]) -> Layout:
    """The layout that administrators made, filled up with what has no place in it yet.

    A field that came later stands at the end of the section where the declaration has it, or of
    the last one where that section is gone; a field that is gone is passed over.
    """
    shipped = shipped_layout(module)
    home = {name: one.key for one in shipped.sections for name in one.names}
    seen: set[str] = set()

    def known(names: Any) -> list[str]:
        found = [name for name in names if name in module.fields and name not in seen]
        seen.update(found)
        return found

    names = {one["key"]: known(one["fields"]) for one in body["sections"]}
    left_out = known(body.get("left_out", ()))
    last = body["sections"][-1]["key"]
    for name in shipped.names:
        if name in seen:
            continue
        if name in shipped.left_out:
            left_out.append(name)
        else:
            names[home[name] if home[name] in names else last].append(name)
    sections = tuple(
        Section(
            one["key"],
            LazyLabel(one["labels"], one["key"]),
            tuple(names[one["key"]]),
            frozenset(one.get("more", ())) & frozenset(names[one["key"]]),
        )
        for one in body["sections"]
    )
    return Layout(sections, tuple(left_out))


class _Kept:
    """Every layout that administrators made, and what was put together of them."""

    def __init__(self) -> None:
        rows = LayoutRow.objects.values_list("module", "role", "body")
        self.bodies = {(module, role): body for module, role, body in rows}
        self.made: dict[tuple[str, int | None], Layout] = {}

    def layout(self, module: Module, role: int | None) -> Layout:
        """The layout of a role, or of everybody; the shipped one where there is none."""
        key = (module.name, role)
        if key not in self.made:
            body = self.bodies.get(key)
            self.made[key] = arranged(module, body) if body else shipped_layout(module)
        return self.made[key]


_kept = KeptUnder(definitions_version, _Kept)


def layout_for(module: Module, roles: Sequence[int]) -> Layout:
    """What somebody with these roles sees, first role first: the first of them that has a layout
    of its own decides, else the one for everybody, else the declaration.

    Kept under the version of definitions: a change is obeyed by the next request, and no page
    asks the database for it.
    """
    kept = _kept.get()
    own = next((role for role in roles if (module.name, role) in kept.bodies), None)
    return kept.layout(module, own)
