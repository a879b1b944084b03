"""/setup/operation/: whether the background works, is paused after a restore, and its release."""

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.jobs.models import Job
from crm.jobs.running import RUNNABLE
from crm.lists.show import show_moment
from crm.operation.models import Pulse
from crm.operation.pause import AFTER_RESTORE, pause, pause_of_now, release
from crm.records.audit import record_audit
from crm.views.audit import require_administrator
from crm.views.health import broker_state
from crm.views.shell import toast

BY_HAND = "by hand"
MOST_WORKERS = 50


@require_http_methods(["GET", "POST"])
def operation(request: HttpRequest) -> HttpResponse:
    """What runs; POST act=release or act=pause."""
    require_administrator(request)
    if request.method == "POST":
        _decide(request, request.POST.get("act", ""))
        return HttpResponseRedirect(request.path)
    paused = pause_of_now()
    context = {
        "title": _("Operation"),
        "crumbs": [
            {"label": _("Setup"), "url": "/setup/"},
            {"label": _("Operation"), "url": ""},
        ],
        "action_url": request.path,
        "since": show_moment(paused.began_at) if paused else "",
        "is_restored": paused is not None and paused.reason == AFTER_RESTORE,
        "facts": _facts(),
        "workers": [
            {"name": worker, "at": show_moment(at)}
            for worker, at in Pulse.objects.order_by("-at").values_list("worker", "at")[
                :MOST_WORKERS
            ]
        ],
    }
    return render(request, "setup/operation.html", context)


def _decide(request: HttpRequest, act: str) -> None:
    if act == "release" and release():
        record_audit(actor=request.user, action="background.release", request=request)
        toast(request, _("The background works again."))
    elif act == "pause" and pause_of_now() is None:
        pause(BY_HAND)
        record_audit(actor=request.user, action="background.pause", request=request)
        toast(request, _("The background is paused."))


def _facts() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    waiting = Job.objects.filter(state__in=RUNNABLE).count()
    is_up = broker_state() == "ok"
    return [
        {"label": _("Waiting jobs"), "value": f"{waiting:,}"},
        {"label": _("Broker"), "value": _("reached") if is_up else _("not reached")},
        {"label": _("Size of the database"), "value": filesizeformat(size)},
    ]
