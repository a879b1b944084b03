"""Taking a merge back: what moved goes back, values return where nobody changed them since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access.policy import Access, access_to
from crm.modules.module import Module
from crm.records.act import Act
from crm.records.beside import Merge
from crm.records.bulk_changes import update_many
from crm.records.drafts import snapshots
from crm.records.duplicates import refuse_lost
from crm.records.errors import Invalid, NotAllowed, NotVisible
from crm.records.followers import ask_guards, take_back_along
from crm.records.keys import claim_keys
from crm.records.lifecycle import mark_records
from crm.records.merge_links import move_links_back, move_names_back, take_back_shares
from crm.records.merge_values import OWNER, kept_values
from crm.records.merging import give_back


@dataclass
class Unmerged:
    """What came of it: the survivor, the fields and the number of links that stayed as they are."""

    module: str
    survivor: int
    fields: list[str] = field(default_factory=list)
    links: int = 0


def last_merge(access: Access, pk: int) -> Merge | None:
    """The latest merge into a record that can still be taken back; for one that is seen."""
    since = timezone.now() - timedelta(days=settings.MERGE_UNDO_DAYS)
    rows = Merge.objects.filter(module=access.module.name, survivor=pk, undone_at__isnull=True)
    return rows.filter(at__gte=since).order_by("-pk").first()


def place_of(pk: int) -> tuple[str, int]:
    """Module and survivor of a merge; for one that was shown just now."""
    merge = Merge.objects.get(pk=pk)
    return merge.module, merge.survivor


@transaction.atomic
def undo_merge(*, actor: Any, pk: int) -> Unmerged:
    """Take a merge back as far as it goes; says what stayed.

    Raises NotVisible, NotAllowed, Invalid (too late, already done, a later merge stands on it),
    DuplicateFound (somebody holds what made a loser unique).
    """
    merge = Merge.objects.filter(pk=pk).first()
    if merge is None:
        raise NotVisible
    access, act = access_to(actor, merge.module), Act(actor, "undo")
    record = _locked(act, access, merge)
    done = Unmerged(merge.module, merge.survivor)
    done.fields = _values_back(actor, act, access, merge, record)
    module = access.module
    losers = list(module.rows.filter(pk__in=merge.losers))
    keys = {loser: module.all_keys(one) for loser, one in snapshots(module, losers).items()}
    refuse_lost(access, claim_keys(module, keys))
    mark_records(
        act, module, merge.losers, "restored", names=[],
        deleted_at=None, deletion_id=None, merged_into_id=None,
    )  # fmt: skip
    done.links = _links_back(act, module, merge)
    Merge.objects.filter(pk=pk).update(undone_at=timezone.now())
    return done


def _locked(act: Act, access: Access, merge: Merge) -> Any:
    """The survivor, locked with the losers in the order of their ids, if it can be taken back."""
    ids = sorted([merge.survivor, *merge.losers])
    rows = access.module.rows.filter(pk__in=ids).order_by("pk")
    held = {record.pk: record for record in rows.select_for_update(of=("self",))}
    mine = set(access.in_bin().rows("delete").filter(pk__in=ids).values_list("pk", flat=True))
    if merge.survivor in mine:
        raise Invalid(_("The record was deleted or merged since: take that back first."))
    record = access.lock(merge.survivor, "edit")
    if Merge.objects.filter(pk=merge.pk, undone_at__isnull=False).exists():
        raise Invalid(_("This merge was taken back already."))
    if timezone.now() - merge.at > timedelta(days=settings.MERGE_UNDO_DAYS):
        raise Invalid(_("A merge can be taken back for %d days.") % settings.MERGE_UNDO_DAYS)
    if any(pk not in held or held[pk].merged_into_id != merge.survivor for pk in merge.losers):
        raise Invalid(_("A merged record was removed for good; this can't be taken back."))
    if not mine.issuperset(merge.losers):
        raise NotAllowed
    ask_guards(act, access.module, record, frozenset(merge.before))
    return record


def _values_back(actor: Any, act: Act, access: Access, merge: Merge, record: Any) -> list[str]:
    """Give the survivor its values where nobody changed them; the names of those that stay."""
    known = [name for name in merge.before if name in access.module.fields]
    now = kept_values(snapshots(access.module, [record])[record.pk], known)
    values = {name: merge.before[name] for name in known if now[name] == merge.after[name]}
    left = [name for name in known if name not in values]
    while values:
        outcome = update_many(
            actor=actor, module=merge.module, rows=[(record.pk, values)], act=act, with_rights=False
        )[0]
        refused = [name for name in outcome.errors if name in values]
        if not outcome.errors:
            break
        left += refused or list(values)
        values = {name: values[name] for name in values if name not in left}
    return left


def _links_back(act: Act, module: Module, merge: Merge) -> int:
    moved: Mapping[str, Any] = merge.moved
    left = move_links_back(act, module, merge.survivor, moved["links"])
    move_names_back(merge.survivor, moved["names"])
    take_back_shares(module, merge.survivor, moved["shares"])
    take_back_along(act, module, merge.survivor, moved["rooms"])
    _earlier_back(module, merge.survivor, moved["earlier"])
    if OWNER in moved:
        old, new = moved[OWNER]
        if module.rows.filter(pk=merge.survivor, owner_id=new).exists():
            give_back(act, module, merge.survivor, old)
    return left


def _earlier_back(module: Module, survivor: int, earlier: Sequence[Sequence[int]]) -> None:
    """Let those that were merged into a loser before lead to it again."""
    for pk, loser in earlier:
        module.rows.filter(pk=pk, merged_into_id=survivor).update(merged_into_id=loser)
