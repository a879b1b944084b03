"""The one path for writes, for many rows: the same rights, checks and keys, set-based statements.

A row that is refused takes nothing with it and holds up no other. Everything that one call
writes stands in one transaction and carries one act.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.lib.whole import whole_number
from crm.modules.fields import REFERENCES
from crm.modules.module import Keys
from crm.records.act import Act
from crm.records.child_rows import add_rows
from crm.records.cleaning import Cleaner, is_empty
from crm.records.copying import copy_rows, reserve_ids
from crm.records.drafts import Draft, refused_by_database
from crm.records.duplicates import Match, known_errors, matches_of_many
from crm.records.events import write_events
from crm.records.followers import tell_followers
from crm.records.history import CREATED, write_history
from crm.records.keys import LONGEST_KEY, claim_keys, exact_holders
from crm.records.numbers import next_numbers
from crm.records.parents import dead_parents, parent_of
from crm.records.services import new_columns, new_draft

Values = Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """What became of one row.

    `pk` and `version` when it was written. `errors` by field when it was refused. `matches` are
    known records that made it a duplicate; `twin` is the place of an earlier row that did, and
    `is_same` tells that it is surely the same one, not only similar.
    `before` holds the stored values that an update replaced.
    """

    pk: int | None = None
    version: int = 1
    errors: dict[str, list[Any]] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)
    twin: int | None = None
    is_same: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Nothing speaks against the row, and it is not yet written."""
        return self.pk is None and not self.errors

    @property
    def is_known(self) -> bool:
        """Refused only because it exists already."""
        return bool(self.matches) or self.twin is not None


@dataclass
class Batch:
    """Many rows on their way: checked drafts, their keys, what became of them, by place."""

    access: Access
    act: Act
    at: datetime
    cleaner: Cleaner
    drafts: list[Draft]
    outcomes: list[Outcome]
    keys: dict[int, Keys]


def create_many(
    *,
    actor: Any,
    module: str,
    rows: Sequence[Values],
    act: Act,
    near_is_fine: bool | Container[int] = True,
    at: datetime | None = None,
) -> list[Outcome]:
    """Enter many records; answers an outcome per row, in order.

    `near_is_fine` says for all rows, or names the places of those, that may be similar to a
    known record. Raises NotAllowed when the person may create nothing here.
    """
    with transaction.atomic():
        batch = check_many(
            actor=actor, module=module, rows=rows, act=act, near_is_fine=near_is_fine, at=at
        )
        _hold_parents(batch)
        _write(batch, [place for place, outcome in enumerate(batch.outcomes) if outcome.is_open])
    return batch.outcomes


def check_many(
    *,
    actor: Any,
    module: str,
    rows: Sequence[Values],
    act: Act,
    near_is_fine: bool | Container[int] = True,
    at: datetime | None = None,
) -> Batch:
    """Everything that can be said of new rows before anything is written."""
    access = access_to(actor, module)
    access.require("create")
    cleaner = Cleaner(access)
    learn_references(cleaner, rows)
    drafts = [new_draft(access, cleaner, values) for values in rows]
    batch = Batch(
        access, act, at or timezone.now(), cleaner, drafts,
        [Outcome(errors=draft.errors) for draft in drafts],
        {n: access.module.all_keys(one.all) for n, one in enumerate(drafts) if not one.errors},
    )  # fmt: skip
    if near_is_fine is True:
        near: set[int] = set()
    else:
        near = {n for n in batch.keys if near_is_fine is False or n not in near_is_fine}
    _find_known(batch, near)
    return batch


def learn_references(cleaner: Cleaner, rows: Iterable[Values]) -> None:
    """Ask once for all persons, departments and records that the rows name."""
    fields = [one for one in cleaner.access.module.fields.values() if one.kind in REFERENCES]
    any_fields = [
        n for n, one in cleaner.access.module.fields.items() if one.kind == "any_relation"
    ]
    wanted: dict[str, set[int]] = {}
    for values in rows:
        for one in fields:
            number = whole_number(str(values.get(one.name)))
            if number is not None:
                kind = one.target if one.kind == "relation" else one.kind
                wanted.setdefault(kind, set()).add(number)
        for name in any_fields:
            kind, _slash, pk = str(values.get(name) or "").partition("/")
            number = whole_number(pk)
            if number is not None:
                wanted.setdefault(kind, set()).add(number)
    for kind, ids in wanted.items():
        cleaner.learn(kind, ids)


def _hold_parents(batch: Batch) -> None:
    """Keep the parents of the new rows alive; mark the rows whose parent has just been deleted."""
    module = batch.access.module
    places = [place for place, outcome in enumerate(batch.outcomes) if outcome.is_open]
    parents = {place: parent_of(module, batch.drafts[place].values) for place in places}
    dead = dead_parents(parent for parent in parents.values() if parent is not None)
    for place, parent in parents.items():
        if parent in dead:
            batch.outcomes[place].errors = {module.parent: [_("There is no such record.")]}


def _find_known(batch: Batch, near: set[int]) -> None:
    """Mark the rows that exist already, in the database or further up among these rows."""
    access = batch.access
    for place, matches in matches_of_many(access, batch.keys, near=near).items():
        batch.outcomes[place].matches = matches
        batch.outcomes[place].errors = known_errors(access, matches)
    seen: dict[tuple[str, str], int] = {}
    for place, keys in batch.keys.items():
        mine = [*keys.exact, *keys.near] if place in near else list(keys.exact)
        twin = min((seen[key] for key in mine if key in seen), default=None)
        if twin is not None and batch.outcomes[place].is_open:
            batch.outcomes[place].twin = twin
            batch.outcomes[place].is_same = any(seen.get(key) == twin for key in keys.exact)
            batch.outcomes[place].errors = {access.module.title: [same_row()]}
        if batch.outcomes[place].is_open:
            for key in (*keys.exact, *keys.near):
                seen.setdefault(key, place)


def same_row() -> str:
    """The sentence for a row that stands twice among those written together."""
    return _("The same as an earlier row.")


class _Refused(Exception):
    """Some rows of a batch can't be written; they are marked, the others are tried again."""


def _write(batch: Batch, places: list[int]) -> None:
    """Write these rows; when the database refuses some, find them by halves."""
    if not places:
        return
    try:
        with transaction.atomic():
            written = _insert(batch, places)
    except _Refused:
        _write(batch, [place for place in places if batch.outcomes[place].is_open])
        return
    except (IntegrityError, DataError) as error:
        if len(places) == 1:
            refusal = refused_by_database(batch.access.module, error)
            title = batch.access.module.title
            batch.outcomes[places[0]].errors = refusal.fields or {title: [refusal.message]}
            return
        middle = len(places) // 2
        _write(batch, places[:middle])
        _write(batch, places[middle:])
        return
    for place, pk in written.items():
        batch.outcomes[place].pk = pk


def _insert(batch: Batch, places: list[int]) -> dict[int, int]:
    """One attempt at writing rows with all that belongs to them; answers the ids by place."""
    module, act = batch.access.module, batch.act
    ids = dict(zip(places, reserve_ids(module.model, len(places)), strict=True))
    lost = claim_keys(module, {ids[place]: batch.keys[place] for place in places})
    if lost:
        _mark_lost(batch, {place: lost[pk] for place, pk in ids.items() if pk in lost})
        raise _Refused
    rows = _columns(batch, places, ids)
    copy_rows(module.model, rows.values())
    for collection in module.collections:
        rows_of = {n: batch.drafts[n].collections.get(collection.name, ()) for n in places}
        add_rows(act, module, collection, [(ids[n], one) for n in places for one in rows_of[n]])
    pks = list(ids.values())
    write_history(act, module.model, pks, CREATED)
    write_events(act, module.name, [(pk, 1) for pk in pks], "created", _names(batch, places))
    known = {
        ids[place]: {
            **batch.drafts[place].all,
            "number": rows[place]["number"],
            "department": rows[place]["department_id"],
            "changed_at": batch.at,
        }
        for place in places
    }
    tell_followers(act, module, pks, known)
    module.after_write(act, pks)
    _require_in_reach(batch, ids)
    return ids


def _columns(batch: Batch, places: list[int], ids: dict[int, int]) -> dict[int, dict[str, Any]]:
    access, rows = batch.access, {}
    numbers = next_numbers(access.module, len(places))
    for place, number in zip(places, numbers, strict=True):
        draft = batch.drafts[place]
        department = batch.cleaner.department_of(draft.values.get("owner"))
        columns = new_columns(access, draft, number, department, batch.at)
        rows[place] = {**columns, "id": ids[place]}
    return rows


def _names(batch: Batch, places: Iterable[int]) -> set[str]:
    names: set[str] = set()
    for place in places:
        values = batch.drafts[place].all
        names.update([n for n, value in values.items() if n not in names and not is_empty(value)])
    return names


def _mark_lost(batch: Batch, lost: Mapping[int, tuple[str, str]]) -> None:
    """Somebody else took a key in the same moment: say who, as for any known record."""
    access = batch.access
    holders = exact_holders(
        access.module, [(rule, key[:LONGEST_KEY]) for rule, key in lost.values()]
    )
    for place, matches in matches_of_many(
        access, {n: batch.keys[n] for n in lost}, near=()
    ).items():
        batch.outcomes[place].matches = matches
        batch.outcomes[place].errors = known_errors(access, matches)
    for place, (rule, key) in lost.items():
        if batch.outcomes[place].is_open and (rule, key) not in holders:
            batch.outcomes[place].twin = -1
            batch.outcomes[place].errors = {access.module.title: [same_row()]}


def _require_in_reach(batch: Batch, ids: Mapping[int, int]) -> None:
    """Ask again whether the person reaches what he has just made."""
    rows = batch.access.rows("view").filter(pk__in=list(ids.values()))
    reached = set(rows.values_list("pk", flat=True))
    outside = [place for place, pk in ids.items() if pk not in reached]
    for place in outside:
        sentence = _("That would put the record out of your reach.")
        batch.outcomes[place].errors = {"owner": [sentence]}
    if outside:
        raise _Refused
