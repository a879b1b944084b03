"""Files as values of added fields: which ids a person may write, and what a write makes of them.

`custom` holds a list of ids. Whoever uploaded a file for a field may name it once, in one record;
from then on it is that record's. A file that is named no more is only dropped: undo and history
lead back to it until it is cleared (crm/documents/field_files.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access
from crm.customfields.files import FILE, FieldFile
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.drafts import Draft
from crm.records.errors import Invalid
from crm.records.followers import Known

MOVING = frozenset({"merge", "undo"})  # acts that bring files from one record to another


@lru_cache(maxsize=64)
def file_fields(module: Module) -> tuple[Field, ...]:
    """The module's fields that hold files."""
    return tuple(one for one in module.stored_fields.values() if one.kind == FILE)


def check_files(
    access: Access, draft: Draft, before: Mapping[str, Any], pk: int | None = None
) -> None:
    """Put an error in place of ids that the person may not write into the record `pk`.

    A file that was never uploaded, one of another person, field or record: the same sentence.
    """
    for one in file_fields(access.module):
        fresh = set(draft.values.get(one.name) or ()) - set(before.get(one.name) or ())
        if not fresh:
            continue
        mine = Q(record_id=None, added_by=access.user.pk)
        if pk is not None:
            mine |= Q(record_id=pk)
        rows = FieldFile.objects.filter(mine, module=access.module.name, field=one.name)
        if rows.filter(pk__in=fresh).count() != len(fresh):
            draft.errors[one.name] = [no_such_file()]
            del draft.values[one.name]


def no_such_file() -> str:
    """The one sentence for a file that may not be named."""
    return _("There is no such file.")


def follow_files(act: Act, module: Module, ids: Sequence[int], known: Known | None = None) -> None:
    """Bind the files that written records name, drop those that they name no more.

    Raises Invalid when somebody else was faster with one of them.
    """
    fields = file_fields(module)
    if not fields:
        return
    wanted = _named(fields, module, ids, known)
    held = FieldFile.objects.filter(
        module=module.name, field__in=[one.name for one in fields],
        record_id__in=list(wanted), dropped_at=None,
    )  # fmt: skip
    bound = set(held.values_list("pk", "record_id", "field"))
    named = {
        (pk, record, name)
        for record, by_field in wanted.items()
        for name, files in by_field.items()
        for pk in files
    }
    gone = [pk for pk, _record, _name in bound - named]
    if gone:
        FieldFile.objects.filter(pk__in=gone).update(dropped_at=timezone.now())
    for pk, record, name in sorted(named - bound):
        _bind(act, module, pk, record, name)


def _named(
    fields: Iterable[Field], module: Module, ids: Sequence[int], known: Known | None
) -> dict[int, dict[str, list[int]]]:
    """The ids of files by record and field; records in the bin keep what they have."""
    if known is not None:
        found = {
            pk: {one.name: list(values.get(one.name) or ()) for one in fields}
            for pk, values in known.items()
        }
        return {pk: one for pk, one in found.items() if any(one.values())}
    living = module.rows.filter(pk__in=list(ids), deleted_at__isnull=True)
    return {
        pk: {one.name: custom.get(one.key) or [] for one in fields}
        for pk, custom in living.values_list("pk", "custom")
    }


def _bind(act: Act, module: Module, pk: int, record: int, field: str) -> None:
    free = Q(record_id=None) | Q(record_id=record) | Q(dropped_at__isnull=False)
    if act.source == "merge":
        free = Q()
    rows = FieldFile.objects.filter(free, pk=pk, module=module.name, field=field)
    if not rows.update(record_id=record, dropped_at=None) and act.source not in MOVING:
        raise Invalid(fields={field: [no_such_file()]})


def forget_field(name: str) -> None:
    """Cut loose the files of a field that is gone for good; what is loose is cleared in a day."""
    FieldFile.objects.filter(field=name).update(record_id=None, dropped_at=None)
