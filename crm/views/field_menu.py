"""The fields to choose from in two levels: the module's own, and those of related records."""

from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Any

from crm.access.policy import Access
from crm.lib.pinyin import syllables
from crm.lists.paths import label_at, related_doors
from crm.modules.fields import Field
from crm.modules.stamp import definitions_version


def spelled(label: Any) -> str:
    """A label with its sounds and their initials behind it, for a search among labels."""
    return _spelled(str(label))


@lru_cache(maxsize=8192)  # some hundred labels on every list, and their sounds are dear
def _spelled(text: str) -> str:
    if text.isascii():
        return text
    sounds = syllables(text)
    return f"{text} {''.join(sounds)} {''.join(one[:1] for one in sounds)}"


def field_menu_context(access: Access) -> dict[str, Any]:
    """What crm/list/field_menu.html shows; made for the first who has these rights."""
    return {"field_groups": lambda: field_menu(access), "field_key": rights_key(access)}


def rights_key(access: Access) -> Hashable:
    """The same for all who may see and read the same fields, here and over every relation."""
    return (
        definitions_version(),
        *(
            (name, door.module.name, door.visible, door.readable)
            for name, door in [("", access), *((f.name, o) for f, o in related_doors(access))]
        ),
    )


def field_menu(access: Access) -> list[dict[str, Any]]:
    """Groups of fields that the person may filter by, usual ones first.

    The first group, without a label, holds the module's own; then come the members of its
    collections, and the fields of each record that it points to.
    """
    module = access.module
    usual = [name for name in module.filters if name in access.readable]
    names = [*usual, *(name for name in module.fields if name not in usual)]
    own = [_item(name, label_at(access, name)) for name in names if _may_filter(access, name)]
    groups = [{"label": "", "items": own}]
    for field in module.fields.values():
        members = [_item(path, label_at(access, path)) for path in _members(access, field)]
        if members:
            groups.append({"label": str(field.label), "items": members})
    for field, other in related_doors(access):
        items = [
            _item(f"{field.name}.{path}", f"{field.label} · {label_at(other, path)}")
            for name, one in other.module.fields.items()
            if _may_filter(other, name)
            for path in (name, *_members(other, one))
        ]
        groups.append({"label": str(field.label), "items": items})
    return groups


def _may_filter(access: Access, name: str) -> bool:
    field = access.module.fields[name]
    if name not in access.readable or not field.is_filterable:
        return False
    return not field.is_collection or f"{name}.{next(iter(field.members))}" in access.readable


def _members(access: Access, field: Field) -> Iterator[str]:
    """The members of a collection but for the main one, which the collection stands for."""
    for name in list(field.members)[1:]:
        path = f"{field.name}.{name}"
        if path in access.readable and field.members[name].is_filterable:
            yield path


def _item(path: str, label: str) -> dict[str, Any]:
    return {"path": path, "label": label, "text": spelled(label)}
