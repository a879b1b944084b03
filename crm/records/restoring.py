"""What a restore may bring back: what one act deleted, below records that the person may restore.

A deletion needs the right to the record that it is aimed at; what hangs on it goes along. So a
restore needs the right to that same record, even when it is asked for something that hung on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from crm.access.facts import holder_word
from crm.access.policy import access_to
from crm.modules.module import Module
from crm.modules.registry import all_modules, module_named
from crm.records.drafts import snapshots
from crm.records.errors import NotAllowed, NotVisible
from crm.records.parents import Name, dead_parents, parent_of


@dataclass
class Deleted:
    """A deleted record, locked: its values and the record that it lives and dies with."""

    values: dict[str, Any]
    parent: Name | None


def returning(
    actor: Any, module: Module, pks: Sequence[int], *, only: bool = False
) -> dict[Module, dict[int, Any]]:
    """What comes back with these records, values by id, locked until the transaction ends.

    All that the same acts deleted; with `only` no more than these and what hung on them.
    Raises NotVisible, NotAllowed (it went along with a record that the person may not restore,
    or hangs on one that is in the bin by another act).
    """
    mine = access_to(actor, module).in_bin().rows("delete").filter(pk__in=pks)
    deletions = dict(mine.filter(deletion_id__isnull=False).values_list("pk", "deletion_id"))
    found = _locked(set(deletions.values()))
    asked = [(module.name, pk) for pk in pks]
    if len(deletions) != len(pks) or any(name not in found for name in asked):
        raise NotVisible
    heads = {name: _head(found, name) for name in found}
    wanted = {heads[name] for name in asked}
    parents = {head: found[head].parent for head in set(heads.values())}
    dead = dead_parents(parent for parent in parents.values() if parent is not None)
    mine_too = _restorable(actor, parents)
    for head in sorted(wanted):
        _refuse_head(actor, head, head in mine_too, parents[head], dead)
    coming: dict[Module, dict[int, Any]] = {}
    for name, head in heads.items():
        if only and head not in wanted:
            continue
        if head in mine_too and parents[head] not in dead:
            coming.setdefault(module_named(name[0]), {})[name[1]] = found[name].values
    return coming


def _locked(deletions: set[Any]) -> dict[Name, Deleted]:
    """All that these acts deleted, locked in one order for all."""
    found: dict[Name, Deleted] = {}
    for module in all_modules():
        rows = module.rows.filter(deletion_id__in=deletions).order_by("pk")
        records = list(rows.select_for_update(of=("self",)))
        for pk, values in snapshots(module, records).items():
            found[module.name, pk] = Deleted(values, parent_of(module, values))
    return found


def _head(found: dict[Name, Deleted], name: Name) -> Name:
    """The record of the same act that this one hung on, at the top."""
    seen = {name}
    parent = found[name].parent
    while parent in found and parent not in seen:
        seen.add(parent)
        name, parent = parent, found[parent].parent
    return name


def _restorable(actor: Any, names: Iterable[Name]) -> set[Name]:
    by_module: dict[str, list[int]] = {}
    for name, pk in names:
        by_module.setdefault(name, []).append(pk)
    return {
        (name, pk)
        for name, ids in by_module.items()
        for pk in access_to(actor, name)
        .in_bin()
        .rows("delete")
        .filter(pk__in=ids)
        .values_list("pk", flat=True)
    }


def _refuse_head(
    actor: Any, head: Name, is_mine: bool, parent: Name | None, dead: set[Name]
) -> None:
    """Raise NotAllowed, naming what is missing, when this record may not come back."""
    if not is_mine:
        raise NotAllowed(
            _("It was deleted along with %s, which your roles do not let you restore.")
            % _said(actor, head)
        )
    if parent in dead and parent is not None:
        if not module_named(parent[0]).rows.filter(pk=parent[1]).exists():
            raise NotAllowed(_("The record that it belonged to was removed for good."))
        raise NotAllowed(
            _("It belongs to %s, which is deleted too: restore that first.") % _said(actor, parent)
        )


def _said(actor: Any, name: Name) -> str:
    """A deleted record in words: its title for those who have it in their bin, else its holder."""
    module = module_named(name[0])
    try:
        row = access_to(actor, module).in_bin().get(name[1], [module.title])
    except NotVisible:
        words = {"module": module.label, "holder": holder_word(module, name[1])}
        return _("a record of “%(module)s” (%(holder)s)") % words
    return _("%(module)s “%(title)s”") % {
        "module": module.label,
        "title": row.get(module.title) or f"#{name[1]}",
    }
