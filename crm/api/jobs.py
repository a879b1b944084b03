"""Long work over the API: import, export, and the jobs that do them."""

from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from crm.access.policy import access_to
from crm.api.bulk import row_as_json
from crm.api.doors import ApiView, pk_of
from crm.api.parsing import StrictJSONParser, as_object, read_json
from crm.exchange.importer import counts_of
from crm.exchange.services import query_of_body, start_export, start_import
from crm.jobs.deeds import LEFT, REFUSED, is_deed, told_rows
from crm.jobs.models import Job
from crm.jobs.services import cancel_job, open_result, own_job, undo_job
from crm.lists.errors import BadQuery
from crm.records.errors import Invalid

STATES = {Job.State.DRAFT: "queued", Job.State.UNDOING: "running"}
IMPORT_FIELDS = frozenset({"file", "policy", "key", "mapping"})
MOST_TOLD = 500
EXPORT_FIELDS = frozenset({"format", "filter", "columns", "q", "scope", "sort"})


class ImportView(ApiView):
    """POST /api/v1/<module>/import/ (multipart: file, policy, key, mapping as JSON)"""

    schema = None
    parser_classes = [MultiPartParser]

    def post(self, request: Request, module: str) -> Response:
        """Take a file; the rows come in later, in the background."""
        self.open(module)
        body: Any = request.data
        unknown = set(body) - IMPORT_FIELDS
        if unknown:
            raise BadQuery(_("There is no field “%s” here.") % sorted(unknown)[0][:80])
        file = request.FILES.get("file")
        if file is None:
            raise Invalid(fields={"file": [_("Send a file.")]})
        mapping = read_json(body["mapping"]) if body.get("mapping") else {}
        job = start_import(
            actor=request.user,
            module=module,
            file=file,
            name=file.name or "",
            policy=body.get("policy") or "skip",
            key=body.get("key") or "",
            mapping=as_object(mapping),
        )
        return Response({"job": job.pk}, status=202)


class ExportView(ApiView):
    """POST /api/v1/<module>/export/ ({format, filter, columns})"""

    schema = None
    parser_classes = [StrictJSONParser]

    def post(self, request: Request, module: str) -> Response:
        """Have the rows that a list would show written to a file."""
        self.open(module)
        body = as_object(request.data)
        unknown = set(body) - EXPORT_FIELDS
        if unknown:
            raise BadQuery(_("There is no field “%s” here.") % sorted(unknown)[0][:80])
        columns = body.get("columns") or []
        if isinstance(columns, str):
            columns = columns.split(",")
        if not isinstance(columns, list) or not all(isinstance(one, str) for one in columns):
            raise Invalid(fields={"columns": [_("This must be a list.")]})
        job = start_export(
            actor=request.user,
            module=module,
            query=query_of_body(body),
            columns=columns,
            format=str(body.get("format") or "xlsx"),
        )
        return Response({"job": job.pk}, status=202)


class JobView(ApiView):
    """GET /api/v1/jobs/<id>/"""

    schema = None

    def get(self, request: Request, pk: str) -> Response:
        """How far the work is."""
        return Response(job_as_json(own_job(request.user, pk_of(pk))))


class JobFileView(ApiView):
    """GET /api/v1/jobs/<id>/file/"""

    schema = None

    def get(self, request: Request, pk: str) -> Any:
        """The file that the job made: the export, or the rows that did not come in."""
        return file_answer(*open_result(request.user, pk_of(pk)))


class JobActionView(ApiView):
    """POST /api/v1/jobs/<id>/cancel/ and …/undo/"""

    schema = None
    action = ""

    def post(self, request: Request, pk: str) -> Response:
        """Stop the work, or take back what it wrote."""
        act = {"cancel": cancel_job, "undo": undo_job}[self.action]
        job = act(actor=request.user, job_id=pk_of(pk))
        return Response(job_as_json(job), status=202)


def job_as_json(job: Job) -> dict[str, Any]:
    """A job as the API tells of it."""
    detail: dict[str, Any] = {"message": str(job.detail.get("message") or "")}
    if job.kind == "import":
        detail.update(counts_of(job))
        detail["columns"] = job.detail.get("columns") or {}
        detail["mapping"] = job.options.get("mapping") or {}
        detail["left"] = job.detail.get("left", 0)
    if is_deed(job):
        detail["refused"] = [
            row_as_json(access_to(job.owner, job.module), row)
            for row in told_rows(job, (REFUSED, LEFT), MOST_TOLD)
        ]
    return {
        "id": job.pk,
        "kind": job.kind,
        "module": job.module,
        "state": STATES.get(Job.State(job.state), job.state),
        "done": job.done,
        "total": job.total,
        "errors": job.errors,
        "detail": detail,
        "file": bool(job.result),
    }


def file_answer(job: Job, file: Any) -> FileResponse:
    """A made file as a download that no browser runs or keeps."""
    return file_answer_of(file, job.result_name or "export")


def file_answer_of(file: Any, name: str) -> FileResponse:
    """An open file as a download."""
    answer = FileResponse(file, as_attachment=True, filename=name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer
