"""Sharing one record: with whom it is shared and by whom, give, change, take back."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import names
from crm.access.errors import NotVisible
from crm.access.holders import KINDS, holder_from
from crm.access.policy import Access, access_to
from crm.access.sharing import EDIT, Share, is_shareable, shares_of
from crm.customfields.dictionaries import option_label
from crm.forms.sharing import NO_PART, share_fields, terms_from
from crm.lists.columns import record_url
from crm.lists.show import in_a_row, show_date
from crm.modules.fields import COLLABORATORS, PART
from crm.modules.registry import module_named
from crm.records.errors import Invalid
from crm.records.sharing import share_records, shareable_below, unshare_records
from crm.views.lists import title_of
from crm.views.shell import sent_to, toast


@require_http_methods(["GET", "POST"])
def shares(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """/<module>/<id>/shares/: the list for whoever sees the record, the form for who may share."""
    access = access_to(request.user, module_named(module))
    row = access.get(pk)
    if not is_shareable(access.module.model):
        raise NotVisible
    errors: dict[str, list[Any]] = {}
    if request.method == "POST":
        try:
            return _give(request, access, pk, request.POST)
        except Invalid as refusal:
            errors = refusal.fields or {"": [refusal.message]}
    context = _context(request, access, row, errors)
    is_part = bool(request.headers.get("HX-Request"))
    name = "crm/shares/dialog.html" if is_part else "crm/shares/page.html"
    return render(request, name, context, status=400 if errors else 200)


def _give(request: HttpRequest, access: Access, pk: int, data: Any) -> HttpResponse:
    """Share as the form says; the toast takes it back where one alone was given."""
    holders, terms = terms_from(data)
    had = {one.holder: one for one in shares_of(access.module.model, [pk], with_ended=False)}
    share_records(
        actor=request.user, module=access.module.name, pks=[pk], to=holders, terms=terms,
        along=bool(data.get("along")),
    )  # fmt: skip
    shared = [one for one in shares_of(access.module.model, [pk]) if one.holder in holders]
    text = _("Shared with %s.") % in_a_row(one.label for one in shared)
    base = f"{record_url(access.module.name, pk)}shares/"
    undo = f"{base}{holders[0].text}/take-back/" if len(holders) == 1 else ""
    if undo and holders[0] in had:
        undo = _again(base, had[holders[0]])
    toast(request, text, undo_url=undo)
    return _back(request, access.module.name, pk)


@require_POST
def take_back(request: HttpRequest, module: str, pk: int, holder: str) -> HttpResponse:
    """POST /<module>/<id>/shares/<holder>/take-back/: from now on it gives nothing."""
    access = access_to(request.user, module_named(module))
    who = holder_from(holder)
    access.get(pk, [])
    before = [one for one in shares_of(access.module.model, [pk]) if one.holder == who]
    if who is None or not before:
        raise NotVisible
    unshare_records(actor=request.user, module=module, pks=[pk], holder=who)
    base = f"{record_url(module, pk)}shares/"
    again = "" if before[0].has_ended else _again(base, before[0])
    toast(request, _("No longer shared with %s.") % before[0].label, undo_url=again)
    return _back(request, module, pk)


def _again(base: str, share: Share) -> str:
    """Where a POST gives a holder these terms again."""
    day = share.last_day
    asked = {
        "to": share.holder.text, "level": share.level, "note": share.note,
        "until": day.isoformat() if day else "", "part": share.part or NO_PART,
    }  # fmt: skip
    return f"{base}again/?{urlencode(asked)}"


@require_POST
def share_again(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """POST /<module>/<id>/shares/again/?to=…: gives back what was just taken; asks all rights."""
    access = access_to(request.user, module_named(module))
    access.get(pk, [])
    return _give(request, access, pk, request.GET)


def _back(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    return sent_to(request, record_url(module, pk))


def _context(
    request: HttpRequest, access: Access, row: Any, errors: dict[str, list[Any]]
) -> dict[str, Any]:
    module, url = access.module, record_url(access.module.name, row.pk)
    may = access.decisions(row.pk, ("share", "edit"))
    found = _shown(access, shares_of(module.model, [row.pk]))
    people = names.people(one.given_by for one in found)
    data = request.POST if request.method == "POST" else request.GET
    fields = share_fields(access, data, bool(may["edit"]), errors)
    title = title_of(access, row)
    below = shareable_below(access, [row.pk], "view") if may["share"] else {}
    return {
        "title": _("Share “%s”") % title,
        "crumbs": [
            {"label": module.label_plural, "url": f"/{module.name}/"},
            {"label": title, "url": url},
            {"label": _("Sharing"), "url": ""},
        ],
        "record_url": url,
        "action_url": f"{url}shares/",
        "shares": [_share_context(one, people, url, bool(may["share"])) for one in found],
        "fields": fields if may["share"] else [],
        "reason": "" if may["share"] else may["share"].reason,
        "along": [{"label": child.label_plural, "count": len(ids)} for child, ids in below.items()],
        "is_along": bool(data.get("along")),
        "errors": [
            {"label": "", "messages": texts, "anchor": f"id-{name}"}
            for name, texts in errors.items()
        ],
    }


def _shown(access: Access, found: list[Share]) -> list[Share]:
    """Parts are told to those who may read who collaborates."""
    may = COLLABORATORS in access.readable
    return [one if may else replace(one, part="") for one in found]


def _share_context(one: Share, people: dict[int, Any], url: str, may_take: bool) -> dict[str, Any]:
    giver = people.get(one.given_by or 0)
    day = one.last_day
    return {
        "label": one.label,
        "kind": KINDS[one.holder.kind],
        "level": _("may read and edit") if one.level == EDIT else _("may read"),
        "part": option_label(PART, one.part) if one.part else "",
        "until": _("until %s") % show_date(day) if day else _("for good"),
        "has_ended": one.has_ended,
        "note": one.note,
        "by": giver.label if giver else "",
        "take_url": f"{url}shares/{one.holder.text}/take-back/" if may_take else "",
        "take_label": _("Take back from %s") % one.label,
    }
