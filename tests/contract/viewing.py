"""Saved views as a way to a record's values."""

from __future__ import annotations

from crm.access.policy import access_to
from crm.lists.models import SavedView
from crm.lists.views import create_view
from tests.contract.visitor import Visitor


def visit_views(visitor: Visitor) -> bytes:
    """Views of the director's, by the record's name and with all columns, opened and changed."""
    planted = visitor.planted
    door = access_to(planted.cast.director, planted.module.name)
    columns = [name for name in planted.module.fields if name in door.visible]
    found, views = visitor.page("views"), f"{planted.module.name}/views/"
    for number, state in enumerate(({"q": visitor.word}, {"columns": ",".join(columns)})):
        view = create_view(door, f"view {number}", state)
        SavedView.objects.filter(pk=view.pk).update(people=[planted.reader.pk])
        opened = f"{visitor.address('list')}?view={view.pk}"
        found += visitor.body(visitor.client.get(opened, follow=True))
        for name in ("view", "view-start", "view-delete", "view-restore", "view-save"):
            found += visitor.act(visitor.address(name, pk=view.pk), {"query": "", "name": "mine"})
        found += visitor.body(visitor.api.get(f"{views}{view.pk}/"))
        found += visitor.body(visitor.api.call("PUT", f"{views}{view.pk}/", {"sort": "-id"}))
        found += visitor.body(visitor.api.delete(f"{views}{view.pk}/"))
    found += visitor.body(visitor.api.get(views))
    found += visitor.body(visitor.api.post(views, {"name": "api", "q": visitor.word}))
    found += visitor.act(visitor.address("view-plain-start"))
    mine = {"name": "own", "query": f"q={visitor.word}"}
    return found + visitor.act(visitor.address("views"), mine)
