"""What becomes of an added field: another kind, fast filter and sort, back out of the bin."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.services import fields
from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, crumbs, typed
from crm.access import names
from crm.access.errors import Refusal
from crm.access.policy import access_to
from crm.customfields.models import FieldDefinition
from crm.jobs.checking import doubles, last_check
from crm.jobs.converting import ask_for_conversion, running_for
from crm.jobs.indexing import make_fast, make_slow
from crm.jobs.models import Job
from crm.lib.whole import whole_number
from crm.lists.columns import record_url
from crm.lists.field_uses import views_with
from crm.lists.show import show_moment, show_number
from crm.modules.module import Module
from crm.modules.registry import module_named
from crm.records import converting
from crm.records.conversion import PATHS, reason_against
from crm.records.declared import field_of
from crm.records.definitions import KINDS, MOST_PLACES, WITH_PLACES
from crm.records.field_bin import deleted_fields, goes_at
from crm.records.field_indexes import NOT_FAST, indexes_of, is_ready, made_indexes
from crm.views.jobs import card

LIFE_KINDS = ("convert", "unique", "index")
MOST_CARDS = 5
MOST_DOUBLES = 100
Context = dict[str, Any]


@require_http_methods(["GET", "POST"])
@administrators_only
def field_life(request: Asking, module: str, pk: int) -> HttpResponse:
    """/setup/fields/<module>/<pk>/life/: kind and speed of a field, and the work on both."""
    row = get_object_or_404(FieldDefinition, module=module, pk=pk)
    refusal = None
    if request.method == "POST":
        try:
            _do(request, row)
            return HttpResponseRedirect(request.path)
        except Refusal as error:
            refusal = error
    kind, places = _wanted(request, row)
    context = {
        **_frame(row),
        "refusal": _sentence(refusal) if refusal else "",
        "kind_label": str(KINDS.get(row.kind, row.kind)),
        "paths": [(one, KINDS[one]) for one in PATHS.get(row.kind, ())],
        "refused": _refused(row.kind),
        "kind": kind,
        "asks_places": bool(WITH_PLACES.intersection(PATHS.get(row.kind, ()))),
        "places": places,
        "trial": _trial(request, row, kind, places) if kind else None,
        "was": _was(row),
        **_work(request, row),
        **_speed(row),
    }
    return render(request, "setup/field_life.html", context, status=400 if refusal else 200)


@require_POST
@administrators_only
def field_restore(request: Asking, module: str, pk: int) -> HttpResponse:
    """POST …/<pk>/restore/: out of the bin, with values and rights."""
    try:
        row = fields.restore_field(actor=request.user, module=module, pk=pk)
        messages.info(request, _("“%s” is back, with its values and rights.") % field_of(row).label)
    except Refusal as refusal:
        messages.error(request, _sentence(refusal))
    return HttpResponseRedirect(reverse("setup-fields", args=[module]))


def bin_items(module: str) -> list[Context]:
    """The deleted fields of a module as setup/fields.html lists them."""
    return [
        {
            "label": field_of(row).label,
            "kind": KINDS.get(row.kind, row.kind),
            "key": row.name,
            "deleted": show_moment(row.deleted_at),
            "until": show_moment(goes_at(row)),
            "restore_url": reverse("setup-field-restore", args=[module, row.pk]),
        }
        for row in deleted_fields(module)
        if row.deleted_at is not None
    ]


def _do(request: Asking, row: FieldDefinition) -> None:
    """What a button of the page asks for. Raises Refusal."""
    actor, what = request.user, typed(request, "act", 20)
    if what == "convert":
        places = whole_number(typed(request, "places", 3))
        ask_for_conversion(
            actor=actor, field=row.pk, kind=typed(request, "kind", 20),
            places=min(places if places is not None else 2, MOST_PLACES),
        )  # fmt: skip
    elif what == "back":
        ask_for_conversion(actor=actor, field=row.pk, back=True)
    elif what == "fast":
        make_fast(actor=actor, field=row.pk)
    elif what == "slow":
        make_slow(actor=actor, field=row.pk)
        messages.info(request, _("The index goes in the background."))


def _sentence(refusal: Refusal) -> str:
    said = [str(one) for found in refusal.fields.values() for one in found]
    return " ".join(said) or str(refusal.message)


def _frame(row: FieldDefinition) -> Context:
    module, label = module_named(row.module), str(field_of(row).label)
    return {
        "title": _("Kind and speed of “%s”") % label,
        "crumbs": crumbs(
            (_("Fields"), reverse("setup-fields-index")),
            (str(module.label_plural), reverse("setup-fields", args=[row.module])),
            (label, reverse("setup-field", args=[row.module, row.pk])),
            (_("Kind and speed"), ""),
        ),
        "back_url": reverse("setup-field", args=[row.module, row.pk]),
        "action_url": reverse("setup-field-life", args=[row.module, row.pk]),
    }


def _wanted(request: Asking, row: FieldDefinition) -> tuple[str, int]:
    kind = request.GET.get("kind", "")
    places = whole_number(request.GET.get("places", "")) or 0
    if "places" not in request.GET:
        places = row.places
    return kind if kind in PATHS.get(row.kind, ()) else "", min(places, MOST_PLACES)


def _refused(kind: str) -> list[Context]:
    """The kinds that it cannot become, by reason."""
    by_reason: dict[str, list[str]] = {}
    for one, label in KINDS.items():
        if one != kind and (reason := reason_against(kind, one)):
            by_reason.setdefault(str(reason), []).append(str(label))
    return [{"reason": reason, "kinds": labels} for reason, labels in by_reason.items()]


def _trial(request: Asking, row: FieldDefinition, kind: str, places: int) -> Context:
    """What a conversion would do, before anything happens."""
    try:
        found = converting.look(row, converting.aim_of(row, kind, places))
    except Refusal as refusal:
        return {"refusal": _sentence(refusal)}
    may_read = row.name in access_to(request.user, row.module).readable
    uses = views_with(row.module, row.name, kind)
    return {
        "label": KINDS[kind],
        "checked": show_number(found.checked),
        "fine": show_number(found.fine),
        "wrong": found.wrong,
        "is_all": found.is_all,
        "examples": found.examples if may_read else [],
        "choices": found.choices,
        "loses_time": (row.kind, kind) == ("datetime", "date"),
        "views": [
            {"name": one.view.name, "owner": who.label, "is_refused": one.is_refused}
            for one in uses
            for who in [names.people([one.view.owner_id])[one.view.owner_id]]
        ],
    }


def _was(row: FieldDefinition) -> Context | None:
    """What the field was last, while it can be taken back."""
    kept = [one for one in row.past if one["until"]]
    if not kept:
        return None
    until = parse_datetime(kept[-1]["until"])
    return {
        "label": KINDS.get(kept[-1]["kind"], kept[-1]["kind"]),
        "until": show_moment(until) if until else "",
    }


def _work(request: Asking, row: FieldDefinition) -> Context:
    """The jobs of this person on the field; of somebody else's only that it runs."""
    mine = Job.objects.filter(kind__in=LIFE_KINDS, options__field=row.pk, owner=request.user)
    busy = running_for(row)
    other = busy is not None and busy.owner_id != request.user.pk
    return {
        "jobs": [_card(job) for job in mine.order_by("-pk")[:MOST_CARDS]],
        "is_busy": busy is not None,
        "busy_by": names.people([busy.owner_id])[busy.owner_id].label if busy and other else "",
        "doubles": _doubles(request, row),
    }


def _card(job: Job) -> Context:
    """A job as crm/jobs/card.html takes it; its name says which kind became which, and when."""
    made = card(job, is_flat=True)
    parts = [made["name"]]
    if job.kind == "convert":
        parts = [f"{KINDS[job.options['from']]} → {KINDS[job.options['kind']]}"]
    elif job.kind == "index":
        parts = [_("Fast filter and sort"), str(job.detail.get("message", ""))]
    parts.append(show_moment(job.created_at))
    return {**made, "name": " · ".join(part for part in parts if part)}


def _doubles(request: Asking, row: FieldDefinition) -> list[list[Context]]:
    """The records that kept the last check from passing, each beside the earlier one."""
    job = last_check(row)
    if job is None or row.unique or job.state != Job.State.FAILED:
        return []
    module = module_named(row.module)
    pairs = doubles(job)[:MOST_DOUBLES]
    ids = {pk for pair in pairs for pk in pair if pk}
    labels = access_to(request.user, module).labels(module.name, ids)
    return [[_named(module, labels, pk) for pk in pair] for pair in pairs]


def _named(module: Module, labels: Any, pk: int | None) -> Context:
    if pk is not None and pk in labels:
        return {"label": str(labels[pk].label), "url": record_url(module.name, pk)}
    return {"label": f"{module.label} #{pk}" if pk else "", "url": ""}


def _speed(row: FieldDefinition) -> Context:
    """Whether filter and sort by the field are fast, and what that takes."""
    made = made_indexes()
    sizes = [made[one.name].size for one in indexes_of(row) if one.name in made]
    return {
        "may_be_fast": row.kind not in NOT_FAST,
        "is_fast": row.is_fast,
        "is_ready": row.is_fast and is_ready(row, made),
        "size": f"{sum(sizes) / 2**20:.1f}",
    }
