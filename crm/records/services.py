"""The one path for writes: form, inline edit, import, API and rules all arrive here.

Rights per field → lock → guards → version → validation → named columns → derived values →
history → event → followers → is the row still in reach. One transaction.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.modules.module import Keys, Module
from crm.records.act import Act
from crm.records.beside import IdempotencyKey
from crm.records.child_rows import add_rows, apply_changes
from crm.records.choice_rules import drop_unfit_defaults, wrong_choices
from crm.records.cleaning import Cleaner
from crm.records.conflicts import refuse_stale
from crm.records.drafts import (
    Change,
    Draft,
    add_defaults,
    change_of,
    changed_columns,
    columns_of,
    draft_of,
    refused_by_database,
    snapshots,
)
from crm.records.duplicates import refuse_duplicates, refuse_lost
from crm.records.errors import KeyReused, NotAllowed, VersionMissing
from crm.records.events import write_events
from crm.records.field_files import check_files
from crm.records.followers import ask_guards, tell_followers
from crm.records.history import CHANGED, CREATED, write_history
from crm.records.keys import claim_keys, drop_keys
from crm.records.numbers import next_numbers
from crm.records.owners import department_of, require_assignable
from crm.records.parents import hold_parent
from crm.records.trees import refuse_loops

Values = Mapping[str, Any]
LONGEST_IDEMPOTENCY_KEY = 80


def body_hash(module: str, values: Values) -> str:
    """What an idempotency key stands for: the module and the body, in any order of keys."""
    text = json.dumps([module, values], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def create_record(
    *,
    actor: Any,
    module: str,
    values: Values,
    key: str | None = None,
    source: str = "form",
    near_is_fine: bool = True,
) -> int:
    """Enter one record and answer its id.

    With `key`, the same call again answers the same id; with another body it raises KeyReused.
    `near_is_fine=False` also refuses what is only similar to a known record (DuplicateFound).
    Raises NotAllowed, Invalid, DuplicateFound.
    """
    access = access_to(actor, module)
    access.require("create")
    if key:
        done = claim_key(actor, access.module, key, values)
        if done is not None:
            return done
    act = Act(actor, source)
    draft = new_draft(access, Cleaner(access), values)
    draft.refuse()
    hold_parent(access.module, draft.values)
    keys = refuse_duplicates(access, draft.all, near_is_fine=near_is_fine)
    pk = _insert(act, access, draft, keys)
    _require_in_reach(access, "view", pk)
    if key:
        keep_key(actor, key, pk)
    return pk


def _insert(act: Act, access: Access, draft: Draft, keys: Keys) -> int:
    """Write a checked new record with all that belongs to it."""
    number = next_numbers(access.module)[0]
    department = department_of(draft.values.get("owner"))
    record = access.module.model(**new_columns(access, draft, number, department, timezone.now()))
    try:
        access.module.model._default_manager.bulk_create([record])
    except (IntegrityError, DataError) as error:
        raise refused_by_database(access.module, error) from error
    refuse_lost(access, claim_keys(access.module, {record.pk: keys}))
    for name, rows in draft.collections.items():
        collection = access.module.collections_by_name[name]
        add_rows(act, access.module, collection, [(record.pk, row) for row in rows])
    _tell(act, access.module, record.pk, 1, CREATED, "created", draft.all)
    return record.pk


def new_draft(access: Access, cleaner: Cleaner, values: Values) -> Draft:
    """The checked values of a new record, owner and defaults included."""
    writable = access.writable()
    draft = draft_of(cleaner, values, writable, allowed=("owner",))
    check_files(access, draft, {})
    if draft.values.get("owner") is None and "owner" not in draft.errors:
        draft.values["owner"] = access.user.pk if "owner" not in values else None
    if "owner" in values and "owner" not in draft.errors:
        try:
            require_assignable(access, draft.values["owner"], cleaner.department_of)
        except NotAllowed as refusal:
            draft.errors["owner"] = [refusal.message]
    add_defaults(access.module, draft, writable)
    drop_unfit_defaults(access.module, draft.values, values)
    if not draft.errors:
        draft.errors.update(
            {name: [text] for name, text in access.module.validate(draft.all).items()}
        )
        draft.errors.update(wrong_choices(access, draft.values))
    return draft


def new_columns(
    access: Access, draft: Draft, number: str, department: int | None, at: datetime
) -> Values:
    """The columns of a new record by attribute name, made `at` this moment."""
    module = access.module
    columns, custom = columns_of(module, draft.values)
    return {
        **module.constants,
        **columns,
        **module.derive(draft.all),
        "number": number,
        "department_id": department,
        "created_at": at,
        "changed_at": at,
        "created_by_id": access.user.pk,
        "changed_by_id": access.user.pk,
        "custom": {name: value for name, value in custom.items() if value not in (None, "", [])},
    }


def _short(key: str) -> str:
    """An idempotency key of any length as one that fits its column."""
    if len(key) <= LONGEST_IDEMPOTENCY_KEY:
        return key
    return hashlib.sha256(key.encode()).hexdigest()


def claim_key(actor: Any, module: Module, key: str, values: Values) -> int | None:
    """Take an idempotency key; what it led to when it was used for this very body.

    In the transaction that does the work and then calls `keep_key`. Raises KeyReused.
    """
    key, digest = _short(key), body_hash(module.name, values)
    claimed = IdempotencyKey(user=actor, key=key, body_hash=digest, module=module.name)
    IdempotencyKey.objects.bulk_create([claimed], ignore_conflicts=True)
    held = IdempotencyKey.objects.select_for_update().get(user=actor, key=key)
    if held.body_hash != digest:
        raise KeyReused
    return held.record_id


def keep_key(actor: Any, key: str, made: int) -> None:
    """Say what a claimed key led to: the id of a record, or of a job."""
    IdempotencyKey.objects.filter(user=actor, key=_short(key)).update(record_id=made)


@transaction.atomic
def update_record(
    *,
    actor: Any,
    module: str,
    pk: int,
    values: Values,
    version: int | None,
    source: str = "form",
    reason: str = "",
) -> int:
    """Change one record and answer its new version.

    `version` is the one that was read; when the record has moved on, StaleRecord shows both
    values. Values that stay as they are change nothing. Raises NotVisible, NotAllowed, Invalid,
    DuplicateFound, StaleRecord, VersionMissing.
    """
    access = access_to(actor, module)
    record = access.lock(pk, "edit")
    if version is None:
        raise VersionMissing
    act = Act(actor, source, reason)
    before = snapshots(access.module, [record])[pk]
    draft = draft_of(Cleaner(access), values, access.writable(before))
    check_files(access, draft, before, pk)
    ask_guards(act, access.module, record, frozenset(values))
    if record.version != version:
        refuse_stale(access, record, version, before, draft)
    draft.refuse()
    change = change_of(access, before, draft)
    draft.refuse()
    if not change.names:
        return record.version
    write_change(act, access, record, change)
    _require_in_reach(access, "edit", pk)
    return version + 1


def write_change(act: Act, access: Access, record: Any, change: Change) -> None:
    """Everything that becomes of a checked change of a locked record, in its order."""
    pk = record.pk
    refuse_loops(access.module, pk, change.changed)
    if access.module.parent in change.changed:
        hold_parent(access.module, change.changed)
    if change.names & access.module.key_fields:
        _change_keys(access, pk, change)
    _save(access, record, change)
    for name, changes in change.children.items():
        apply_changes(act, access.module, access.module.collections_by_name[name], pk, changes)
    _tell(act, access.module, pk, record.version + 1, CHANGED, "changed", change.names)


def _change_keys(access: Access, pk: int, change: Change) -> None:
    """Give back the duplicate keys that the record loses and take those that it gains."""
    had = access.module.all_keys(change.before)
    gained = refuse_duplicates(access, change.after, but=pk, had=had)
    now = access.module.all_keys(change.after)
    drop_keys(access.module, {pk: Keys(had.exact - now.exact, had.near - now.near)})
    refuse_lost(access, claim_keys(access.module, {pk: gained}))
    # What it had beside a twin that is gone by now becomes its own; what it holds stays.
    claim_keys(access.module, {pk: Keys(exact=had.exact & now.exact)})


def _save(access: Access, record: Any, change: Change) -> None:
    """Write only the named columns; custom values are merged key by key."""
    module = access.module
    try:
        module.rows.filter(pk=record.pk, version=record.version).update(
            **changed_columns(module, record, change),
            version=F("version") + 1,
            changed_at=timezone.now(),
            changed_by_id=access.user.pk,
        )
    except (IntegrityError, DataError) as error:
        raise refused_by_database(module, error) from error


def _tell(
    act: Act, module: Module, pk: int, version: int, history: str, kind: str, names: Any
) -> None:
    write_history(act, module.model, [pk], history)
    write_events(act, module.name, [(pk, version)], kind, names)
    tell_followers(act, module, [pk])
    module.after_write(act, [pk])


def _require_in_reach(access: Access, action: str, pk: int) -> None:
    if not access.rows(action).filter(pk=pk).exists():
        raise NotAllowed(_("That would put the record out of your reach."))
