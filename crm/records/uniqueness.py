"""Fields of one's own whose values no two living records share: turned on and off.

The keys stand beside those of the duplicate guard (crm/records/keys.py): an index of the database
decides between two writers. What is there already is keyed when the rule is turned on.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.access.policy import access_to
from crm.customfields.models import FieldDefinition
from crm.lib.text import unique_key
from crm.modules.module import Keys, Module
from crm.modules.registry import module_named
from crm.modules.stamp import raise_definitions_version
from crm.records.audit import record_audit
from crm.records.beside import UniqueValue
from crm.records.errors import Invalid
from crm.records.keys import claim_keys

UNIQUE_KINDS = frozenset({"text", "integer", "email", "url", "phone"})
BATCH = 5000
MOST_NAMED = 5


def set_unique(*, actor: Any, row: FieldDefinition, unique: bool) -> None:
    """Turn the rule on or off. Raises Invalid, with the values that stand twice.

    Turned on in two steps: new writes keep the rule first, then the table is held until every
    value that is there has its key.
    """
    if unique == row.unique:
        return
    _turn(actor, row, unique)
    if not unique:
        return
    try:
        _claim_all(actor, row)
    except BaseException:
        _turn(actor, row, False)
        raise


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
def _turn(actor: Any, row: FieldDefinition, unique: bool) -> None:
    row.unique = unique
    row.save(update_fields=["unique"])
    if not unique:
        forget_keys(row)
    raise_definitions_version()
    record_audit(
        actor=actor, action="field.change", module=row.module,
        detail={
            "name": next(iter(row.labels.values()), ""), "key": f"cf_{row.pk}",
            "before": {"unique": not unique}, "after": {"unique": unique},
        },
    )  # fmt: skip


@transaction.atomic
def _claim_all(actor: Any, row: FieldDefinition) -> None:
    """Take a key for every value of a living record. Raises Invalid if some stand twice."""
    module, name = module_named(row.module), f"cf_{row.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        cursor.execute(f"LOCK TABLE {module.model._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    forget_keys(row)
    doubles: dict[str, int] = {}
    values = _values(module, name)
    while batch := list(islice(values, BATCH)):
        keys = {pk: Keys(exact=frozenset({(name, unique_key(text))})) for pk, text in batch}
        lost = claim_keys(module, keys)
        for pk, text in batch:
            if pk in lost:
                doubles[text] = doubles.get(text, 1) + 1
    if doubles:
        raise Invalid(fields={"unique": [_told(actor, module, name, doubles)]})


def _values(module: Module, name: str) -> Iterator[tuple[int, str]]:
    rows = module.rows.filter(deleted_at__isnull=True, custom__has_key=name)
    held = rows.annotate(held=KeyTextTransform(name, "custom")).order_by("pk")
    return iter(held.values_list("pk", "held").iterator(chunk_size=BATCH))


def _told(actor: Any, module: Module, name: str, doubles: dict[str, int]) -> str:
    """How many values stand twice, and which, for who may read them."""
    count = ngettext(
        "%d value stands in several records", "%d values stand in several records", len(doubles)
    ) % len(doubles)
    if name not in access_to(actor, module).readable:
        return _("%s. Make them differ first.") % count
    named = [f"{text[:40]} ({n}×)" for text, n in list(doubles.items())[:MOST_NAMED]]
    more = " …" if len(doubles) > MOST_NAMED else ""
    return _("%(count)s: %(values)s. Make them differ first.") % {
        "count": count, "values": ", ".join(named) + more,
    }  # fmt: skip
