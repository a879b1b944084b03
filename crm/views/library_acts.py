"""What is done with folders of the library and to where their documents go: dialogs and acts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.access import names
from crm.documents.filing import seen_document
from crm.documents.folders import (
    LONGEST_NAME,
    create_folder,
    delete_folder,
    is_restorable,
    managed,
    move_document,
    move_folder,
    rename_folder,
    restore_folder,
)
from crm.documents.library import ADD, Library, Node
from crm.documents.models import Document, Folder
from crm.documents.places import FolderPlace, require
from crm.documents.shelves import deleted_documents
from crm.forms.sharing import controls
from crm.lib.whole import whole_number
from crm.lists.show import show_moment
from crm.records.errors import Invalid, NotVisible, Refusal
from crm.views.library import ROOT, crumbs, folder_url, leave
from crm.views.shell import toast

TOP = "top"


@require_http_methods(["GET", "POST"])
def new_folder(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """/library/new/ and /library/<id>/new/: a folder at the top, or in another."""
    library = Library(request.user)
    node = library.seen(pk) if pk is not None else None
    errors: dict[str, list[Any]] = {}
    if request.method == "POST":
        try:
            made = create_folder(actor=request.user, parent=pk, name=request.POST.get("name", ""))
        except Invalid as refusal:
            errors = refusal.fields
        else:
            if node is None:
                text = _("So far only administrators see this folder. Say who else does.")
                toast(request, text)
                return leave(request, f"{ROOT}{made}/rights/")
            return leave(request, f"{ROOT}{made}/")
    return _asked(request, _("New folder"), node, [_name_field("")], errors, _("Create"))


@require_http_methods(["GET", "POST"])
def renamed(request: HttpRequest, pk: int) -> HttpResponse:
    """/library/<id>/edit/: another name."""
    node = managed(Library(request.user), pk)
    errors: dict[str, list[Any]] = {}
    if request.method == "POST":
        try:
            rename_folder(actor=request.user, pk=pk, name=request.POST.get("name", ""))
        except Invalid as refusal:
            errors = refusal.fields
        else:
            toast(request, _("Saved."))
            return leave(request, folder_url(node))
    return _asked(request, _("Rename"), node, [_name_field(node.name)], errors, _("Save"))


def _name_field(value: str) -> dict[str, Any]:
    return {
        "name": "name", "label": _("Name"), "kind": "text", "value": value, "required": True,
        "max_length": LONGEST_NAME,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
def moved(request: HttpRequest, pk: int) -> HttpResponse:
    """/library/<id>/move/: into another folder; script and the way back send only `to`."""
    library = Library(request.user)
    node = managed(library, pk)
    errors: dict[str, list[Any]] = {}
    if request.method == "POST":
        try:
            move_folder(actor=request.user, pk=pk, target=_target(request))
        except Invalid as refusal:
            errors = refusal.fields
        else:
            back = f"{folder_url(node)}move/?to={node.parent.pk if node.parent else TOP}"
            return _told_moved(request, node.name, back, folder_url(node))
    inside = set(node.inside())
    targets = [one for _depth, one in library.in_order() if one not in inside]
    fields = [_target_field(targets, node.parent, library.is_administrator)]
    return _asked(request, _("Move “%s”") % node.name, node, fields, errors, _("Move"))


@require_http_methods(["GET", "POST"])
def document_moved(request: HttpRequest, pk: int) -> HttpResponse:
    """/documents/<id>/move/: into another folder of the library."""
    place, document = seen_document(request.user, pk)
    if not isinstance(place, FolderPlace):
        raise NotVisible
    require(place.may_change(document))
    node, errors = place.node, {}
    if request.method == "POST":
        try:
            move_document(actor=request.user, pk=pk, target=_target(request) or 0)
        except Invalid as refusal:
            errors = refusal.fields
        else:
            back = f"/documents/{pk}/move/?to={node.pk}"
            is_undo = "to" in request.GET  # then one wants to see it where it was
            url = f"{ROOT}{_target(request)}/" if is_undo else folder_url(node)
            return _told_moved(request, document.name, back, url)
    targets = [one for _depth, one in Library(request.user).in_order() if one.pk != node.pk]
    title = _("Move “%s”") % document.name
    return _asked(request, title, node, [_target_field(targets, None, False)], errors, _("Move"))


def _target(request: HttpRequest) -> int | None:
    """Where to; None is the top of the library. Raises NotVisible for nonsense."""
    text = request.POST.get("to", "") or request.GET.get("to", "")
    number = whole_number(text)
    if number is None and text != TOP:
        raise NotVisible if text else Invalid(fields={"to": [_("Choose a folder.")]})
    return number


def _target_field(targets: list[Node], but: Node | None, has_top: bool) -> dict[str, Any]:
    options = [{"value": TOP, "label": _("Library"), "is_on": False}] if has_top and but else []
    options += [
        {"value": str(one.pk), "label": " / ".join(up.name for up in one.trail), "is_on": False}
        for one in targets
        if one.level >= ADD and one is not but
    ]
    return {
        "name": "to", "label": _("To which folder"), "kind": "choice", "value": "",
        "required": True, "options": options,
        "help": "" if options else _("There is no other folder where you may add."),
    }  # fmt: skip


def _told_moved(request: HttpRequest, name: str, back: str, url: str) -> HttpResponse:
    toast(request, _("“%s” was moved.") % name, undo_url=back)
    return leave(request, url)


def _asked(
    request: HttpRequest,
    title: str,
    node: Node | None,
    fields: list[dict[str, Any]],
    errors: dict[str, list[Any]],
    submit: str,
) -> HttpResponse:
    """A question of few fields, as a dialog or a page; script gets the reason of a refusal."""
    if errors and request.headers.get("X-Requested-With") == "fetch":
        said = " ".join(str(one) for found in errors.values() for one in found)
        return HttpResponse(said, status=422, content_type="text/plain")
    if errors:
        fields = [{**one, "value": request.POST.get(one["name"], "")} for one in fields]
    context = {
        "title": title,
        "crumbs": crumbs(node, title),
        "action_url": request.path,
        "cancel_url": folder_url(node),
        "fields": controls(fields, errors),
        "errors": [
            {"label": "", "messages": texts, "anchor": f"id-{name}"}
            for name, texts in errors.items()
        ],
        "submit_label": submit,
    }
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/library/dialog.html" if is_part else "crm/library/asked.html"
    return render(request, name, context, status=400 if errors else 200)


@require_POST
def deleted(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /library/<id>/delete/: with all in it; the message brings it back."""
    node = Library(request.user).seen(pk)
    delete_folder(actor=request.user, pk=pk)
    text = _("“%s” was deleted with all in it.") % node.name
    toast(request, text, undo_url=f"{folder_url(node)}restore/")
    return leave(request, folder_url(node.above))


@require_POST
def restored(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /library/<id>/restore/."""
    try:
        restore_folder(actor=request.user, pk=pk)
    except Invalid as refusal:
        toast(request, _("Not restored. %s") % _said(refusal), is_alert=True)
        return leave(request, f"{ROOT}bin/")
    toast(request, _("Restored."))
    return leave(request, f"{ROOT}{pk}/")


def _said(refusal: Refusal) -> str:
    said = [str(one) for found in refusal.fields.values() for one in found]
    return " ".join(said) or str(refusal.message)


@require_safe
def library_bin(request: HttpRequest) -> HttpResponse:
    """GET /library/bin/: folders and documents that this person may bring back."""
    library = Library(request.user)
    nodes = {one.pk: one for one in library.nodes.values() if is_restorable(one)}
    folders = Folder.objects.filter(pk__in=nodes).order_by("-deleted_at")
    documents = deleted_documents(library)
    deleters = [one.deleted_by_id for one in folders] + [one.deleted_by_id for one in documents]
    people = names.people(deleters)

    def row(one: Folder | Document, icon: str, above: Node | None, url: str) -> dict[str, Any]:
        by = people.get(one.deleted_by_id or 0)
        return {
            "name": one.name,
            "icon": icon,
            "way": " / ".join(up.name for up in above.trail) if above else _("Library"),
            "by": by.label if by else "",
            "when": show_moment(one.deleted_at) if one.deleted_at else "",
            "restore_url": url,
        }

    rows = [row(one, "folder", nodes[one.pk].above, f"{ROOT}{one.pk}/restore/") for one in folders]
    rows += [
        row(one, "file", library.seen(one.record_id), f"/documents/{one.pk}/restore/")
        for one in documents
    ]
    context = {"title": _("Recycle bin"), "crumbs": crumbs(None, _("Recycle bin")), "rows": rows}
    return render(request, "crm/library/bin.html", context)
