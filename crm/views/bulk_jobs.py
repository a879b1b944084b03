"""What became of a deed on many records: the message at once, the job's page, taking it back."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.access.errors import NotVisible
from crm.access.policy import Access, access_to
from crm.jobs import acting, deeds
from crm.jobs.models import Job
from crm.jobs.services import may_undo, own_job
from crm.lists.columns import record_url
from crm.modules.registry import module_named
from crm.views.jobs import card, put_away
from crm.views.lists import title_of
from crm.views.shell import sent_to, toast

MOST_TOLD = 500


def plain_query(text: str) -> QueryDict:
    """What the list showed; not which part of it a request asked for."""
    query = QueryDict(text, mutable=True)
    for name in ("view", "part", "peek"):
        query.pop(name, None)
    return query


def list_query(post: QueryDict) -> str:
    """What the list showed when the act was asked for, as in its address."""
    shown = QueryDict(post.get("query", ""))
    query = plain_query(post.get("query", ""))
    if shown.get("view"):
        query["view"] = shown["view"]
    return query.urlencode()


def back_to_list(request: HttpRequest, module: str, url: str = "") -> HttpResponse:
    """The list as it was asked for before, or another page."""
    query = list_query(request.POST)
    url = url or f"/{module}/" + (f"?{query}" if query else "")
    return sent_to(request, url)


def _done(kind: str, count: int) -> str:
    """How many records a deed reached, in words."""
    if kind == acting.ASSIGN:
        text = ngettext("%d record has a new owner.", "%d records have a new owner.", count)
    elif kind == acting.DELETE:
        text = ngettext(
            "%d record went to the recycle bin.", "%d records went to the recycle bin.", count
        )
    elif kind == acting.SHARE:
        text = ngettext("%d record shared.", "%d records shared.", count)
    else:
        text = ngettext("%d record changed.", "%d records changed.", count)
    return text % count


def answer(request: HttpRequest, job: Job) -> HttpResponse:
    """Say what became of it: at once, or in the card that follows the person."""
    if job.ended_at is None:
        toast(request, _("The change runs in the background."))
        return back_to_list(request, job.module)
    put_away(job)  # the message tells it
    changed = deeds.count(job, deeds.UPDATED)
    text = _done(job.kind, changed)
    undo = f"/jobs/{job.pk}/undo/?{list_query(request.POST)}" if changed else ""
    if job.state == Job.State.DONE and not job.errors:
        toast(request, text, undo_url=undo)
        return back_to_list(request, job.module)
    refused = ngettext("%d was refused.", "%d were refused.", job.errors) % job.errors
    toast(request, f"{text} {refused}", undo_url=undo, is_alert=True)
    return back_to_list(request, job.module, f"/jobs/{job.pk}/")


@require_safe
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """/jobs/<id>/: what a deed on many records did, and which ones it left."""
    job = _own_deed(request, pk)
    access = access_to(request.user, module_named(job.module))
    told = deeds.told_rows(job, (deeds.REFUSED, deeds.LEFT), MOST_TOLD)
    titles = _titles(access, [one.record_id or 0 for one in told])
    context = {
        "crumbs": [
            {"label": _("Background work"), "url": "/jobs/"},
            {"label": job.title, "url": ""},
        ],
        "job": card(job, is_flat=True),
        "may_undo": may_undo(job) and bool(deeds.count(job, deeds.UPDATED)),
        "undo_url": f"/jobs/{job.pk}/undo/",
        "rows": [_told(access, one, titles.get(one.record_id or 0, "")) for one in told],
    }
    return render(request, "crm/jobs/edit.html", context)


def _titles(access: Access, ids: list[int]) -> dict[int, str]:
    """The names of those that the person sees now: reach may have gone with the deed."""
    seen = list(access.rows().filter(pk__in=ids).values_list("pk", flat=True))
    rows = access.rows_of(seen, [access.module.title, "number"])
    return {row.pk: title_of(access, row) for row in rows}


def _told(access: Access, row: Any, title: str) -> dict[str, Any]:
    """One record that was left as it was, as far as it may be named."""
    labels = {name: field.label for name, field in access.module.fields.items()}
    reasons = [
        f"{labels[name]}: {text}"
        if name in access.visible and name != access.module.title
        else text
        for name, texts in (row.reasons or {}).items()
        for text in texts
    ]
    return {
        "title": title or _("A record that you cannot see"),
        "url": record_url(access.module.name, row.record_id) if title else "",
        "reasons": reasons or [_("Somebody has changed it since.")],
    }


@require_POST
def job_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /jobs/<id>/undo/: make the records what they were, where nobody changed them since."""
    job = _own_deed(request, pk)
    job = deeds.run_soon(deeds.ask_back(actor=request.user, job_id=job.pk))
    if job.state != Job.State.UNDONE:
        toast(request, _("It is taken back in the background."))
    elif job.errors:
        toast(request, str(job.detail.get("message", "")), is_alert=True)
        return HttpResponseRedirect(f"/jobs/{job.pk}/")
    else:
        text = ngettext("%d record is as before.", "%d records are as before.", job.done)
        toast(request, text % job.done)
    put_away(job)
    return HttpResponseRedirect(f"/{job.module}/?{request.GET.urlencode()}")


def _own_deed(request: HttpRequest, pk: int) -> Job:
    job = own_job(request.user, pk)
    if not deeds.is_deed(job):
        raise NotVisible
    return job
