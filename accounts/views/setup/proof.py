"""Whether everybody sees only what is his: the last proofs, and one more asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import Proof
from accounts.proving.job import ask_for_proof, waiting_proof
from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, crumbs, when
from crm.access import names
from crm.lists.show import show_number
from crm.modules.registry import UnknownModule, module_named
from crm.views.shell import toast

MOST_SHOWN, MOST_RUNS = 100, 10
KINDS = {
    "leak": gettext_lazy("Shows what the rules close"),
    "lost": gettext_lazy("Does not show what the rules open"),
    "door": gettext_lazy("The record opens otherwise than the rules say"),
    "fault": gettext_lazy("The page broke"),
}


@require_http_methods(["GET", "POST"])
@administrators_only
def proof(request: Asking) -> HttpResponse:
    """The last run, what it found, and the runs before; POST asks for another."""
    if request.method == "POST":
        ask_for_proof(request.user)
        toast(request, _("The proof runs in the background; it takes some minutes."))
        return HttpResponseRedirect(request.path)
    runs = list(Proof.objects.select_related("by")[:MOST_RUNS])
    last = runs[0] if runs else None
    context = {
        "title": _("Proof of rights"),
        "crumbs": crumbs((_("Proof of rights"), "")),
        "is_running": waiting_proof() is not None,
        "last": last,
        "verdict": _verdict(last) if last else "",
        "facts": _facts(last) if last else [],
        "findings": _findings(last.findings[:MOST_SHOWN]) if last else [],
        "runs": [
            {
                "at": when(one.at), "by": _by(one), "probes": show_number(one.probes),
                "found": show_number(one.found),
            }
            for one in runs
        ],
    }  # fmt: skip
    return render(request, "setup/proof.html", context)


def _by(run: Proof) -> str:
    return run.by.display_name if run.by else _("Command line")


def _verdict(run: Proof) -> str:
    if run.found:
        return _("Somebody sees something that the rules do not give him, or not what they give.")
    share = f"{run.bound:.6%}"
    return (
        _("Nothing was found: with 95 percent confidence less than %s of the answers are wrong.")
        % share
    )


def _facts(run: Proof) -> list[dict[str, str]]:
    numbers = [
        (_("Found"), run.found), (_("Checks"), run.probes), (_("Answers read"), run.answers),
        (_("People"), run.people), (_("Records"), run.records), (_("Values"), run.cells),
        (_("Could not be signed in"), run.unreached),
    ]  # fmt: skip
    found = [{"label": label, "value": show_number(number)} for label, number in numbers]
    took = _("%s seconds") % show_number(run.seconds)
    return [
        {"label": _("When"), "value": str(when(run.at))},
        {"label": _("Asked by"), "value": _by(run)},
        {"label": _("Took"), "value": took},
        *found,
    ]


def _findings(found: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Where it was, in the reader's words; the values themselves are nowhere."""
    rows = list(found)
    people = names.people(one["person"] for one in rows)
    return [
        {
            "who": people[one["person"]].label,
            "what": str(KINDS.get(one["kind"], one["kind"])),
            "where": _record(one["module"], one["pk"]),
            "field": _field(one["module"], one["path"]),
            "surface": one["surface"],
        }
        for one in rows
    ]


def _record(name: str, pk: int) -> str:
    try:
        return f"{module_named(name).label} {pk}"
    except UnknownModule:
        return f"{name} {pk}"


def _field(name: str, path: str) -> str:
    try:
        field = module_named(name).field_at(path) if path else None
    except UnknownModule:
        field = None
    return str(field.label) if field is not None else path
