"""A choice merged into another: asked in a dialog that says what names it, then done as a job."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.access import names
from crm.access.errors import NotVisible
from crm.customfields.labels import label_in
from crm.customfields.models import Option
from crm.jobs.choices import KIND, ask_for_merge, running_on
from crm.jobs.models import Job
from crm.jobs.services import may_undo, own_job, undo_job
from crm.lists.choice_uses import views_with_choice
from crm.lists.show import show_moment
from crm.records.choice_uses import reasons_against, rule_labels
from crm.records.errors import Invalid, Refusal
from crm.views.audit import require_administrator
from crm.views.jobs import card
from crm.views.shell import sent_to, toast

MOST_CARDS = 5


@require_http_methods(["GET", "POST"])
def merge_choice(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """/setup/dictionaries/<name>/merge/<option>/: which choice takes its place."""
    require_administrator(request)
    option = Option.objects.filter(dictionary=name, pk=pk).first()
    if option is None:
        raise NotVisible
    url = f"/setup/dictionaries/{name}/"
    if request.method == "POST":
        try:
            kept = request.POST.get("into", "")
            ask_for_merge(actor=request.user, dictionary=name, lost=option.value, kept=kept)
        except Invalid as refusal:
            return _asked(request, option, url, _said(refusal))
        return sent_to(request, url)
    return _asked(request, option, url)


def _said(refusal: Refusal) -> str:
    texts = [str(one) for found in refusal.fields.values() for one in found]
    return " ".join(texts) or str(refusal.message)


def _asked(request: HttpRequest, option: Option, url: str, error: str = "") -> HttpResponse:
    views = views_with_choice(option.dictionary, option.value)
    people = names.people([one.owner_id for one in views])
    others = Option.objects.filter(dictionary=option.dictionary, is_active=True).exclude(
        pk=option.pk
    )
    label = label_in(option.labels, option.value)
    reasons = reasons_against(option.dictionary, option.value)
    if running_on(option.dictionary):
        reasons.append(_("Choices of this list are being merged already. Wait for the end."))
    context = {
        "title": _("Merge “%s” into another choice") % label,
        "crumbs": [{"label": _("Dictionaries"), "url": url}, {"label": label, "url": ""}],
        "label": label,
        "error": error,
        "reasons": reasons,
        "options": [
            {"value": one.value, "label": label_in(one.labels, one.value)} for one in others
        ],
        "rules": rule_labels(option.dictionary, option.value),
        "views": [{"name": one.name, "owner": people[one.owner_id].label} for one in views],
        "action_url": f"{url}merge/{option.pk}/",
        "cancel_url": url,
    }
    is_part = bool(request.headers.get("HX-Request"))
    page = "setup/choice_merge.html" if is_part else "setup/choice_merge_page.html"
    return render(request, page, context, status=400 if error else 200)


def merge_cards(request: HttpRequest, name: str) -> list[dict[str, Any]]:
    """This person's merges in a dictionary, the last first, each with the way back."""
    jobs = Job.objects.filter(kind=KIND, options__dictionary=name, owner_id=request.user.pk)
    return [
        {
            "card": card(job, is_flat=True),
            "when": show_moment(job.created_at),
            "message": str(job.detail.get("message", "")),
            "undo_url": f"/setup/dictionaries/{name}/merge/undo/{job.pk}/" if may_undo(job) else "",
        }
        for job in jobs.order_by("-pk")[:MOST_CARDS]
    ]


@require_POST
def undo_merged_choice(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """POST /setup/dictionaries/<name>/merge/undo/<job>/: every value goes back."""
    require_administrator(request)
    job = own_job(request.user, pk)
    if job.kind != KIND or job.options.get("dictionary") != name:
        raise NotVisible
    undo_job(actor=request.user, job_id=pk)
    toast(request, _("The change runs in the background."))
    return HttpResponseRedirect(f"/setup/dictionaries/{name}/")
