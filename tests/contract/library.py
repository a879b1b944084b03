"""Documents and the library as a way to a record's values."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from crm.documents.filing import upload_document
from crm.documents.library import ADD, LIBRARY
from crm.documents.models import Folder, FolderRight
from crm.documents.places import has_documents
from tests.contract.visitor import Visitor

READ = ("folder", "folder-new", "folder-edit", "folder-move", "folder-rights", "folder-zip")


def visit_documents(visitor: Visitor) -> bytes:
    """The tab with a document that the director left there, and everything done to it."""
    planted = visitor.planted
    if not has_documents(planted.module):
        return b""
    file = SimpleUploadedFile("left.txt", b"left here")
    kept = {"actor": planted.cast.director, "module": planted.module.name, "pk": planted.pk}
    pk = upload_document(**kept, file=file).document
    found = visitor.page("record", query={"tab": "documents"})
    found += visitor.page("document", pk=pk) + visitor.page("document-versions", pk=pk)
    found += visitor.page("document-preview", pk=pk, page=1)
    for way in (
        f"{visitor.api_url}documents/",
        f"documents/{pk}/versions/",
        f"documents/{pk}/file/",
    ):
        found += visitor.body(visitor.api.get(way))
    found += visitor.act(f"{visitor.address('record')}documents/", {"files": ""})
    for act in ("edit", "current", "delete", "restore"):
        found += visitor.act(f"/documents/{pk}/{act}/", {"version": "1", "name": "other.txt"})
    return found.replace(str(pk).encode(), b"ID")


def visit_library(visitor: Visitor) -> bytes:
    """A folder that everybody adds to, with a document; every page of both, and every act."""
    folder = Folder.objects.create(name="left", has_own_rights=True).pk
    FolderRight.objects.create(folder_id=folder, level=ADD, holder=FolderRight.Holder.EVERYONE)
    file, director = SimpleUploadedFile("left.txt", b"left here"), visitor.planted.cast.director
    document = upload_document(actor=director, module=LIBRARY, pk=folder, file=file).document
    found = b"".join(visitor.page(name) for name in ("library", "library-new", "library-bin"))
    found += visitor.page("library", query={"q": visitor.word})
    found += b"".join(visitor.page(name, pk=folder) for name in READ)
    found += visitor.page("document-move", pk=document)
    found += visitor.act("/library/new/", {"name": "mine"})
    for act in ("new", "documents", "edit", "move", "rights", "delete", "restore"):
        found += visitor.act(f"/library/{folder}/{act}/", {"name": "other", "to": "top"})
    found += visitor.act(f"/documents/{document}/move/", {"to": str(folder)})
    api, base = visitor.api, f"library/folders/{folder}/"
    paper = f"library/documents/{document}/"
    calls = [api.get("library/folders/"), api.get(base), api.get(f"{base}documents/")]
    calls += [api.get(f"library/search/?q={visitor.word}"), api.get(paper)]
    calls += [api.patch(base, {"name": "x"}), api.patch(paper, {"name": "x"})]
    calls += [api.post(f"{base}restore/"), api.post(f"{paper}restore/")]
    return found + b"".join(visitor.body(answer) for answer in calls)
