"""What points to merged records: relations of every module, shares, names in other systems."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from crm.access.sharing import is_shareable, share_tables
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import all_modules, module_named
from crm.modules.stamp import raise_rights_version
from crm.records.act import Act
from crm.records.beside import ExternalId
from crm.records.history import CHANGED, write_history
from crm.records.lifecycle import mark_records

MERGE = "merge"  # the source of what a merge writes


def move_links(
    act: Act, module: Module, losers: Sequence[int], survivor: int
) -> list[dict[str, Any]]:
    """Let everything that points to the losers point to the survivor, records in the bin too.

    Answers what moved: module, field, member of a collection or "", from which loser, which ids.
    """
    involved = {*losers, survivor}
    moved = []
    for other, name, member in _references_to(module):
        for loser in losers:
            rows = _pointing(other, name, member, module, loser)
            if other is module:
                rows = rows.exclude(**{"record_id__in" if member else "pk__in": involved})
            ids = list(rows.order_by("pk").values_list("pk", flat=True))
            if ids:
                _point(
                    act, other, name, member, ids, _target(other, name, member, module, survivor)
                )
                moved.append(
                    {"module": other.name, "field": name, "member": member, "from": loser,
                     "ids": ids}
                )  # fmt: skip
    return moved


def move_links_back(
    act: Act, module: Module, survivor: int, moved: Sequence[dict[str, Any]]
) -> int:
    """Let what still points to the survivor point to where it did; answers how many do not."""
    left = 0
    for one in moved:
        other, name, member = module_named(one["module"]), one["field"], one["member"]
        if name not in other.fields:  # the field was taken away since
            left += len(one["ids"])
            continue
        rows = _pointing(other, name, member, module, survivor).filter(pk__in=one["ids"])
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        left += len(one["ids"]) - len(ids)
        if ids:
            target = _target(other, name, member, module, one["from"])
            _point(act, other, name, member, ids, target)
    return left


def _references_to(module: Module) -> Iterator[tuple[Module, str, str]]:
    """Every field, and member of a collection, that may hold a record of this module."""
    for other in all_modules():
        for name, field in other.fields.items():
            if not field.is_computed and _may_hold(field, module):
                yield other, name, ""
            for member, inner in field.members.items():
                if _may_hold(inner, module):
                    yield other, name, member


def _may_hold(field: Field, module: Module) -> bool:
    return field.kind == "any_relation" or (
        field.kind == "relation" and field.target == module.name
    )


def _field(other: Module, name: str, member: str) -> Field:
    return other.fields[name].members[member] if member else other.fields[name]


def _target(other: Module, name: str, member: str, module: Module, pk: int) -> Any:
    is_any = _field(other, name, member).kind == "any_relation"
    return f"{module.name}/{pk}" if is_any else pk


def _pointing(other: Module, name: str, member: str, module: Module, pk: int) -> QuerySet:
    """The rows whose field, or child rows whose member, holds this record."""
    field, value = _field(other, name, member), _target(other, name, member, module, pk)
    if member:
        children = other.collections_by_name[name].model._default_manager
        return children.filter(module=other.name, **{field.value_path: value})
    path = f"custom__{field.key}" if field.is_custom else field.value_path
    return other.rows.filter(**{path: value})


def _point(act: Act, other: Module, name: str, member: str, ids: Sequence[int], value: Any) -> None:
    field = _field(other, name, member)
    if member:
        model = other.collections_by_name[name].model
        rows = model._default_manager.filter(pk__in=ids)
        rows.update(**{field.value_path: value})
        write_history(act, model, ids, CHANGED)
        records = sorted(set(rows.values_list("record_id", flat=True)))
        mark_records(act, other, records, "changed", names=[name])
    elif field.is_custom:
        custom = RawSQL("jsonb_set(custom, ARRAY[%s], %s::jsonb)", [field.key, json.dumps(value)])
        mark_records(act, other, ids, "changed", names=[name], custom=custom)
    else:
        mark_records(act, other, ids, "changed", names=[name], **{field.value_path: value})


def move_names(module: Module, losers: Sequence[int], survivor: int) -> list[list[int]]:
    """Let the names in other systems lead to the survivor; answers [id, from which loser]."""
    rows = ExternalId.objects.filter(module=module.name, record_id__in=list(losers))
    found = [[pk, loser] for pk, loser in rows.order_by("pk").values_list("pk", "record_id")]
    rows.update(record_id=survivor)
    return found


def move_names_back(survivor: int, moved: Sequence[Sequence[int]]) -> None:
    """Give the names back that still lead to the survivor."""
    for pk, loser in moved:
        ExternalId.objects.filter(pk=pk, record_id=survivor).update(record_id=loser)


def copy_shares(module: Module, losers: Sequence[int], survivor: int) -> list[list[int]]:
    """Whoever shared a loser shares the survivor, with his terms; answers the new rows' ids.

    In the order of the tables: with people, with groups. Who has a share already keeps that.
    """
    if not is_shareable(module.model):
        return []
    made = []
    for table, column in zip(share_tables(module.model), ("user_id", "group_id"), strict=True):
        shares = table._default_manager
        held = set(shares.filter(content_object_id=survivor).values_list(column, flat=True))
        new = []
        for share in shares.filter(content_object_id__in=list(losers)).order_by("pk"):
            if getattr(share, column) not in held:
                held.add(getattr(share, column))
                share.pk, share.content_object_id = None, survivor
                new.append(share)
        made.append([share.pk for share in shares.bulk_create(new)])
    raise_rights_version()
    return made


def take_back_shares(module: Module, survivor: int, made: Sequence[Sequence[int]]) -> None:
    """Remove the shares that a merge gave and that nobody has removed or replaced since."""
    if not made:
        return
    for table, ids in zip(share_tables(module.model), made, strict=True):
        table._default_manager.filter(pk__in=ids, content_object_id=survivor).delete()
    raise_rights_version()
