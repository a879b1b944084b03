"""Many records shared alike, and their shares put back as they stood before."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.access.holders import Holder
from crm.access.policy import Access, access_to
from crm.access.sharing import EDIT, is_shareable, share_tables
from crm.modules.module import Module
from crm.modules.stamp import raise_rights_version
from crm.records.act import Act
from crm.records.deeds import Done, lock_many, refused
from crm.records.drafts import plain
from crm.records.errors import Invalid, NotAllowed
from crm.records.sharing import Terms, check_part, check_terms, tell_shares, write_shares

SHARES = frozenset({"shares"})
TERMS = ("part", "permission_id", "until", "note", "given_by_id", "given_at", "act")
MOMENTS = frozenset({"until", "given_at"})
Kept = Mapping[str, Any]
Place = tuple[int, int, int]  # record, which table, which person or group


def check_sharing(access: Access, to: Sequence[Holder], terms: Terms) -> None:
    """Raise NotAllowed, Invalid for what can't be shared so at all."""
    access.require("share")
    if not is_shareable(access.module.model):
        raise Invalid(_("%s cannot be shared one by one.") % access.module.label_plural)
    check_terms(to, terms)
    check_part(access, terms)
    if terms.level == EDIT:
        access.require("edit")


@transaction.atomic
def share_many(
    *, actor: Any, module: str, pks: Sequence[int], to: Sequence[Holder], terms: Terms, act: Act
) -> dict[int, Done]:
    """Share records; what became of each. Raises NotAllowed, Invalid."""
    access = access_to(actor, module)
    check_sharing(access, to, terms)
    records, done = lock_many(act, access, pks, "share", SHARES)
    if terms.level == EDIT:
        mine = access.rows("edit").filter(pk__in=list(records))
        outside = records.keys() - set(mine.values_list("pk", flat=True))
        done.update({pk: refused(NotAllowed()) for pk in outside})
    ids = [pk for pk in records if pk not in done]
    earlier = _standing(access.module, ids)
    write_shares(act, access.module, ids, to, terms)
    given = {place for place, one in _standing(access.module, ids).items() if one["act"] == act.id}
    raise_rights_version()
    for pk in ids:
        mine_now = sorted(place for place in given if place[0] == pk)
        done[pk] = Done(
            before={"shares": [[*one[1:], _kept(earlier.get(one))] for one in mine_now]},
            after={"act": str(act.id)},
            version=records[pk].version,
        )
    return done


@transaction.atomic
def take_shares_back(
    *, actor: Any, module: str, rows: Mapping[int, tuple[Kept, Kept]], act: Act
) -> dict[int, str]:
    """Put the shares that a deed gave, as (before, after), back to what stood there.

    A share that somebody changed or took back since stays as it is. Answers the records of which
    something stays, each with the reason if there is one to tell.
    """
    access = access_to(actor, module)
    records, missing = lock_many(act, access, list(rows), "share", SHARES)
    left = {pk: " ".join(map(str, one.errors[""])) for pk, one in missing.items()}
    now = _standing(access.module, list(records))
    undone: dict[Place, Kept | None] = {}
    for pk in records:
        for table, who, before in rows[pk][0]["shares"]:
            one = now.get((pk, table, who))
            if one is not None and str(one["act"]) == rows[pk][1]["act"]:
                undone[pk, table, who] = before
            else:
                left[pk] = ""
    _put_back(act, access.module, undone)
    raise_rights_version()
    return left


def _standing(module: Module, ids: Sequence[int]) -> dict[Place, dict[str, Any]]:
    """Every share of these records as it stands."""
    found: dict[Place, dict[str, Any]] = {}
    for number, table in enumerate(share_tables(module.model)):
        column = _holder_column(number)
        rows = table._default_manager.filter(content_object_id__in=ids)
        for one in rows.values("content_object_id", column, *TERMS):
            found[one["content_object_id"], number, one[column]] = one
    return found


def _holder_column(table: int) -> str:
    return ("user_id", "group_id")[table]


def _kept(share: Mapping[str, Any] | None) -> Kept | None:
    return {name: plain(share[name]) for name in TERMS} if share is not None else None


def _put_back(act: Act, module: Module, shares: Mapping[Place, Kept | None]) -> None:
    for number, table in enumerate(share_tables(module.model)):
        column, manager = _holder_column(number), table._default_manager
        mine = {place: before for place, before in shares.items() if place[1] == number}
        by_holder: dict[int, list[int]] = {}
        for pk, _table, who in mine:
            by_holder.setdefault(who, []).append(pk)
        for who, ids in by_holder.items():
            manager.filter(content_object_id__in=ids, **{column: who}).delete()
        manager.bulk_create(
            table(content_object_id=pk, **{column: who}, **_terms(before))
            for (pk, _table, who), before in mine.items()
            if before is not None
        )
    back = {pk for (pk, _t, _who), before in shares.items() if before is not None}
    gone = {pk for pk, _t, _who in shares} - back
    for kind, told in (("shared", back), ("unshared", gone)):
        if told:
            tell_shares(act, module, sorted(told), kind, [], None)


def _terms(before: Kept) -> dict[str, Any]:
    return {
        name: parse_datetime(value) if name in MOMENTS and value else value
        for name, value in before.items()
    }
