"""A list of colleagues, uploaded: departments and people are made from it at once."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.services.people_import import MOST_ROWS, Report, import_people
from accounts.views.asking import Asking
from accounts.views.setup.parts import administrators_only, crumbs
from crm.access.errors import Refusal
from crm.exchange.spreadsheet import Limits, SpreadsheetError, open_table

LIMITS = Limits(bytes=2 * 1024**2, unzipped_bytes=20 * 1024**2, rows=MOST_ROWS, columns=50)


@require_http_methods(["GET", "POST"])
@administrators_only
def people_import(request: Asking) -> HttpResponse:
    """/setup/people/import/"""
    report: Report | None = None
    error = ""
    file = request.FILES.get("file")
    if request.method == "POST" and isinstance(file, UploadedFile):
        try:
            table = open_table(cast(BinaryIO, file.file), file.name or "", LIMITS)
            report = import_people(actor=request.user, headings=table.headings, rows=table.rows())
        except (SpreadsheetError, Refusal) as refusal:
            error = str(getattr(refusal, "message", "") or refusal)
    elif request.method == "POST":
        error = _("Choose a file first.")
    context: dict[str, Any] = {
        "crumbs": crumbs((_("People"), reverse("setup-people")), (_("Import"), "")),
        "report": report,
        "error": error,
        "action_url": request.path,
        "back_url": reverse("setup-people"),
    }
    return render(request, "setup/people_import.html", context, status=400 if error else 200)
