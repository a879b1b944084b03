"""Documents of a record or folder: the tab, what is uploaded, versions, names, the bin."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access import names
from crm.access.policy import Access, access_to
from crm.customfields.files import LARGEST
from crm.documents.filing import (
    delete_document,
    describe_document,
    documents_of,
    open_document,
    open_preview,
    restore_document,
    seen_document,
    upload_document,
    upload_version,
    use_version,
    version_of,
    versions_of,
)
from crm.documents.library import LIBRARY
from crm.documents.models import Document, DocumentVersion, Preview
from crm.documents.places import Place
from crm.documents.previews import preview_of
from crm.documents.quota import Usage, usage_of, usage_of_all
from crm.lib.whole import whole_number
from crm.lists.columns import record_url
from crm.lists.show import show_moment
from crm.modules.registry import module_named
from crm.records.errors import Invalid, NotVisible, Refusal
from crm.views.files import download_of, served
from crm.views.shell import sent_to, toast

DOCUMENTS = "documents"
PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp", "bmp"})
KINDS = {
    "pdf": "PDF", "docx": "Word", "doc": "Word", "xlsx": "Excel", "xls": "Excel",
    "pptx": "PowerPoint", "ppt": "PowerPoint", "csv": "CSV", "txt": "TXT", "zip": "ZIP",
}  # fmt: skip


def documents_context(access: Access, pk: int, may_edit: bool) -> dict[str, Any]:
    """What crm/documents/panel.html shows."""
    found = documents_of(access, pk)
    sizes = _current_versions(found)
    people = names.people(
        [one.added_by_id for one in sizes.values()] + [one.deleted_by_id for one in found]
    )
    rows = [_row(one, sizes[one.pk], people) for one in found if one.pk in sizes]
    url = record_url(access.module.name, pk)
    return {
        "list_url": f"{url}?tab={DOCUMENTS}",
        "upload_url": f"{url}documents/" if may_edit else "",
        "reason": "" if may_edit else access.decide("edit", pk).reason,
        "rows": [row for row in rows if not row["deleted_at"]],
        "deleted": [row for row in rows if row["deleted_at"]],
        "largest": LARGEST,
        "limits": _("Up to %d MB per file.") % (LARGEST // 1024 // 1024),
        "usage": usage_words(usage_of(access.user), usage_of_all()) if may_edit else "",
    }


def _current_versions(found: list[Document]) -> dict[int, DocumentVersion]:
    rows = DocumentVersion.objects.filter(document__in=[one.pk for one in found])
    wanted = {(one.pk, one.current) for one in found}
    return {one.document_id: one for one in rows if (one.document_id, one.number) in wanted}


def usage_words(mine: Usage, everyone: Usage) -> str:
    """How much room is taken, of how much, by the person and by all."""
    return _("You use %(mine)s of %(most)s, the company %(all)s of %(all_most)s.") % {
        "mine": filesizeformat(mine.bytes),
        "most": filesizeformat(mine.most_megabytes * 1024 * 1024),
        "all": filesizeformat(everyone.bytes),
        "all_most": filesizeformat(everyone.most_megabytes * 1024 * 1024),
    }


def kind_of(name: str) -> str:
    """What a file's ending says of it, in a word."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in PICTURES:
        return str(_("Picture"))
    return KINDS.get(ending, ending.upper()[:6])


def _row(one: Document, version: DocumentVersion, people: dict[int, Any]) -> dict[str, Any]:
    by = people.get(version.added_by_id or 0)
    deleter = people.get(one.deleted_by_id or 0)
    return {
        "name": one.name,
        "description": one.description,
        "kind": kind_of(one.name),
        "size": filesizeformat(version.size),
        "version": one.current,
        "by": by.label if by else "",
        "when": show_moment(version.added_at),
        "url": f"/documents/{one.pk}/",
        "deleted_at": show_moment(one.deleted_at) if one.deleted_at else "",
        "deleted_by": deleter.label if deleter else "",
    }


@require_POST
def upload(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/<id>/documents/: files, each for itself; script sends one at a time."""
    name = module_named(module).name
    access_to(request.user, name).get(pk, [])  # told before the files are looked at
    return take_uploads(
        request, f"{record_url(name, pk)}?tab={DOCUMENTS}",
        lambda file: upload_document(actor=request.user, module=name, pk=pk, file=file),
    )  # fmt: skip


def take_uploads(request: HttpRequest, back: str, take: Callable[[Any], Any]) -> HttpResponse:
    """Take every file; script gets 204 or the reason, the page a message."""
    files = request.FILES.getlist("files")
    said = [] if files else [_("Choose a file.")]
    for file in files:
        try:
            take(file)
        except Invalid as refusal:
            said += [str(one) for words in refusal.fields.values() for one in words]
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(" ".join(said), status=422 if said else 204, content_type="text/plain")
    for text in said:
        toast(request, text, is_alert=True)
    return HttpResponseRedirect(back)


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET /documents/<id>/?version=…: the file, if its place may be seen right now."""
    number = _number(request.GET.get("version", ""))
    document, version, file = open_document(request.user, pk, number)
    return download_of(request, file, document.name, version.sha256)


@require_safe
def preview_page(request: HttpRequest, pk: int, page: int) -> HttpResponseBase:
    """GET /documents/<id>/preview/<page>/?version=…: one picture that the product drew itself."""
    number = _number(request.GET.get("version", ""))
    name, file = open_preview(request.user, pk, number, page)
    tag = name.removeprefix("previews/").replace("/", "-")
    return served(request, file, tag, content_type="image/webp")


def preview_context(preview: Preview | None, url: str, query: str = "") -> dict[str, Any]:
    """What crm/documents/preview.html shows; `url` is the file's, `query` which of its versions."""
    content = preview.content if preview else {}
    pages = range(1, len(preview.stored) + 1) if preview else []
    return {
        "state": preview.state if preview else "none",
        "pictures": [f"{url}preview/{page}/{query}" for page in pages],
        "text": content.get("text", ""),
        "rows": content.get("rows", []),
        "is_cut": content.get("is_cut", False),
    }


def _number(text: str) -> int | None:
    """The number of a version; None for the current one. Raises NotVisible for nonsense."""
    if not text:
        return None
    number = whole_number(text)
    if not number or number > 2**31 - 1:
        raise NotVisible
    return number


@require_http_methods(["GET", "POST"])
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """/documents/<id>/versions/: all versions with who and when; POST adds one."""
    place, document = seen_document(request.user, pk)
    if request.method == "POST":
        return take_uploads(
            request, back_url(document),
            lambda file: upload_version(actor=request.user, pk=pk, file=file),
        )  # fmt: skip
    return _dialog(request, place, document)


def _dialog(
    request: HttpRequest, place: Place, document: Document, errors: Any = None
) -> HttpResponse:
    found = versions_of(document)
    people = names.people(one.added_by_id for one in found)
    url = f"/documents/{document.pk}/"
    typed = request.POST if errors else {}
    may_change = bool(place.may_change(document))
    context = {
        "title": document.name,
        "crumbs": [{"label": document.name, "url": back_url(document)}],
        "name": typed.get("name", document.name),
        "description": typed.get("description", document.description),
        "back_url": back_url(document),
        "url": url,
        "may_edit": may_change,
        "may_add": bool(place.may_add()),
        "move_url": f"{url}move/" if may_change and document.module == LIBRARY else "",
        "errors": [
            {"label": "", "messages": texts, "anchor": f"document-{name}"}
            for name, texts in (errors or {}).items()
        ],
        "preview": preview_context(
            preview_of(version_of(document)), url, f"?version={document.current}"
        ),
        "versions": [
            {
                "number": one.number,
                "is_current": one.number == document.current,
                "size": filesizeformat(one.size),
                "by": people[one.added_by_id].label if one.added_by_id else "",
                "when": show_moment(one.added_at),
                "url": f"{url}?version={one.number}",
            }
            for one in found
        ],
    }
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/documents/dialog.html" if is_part else "crm/documents/page.html"
    return render(request, name, context, status=400 if errors else 200)


def back_url(document: Document) -> str:
    """The page where the document is listed."""
    if document.module == LIBRARY:
        return f"/library/{document.record_id}/"
    return f"{record_url(document.module, document.record_id)}?tab={DOCUMENTS}"


@require_POST
def describe(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /documents/<id>/edit/: another name or description."""
    place, document = seen_document(request.user, pk)
    given = {name: request.POST.get(name, "") for name in ("name", "description")}
    try:
        describe_document(actor=request.user, pk=pk, **given)
    except Invalid as refusal:
        return _dialog(request, place, document, refusal.fields)
    return _done(request, document, _("Saved."))


@require_POST
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /documents/<id>/current/: an older version is the current one again."""
    _place, document = seen_document(request.user, pk)
    number = version_of(document, _number(request.POST.get("version", ""))).number
    use_version(actor=request.user, pk=pk, number=number)
    return _done(request, document, _("Version %d is current.") % number)


@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /documents/<id>/delete/: into the bin of its place; the message brings it back."""
    _place, document = seen_document(request.user, pk)
    delete_document(actor=request.user, pk=pk)
    text = _("“%s” was deleted.") % document.name
    return _done(request, document, text, f"/documents/{pk}/restore/")


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /documents/<id>/restore/."""
    _place, document = seen_document(request.user, pk, is_deleted=True)
    try:
        restore_document(actor=request.user, pk=pk)
    except Invalid as refusal:
        toast(request, _said(refusal), is_alert=True)
        return _back(request, document)
    return _done(request, document, _("“%s” was restored.") % document.name)


def _said(refusal: Refusal) -> str:
    return " ".join(str(one) for found in refusal.fields.values() for one in found)


def _done(request: HttpRequest, document: Document, text: str, undo_url: str = "") -> HttpResponse:
    toast(request, text, undo_url=undo_url)
    return _back(request, document)


def _back(request: HttpRequest, document: Document) -> HttpResponse:
    return sent_to(request, back_url(document))
