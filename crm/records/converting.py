"""The conversion of one field: begun, written batch by batch beside the old values, switched.

While it runs everybody reads and writes the field as it was: new values go under another key,
and whoever writes the old one empties that key, so that the value is converted again. The switch
is one transaction. Neither versions nor histories of records are raised: nobody changed them
(docs/decisions/013-life-of-fields.md).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.customfields.models import ChoiceRule, FieldDefinition, Option
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.conversion import CHOICES, Converter, reason_against
from crm.records.declared import field_of, past_field
from crm.records.errors import Invalid
from crm.records.formulas import refuse_used

KEEP = timedelta(days=30)  # so long the old values stay, and a deleted field can be restored
MOST_LOOKED_AT = 20_000
MOST_EXAMPLES = 8
WITH_PLACES = frozenset({"decimal", "money", "percent"})
WITH_DEFAULT = frozenset({"text", "integer", "boolean", "choice", "email", "url", "phone"})


@dataclass(frozen=True)
class Aim:
    """What a field is to become, and where its new values go."""

    kind: str
    key: str
    generation: int
    dictionary: str = ""
    places: int = 2

    def field(self, row: FieldDefinition) -> Field:
        """The declaration after the switch."""
        entry = {
            "kind": self.kind, "key": self.key, "dictionary": self.dictionary,
            "places": self.places,
        }  # fmt: skip
        return past_field(row, entry)


@dataclass
class Look:
    """A dry run: how many values were looked at, how many fit, examples of those that do not."""

    checked: int = 0
    fine: int = 0
    examples: list[tuple[str, str]] | None = None
    is_all: bool = True
    choices: int = 0

    @property
    def wrong(self) -> int:
        """How many do not fit."""
        return self.checked - self.fine


def aim_of(row: FieldDefinition, kind: str, places: int = 2) -> Aim:
    """A conversion to a new kind, under a key that was never used. Raises Invalid."""
    if reason := reason_against(row.kind, kind):
        raise Invalid(fields={"kind": [reason]})
    if row.unique:
        raise Invalid(fields={"kind": [_("The field is unique; turn that off first.")]})
    number = row.last_generation + 1
    dictionary = ""
    if kind in CHOICES:
        has_own = row.kind in CHOICES
        dictionary = row.dictionary if has_own else f"field_{row.pk}_{number}"
    return Aim(kind, row.key_at(number), number, dictionary, places if kind in WITH_PLACES else 2)


def aim_back(row: FieldDefinition) -> Aim:
    """The way back to what the field was last. Raises Invalid when its values are gone."""
    kept = [one for one in row.past if one["until"]]
    if not kept:
        raise Invalid(_("The old values are gone; this can no longer be taken back."))
    last = kept[-1]
    return Aim(last["kind"], last["key"], last["generation"], last["dictionary"], last["places"])


def look(row: FieldDefinition, aim: Aim) -> Look:
    """Try the conversion on the values that are there, up to MOST_LOOKED_AT; writes nothing."""
    converter = Converter(field_of(row), aim.field(row))
    rows = module_named(row.module).rows.filter(custom__has_key=row.key).order_by("pk")
    values = rows.values_list(KeyTransform(row.key, "custom"), flat=True)
    found = Look(examples=[])
    assert found.examples is not None
    for raw in values[: MOST_LOOKED_AT + 1]:
        if found.checked == MOST_LOOKED_AT:
            found.is_all = False
            break
        found.checked += 1
        try:
            converter.convert(raw)
            found.fine += 1
        except ValueError as error:
            if len(found.examples) < MOST_EXAMPLES:
                found.examples.append((converter.words(raw)[:80], str(error.args[0])))
    found.choices = len(converter.fresh)
    return found


def begin(row: FieldDefinition, aim: Aim) -> None:
    """Say where the new values go: from now on writers empty that key. In a transaction.

    Raises Invalid while formulas read the field: they would come to something else.
    """
    raise_definitions_version()  # its row holds back formulas that would read it
    _refuse_used(row)
    forget_preparation(row)
    row.preparing = aim.key
    row.last_generation = max(row.last_generation, aim.generation)
    row.save(update_fields=["preparing", "last_generation", "litter"])
    raise_definitions_version()


def _refuse_used(row: FieldDefinition) -> None:
    refuse_used(row.module, row.name)
    rules = ChoiceRule.objects.filter(Q(child=row.name) | Q(parent=row.name), module=row.module)
    if rules.exists():
        raise Invalid(
            _("Its choices depend on another field, or others on it. Take that away first.")
        )


def forget_preparation(row: FieldDefinition) -> None:
    """What a conversion that was stopped has written goes from the rows later. Saves nothing."""
    is_kept = any(one["key"] == row.preparing and one["until"] for one in row.past)
    if row.preparing and not is_kept:
        row.litter = [*row.litter, {"key": row.preparing, "after": timezone.now().isoformat()}]
    row.preparing = ""


@dataclass
class Part:
    """What one batch did: the last id, how many were looked at, what did not fit by id."""

    last: int | None
    count: int
    wrong: dict[int, tuple[Any, str]]


def convert_part(
    module: Module, old: str, aim: Aim, converter: Converter, after: int, size: int
) -> Part:
    """Convert the next values that have no new one yet; rows are locked while it writes."""
    rows = (
        module.rows.select_for_update(of=("self",))
        .filter(pk__gt=after, custom__has_key=old)
        .exclude(custom__has_key=aim.key)
        .order_by("pk")
    )
    found = list(rows.values_list("pk", KeyTransform(old, "custom"))[:size])
    new: dict[int, Any] = {}
    wrong: dict[int, tuple[Any, str]] = {}
    for pk, raw in found:
        try:
            new[pk] = converter.convert(raw)
        except ValueError as error:
            wrong[pk] = (raw, str(error.args[0]))
    _add_choices(aim, converter)
    _write(module, aim.key, new)
    return Part(found[-1][0] if found else None, len(found), wrong)


def _write(module: Module, key: str, values: dict[int, Any]) -> None:
    if not values:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{module.model._meta.db_table}" AS t'  # noqa: S608  the model's own table
            " SET custom = t.custom || jsonb_build_object(%s, v.value)"
            " FROM unnest(%s::bigint[], %s::jsonb[]) AS v(id, value) WHERE t.id = v.id",
            [key, list(values), [json.dumps(one) for one in values.values()]],
        )


def _add_choices(aim: Aim, converter: Converter) -> None:
    """Keep the choices that values asked for; who reads dictionaries already is told."""
    if not converter.fresh:
        return
    last = Option.objects.filter(dictionary=aim.dictionary).count()
    for place, (value, labels) in enumerate(converter.fresh, start=last + 1):
        Option.objects.get_or_create(
            dictionary=aim.dictionary, value=value,
            defaults={"labels": labels, "position": min(place, 9999)},
        )  # fmt: skip
    converter.fresh.clear()
    raise_definitions_version()


def switch(actor: Any, row: FieldDefinition, aim: Aim) -> None:
    """From now on everybody reads the new values. In a transaction; `row` is locked.

    Raises Invalid where a formula has begun to read the field meanwhile.
    """
    raise_definitions_version()
    _refuse_used(row)
    before = {"kind": row.kind, "places": row.places}
    until = (timezone.now() + KEEP).isoformat()
    was = {
        "key": row.key, "kind": row.kind, "dictionary": row.dictionary, "places": row.places,
        "generation": row.generation, "until": until,
    }  # fmt: skip
    row.past = [*(one for one in row.past if one["key"] != aim.key), was]
    row.default = _default(row, aim)
    row.kind, row.generation = aim.kind, aim.generation
    row.dictionary, row.places, row.preparing = aim.dictionary, aim.places, ""
    row.save()
    raise_definitions_version()
    record_audit(
        actor=actor, action="field.convert", module=row.module,
        detail={
            "name": next(iter(row.labels.values()), ""), "key": row.name,
            "before": before, "after": {"kind": row.kind, "places": row.places},
        },
    )  # fmt: skip


def _default(row: FieldDefinition, aim: Aim) -> Any:
    if row.default is None or aim.kind not in WITH_DEFAULT | WITH_PLACES:
        return None
    return Converter(field_of(row), aim.field(row), may_add=False).fits(row.default)


def count_values(module: Module, key: str) -> int:
    """How many records hold a value under a key."""
    return module.rows.filter(custom__has_key=key).count()


def with_value(module: Module, key: str, ids: Sequence[int | None]) -> list[int]:
    """Those of the records that hold a value under a key."""
    rows = module.rows.filter(pk__in=ids, custom__has_key=key)
    return list(rows.values_list("pk", flat=True))
