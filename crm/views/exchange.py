"""The import of a file in four steps, each a page that may be left and come back to."""

import tempfile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from crm.access.policy import Access, access_to
from crm.exchange.checking import CREATE, POLICIES, SKIP, UPDATE
from crm.exchange.files import ENCODINGS, LIMITS, SEPARATORS, is_readable_as
from crm.exchange.importer import CHECK, RUN, counts_of, require_import
from crm.exchange.keys import key_fields
from crm.exchange.rechecking import decide, fix_cells
from crm.exchange.services import check_choices, start_import
from crm.exchange.spreadsheet import write_xlsx
from crm.exchange.targets import targets_for
from crm.jobs.models import Job
from crm.jobs.services import may_undo, requeue, undo_job
from crm.lists.show import show_moment
from crm.modules.registry import module_named
from crm.records.errors import Refusal
from crm.views.alike import doubles_url
from crm.views.import_pages import (
    alike_rows,
    check_context,
    column_lines,
    summary,
    text_choices,
)
from crm.views.jobs import RUNNING, card, import_of, put_away

State = Job.State
READINGS = {"encoding": ENCODINGS, "separator": SEPARATORS}


def stages(current: int) -> list[dict[str, str]]:
    """The steps, as crm/import/stages.html takes them."""
    labels = (_("File"), _("Columns and check"), _("Duplicates"), _("Import"))
    states = [
        "past" if n < current else "now" if n == current else "next" for n in range(len(labels))
    ]
    return [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)]


def _frame(access: Access, current: int, job: Job | None = None) -> dict[str, Any]:
    module = access.module
    context: dict[str, Any] = {
        "module": module,
        "stages": stages(current),
        "crumbs": [
            {"label": module.group, "url": ""},
            {"label": module.label_plural, "url": f"/{module.name}/"},
            {"label": _("Import"), "url": ""},
        ],
    }
    if job is not None:
        context["file"] = {"name": job.options.get("file", ""), "rows": job.total or job.done}
        context["action_url"] = f"/{module.name}/import/{job.pk}/"
    return context


def _open(request: HttpRequest, module: str) -> Access:
    access = access_to(request.user, module_named(module))
    require_import(access)
    return access


@require_http_methods(["GET", "POST"])
def import_start(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/import/: the file, and earlier imports."""
    access = _open(request, module)
    error = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if isinstance(file, UploadedFile):
            try:
                job = start_import(
                    actor=request.user, module=module, file=file, name=file.name or "", phase=CHECK
                )
            except Refusal as refusal:
                error = " ".join(str(one) for texts in refusal.fields.values() for one in texts)
                error = error or str(refusal.message)
            else:
                return HttpResponseRedirect(f"/{module}/import/{job.pk}/")
        else:
            error = _("Choose a file first.")
    context = {
        **_frame(access, 0),
        "action_url": f"/{module}/import/",
        "error": error,
        "limits": _("xlsx or csv, at most %(size)d MB and %(rows)s rows.")
        % {"size": LIMITS.bytes // 1024**2, "rows": f"{LIMITS.rows:,}"},
        "template_url": f"/{module}/import/template/",
        "past": _past(request.user, module),
    }
    return render(request, "crm/import/upload.html", context, status=400 if error else 200)


def _past(user: Any, module: str) -> list[dict[str, Any]]:
    found = []
    for job in Job.objects.filter(owner=user, module=module, kind="import")[:10]:
        counts = counts_of(job)
        text = _("%(created)s created, %(updated)s updated, %(refused)s refused") % counts
        url = f"/{module}/import/{job.pk}/"
        found.append(
            {
                "name": job.options.get("file", ""), "when": show_moment(job.created_at),
                "by": user.display_name, "state": job.state, "url": url,
                "text": State(job.state).label if job.state in (State.DRAFT, *RUNNING) else text,
                "undo_url": f"{url}undo/" if may_undo(job) else "",
            }
        )  # fmt: skip
    return found


@require_safe
def import_template(request: HttpRequest, module: str) -> HttpResponse:
    """/<module>/import/template/: a workbook with the headings of what the person may fill."""
    access = _open(request, module)
    targets = [
        one for one in targets_for(access).values() if not one.is_child and one.path != "number"
    ]
    required = [one for one in targets if one.field.required and not one.field.is_collection]
    rest = [one for one in targets if one not in required and (one.member is None or _is_main(one))]
    headings = [str(one.field.label) for one in (*required, *rest)]
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    write_xlsx(file, headings, [], sheet=str(access.module.label_plural))
    file.seek(0)
    name = f"{access.module.label_plural}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name)  # type: ignore[return-value]


def _is_main(target: Any) -> bool:
    return next(iter(target.field.members)) == target.member.name


@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """/<module>/import/<id>/: wherever the import stands."""
    access = _open(request, module)
    job = import_of(request.user, module, pk)
    if job.state != State.DRAFT:
        return _run_page(request, access, job)
    if request.GET.get("step") == "duplicates":
        return _duplicates_page(request, access, job)
    if request.method == "POST":
        return _take_mapping(request, access, job)
    return render(request, "crm/import/map.html", _map_context(request, access, job))


def _map_context(request: HttpRequest, access: Access, job: Job) -> dict[str, Any]:
    sheets = job.detail.get("sheets") or []
    return {
        **_frame(access, 1, job),
        "later_url": f"/{access.module.name}/",
        "back_url": f"/{access.module.name}/import/",
        "summary": summary(job),
        "sheets": [{"name": one, "is_on": one == job.detail.get("sheet")} for one in sheets],
        **text_choices(job),
        "error": request.GET.get("unfit", "") in ENCODINGS
        and _("The text of the file is not valid %(encoding)s.")
        % {"encoding": request.GET["unfit"].upper()},
        "columns": column_lines(access, job),
        "check": check_context(access, job, request.GET.get("rows", "")),
    }


def _take_mapping(request: HttpRequest, access: Access, job: Job) -> HttpResponse:
    """What was posted from the page of columns: fixes, another mapping, the next step."""
    data, url = request.POST, f"/{access.module.name}/import/{job.pk}/"
    _take_fixes(request, job)
    headings = job.detail["headings"]
    chosen = {heading: data.get(f"column-{n}", "") for n, heading in enumerate(headings)}
    mapping = check_choices(access, SKIP, "", chosen)
    options = {**job.options, "mapping": mapping}
    reading = _other_reading(job, data)
    encoding = reading.get("encoding", "")
    if encoding and not is_readable_as(job, encoding):
        return HttpResponseRedirect(f"{url}?unfit={encoding}")
    if data.get("act") == "guess" or reading:
        anew = {"mapping": {}, "guess_anew": True, "fixes": {}, "decisions": {}}
        requeue(job, options={**options, **anew, **reading}, detail={})
    elif mapping != job.options.get("mapping") or data.get("act") == "check":
        if mapping != job.options.get("mapping"):
            origins = {
                h: job.detail["origins"].get(h)
                if mapping[h] == job.options["mapping"].get(h)
                else "chosen"
                for h in headings
            }
            job.detail = {**job.detail, "origins": origins}
        requeue(job, options=options, detail=job.detail)
    elif data.get("act") == "next":
        return HttpResponseRedirect(f"{url}?step=duplicates")
    return HttpResponseRedirect(url)


def _other_reading(job: Job, data: QueryDict) -> dict[str, str]:
    """The sheet, encoding and separator that were chosen, as far as the file was read otherwise."""
    found = {}
    known = {"sheet": job.detail.get("sheets") or (), **READINGS}
    for name, choices in known.items():
        was, chosen = job.detail.get(name) or "", data.get(name, "")
        same = {chosen, chosen.removesuffix("-sig")}  # UTF-8 with its mark or without
        if chosen in choices and was and was not in same:
            found[name] = chosen
    return found


def _take_fixes(request: HttpRequest, job: Job) -> None:
    fixes: dict[int, dict[int, str]] = {}
    decisions: dict[int, str] = {}
    for name, value in request.POST.items():
        kind, _dash, rest = name.partition("-")
        row, _dash, place = rest.partition("-")
        if kind == "fix" and row.isdecimal() and place.isdecimal():
            was = request.POST.get(f"was-{row}-{place}")
            if was is None or was != value:
                fixes.setdefault(int(row), {})[int(place)] = str(value)[:500]
        elif kind == "decide" and row.isdecimal():
            text = str(value)
            if text in (SKIP, CREATE) or text.isdecimal():
                decisions[int(row)] = text
    if fixes:
        fix_cells(actor=request.user, job=job, fixes=fixes)
    if decisions:
        decide(job=job, decisions=decisions)


def _duplicates_page(request: HttpRequest, access: Access, job: Job) -> HttpResponse:
    module = access.module
    if request.method == "POST":
        return _start_run(request, access, job)
    key = job.options.get("key") or module.title
    mapped = {path.partition(".")[0] for path in job.options.get("mapping", {}).values() if path}
    counts = job.detail.get("counts") or {}
    context = {
        **_frame(access, 2, job),
        "action_url": f"/{module.name}/import/{job.pk}/?step=duplicates",
        "back_url": f"/{module.name}/import/{job.pk}/",
        "policies": _policy_choices(access, job),
        "keys": [
            {"value": one.name, "label": one.label, "is_on": one.name == key}
            for one in key_fields(access)
            if one.name in mapped
        ],
        "alike": alike_rows(access, job),
        "owner_field": None,
        "ready": counts.get("created", 0) + counts.get("updated", 0),
    }
    return render(request, "crm/import/duplicates.html", context)


def _policy_choices(access: Access, job: Job) -> list[dict[str, Any]]:
    policy = job.options.get("policy") or SKIP
    about = {
        SKIP: _("They stay out and are listed with the reason."),
        UPDATE: _(
            "Cells that hold something replace what is there; the record is found by the key."
        ),
        CREATE: _("Only similar ones come in; what is exactly the same never does."),
    }
    labels = {
        SKIP: _("Skip the row"),
        UPDATE: _("Update the record"),
        CREATE: _("Create it anyway"),
    }
    why_not = "" if access.may("edit") else access.decide("edit").reason
    return [
        {
            "value": one, "label": labels[one], "about": about[one], "is_on": one == policy,
            "reason": why_not if one == UPDATE else "",
        }
        for one in POLICIES
    ]  # fmt: skip


def _start_run(request: HttpRequest, access: Access, job: Job) -> HttpResponse:
    _take_fixes(request, job)
    policy, key = request.POST.get("policy", SKIP), request.POST.get("key", "")
    check_choices(access, policy, key, {})
    options = {
        **job.options,
        "phase": RUN,
        "policy": policy,
        "key": key,
        "empty": "clear" if request.POST.get("empty") == "clear" else "keep",
    }
    requeue(job, options=options, started_at=None, result="", result_name="")
    return HttpResponseRedirect(f"/{access.module.name}/import/{job.pk}/")


def _run_page(request: HttpRequest, access: Access, job: Job) -> HttpResponse:
    is_check = job.options.get("phase") == CHECK and job.state in RUNNING
    is_done = job.state not in RUNNING
    put_away(job)
    context = {
        **_frame(access, 1 if is_check else 3, job),
        "job": card(job, is_flat=True),
        "is_done": is_done and job.state != State.FAILED,
        "result": _result(access, job) if is_done else None,
    }
    return render(request, "crm/import/run.html", context)


def _result(access: Access, job: Job) -> dict[str, Any]:
    name = access.module.name
    seconds = (
        int((job.ended_at - job.started_at).total_seconds())
        if job.ended_at and job.started_at
        else 0
    )
    took = ngettext("Took %d second.", "Took %d seconds.", seconds) % seconds
    message = str(job.detail.get("message") or "")
    return {
        **counts_of(job),
        "refused_url": f"/jobs/{job.pk}/file/" if job.result else "",
        "list_url": f"/{name}/?{_came_in(access, job)}",
        "doubles_url": doubles_url(access) if job.state != State.UNDONE else "",
        "undo_url": f"/{name}/import/{job.pk}/undo/" if may_undo(job) else "",
        "undo_until": _("possible for 30 days"),
        "took": f"{took} {message}".strip(),
        "was_undone": job.state == State.UNDONE,
    }


def _came_in(access: Access, job: Job) -> str:
    """The list's query for the records of one import: they all carry the moment it began."""
    if job.started_at is None or "created_at" not in access.readable:
        return "sort=-created_at" if "created_at" in access.readable else ""
    moment = job.started_at.isoformat().replace("+", "%2B")
    return f"created_at__gte={moment}&created_at__lte={moment}"


@require_http_methods(["GET", "POST"])
def import_undo(request: HttpRequest, module: str, pk: int) -> HttpResponse:
    """/<module>/import/<id>/undo/: asked in a dialog, done in the background."""
    access = _open(request, module)
    job = import_of(request.user, module, pk)
    if request.method == "POST":
        undo_job(actor=request.user, job_id=job.pk)
        answer = HttpResponseRedirect(f"/{module}/import/{job.pk}/")
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=204)  # type: ignore[assignment]
            answer["HX-Redirect"] = f"/{module}/import/{job.pk}/"
        return answer
    counts = counts_of(job)
    context = {
        **_frame(access, 3, job),
        "title": _("Undo this import"),
        "text": _("%(created)s new records go to the bin, %(updated)s get their old values back.")
        % counts,
        "warning": _("Records that somebody has changed since stay as they are."),
        "action_url": f"/{module}/import/{job.pk}/undo/",
        "cancel_url": f"/{module}/import/{job.pk}/",
        "submit_label": _("Undo"),
        "is_danger": True,
    }
    name = "crm/bulk/dialog.html" if request.headers.get("HX-Request") else "crm/bulk/page.html"
    return render(request, name, context)
