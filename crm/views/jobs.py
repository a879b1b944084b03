"""Background work as the person sees it: cards that follow him, files, stop and put away."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.errors import NotVisible
from crm.jobs.acting import TITLES
from crm.jobs.choices import KIND as CHOICES
from crm.jobs.deeds import is_deed
from crm.jobs.models import Job
from crm.jobs.services import cancel_job, open_result, own_job
from crm.lists.show import in_sentence
from crm.modules.registry import UnknownModule, module_named

SHOWN_AFTER = timedelta(minutes=10)
MOST_CARDS = 3
MOST_LISTED = 50
State = Job.State
RUNNING = (State.QUEUED, State.RUNNING, State.UNDOING)
CARD_STATES = {
    State.QUEUED: "waiting", State.RUNNING: "running", State.UNDOING: "running",
    State.DRAFT: "done", State.UNDONE: "done",
}  # fmt: skip
_RESULTS: dict[str, Any] = {
    "import": gettext_lazy("Rejected rows"), "convert": gettext_lazy("Values that did not fit"),
}  # fmt: skip


def card(job: Job, is_flat: bool = False) -> dict[str, Any]:
    """A job as crm/jobs/card.html takes it."""
    is_running = job.state in RUNNING
    has_file = bool(job.result) and job.state not in RUNNING
    return {
        "pk": job.pk,
        "name": title_of(job),
        "state": CARD_STATES.get(State(job.state), str(job.state)),
        "done": job.done,
        "total": max(job.total, job.done),
        "unit": _("rows"),
        "errors": job.errors,
        "left": time_left(job),
        "card_url": f"/jobs/{job.pk}/card/" + ("?flat=1" if is_flat else ""),
        "cancel_url": f"/jobs/{job.pk}/cancel/"
        if is_running and job.state != State.UNDOING
        else "",
        "dismiss_url": "" if is_running or is_flat else f"/jobs/{job.pk}/away/",
        "result_url": f"/jobs/{job.pk}/file/" if has_file else "",
        "result_label": _RESULTS.get(job.kind, _("Download")),
        "url": page_of(job),
        "message": str(job.detail.get("message") or ("" if is_running else _state_word(job))),
        "is_flat": is_flat,
    }


def title_of(job: Job) -> str:
    """What the job is, in the reader's language; as it was named where that cannot be told."""
    if job.kind == "import" and job.options.get("file"):
        return pgettext("a file", "Import %s") % job.options["file"]
    try:
        label = in_sentence(module_named(job.module).label_plural)
    except UnknownModule:
        return job.title
    texts = {
        "export": _("Export %s"), "rekey": _("Duplicate keys: %s"), "edit": _("Edit %s"),
        "convert": _("Convert a field: %s"), "index": _("Fast filter and sort: %s"),
        "unique": _("Check for values that stand twice: %s"),
    }  # fmt: skip
    texts |= {kind: _(text) for kind, text in TITLES.items()}
    return texts[job.kind] % label if job.kind in texts else job.title


def put_away(job: Job) -> None:
    """The person has seen how the job ended: its card follows him no longer."""
    if job.state not in RUNNING and not job.detail.get("away"):
        job.detail = {**job.detail, "away": True}
        Job.objects.filter(pk=job.pk).update(detail=job.detail)


def _state_word(job: Job) -> str:
    if job.state == State.DRAFT:
        return _("Checked; decide now what comes in.")
    return str(State(job.state).label) if job.state != State.DONE else ""


def page_of(job: Job) -> str:
    """Where a job is looked at."""
    if job.kind == "import":
        return f"/{job.module}/import/{job.pk}/"
    if "field" in job.options and job.kind in {"convert", "index", "unique"}:
        return f"/setup/fields/{job.module}/{job.options['field']}/life/"
    if job.kind == CHOICES:
        return f"/setup/dictionaries/{job.options['dictionary']}/"
    return f"/jobs/{job.pk}/" if is_deed(job) else "/jobs/"


def time_left(job: Job) -> str:
    """How long it will still take, as far as that can be told."""
    if job.state != State.RUNNING or not job.started_at or not job.done or job.total <= job.done:
        return ""
    spent = (timezone.now() - job.started_at).total_seconds()
    seconds = max(1, round(spent / job.done * (job.total - job.done)))
    if seconds < 60:
        return ngettext("about %d second", "about %d seconds", seconds) % seconds
    minutes = round(seconds / 60)
    return ngettext("about %d minute", "about %d minutes", minutes) % minutes


def shell_jobs(user: Any) -> list[dict[str, Any]]:
    """The cards that follow the person: what runs, and what has ended a moment ago."""
    fresh = Q(ended_at__gt=timezone.now() - SHOWN_AFTER)
    rows = Job.objects.filter(Q(state__in=RUNNING) | fresh, owner=user)
    return [card(job) for job in rows[:MOST_CARDS] if not job.detail.get("away")]


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """/jobs/"""
    rows = Job.objects.filter(owner_id=request.user.pk)[:MOST_LISTED]
    crumbs = [{"label": _("Background work"), "url": ""}]
    context = {"jobs": [card(job, is_flat=True) for job in rows], "crumbs": crumbs}
    return render(request, "crm/jobs/page.html", context)


@require_safe
def job_card(request: HttpRequest, pk: int) -> HttpResponse:
    """/jobs/<id>/card/: the card again; a page that waits for the end is loaded anew then."""
    job = own_job(request.user, pk)
    is_flat = bool(request.GET.get("flat"))
    answer = render(request, "crm/jobs/card.html", {"job": card(job, is_flat)})
    if is_flat and job.state not in RUNNING:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """/jobs/<id>/cancel/"""
    job = cancel_job(actor=request.user, job_id=pk)
    if request.headers.get("HX-Request"):
        return render(request, "crm/jobs/card.html", {"job": card(job)})
    return HttpResponseRedirect("/jobs/")


@require_POST
def job_away(request: HttpRequest, pk: int) -> HttpResponse:
    """/jobs/<id>/away/: the card has been seen."""
    job = own_job(request.user, pk)
    put_away(job)
    if request.headers.get("HX-Request"):
        return HttpResponse("")
    return HttpResponseRedirect("/jobs/")


@require_safe
def job_file(request: HttpRequest, pk: int) -> HttpResponse:
    """/jobs/<id>/file/"""
    job, file = open_result(request.user, pk)
    put_away(job)
    answer = FileResponse(file, as_attachment=True, filename=job.result_name or "export")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer  # type: ignore[return-value]


def import_of(user: Any, module: str, pk: int) -> Job:
    """An import of this person into this module. Raises NotVisible."""
    job = own_job(user, pk)
    if job.kind != "import" or job.module != module:
        raise NotVisible
    return job
