"""The same change for many records: what is set, emptied, added or taken away; and taken back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.customfields.files import FILE
from crm.modules.fields import Field
from crm.records.act import Act
from crm.records.bulk import Outcome
from crm.records.bulk_changes import kept_values, update_many
from crm.records.drafts import snapshots
from crm.records.errors import Invalid, NotAllowed, NotVisible

SET, CLEAR, ADD, REMOVE = "set", "clear", "add", "remove"
TAGS = "tags"
LISTED = frozenset({"multi_choice"})
BETWEEN_TAGS = re.compile(r"[\n,，;；、]+")
Kept = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """What becomes of one field: `how` is set, clear, add or remove; the last two for lists."""

    field: str
    how: str
    value: Any = None


def ways(field: Field) -> tuple[str, ...]:
    """What can be done to a field of many records; nothing, where each has its own."""
    if field.name == TAGS:
        return (ADD, REMOVE)
    if field.kind == FILE:
        return () if field.required else (CLEAR,)
    if field.is_collection:
        return ()
    if field.kind in LISTED:
        return (SET, ADD, REMOVE, CLEAR)
    return (SET,) if field.required else (SET, CLEAR)


def editable_fields(access: Access) -> list[Field]:
    """The fields that the person may change in many records at once; the owner is assigned."""
    names = access.editable - {"owner", "department"}
    return [field for name, field in access.module.fields.items() if name in names and ways(field)]


def may_tag(access: Access) -> bool:
    """Whether the person may give tags to many records of this module."""
    return any(field.name == TAGS for field in editable_fields(access))


def check_edits(access: Access, edits: Sequence[Edit]) -> None:
    """Raise NotAllowed for a field that is not the person's, Invalid for what can't be done."""
    access.require("edit")
    known = {field.name: field for field in editable_fields(access)}
    if not edits:
        raise Invalid(_("Choose at least one field."))
    for edit in edits:
        if edit.field not in known:
            raise NotAllowed
        if edit.how not in ways(known[edit.field]):
            raise Invalid(fields={edit.field: [_("That cannot be done to this field.")]})
        if edit.how != CLEAR and edit.value in (None, "", []):
            raise Invalid(fields={edit.field: [_("Fill this in, or choose to empty the field.")]})


def edit_many(
    *,
    actor: Any,
    module: str,
    pks: Sequence[int],
    edits: Sequence[Edit],
    act: Act,
    write: bool = True,
) -> tuple[list[Outcome], dict[int, Kept]]:
    """Change records in one transaction: an outcome per id, and what was written, by id.

    `write=False` only says what would become of them. Raises NotAllowed, Invalid.
    """
    access = access_to(actor, module)
    check_edits(access, edits)
    with transaction.atomic():
        stored = _locked(access, pks)
        rows = [(pk, _values(edits, stored[pk])) for pk in pks if pk in stored]
        done = update_many(actor=actor, module=module, rows=rows, act=act, write=write)
        by_pk = {pk: one for (pk, _values), one in zip(rows, done, strict=True)}
        missing = _out_of_reach(access, set(pks) - stored.keys())
        outcomes = [by_pk.get(pk) or missing[pk] for pk in pks]
        written = {one.pk: one.before for one in outcomes if one.pk and one.before}
        records = list(access.module.rows.filter(pk__in=list(written)))
        after = snapshots(access.module, records)
    return outcomes, {pk: kept_values(access.module, after[pk], written[pk]) for pk in after}


def take_back(
    *, actor: Any, module: str, rows: Mapping[int, tuple[Kept, Kept]], act: Act
) -> set[int]:
    """Give records, as (values before, values written), the old ones where nobody changed them.

    Answers the ids of the records of which something stays, since somebody has changed it since
    or since they are out of the person's reach now.
    """
    access = access_to(actor, module)
    with transaction.atomic():
        stored = _locked(access, sorted(rows))
        left, wanted = set(rows) - stored.keys(), []
        for pk in sorted(stored):
            before, after = rows[pk]
            now = kept_values(access.module, stored[pk], before)
            values = {name: before[name] for name in before if now[name] == after.get(name)}
            if len(values) < len(before):
                left.add(pk)
            if values:
                wanted.append((pk, values))
        outcomes = update_many(actor=actor, module=module, rows=wanted, act=act, with_rights=False)
    left.update(pk for (pk, _all), outcome in zip(wanted, outcomes, strict=True) if outcome.errors)
    return left


def _locked(access: Access, pks: Iterable[int]) -> dict[int, dict[str, Any]]:
    rows = access.rows("edit").select_for_update(of=("self",)).filter(pk__in=list(pks))
    return snapshots(access.module, list(rows.order_by("pk")))


def _out_of_reach(access: Access, pks: set[int]) -> dict[int, Outcome]:
    """Each with the reason: seen only, or, for what may not be known, as if it never was."""
    seen = set(access.rows().filter(pk__in=pks).values_list("pk", flat=True)) if pks else set()
    return {
        pk: Outcome(errors={"": [(NotAllowed() if pk in seen else NotVisible()).message]})
        for pk in pks
    }


def _values(edits: Sequence[Edit], stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the edits make of one record."""
    values: dict[str, Any] = {}
    for edit in edits:
        now = stored.get(edit.field)
        if edit.field == TAGS:
            values[TAGS] = _tags(edit, now or ())
        elif edit.how == SET:
            values[edit.field] = edit.value
        elif edit.how == CLEAR:
            values[edit.field] = None
        elif edit.how == ADD:
            values[edit.field] = [
                *(now or ()),
                *(one for one in edit.value if one not in (now or ())),
            ]
        else:
            values[edit.field] = [one for one in now or () if one not in edit.value]
    return values


def _tags(edit: Edit, now: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    named = {one.strip().casefold(): one.strip() for one in BETWEEN_TAGS.split(str(edit.value))}
    named.pop("", None)
    if edit.how == REMOVE:
        return [dict(row) for row in now if row["name"].casefold() not in named]
    known = {row["name"].casefold() for row in now}
    fresh = [{"name": name} for key, name in named.items() if key not in known]
    return [*(dict(row) for row in now), *fresh]
