"""The sign-in log: who, when, from where, with what result."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import SignInAttempt
from accounts.signin.throttle import Result
from accounts.views.asking import Asking
from accounts.views.setup.parts import PAGE, administrators_only, crumbs, page_number, pager, when
from crm.templatetags.crm import device

KINDS = ("", "good", "bad")
GOOD = (Result.SUCCESS, Result.CODE_NEEDED, Result.SENT)


@require_safe
@administrators_only
def sign_ins(request: Asking) -> HttpResponse:
    """Newest first; by result, person or address, and day."""
    kind = request.GET.get("kind", "")
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    period = {name: request.GET.get(name, "") for name in ("from", "to")}
    found = _search(kind, text, period)
    page = page_number(request)
    total = found.count()
    rows = found.select_related("user")[(page - 1) * PAGE : page * PAGE]
    entries = [_entry(row) for row in rows]
    labels = {"": _("All"), "good": _("Signed in"), "bad": _("Refused")}
    kept = {"q": text, **period}
    context = {
        "crumbs": crumbs((_("Sign-ins"), "")),
        "heading": _("Sign-ins"),
        "kinds": [
            {
                "label": labels[one],
                "url": f"{request.path}?{urlencode({**kept, 'kind': one})}",
                "is_current": one == kind,
            }
            for one in KINDS
        ],
        "search": {
            "value": text,
            "url": request.path,
            "hint": _("Name, account or address"),
            "keep": [{"name": "kind", "value": kind}],
        },
        "period": period,
        "entries": entries,
        "count": {"value": total, "exact": True},
        "pager": pager(request, page, len(entries), total),
        "export_url": "",
    }
    return render(request, "setup/audit.html", context)


def _search(kind: str, text: str, period: dict[str, str]) -> QuerySet[SignInAttempt]:
    found = SignInAttempt.objects.all()
    if kind == "good":
        found = found.filter(result__in=GOOD)
    elif kind == "bad":
        found = found.exclude(result__in=GOOD)
    if text:
        found = found.filter(
            Q(user__display_name__icontains=text)
            | Q(user__username__iexact=text)
            | Q(address__startswith=text)
        )
    if since := _midnight(period["from"]):
        found = found.filter(at__gte=since)
    if until := _midnight(period["to"]):
        found = found.filter(at__lt=until + timedelta(days=1))
    return found


def _midnight(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None or not 2000 <= day.year <= 2999:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


def _entry(row: SignInAttempt) -> dict[str, Any]:
    return {
        "when": when(row.at),
        "when_title": row.at.isoformat(),
        "who": row.user.display_name if row.user else _("Unknown"),
        "what": row.get_result_display(),
        "module": row.get_kind_display(),
        "record": None,
        "detail": device(row.agent) + (" · " + _("known device") if row.device_id else ""),
        "ip": row.address or "",
        "is_bad": row.result not in GOOD,
    }
