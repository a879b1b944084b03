"""Saved views whose conditions name a choice: told of, rewritten, given back."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from crm.lists.models import SavedView
from crm.lists.paths import is_crossed
from crm.modules.fields import Field
from crm.modules.module import Module
from crm.modules.registry import UnknownModule, module_named

VIEW = "view"
MOST_HOPS = 5


def replaced(module: Module, tree: Any, dictionary: str, lost: str, kept: str) -> Any:
    """A tree of conditions with one choice in place of another, where a field has them."""
    if isinstance(tree, list):
        return [replaced(module, one, dictionary, lost, kept) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if "field" not in tree:
        return {key: replaced(module, one, dictionary, lost, kept) for key, one in tree.items()}
    field = _field_at(module, str(tree["field"]))
    if field is None or field.dictionary != dictionary or "value" not in tree:
        return tree
    value = tree["value"]
    if isinstance(value, list):
        value = list(dict.fromkeys(kept if one == lost else one for one in value))
    elif value == lost:
        value = kept
    return {**tree, "value": value}


def names_choice(module: Module, tree: Any, dictionary: str, value: str) -> bool:
    """Whether a condition of the tree names the choice."""
    return bool(replaced(module, tree, dictionary, value, "\0") != tree)


def _field_at(module: Module, path: str, hops: int = 0) -> Field | None:
    """The field whose values a condition compares; of a collection its main member."""
    name, _dot, rest = path.partition(".")
    own = module.fields.get(name)
    if own is None or hops > MOST_HOPS:
        return None
    if is_crossed(own, rest):
        return _field_at(module_named(own.target), rest, hops + 1)
    found = module.field_at(path)
    return next(iter(found.members.values())) if found and found.is_collection else found


def _tree(view: SavedView) -> Any:
    try:
        return json.loads(view.state.get("filter") or "null")
    except ValueError:
        return None


def _changed(view: SavedView, dictionary: str, lost: str, kept: str) -> str | None:
    """The filter of a view after the change; None where it stays."""
    try:
        module = module_named(view.module)
    except UnknownModule:
        return None
    before = _tree(view)
    after = replaced(module, before, dictionary, lost, kept)
    return None if after == before else json.dumps(after, ensure_ascii=False)


def _candidates(lost: str) -> Any:
    return SavedView.objects.filter(state__icontains=lost).order_by("name", "pk")


def views_with_choice(dictionary: str, lost: str) -> list[SavedView]:
    """The living views that name a choice."""
    rows = _candidates(lost).filter(deleted_at=None)
    return [one for one in rows if _changed(one, dictionary, lost, "\0") is not None]


def rewrite_views(dictionary: str, lost: str, kept: str) -> list[dict[str, Any]]:
    """Put one choice in place of another in all views, deleted ones too; what was changed."""
    changes = []
    for view in _candidates(lost).select_for_update().order_by("pk"):
        after = _changed(view, dictionary, lost, kept)
        if after is not None:
            before = view.state["filter"]
            _save(view, after)
            changes.append({"what": VIEW, "pk": view.pk, "before": before, "after": after})
    return changes


def restore_views(changes: Sequence[dict[str, Any]]) -> None:
    """Give views back what they asked, where nobody has changed it since."""
    by_pk = {one["pk"]: one for one in changes if one["what"] == VIEW}
    for view in SavedView.objects.select_for_update().filter(pk__in=by_pk).order_by("pk"):
        if view.state.get("filter") == by_pk[view.pk]["after"]:
            _save(view, by_pk[view.pk]["before"])


def _save(view: SavedView, text: str) -> None:
    SavedView.objects.filter(pk=view.pk).update(
        state={**view.state, "filter": text},
        version=view.version + 1,
        changed_at=timezone.now(),
    )
