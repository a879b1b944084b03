"""The planted record merged with another by its reader, both ways, and taken back."""

from __future__ import annotations

import uuid

from crm.records.beside import Merge, NotDouble
from crm.records.errors import Refusal
from crm.records.lifecycle import delete_records
from crm.records.services import create_record
from tests.contract.visitor import Visitor


def visit_merge(visitor: Visitor) -> bytes:
    """The records side by side, one refused, the one that came of them, its history, the way on."""
    planted, pk = visitor.planted, visitor.planted.pk
    actor, module = planted.cast.director, planted.module
    values = {module.title: uuid.uuid4().hex, "owner": planted.module.rows.get(pk=pk).owner_id}
    try:
        other = create_record(actor=actor, module=module.name, values=values)
    except Refusal:  # such as a follow-up, which is made on another record only
        return visitor.page("merge", query={"pk": pk})
    found = visitor.page("merge", query={"pk": pk})
    found += visitor.page("merge", query={"pk": [pk, other]})
    found += _doubles(visitor, other)
    found += visitor.post("merge", {"pk": [pk, other], "merged": "1"})
    for survivor in (pk, other):
        asked = {"pk": [pk, other], "merged": "1", "survivor": survivor}
        for one in (pk, other):
            asked[f"version-{one}"] = module.rows.get(pk=one).version
        found += visitor.act(visitor.address("merge"), asked)
        found += visitor.page("record") + visitor.page("history", pk=survivor)
        merge = Merge.objects.filter(survivor=survivor, undone_at=None).first()
        if merge is not None:
            found += visitor.act(visitor.address("merge-undo", pk=merge.pk))
    if module.rows.filter(pk=other, deleted_at=None).exists():
        delete_records(actor=actor, module=module.name, pks=[other])
    return found


def _doubles(visitor: Visitor, other: int) -> bytes:
    """The possible doubles; the two set apart, shown among those, and offered again."""
    name = visitor.planted.module.name
    found = visitor.page("doubles")
    found += visitor.act(visitor.address("doubles-apart"), {"pk": [visitor.planted.pk, other]})
    found += visitor.page("doubles", query={"apart": "1"})
    for pair in NotDouble.objects.filter(module=name, high=other):
        found += visitor.act(f"/{name}/doubles/{pair.act}/undo/")
    NotDouble.objects.filter(high=other).delete()
    return found
