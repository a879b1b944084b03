"""Fields of one's own whose values no two living records share: turned on and off.

The keys stand beside those of the duplicate guard (crm/records/keys.py): an index of the database
decides between two writers. What is there already is keyed by a job when the rule is turned on
(crm/jobs/checking.py).
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import Access
from crm.customfields.models import FieldDefinition
from crm.lib.text import unique_key
from crm.modules.module import Keys, Module
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.beside import UniqueValue
from crm.records.keys import claim_keys, exact_holders

UNIQUE_KINDS = frozenset({"text", "integer", "email", "url", "phone"})
MOST_NAMED = 5


def wrong_unique(kind: str, unique: bool, default: str) -> dict[str, list[Any]]:
    """Errors by input: what cannot be unique, and a default that the second record could not have.

    The kinds that can are UNIQUE_KINDS.
    """
    if not unique:
        return {}
    if kind not in UNIQUE_KINDS:
        return {"unique": [_("Fields of this kind cannot be unique.")]}
    if default.strip():
        return {"default": [_("A unique field has no default: the second record would repeat it.")]}
    return {}


def forget_keys(row: FieldDefinition) -> None:
    """Give back the keys of a field that goes or need not be unique any more."""
    UniqueValue.objects.filter(module=row.module, field=f"cf_{row.pk}").delete()


@transaction.atomic
def turn(actor: Any, row: FieldDefinition, unique: bool) -> None:
    """Make the rule hold for every write from now on, or for none."""
    row.unique = unique
    row.save(update_fields=["unique"])
    if not unique:
        forget_keys(row)
    raise_definitions_version()
    record_audit(
        actor=actor, action="field.change", module=row.module,
        detail={
            "name": next(iter(row.labels.values()), ""), "key": row.name,
            "before": {"unique": not unique}, "after": {"unique": unique},
        },
    )  # fmt: skip


def keyed_rows(module: Module, row: FieldDefinition) -> QuerySet:
    """The living records with a value in the field."""
    return module.rows.filter(deleted_at__isnull=True, custom__has_key=row.key)


def claim_part(
    module: Module, row: FieldDefinition, after: int, size: int
) -> tuple[int | None, int, dict[int, tuple[str, int | None]]]:
    """Take keys for the next records: (last id, how many, doubles: id → value and its holder).

    The rows are locked, so that nobody changes a value between its reading and its key.
    """
    rows = keyed_rows(module, row).filter(pk__gt=after).order_by("pk")
    held = rows.select_for_update(of=("self",)).annotate(held=KeyTextTransform(row.key, "custom"))
    found = list(held.values_list("pk", "held")[:size])
    pairs = {pk: (row.name, unique_key(text)) for pk, text in found}
    lost = claim_keys(module, {pk: Keys(exact=frozenset({one})) for pk, one in pairs.items()})
    holders = exact_holders(module, lost.values())
    doubles = {
        pk: (text, holders.get(lost[pk]))
        for pk, text in found
        if pk in lost and holders.get(lost[pk]) != pk
    }
    return (found[-1][0] if found else None), len(found), doubles


def doubles_told(access: Access, name: str, values: Sequence[str], count: int) -> str:
    """How many records repeat a value, and some of the values, for who may read them."""
    told = (
        ngettext(
            "%d record has a value that an earlier one has",
            "%d records have values that earlier ones have",
            count,
        )
        % count
    )
    if name not in access.readable:
        return _("%s. Make them differ first.") % told
    some = list(dict.fromkeys(str(one)[:40] for one in values))
    more = " …" if len(some) > MOST_NAMED else ""
    return _("%(count)s: %(values)s. Make them differ first.") % {
        "count": told, "values": ", ".join(some[:MOST_NAMED]) + more,
    }  # fmt: skip
