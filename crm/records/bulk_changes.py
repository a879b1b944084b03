"""Changes of many records by one path: locked together, written by statements over sets of rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, connection, models, transaction
from django.utils import timezone

from crm.access.errors import Refusal
from crm.access.policy import Access, access_to
from crm.modules.module import Keys, Module
from crm.records.act import Act
from crm.records.bulk import Outcome, Values, learn_references, same_row
from crm.records.child_rows import apply_changes
from crm.records.cleaning import Cleaner
from crm.records.drafts import (
    Change,
    Draft,
    change_of,
    changed_columns,
    draft_of,
    plain,
    refused_by_database,
    snapshots,
)  # fmt: skip
from crm.records.duplicates import known_errors, matches_of_many
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.events import write_events
from crm.records.field_files import check_files
from crm.records.followers import ask_guards, tell_followers
from crm.records.history import CHANGED, write_history
from crm.records.keys import claim_keys, drop_keys
from crm.records.trees import refuse_loops


@dataclass
class Task:
    """One record on its way to being changed."""

    place: int
    record: Any
    before: dict[str, Any]
    draft: Draft
    change: Change


def update_many(
    *,
    actor: Any,
    module: str,
    rows: Sequence[tuple[int, Values]],
    act: Act,
    with_rights: bool = True,
    write: bool = True,
) -> list[Outcome]:
    """Change many records, given as (id, values); answers an outcome per row, in order.

    A record that stands in several rows takes them one after the other. `with_rights=False` is
    for taking back what the same person wrote: fields that he may no longer write are restored
    too; his reach to the records is asked all the same. `write=False` only says what would
    become of them.
    """
    outcomes = [Outcome() for _row in rows]
    left = list(range(len(rows)))
    while left:
        seen: set[int] = set()
        now = []
        for place in left:
            if rows[place][0] not in seen:
                seen.add(rows[place][0])
                now.append(place)
        access = access_to(actor, module)
        with transaction.atomic():
            tasks = _prepare(access, act, {n: rows[n] for n in now}, outcomes, with_rights)
            if write:
                _write(access, act, tasks, outcomes)
        left = [place for place in left if place not in set(now)]
    return outcomes


def _prepare(
    access: Access,
    act: Act,
    rows: Mapping[int, tuple[int, Values]],
    outcomes: list[Outcome],
    with_rights: bool,
) -> list[Task]:
    """Lock, draft and compare; what is refused is marked, what changes nothing is done."""
    ids = sorted({pk for pk, _values in rows.values()})
    locked = access.rows("edit").select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    records = {record.pk: record for record in locked}
    visible = set(
        access.rows().filter(pk__in=set(ids) - records.keys()).values_list("pk", flat=True)
    )
    before = snapshots(access.module, list(records.values()))
    cleaner = Cleaner(access)
    learn_references(cleaner, (values for _pk, values in rows.values()))
    tasks = []
    for place, (pk, values) in rows.items():
        outcome = outcomes[place]
        if pk not in records:
            refusal = NotAllowed() if pk in visible else NotVisible()
            outcome.errors = {access.module.title: [refusal.message]}
            continue
        writable = access.writable(before[pk]) if with_rights else frozenset(access.module.fields)
        draft = draft_of(cleaner, values, writable)
        check_files(access, draft, before[pk], pk)
        _ask_guards(access, act, records[pk], values, draft)
        change = change_of(access, before[pk], draft) if not draft.errors else None
        outcome.errors = draft.errors
        if change is None or draft.errors:
            continue
        outcome.pk, outcome.version = pk, records[pk].version
        if change.names:
            tasks.append(Task(place, records[pk], before[pk], draft, change))
    return tasks


def _ask_guards(access: Access, act: Act, record: Any, values: Values, draft: Draft) -> None:
    try:
        ask_guards(act, access.module, record, frozenset(values))
    except Refusal as refusal:
        draft.errors.setdefault(access.module.title, []).append(refusal.message)


def _write(access: Access, act: Act, tasks: list[Task], outcomes: list[Outcome]) -> None:
    """Write the changes; when the database refuses some, find them by halves."""
    if not tasks:
        return
    try:
        with transaction.atomic():
            written = _take_keys(access, tasks, outcomes)
            _save(access, act, written)
            for task in written:  # a ring may have been closed by two of them together
                refuse_loops(access.module, task.record.pk, task.change.changed)
    except (IntegrityError, DataError, Invalid) as error:
        if len(tasks) > 1:
            middle = len(tasks) // 2
            _write(access, act, tasks[:middle], outcomes)
            _write(access, act, tasks[middle:], outcomes)
            return
        refusal = error if isinstance(error, Invalid) else refused_by_database(access.module, error)
        errors = refusal.fields or {access.module.title: [refusal.message]}
        outcomes[tasks[0].place] = Outcome(errors=errors)
        return
    for task in written:
        before = before_values(access.module, task)
        outcomes[task.place] = Outcome(task.record.pk, task.record.version + 1, before=before)


def before_values(module: Module, task: Task) -> dict[str, Any]:
    """The stored values that the change replaces, as JSON holds them."""
    return kept_values(module, task.before, [*task.change.changed, *task.change.children])


def kept_values(module: Module, stored: Values, names: Iterable[str]) -> dict[str, Any]:
    """Stored values as JSON holds them; rows of collections without their ids."""
    found: dict[str, Any] = {}
    for name in names:
        if name in module.collections_by_name:
            found[name] = [
                {member: plain(value) for member, value in row.items() if member != "id"}
                for row in stored[name]
            ]
        else:
            found[name] = plain(stored.get(name))
    return found


def _take_keys(access: Access, tasks: list[Task], outcomes: list[Outcome]) -> list[Task]:
    """Give each record its new duplicate keys; the tasks whose keys nobody else holds."""
    module = access.module
    asked = [task for task in tasks if task.change.names & module.key_fields]
    if not asked:
        return tasks
    new = {task.record.pk: module.all_keys(task.change.after) for task in asked}
    old = {task.record.pk: module.all_keys(task.before) for task in asked}
    lost = claim_keys(module, {pk: _without(new[pk], old[pk]) for pk in new})
    drop_keys(
        module,
        {
            pk: _without(new[pk], old[pk]) if pk in lost else _without(old[pk], new[pk])
            for pk in new
        },
    )
    if lost:
        _mark_lost(access, [task for task in asked if task.record.pk in lost], new, outcomes)
    return [task for task in tasks if task.record.pk not in lost]


def _without(keys: Keys, others: Keys) -> Keys:
    return Keys(keys.exact - others.exact, keys.near - others.near)


def _mark_lost(
    access: Access, tasks: list[Task], keys: Mapping[int, Keys], outcomes: list[Outcome]
) -> None:
    places = {task.place: task.record.pk for task in tasks}
    known = matches_of_many(access, {place: keys[pk] for place, pk in places.items()}, near=())
    for place, matches in known.items():
        others = [one for one in matches if one.pk != places[place]]
        outcomes[place] = Outcome(errors=known_errors(access, others), matches=others)
    for place in places:
        if outcomes[place].is_open or outcomes[place].pk:
            outcomes[place] = Outcome(errors={access.module.title: [same_row()]}, twin=-1)


def _save(access: Access, act: Act, tasks: list[Task]) -> None:
    if not tasks:
        return
    module = access.module
    _set_columns(
        module,
        {task.record.pk: changed_columns(module, task.record, task.change) for task in tasks},
        access.user.pk,
    )
    for task in tasks:
        for name, changes in task.change.children.items():
            apply_changes(act, module, module.collections_by_name[name], task.record.pk, changes)
    ids = [task.record.pk for task in tasks]
    write_history(act, module.model, ids, CHANGED)
    by_names: dict[frozenset[str], list[tuple[int, int]]] = {}
    for task in tasks:
        by_names.setdefault(task.change.names, []).append((task.record.pk, task.record.version + 1))
    for names, rows in by_names.items():
        write_events(act, module.name, rows, "changed", names)
    tell_followers(act, module, ids)
    module.after_write(act, ids)


def _set_columns(module: Module, rows: Mapping[int, dict[str, Any]], user_id: int) -> None:
    """One UPDATE for each set of columns that the rows change."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for pk, columns in rows.items():
        groups.setdefault(tuple(sorted(columns)), []).append(pk)
    by_attname = {field.attname: field for field in module.model._meta.concrete_fields}
    for names, ids in groups.items():
        fields = [by_attname[name] for name in names]
        _update_set(
            module, fields, [(pk, *(rows[pk][name] for name in names)) for pk in ids], user_id
        )


def _update_set(
    module: Module, fields: Sequence[models.Field], rows: Sequence[tuple[Any, ...]], user_id: int
) -> None:
    sets = "".join(f'"{field.column}" = v.c{n}, ' for n, field in enumerate(fields))
    types = ["bigint", *(_type(field) for field in fields)]
    arrays = ", ".join(f"%s::{one}[]" for one in types)
    names = ", ".join(["id", *(f"c{n}" for n in range(len(fields)))])
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    for place, field in enumerate(fields, start=1):
        if isinstance(field, models.JSONField):
            columns[place] = [json.dumps(value) for value in columns[place]]
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{module.model._meta.db_table}" AS t SET {sets}version = t.version + 1,'  # noqa: S608  the model's own columns
            f" changed_at = %s, changed_by_id = %s FROM unnest({arrays}) AS v({names})"
            " WHERE t.id = v.id",
            [timezone.now(), user_id, *columns],
        )


def _type(field: models.Field) -> str:
    found = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    return str(found)
