"""Paste to record: a form that opens filled with what a text says."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.access.policy import access_to
from crm.forms.proposing import Proposal, as_posted, propose
from crm.forms.quick import with_labels
from crm.modules.registry import module_named
from crm.records.errors import Invalid
from crm.views.edit import duplicates_context, new_context
from crm.views.quick import SHEET, quick_context


@require_POST
def propose_record(request: HttpRequest, module: str) -> HttpResponse:
    """POST /<module>/propose/ with text and, to keep the text as a note, keep: a filled form."""
    access = access_to(request.user, module_named(module))
    access.require("create")
    text = request.POST.get("text", "").replace("\r\n", "\n")
    keeps_text = bool(request.POST.get("keep"))
    proposal, problem = Proposal(), ""
    try:
        proposal = propose(access, text, keeps_text=keeps_text)
    except Invalid as error:
        problem = str(error)
    post, is_quick = as_posted(access, proposal), "quick" in request.GET
    if is_quick:  # what the sheet knew already stays, where the text says nothing of it
        given = with_labels(access, request.GET)
        for name in given.keys() - post.keys():
            post.setlist(name, given.getlist(name))
    make = quick_context if is_quick else new_context
    context: dict[str, Any] = make(access, request, {}, post)
    context.update(duplicates_context(access, proposal.matches))
    filled = [access.module.fields[name].label for name in proposal.values]
    if not filled and not problem:
        problem = _("Nothing in this text fits a field. Enter it by hand below.")
    context.update(
        is_pasting=True,
        pasted=text,
        keeps_text=keeps_text,
        paste_problem=problem,
        filled=filled,
        others=[
            {"name": name, "label": access.module.fields[name].label, "values": values}
            for name, values in proposal.others.items()
        ],
    )
    page = SHEET if is_quick else "crm/edit/page.html"
    return render(request, page, context, status=400 if problem else 200)
