"""One deed on many records by the reader: asked, done, told of and taken back."""

from __future__ import annotations

from crm.access.policy import access_to
from crm.jobs.editing import KIND as EDIT_KIND
from crm.jobs.models import Job
from crm.records.edits import CLEAR, editable_fields, ways
from crm.views.bulk_edit import MOST_FIELDS
from tests.contract.visitor import Visitor


def visit_bulk(visitor: Visitor) -> bytes:
    """The dialogs; by the API the same owner again, told row by row, and a value that cannot be."""
    planted = visitor.planted
    names = ("bulk-delete", "bulk-assign", "bulk-share")
    found = b"".join(visitor.post(name, {"pk": planted.pk}) for name in names)
    url = f"{planted.module.name}/bulk/"
    for asked in (
        {"action": "assign", "owner": visitor.stored.owner_id},
        {"action": "edit", "values": {planted.module.title: "x" * 999}},
    ):
        found += visitor.body(visitor.api.post(url, {"ids": [planted.pk], **asked}))
    return found + deed_told(visitor, "assign")


def visit_bulk_edit(visitor: Visitor) -> bytes:
    """The dialog with every field that may be chosen; a field emptied, told of, taken back."""
    planted = visitor.planted
    fields = editable_fields(access_to(planted.reader, planted.module.name))
    asked = {"pk": planted.pk, "field": [field.name for field in fields][:MOST_FIELDS]}
    found = visitor.post("bulk-edit", asked)
    for field in [one for one in fields if CLEAR in ways(one) and one.kind == "text"][:1]:
        emptied = {"pk": planted.pk, "field": field.name, f"how-{field.name}": CLEAR}
        found += visitor.act(visitor.address("bulk-edit"), {**emptied, "confirmed": "1"})
    return found + visitor.post("bulk-tag", {"pk": planted.pk}) + deed_told(visitor, EDIT_KIND)


def deed_told(visitor: Visitor, kind: str) -> bytes:
    """The page of the reader's latest deed of this kind, and the deed taken back."""
    job = Job.objects.filter(kind=kind, owner=visitor.planted.reader).first()  # the latest
    if job is None:
        return b""
    found = visitor.page("job", pk=job.pk)
    found += visitor.body(visitor.client.post(f"/jobs/{job.pk}/undo/"))  # leads to the list
    return found + visitor.page("jobs")  # with the message
