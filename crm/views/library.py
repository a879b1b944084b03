"""The library: its folders and the documents in them, as pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access import names
from crm.customfields.files import LARGEST
from crm.documents.filing import upload_document
from crm.documents.folders import names_of, note_folder
from crm.documents.library import ADD, LIBRARY, MANAGE, Library, Node
from crm.documents.places import FolderPlace
from crm.documents.quota import usage_of, usage_of_all
from crm.documents.shelves import (
    SORTS,
    Shelved,
    count_documents,
    find_in_library,
    folder_of,
    on_shelf,
    pack,
    zip_of,
)
from crm.lists.show import show_moment
from crm.views.documents import kind_of, take_uploads, usage_words
from crm.views.shell import sent_to

LONGEST_QUESTION = 60
ROOT = "/library/"


def folder_url(node: Node | None) -> str:
    """The page of a folder; of the whole library for None."""
    return f"{ROOT}{node.pk}/" if node else ROOT


def crumbs(node: Node | None, last: str = "") -> list[dict[str, str]]:
    """The way down to a folder through those that the person sees."""
    found = [{"label": _("Library"), "url": ROOT}]
    found += [{"label": one.name, "url": folder_url(one)} for one in (node.trail if node else [])]
    return [*found, {"label": last, "url": ""}] if last else found


@require_safe
def shelf(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """GET /library/ and /library/<id>/?sort=&q=: what lies there; `q` finds in all folders."""
    library = Library(request.user)
    node = library.seen(pk) if pk is not None else None
    text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUESTION]
    sort = request.GET.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "name"
    context = _found(library, text) if text else _lying(library, node, sort)
    context |= {
        "title": node.name if node else _("Library"),
        "crumbs": crumbs(node),
        "url": folder_url(node),
        "question": text,
        "search_url": ROOT,
        "tree": [_branch(library, depth, one, node) for depth, one in library.in_order()],
        "is_top": node is None,
        "has_own": bool(node and node.has_own_rights and node.level >= MANAGE),
        "heads": _heads(folder_url(node), sort),
        "is_administrator": library.is_administrator,
    }
    if request.headers.get("HX-Target") == "documents":
        return render(request, "crm/library/shelf.html", context)
    return render(request, "crm/library/page.html", context | _verbs(library, node))


def _branch(library: Library, depth: int, one: Node, here: Node | None) -> dict[str, Any]:
    return {
        "label": one.name, "url": folder_url(one), "depth": depth, "is_current": one is here,
        "takes": one.pk if one.level >= ADD else "",
    }  # fmt: skip


def _heads(url: str, sort: str) -> list[dict[str, str]]:
    """The columns that order the list: where a click leads, and which way it is ordered now."""
    labels = {"name": _("Name"), "size": _("Size"), "changed": _("Changed")}
    found = []
    for name, label in labels.items():
        now = {name: "ascending", f"-{name}": "descending"}.get(sort, "")
        wanted = f"-{name}" if sort == name else name
        found.append({"label": label, "url": f"{url}?sort={wanted}", "sort": now})
    return found


def _lying(library: Library, node: Node | None, sort: str) -> dict[str, Any]:
    folders = library.below(node)
    if sort == "-name":
        folders.reverse()
    shelved = on_shelf(node, sort) if node else []
    may_add = node is not None and node.level >= ADD
    held = count_documents(folders)
    counts = [
        ngettext("%d folder", "%d folders", len(folders)) % len(folders) if folders else "",
        _documents_word(len(shelved)) if shelved else "",
    ]
    return {
        "folders": [_folder_row(one, held=held.get(one.pk, 0)) for one in folders],
        "rows": _rows(library, shelved),
        "counts": " · ".join(filter(None, counts)),
        "upload_url": f"{folder_url(node)}documents/" if may_add else "",
        "largest": LARGEST,
        "limits": _("Up to %d MB per file.") % (LARGEST // 1024 // 1024),
        "usage": usage_words(usage_of(library.user), usage_of_all()) if may_add else "",
    }


def _found(library: Library, text: str) -> dict[str, Any]:
    folders, shelved = find_in_library(library, text)
    count = len(folders) + len(shelved)
    return {
        "folders": [_folder_row(one, names_of(one.trail[:-1])) for one in folders],
        "rows": _rows(library, shelved, has_way=True),
        "counts": ngettext("%d found", "%d found", count) % count,
        "upload_url": "",
    }


def _documents_word(count: int) -> str:
    return ngettext("%d document", "%d documents", count) % count


def _folder_row(node: Node, way: str = "", held: int = 0) -> dict[str, Any]:
    return {
        "held": _documents_word(held) if held else "",
        "name": node.name,
        "url": folder_url(node),
        "way": way,
        "takes": node.pk if node.level >= ADD else "",
        "moves": f"{folder_url(node)}move/" if node.level >= MANAGE else "",
        "has_own": node.has_own_rights and node.level >= MANAGE,
    }


def _rows(library: Library, shelved: list[Shelved], has_way: bool = False) -> list[dict[str, Any]]:
    people = names.people(one.added_by for one in shelved)
    found = []
    for one in shelved:
        node = folder_of(library, one.document)
        by = people.get(one.added_by or 0)
        may = bool(FolderPlace(library.user, node).may_change(one.document))
        url = f"/documents/{one.document.pk}/"
        found.append(
            {
                "name": one.document.name,
                "description": one.document.description,
                "kind": kind_of(one.document.name),
                "version": one.document.current,
                "size": filesizeformat(one.size),
                "when": show_moment(one.added_at) if one.added_at else "",
                "by": by.label if by else "",
                "url": url,
                "way": names_of(node.trail) if has_way else "",
                "moves": f"{url}move/" if may else "",
                "may_change": may,
            }
        )
    return found


def _verbs(library: Library, node: Node | None) -> dict[str, Any]:
    """What may be done with the folder that is open: addresses, "" for what may not."""
    url = folder_url(node)
    may_manage = node is not None and node.level >= MANAGE
    may_add = node.level >= ADD if node else library.is_administrator
    return {
        "new_url": f"{url}new/" if may_add else "",
        "edit_url": f"{url}edit/" if may_manage else "",
        "move_url": f"{url}move/" if may_manage else "",
        "rights_url": f"{url}rights/" if may_manage else "",
        "delete_url": f"{url}delete/" if may_manage else "",
        "zip_url": f"{url}zip/" if node else "",
        "bin_url": f"{ROOT}bin/",
    }


@require_POST
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /library/<id>/documents/: files, each for itself; script sends one at a time."""
    node = Library(request.user).seen(pk)  # told before the files are looked at

    def take(file: Any) -> Any:
        return upload_document(actor=request.user, module=LIBRARY, pk=pk, file=file)

    return take_uploads(request, folder_url(node), take)


@require_safe
def zipped(request: HttpRequest, pk: int) -> HttpResponseBase:
    """GET /library/<id>/zip/: all that the person sees below a folder, sent while it is packed."""
    library = Library(request.user)
    node = library.seen(pk)
    files = pack(library, node)
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse()
    else:
        note_folder(request.user, "folder.download", pk, node.name, documents=len(files))
        response = StreamingHttpResponse(zip_of(files))
    response["Content-Type"] = "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(True, f"{node.name}.zip") or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def leave(request: HttpRequest, url: str) -> HttpResponse:
    """Go on to another page, from a dialog, from script or from a page."""
    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=204)
    return sent_to(request, url)
