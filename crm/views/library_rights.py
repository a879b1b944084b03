"""/library/<id>/rights/: who reads, adds and manages in a folder."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.access.holders import roles_named
from crm.documents.folder_rights import EVERYONE, ROLE, rights_of, set_rights
from crm.documents.folders import managed
from crm.documents.library import ADD, MANAGE, READ, Library, Node
from crm.forms.sharing import controls, holder_options
from crm.records.errors import Invalid
from crm.views.library import crumbs, folder_url
from crm.views.shell import toast

NOBODY = 0
FIELDS = {MANAGE: "manage", ADD: "add", READ: "read"}


@require_http_methods(["GET", "POST"])
def rights(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and set them; for those who manage the folder."""
    node = managed(Library(request.user), pk)
    errors: dict[str, list[Any]] = {}
    if request.method == "POST":
        try:
            set_rights(actor=request.user, pk=pk, rights=_posted(request.POST, node))
        except Invalid as refusal:
            errors = refusal.fields
        else:
            toast(request, _("Saved. It holds from the next click of everybody on."))
            return HttpResponseRedirect(folder_url(node))
    context = {
        "title": _("Who may do what in “%s”") % node.name,
        "crumbs": crumbs(node, _("Rights")),
        "action_url": request.path,
        "cancel_url": folder_url(node),
        "fields": controls(_fields(node, request.POST if errors else None), errors),
        "errors": [
            {"label": "", "messages": texts, "anchor": f"id-{name}"}
            for name, texts in errors.items()
        ],
    }
    return render(request, "crm/library/rights.html", context, status=400 if errors else 200)


def _posted(post: QueryDict, node: Node) -> Mapping[str, int] | None:
    """Holder by level, the highest where somebody stands in several; None: as above."""
    if post.get("source") != "own" and node.parent is not None:
        return None
    found: dict[str, int] = {}
    for level, name in FIELDS.items():
        for holder in post.getlist(name):
            found.setdefault(holder, level)
    return found


def _source(node: Node) -> Node | None:
    """The folder whose rights count here; None where the person may not know them."""
    found = node
    while not found.has_own_rights and found.parent is not None:
        found = found.parent
    return found if found.level >= MANAGE and not found.is_deleted else None


def _fields(node: Node, post: QueryDict | None) -> list[dict[str, Any]]:
    source = _source(node)
    kept = rights_of(source.pk) if source else []
    is_own = node.has_own_rights if post is None else post.get("source") == "own"
    fields: list[dict[str, Any]] = []
    if node.parent is not None:
        choices = (("above", _("as in the folder above")), ("own", _("of its own, as below")))
        fields.append(
            {
                "name": "source", "label": _("The folder has rights"), "kind": "choice",
                "required": True, "value": "own" if is_own else "above",
                "options": [
                    {"value": value, "label": label, "is_on": (value == "own") == is_own}
                    for value, label in choices
                ],
            }
        )  # fmt: skip
    words = {
        READ: (_("Read"), _("They see the folder, open and download what lies in it.")),
        ADD: (_("Add"), _("They also upload, make folders, and change what they added.")),
        MANAGE: (_("Manage"), _("They also rename, move, delete, and set these rights.")),
    }
    for level, (label, about) in words.items():
        chosen = (
            [one.holder for one in kept if one.level == level]
            if post is None
            else post.getlist(FIELDS[level])
        )
        fields.append(
            {
                "name": FIELDS[level], "label": label, "kind": "multi_choice", "help": about,
                "options": _options(chosen),
            }
        )  # fmt: skip
    return fields


def _options(chosen: list[str]) -> list[dict[str, Any]]:
    roles = [
        {"value": f"{ROLE}{pk}", "label": _("%s (role)") % label} for pk, label in
        roles_named().items()
    ]  # fmt: skip
    first = [{"value": EVERYONE, "label": _("Everyone")}, *roles]
    marked = [{**one, "is_on": one["value"] in chosen} for one in first]
    return [*marked, *holder_options(NOBODY, chosen)]
