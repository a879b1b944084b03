"""The filter builder: conditions in groups, made as a form that goes on with every act."""

from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from crm.access.errors import TookTooLong, refusal_of
from crm.access.policy import Access, access_to
from crm.lists.conditions import MOST_CONDITIONS, compile_tree
from crm.lists.errors import BadQuery
from crm.lists.views import STATE
from crm.modules.registry import module_named
from crm.views.address import TABLE, Address, address_of, dump, path_of
from crm.views.field_menu import field_menu_context
from crm.views.filter_lines import line_context
from crm.views.filter_tree import (
    ALL,
    ANY,
    NONE,
    Node,
    act_on,
    conditions_of,
    may_hold_groups,
    named,
    rooms,
    tree_from,
    tree_of,
)  # fmt: skip
from crm.views.words import sentence

LABELS = {
    ALL: gettext_lazy("all of these hold"),
    ANY: gettext_lazy("any of these holds"),
    NONE: gettext_lazy("none of these holds"),
}


@require_http_methods(["GET", "POST"])
def filter_builder(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/filter/: the panel with the address' conditions; POST goes on with what is made.

    `query` is the list's address. `act` says what is done: `line:3`, `up:5`, … change the tree,
    `redo` shows it anew, `count` answers with the sentence and how many match, `apply` leads to
    the list.
    """
    access = access_to(request.user, module_named(module))
    access.require("view")
    if request.method == "GET":
        address = _address(access, request.META.get("QUERY_STRING", ""))
        root = tree_of(access, address.query.conditions)
        if not root.items:
            act_on(root, "line", 0)
        return render(request, "crm/list/builder.html", _context(access, address, root))
    address = _address(access, request.POST.get("query", ""), without_filter=True)
    root = tree_from(request.POST)
    act = request.POST.get("act", "")
    if act == "count":
        return render(request, "crm/list/builder_foot.html", _foot(access, address, root))
    if act == "apply":
        return _apply(request, access, address, root)
    name, _colon, key = act.partition(":")
    fresh = act_on(root, name, int(key)) if key.isdecimal() and len(key) < 6 else None
    context = {**_context(access, address, root), "fresh": fresh if name != "redo" else None}
    return render(request, "crm/list/builder_form.html", context)


def _address(access: Access, text: str, without_filter: bool = False) -> Address:
    """The list that the builder stands over; its first page, in a saved view if there is one."""
    params = QueryDict(text, mutable=True)
    view = params.pop("view", [""])[-1]
    for name in ("page", "after", "before", "peek", "part"):
        params.pop(name, None)
    if without_filter:  # its conditions stand in the form
        for name in set(params) - set(STATE) | {"filter"}:
            params.pop(name, None)
    return address_of(access, params, view if view.isdecimal() else "")


def _apply(request: HttpRequest, access: Access, address: Address, root: Node) -> HttpResponse:
    conditions = conditions_of(access, root)
    wrong = ""
    if conditions is not None:
        try:
            compile_tree(access, {"all": conditions})
        except BadQuery as refusal:
            wrong = str(refusal.message)
    if conditions is None or wrong:
        context = {**_context(access, address, root), "wrong": wrong}
        return render(request, "crm/list/builder_form.html", context, status=400)
    url = address.with_(filter=dump(conditions))
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(url)
    response = HttpResponse()
    response["HX-Redirect"] = url
    return response


def _context(access: Access, address: Address, root: Node) -> dict[str, Any]:
    lines = sum(one.line is not None for one in root.walk())
    is_full = lines >= MOST_CONDITIONS
    depths = rooms(root)

    def shown(node: Node) -> dict[str, Any]:
        if node.line is not None:
            return {"key": node.key, "line": line_context(access, node.line, named(node.key))}
        return {
            "key": node.key,
            "join": node.join,
            "joins": [{"value": k, "label": v, "is_on": k == node.join} for k, v in LABELS.items()],
            "items": [{**shown(one), "parent": node.key} for one in node.items],
            "may_add": not is_full,
            "may_group": not is_full and may_hold_groups(depths[node.key]),
        }

    return {
        "root": shown(root),
        "action_url": f"{path_of(access.module.name, TABLE)}filter/",
        "query_string": address.query_text,
        **field_menu_context(access),
        "most_note": _("At most %d conditions.") % MOST_CONDITIONS if is_full else "",
        **_foot(access, address, root, is_counted=False),
    }


def _foot(access: Access, address: Address, root: Node, is_counted: bool = True) -> dict[str, Any]:
    """The sentence, and how many match, of what is finished so far; errors stay untold."""
    errors = [(one.line, one.line.error) for one in root.walk() if one.line is not None]
    conditions = conditions_of(access, root, is_strict=False) or []
    for line, error in errors:
        line.error = error
    tree = {"all": conditions}
    found: dict[str, Any] = {
        "sentence": sentence(access, tree) if conditions else "",
        "count": None,
    }
    if not is_counted:
        return found
    try:
        value, exact = access.count(compile_tree(access, tree) & address.query.where)
    except BadQuery as refusal:
        return {**found, "wrong": str(refusal.message)}
    except OperationalError as error:
        if not isinstance(refusal_of(error), TookTooLong):
            raise
        return found
    return {**found, "count": {"value": value, "exact": exact}}
